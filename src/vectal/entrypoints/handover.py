"""The task that a run was handed over with: runs speak on it, and people answer and accept there.

Each side joins the transaction of the other, so a question is on the task exactly when the run
waits with it, and an answer is there exactly when the run has it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vectal.agents.contracts import HandedIn
from vectal.agents.errors import RunTransitionError
from vectal.agents.service import AgentService
from vectal.auth.errors import ForbiddenError
from vectal.auth.policy import can
from vectal.auth.principal import Principal
from vectal.tasks.contracts import Changeset, ChangesetFilter, Delivery, Proof, TaskFields
from vectal.tasks.errors import ChangesetItemNotFoundError, TaskNotFoundError
from vectal.tasks.service import TaskServices

_WAITING: Final = frozenset({"pending", "conflict"})


@dataclass(frozen=True, slots=True)
class HandoverDesk:
    """Implements the port of `agents`: a run says on a task what its person may say there."""

    tasks: TaskServices

    async def ask(
        self, principal: Principal, task_id: UUID, run_id: UUID, call_id: str, question: str
    ) -> None:
        if _may_speak(principal):
            await self.tasks.comments.ask(principal, task_id, run_id, call_id, question)

    async def answer(
        self, principal: Principal, task_id: UUID, run_id: UUID, call_id: str, text: str
    ) -> None:
        if _may_speak(principal):
            await self.tasks.comments.note_answer(principal, task_id, run_id, call_id, text)

    async def deliver(
        self, principal: Principal, task_id: UUID, run_id: UUID, handed_in: HandedIn
    ) -> None:
        if not _may_speak(principal):
            return
        proofs = tuple(
            Proof(each.criterion, each.evidence, each.met, each.why) for each in handed_in.criteria
        )
        delivery = Delivery(handed_in.outcome, handed_in.reason, proofs)
        await self.tasks.comments.deliver(principal, task_id, run_id, handed_in.report, delivery)

    async def withdraw(self, principal: Principal, run_id: UUID) -> None:
        if _may_speak(principal):
            await self.tasks.comments.close_questions(principal, run_id)

    async def title_of(self, principal: Principal, task_id: UUID) -> str:
        if not can(principal, "tasks.read"):
            raise ForbiddenError("You may not read tasks in this workspace.")
        return (await self.tasks.tasks.get(principal, task_id)).title

    async def take(
        self, principal: Principal, run_id: UUID, item_ids: Collection[UUID] | None
    ) -> Sequence[UUID]:
        if not can(principal, "changesets.accept"):
            raise ForbiddenError("You may not change tasks in this workspace.")
        known = await self._changes_of(principal, run_id)
        items = known.items if known else ()
        if strangers := set(item_ids or ()) - {item.id for item in items}:
            raise ChangesetItemNotFoundError(f"The run has no change {min(strangers)}.")
        waiting = {item.id for item in items if item.status in _WAITING}
        wanted = waiting if item_ids is None else waiting & set(item_ids)
        if known is None or not waiting:
            return ()
        overtaken: list[UUID] = []
        if wanted:
            # First what is taken: it may build on what is not, and then nothing is done at all.
            done = await self.tasks.changesets.accept(principal, known.id, wanted)
            overtaken = [i.id for i in done.items if i.id in wanted and i.status == "conflict"]
        if waiting - wanted:
            await self.tasks.changesets.reject(principal, known.id, waiting - wanted)
        return overtaken

    async def turn_down(self, principal: Principal, run_id: UUID) -> None:
        if not can(principal, "changesets.reject"):
            raise ForbiddenError("You may not change tasks in this workspace.")
        known = await self._changes_of(principal, run_id)
        if known is not None:
            await self.tasks.changesets.reject(principal, known.id)

    async def complete(self, principal: Principal, task_id: UUID) -> None:
        if not can(principal, "tasks.update"):
            raise ForbiddenError("You may not change tasks in this workspace.")
        try:
            task = await self.tasks.tasks.get(principal, task_id)
            if task.is_open:
                await self.tasks.tasks.update(principal, task_id, TaskFields(status="done"))
        except TaskNotFoundError:
            return  # somebody has deleted it: what was done is accepted nevertheless

    async def _changes_of(self, principal: Principal, run_id: UUID) -> Changeset | None:
        """A run has one changeset."""
        wanted = ChangesetFilter(run_id=run_id)
        page = await self.tasks.changesets.list_changesets(principal, wanted, limit=1)
        return page.items[0] if page.items else None


def _may_speak(principal: Principal) -> bool:
    return can(principal, "task_comments.create")


@dataclass(frozen=True, slots=True)
class RunAnswers:
    """Implements the port of `tasks`: an answer on the task is one on the run's own page."""

    agents: AgentService

    async def answer(self, principal: Principal, run_id: UUID, call_id: str, text: str) -> None:
        if not can(principal, "runs.move"):
            raise ForbiddenError(
                "Answering a run needs the role member and the scope agents:write."
            )
        await self.agents.moves.answer(principal, run_id, text, call_id=call_id)

    async def hear(self, principal: Principal, task_id: UUID, text: str) -> None:
        if not (can(principal, "runs.move") and can(principal, "runs.list")):
            return  # it is a comment all the same
        for run in await self.agents.runs.list_at_work(principal, task_id):
            try:
                await self.agents.moves.steer(principal, run.id, text)
            except RunTransitionError:
                continue  # it has just ended
