"""Work that was handed over, as its owner takes it back: accepted, or sent back with words."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

from vectal.agents.contracts import Earlier, NewRun, RequestKey, Review, Run
from vectal.agents.errors import HandoverConflictError, NoReviewError, RunNotFoundError
from vectal.agents.handover import breaking_down, completes_task, prioritising
from vectal.agents.policy import can_see
from vectal.agents.ports import TaskDesk
from vectal.agents.repository import runs
from vectal.agents.run import RunMove, RunState
from vectal.agents.service.moving import Move, Mover
from vectal.agents.service.reading import RunReader
from vectal.agents.service.runs import MAX_TIME, Runs
from vectal.agents.tables import RunRow
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database, WriteSession

_NO_REVIEW: Final = "The run was not handed over, is at work, or was reviewed already."


class Handovers:
    """Two that take the same run wait for each other at its row; the second finds it taken."""

    def __init__(
        self,
        database: Database,
        mover: Mover,
        reader: RunReader,
        begin: Runs,
        desk: TaskDesk,
        clock: Clock,
    ) -> None:
        self._database = database
        self._mover = mover
        self._reader = reader
        self._runs = begin
        self._desk = desk
        self._clock = clock

    async def break_down(
        self, principal: Principal, task_id: UUID, key: RequestKey | None = None
    ) -> tuple[Run, bool]:
        """A run that prepares the steps of a task; the flag says that it was there already."""
        title = await self._desk.title_of(principal, task_id)
        return await self._runs.create(principal, breaking_down(task_id, title), key=key)

    async def prioritise(
        self, principal: Principal, timezone: str | None, key: RequestKey | None = None
    ) -> tuple[Run, bool]:
        """A run that prepares an order for what is due today."""
        return await self._runs.create(principal, prioritising(timezone), key=key)

    async def accept(
        self, principal: Principal, run_id: UUID, item_ids: Collection[UUID] | None = None
    ) -> Run:
        """Do these of its changes, or all that wait, turn the rest down, and complete the task.

        Accepting again changes nothing. Raises `NoReviewError`, and `HandoverConflictError` when
        others have overtaken a change: then the rest is done, and the run still waits.
        """
        async with self._locked(principal, run_id) as (session, row):
            if row.review == "accepted":
                return await self._reader.run(session, principal, row)
            _require_waiting(row)
            overtaken: Sequence[UUID] = await self._desk.take(principal, run_id, item_ids)
            current = row
            if not overtaken:
                if row.task_id is not None and completes_task(row.kind):
                    await self._desk.complete(principal, row.task_id)
                current = await self._review(
                    session, principal, row, "accepted", Move(RunMove.CLOSE, by=principal.user_id)
                )
            run = await self._reader.run(session, principal, current)
        if overtaken:
            raise HandoverConflictError(overtaken)
        return run

    async def send_back(
        self, principal: Principal, run_id: UUID, words: str, key: RequestKey | None = None
    ) -> tuple[Run, bool]:
        """Begin a run with the same goal and criteria that knows the report and these words.

        What of the changes waits is rejected: the new run prepares its own. The flag says that
        the run was there already, begun with this `key`. Raises `NoReviewError`.
        """
        async with self._locked(principal, run_id) as (session, row):
            if row.review == "sent_back" and key is not None:
                known = await self._runs.find_repeated(session, principal, key)
                if known is not None:
                    return known, True
            _require_waiting(row)
            run = await self._reader.run(session, principal, row)
            await self._desk.turn_down(principal, run_id)
            reason = "It was sent back."
            move = Move(RunMove.CANCEL, reason=reason, by=principal.user_id)
            await self._review(session, principal, row, "sent_back", move)
            following = self._following(principal, run, words)
            return await self._runs.create(principal, following, key=key)

    def _following(self, principal: Principal, run: Run, words: str) -> NewRun:
        time = min(run.deadline_at - run.created_at, MAX_TIME)
        return NewRun(
            goal=run.goal,
            criteria=run.criteria,
            budget=run.budget,
            deadline_at=self._clock.now() + time,
            tools=run.tools,
            choice=run.choice,
            priority=run.priority,
            task_id=run.task_id,
            conversation_id=run.conversation_id,
            project_id=run.project_id,
            timezone=principal.timezone,
            kind=run.kind,
            earlier=Earlier(run.id, run.report or "(There was no report.)", words, run.taint),
        )

    async def _review(
        self, session: WriteSession, principal: Principal, row: RunRow, to: Review, move: Move
    ) -> RunRow:
        """Write the decision down; a run that is still open is moved to its end by `move`."""
        values: dict[str, Any] = {"review": to, "reviewed_at": self._clock.now()}
        if row.state == RunState.NEEDS_REVIEW:
            move.values.update(values)
            return await self._mover.move(session, principal, row, move)
        return await self._mover.mark(session, principal, row, **values)

    @asynccontextmanager
    async def _locked(
        self, principal: Principal, run_id: UUID
    ) -> AsyncGenerator[tuple[WriteSession, RunRow]]:
        async with self._database.transaction(principal) as session:
            row = await runs.find(session, principal, run_id, lock=True)
            if row is None or not can_see(principal, row.owner_id):
                raise RunNotFoundError
            yield session, row


def _require_waiting(row: RunRow) -> None:
    if row.review != "waiting":
        raise NoReviewError(_NO_REVIEW)
