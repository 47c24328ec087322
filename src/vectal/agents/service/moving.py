"""Moves of runs: the state, its journal entry, the job that wakes it and the event, in one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from vectal.agents import entries
from vectal.agents.contracts import EngineName
from vectal.agents.entries import Entry, Moved
from vectal.agents.events import RunChanged, RunFinished, RunWaitChanged
from vectal.agents.handover import DELIVERED, is_handed_over
from vectal.agents.ports import TaskDesk
from vectal.agents.repository import executions, runs
from vectal.agents.run import ENDED, WAITING, RunMove, RunState, after
from vectal.agents.sealing import Seals, report_of
from vectal.agents.service.journal import Journal, is_progress, spend_in, taint_in
from vectal.agents.service.speaking import TaskSpeaker
from vectal.agents.tables import RunRow
from vectal.agents.workflows.engine import Engines
from vectal.platform.clock import Clock
from vectal.platform.db import DataScope, WriteSession

_NOT_AT_WORK: Final = WAITING | ENDED


@dataclass(frozen=True, slots=True)
class Move:
    """`first` are entries that belong before the move; `pause_s` keeps a queued run for a while."""

    to: RunMove
    first: Sequence[Entry] = ()
    reason: str = ""
    code: str | None = None
    by: UUID | None = None
    pause_s: float = 0.0
    report: str | None = None
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    also: Callable[[WriteSession, RunRow], Awaitable[None]] | None = None
    """What belongs to it, in its transaction."""


class Mover:
    def __init__(
        self, journal: Journal, seals: Seals, engines: Engines, clock: Clock, desk: TaskDesk
    ) -> None:
        self._speaker = TaskSpeaker(journal, desk)
        self._journal = journal
        self._seals = seals
        self._engines = engines
        self._clock = clock

    async def move(
        self, session: WriteSession, scope: DataScope, row: RunRow, move: Move
    ) -> RunRow:
        """Move a run whose row this transaction has locked; returns it as it is then.

        Raises `RunTransitionError` where the state does not allow the move.
        """
        before = RunState(row.state)
        state = after(before, move.to)
        moved = Moved(
            at=self._clock.now(),
            move=move.to,
            state=state,
            reason=move.reason,
            code=move.code,
            by=move.by,
            epoch=row.epoch,
            attempt=row.attempt,
            crashes=row.crashes,
        )
        written = [*move.first, moved]
        await self._journal.add(session, scope, row.id, written, after=row.last_seq)
        values = {
            **self._state_values(state, move),
            **_reviewed(row, state),
            **_counted(row, written),
            **move.values,
        }
        if move.report is not None:
            values["sealed_report"] = await self._seals.seal(
                session, scope, report_of(row.id), move.report.encode()
            )
        changed = await runs.change(session, scope, row.id, **values)
        if changed is None:
            raise RuntimeError(f"run {row.id} was locked and is gone")
        if move.also is not None:
            await move.also(session, changed)
        await self.tell(session, changed)
        if {before, state} & _NOT_AT_WORK:
            await session.emit(RunWaitChanged(changed.id, state), user_id=changed.owner_id)
        engine = self._engines[changed.engine]
        if state is RunState.QUEUED:
            await engine.wake(session, changed, move.to)
        else:
            await engine.rest(session, changed)
        if state in ENDED and changed.parent_run_id is not None:
            # The run that began it may wait for it, and its row can be claimed now.
            await runs.notify(session)
            await executions.expect(session, scope, changed.parent_run_id, in_s=0.0, look_s=0.0)
        await self._speaker.speak(changed, written, before)
        return changed

    async def mark(
        self, session: WriteSession, scope: DataScope, row: RunRow, **values: Any
    ) -> RunRow:
        """Set what is no move of a run whose row this transaction has locked."""
        changed = await runs.change(session, scope, row.id, **values)
        if changed is None:
            raise RuntimeError(f"run {row.id} was locked and is gone")
        told = RunChanged(changed.id, RunState(changed.state), changed.last_seq)
        await session.emit(told, user_id=changed.owner_id)
        await session.emit(RunWaitChanged(changed.id, told.state), user_id=changed.owner_id)
        return changed

    async def note(
        self, session: WriteSession, scope: DataScope, row: RunRow, written: Sequence[Entry]
    ) -> RunRow:
        """Append entries to a run whose row this transaction has locked, without a move."""
        await self._journal.add(session, scope, row.id, written, after=row.last_seq)
        changed = await runs.change(session, scope, row.id, **_counted(row, written))
        if changed is None:
            raise RuntimeError(f"run {row.id} was locked and is gone")
        await self.tell(session, changed)
        return changed

    async def tell(self, session: WriteSession, row: RunRow) -> None:
        state = RunState(row.state)
        await session.emit(RunChanged(row.id, state, row.last_seq), user_id=row.owner_id)
        if state in ENDED:
            finished = RunFinished(row.id, state, row.task_id, row.conversation_id)
            await session.emit(finished, user_id=row.owner_id)

    async def begin(self, session: WriteSession, row: RunRow) -> None:
        """A new run waits for its first step."""
        engine = self._engines[row.engine]
        await engine.begin(session, row)
        await engine.wake(session, row, None)

    async def hand_over(
        self, session: WriteSession, scope: DataScope, row: RunRow, engine: EngineName, reason: str
    ) -> RunRow:
        """Let another engine bring a locked run on; it waits for its next step there.

        Whoever works at it under the old engine is refused from now on.
        """
        changed_by = entries.EngineChanged(at=self._clock.now(), engine=engine, reason=reason)
        await self._engines[row.engine].rest(session, row)
        await runs.change(session, scope, row.id, engine=engine)
        changed = await self.note(session, scope, row, [changed_by])
        await self._engines[engine].wake(session, changed, None)
        return changed

    def _state_values(self, state: RunState, move: Move) -> dict[str, Any]:
        values: dict[str, Any] = {"state": state.value}
        if state is not RunState.RUNNING:
            values |= {"lease_owner": None, "lease_expires_at": None}
            values |= {"wanted": None, "wanted_at": None, "wanted_by": None}
        if state is RunState.QUEUED:
            values |= {"queued_at": runs.now(), "not_before": runs.from_now(move.pause_s)}
        if state is not RunState.WAITING_FOR_APPROVAL:
            values["approval_expires_at"] = None
        if state in ENDED:
            values["ended_at"] = runs.now()
        if state in ENDED or state is RunState.NEEDS_REVIEW:
            code = move.code
            values["error"] = {"code": code, "detail": move.reason} if code else None
        return values


def _reviewed(row: RunRow, state: RunState) -> dict[str, Any]:
    """Work that was handed over waits for a person once it ends, however it ends by itself."""
    if not is_handed_over(row.task_id, row.parent_run_id, row.kind):
        return {}
    waits = state in DELIVERED
    if waits and row.review is not None:
        return {}
    return {"review": "waiting" if waits else None}


def _counted(row: RunRow, written: Sequence[Entry]) -> dict[str, Any]:
    spend, taint = spend_in(written), taint_in(written)
    return {
        "last_seq": row.last_seq + len(written),
        "cost_usd": row.cost_usd + spend.cost_usd,
        "tokens": row.tokens + spend.tokens,
        "steps": row.steps + spend.steps,
        "crashes": 0 if is_progress(written) else row.crashes,
        "read_untrusted": row.read_untrusted or "untrusted" in taint,
        "read_private": row.read_private or "private" in taint,
    }
