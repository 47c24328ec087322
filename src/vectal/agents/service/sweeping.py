"""What the scheduler does for runs, from PostgreSQL alone: wake, fence off, let time run out."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from vectal.agents import entries
from vectal.agents.history import fold
from vectal.agents.repository import leases, runs
from vectal.agents.run import ENDED, RunMove, RunState
from vectal.agents.service.delegating import Delegating
from vectal.agents.service.journal import Journal
from vectal.agents.service.moving import Move, Mover
from vectal.agents.tables import RunRow
from vectal.agents.workflows.native import ADVANCE
from vectal.platform.clock import Clock
from vectal.platform.db import Database, Scope, WriteSession
from vectal.platform.jobs import JobQueue
from vectal.platform.telemetry import counter, get_logger

PATIENCE_S: Final = 1.0
"""How long a worker may take to stop before it is fenced off."""
UNSAFE_PATIENCE_S: Final = 75.0
"""The same for a pause, which waits for a call that must not be cut off."""
_UNDELIVERED_S: Final = 2.0
_BATCH: Final = 100

_fenced = counter("agents_runs_fenced_total", "Runs stopped over the head of their worker.")
_log = get_logger(__name__)


class Sweeper:
    def __init__(
        self,
        database: Database,
        journal: Journal,
        mover: Mover,
        jobs: JobQueue,
        clock: Clock,
        delegating: Delegating,
    ) -> None:
        self._database = database
        self._journal = journal
        self._mover = mover
        self._jobs = jobs
        self._clock = clock
        self._delegating = delegating

    async def stop_unheeded(self) -> int:
        """Cancel and pause runs whose workers are far, frozen or dead, or whose parent ended."""
        async with self._database.system("agents.stop_unheeded") as session:
            late = await leases.take_unheeded(
                session, cancel_s=PATIENCE_S, pause_s=UNSAFE_PATIENCE_S, limit=_BATCH
            )
            for row in late:
                await self._stop(session, row)
            orphans = await runs.find_orphans(session, _BATCH)
        for scope, run_id in orphans:
            await self._delegating.stop_orphan(scope, run_id)
        if late:
            _fenced.inc(len(late))
            _log.info("agents.fenced", runs=len(late))
        return len(late)

    async def deliver(self) -> bool:
        """Queue a job when runs wait for a worker: a worker that hears of one looks for all."""
        async with self._database.system("agents.deliver") as session:
            is_waiting = await leases.has_waited(session, older_than_s=_UNDELIVERED_S)
            if is_waiting:
                await self._jobs.enqueue(session, ADVANCE, "sweep")
        return is_waiting

    async def let_time_run_out(self) -> int:
        """Deny approvals that nobody gave in time, and end runs past their deadline."""
        async with self._database.system("agents.overdue") as session:
            unapproved = await leases.find_unapproved(session, _BATCH)
            overdue = await leases.find_overdue(session, _BATCH)
        for scope, run_id in unapproved:
            await self._deny(scope, run_id)
        for scope, run_id in overdue:
            await self._end(scope, run_id)
        return len(unapproved) + len(overdue)

    async def _stop(self, session: WriteSession, row: RunRow) -> None:
        scope = Scope(row.workspace_id, row.owner_id)
        to = RunMove.CANCEL if row.wanted == "cancel" else RunMove.PAUSE
        async with self._database.act(session, scope) as own:
            history = fold(await self._journal.read(scope, row.id))
            call = history.call_in_flight
            doubt = f"Whether the call of {call.asked.tool} took effect is unknown." if call else ""
            move = Move(to, reason=doubt, by=row.wanted_by)
            await self._mover.move(own, scope, row, move)

    async def _deny(self, scope: Scope, run_id: UUID) -> None:
        async with self._database.transaction(scope) as session:
            row = await runs.find(session, scope, run_id, lock=True)
            if row is None or row.state != RunState.WAITING_FOR_APPROVAL:
                return
            history = fold(await self._journal.read(scope, run_id))
            now = self._clock.now()
            denied = [
                entries.ApprovalDecided(
                    at=now,
                    approval_id=each.asked.approval_id,
                    call_id=each.asked.call_id,
                    sha256=each.asked.sha256,
                    approved=False,
                )
                for each in history.approvals.values()
                if each.decided is None
            ]
            await self._mover.move(session, scope, row, Move(RunMove.DECIDE, denied))

    async def _end(self, scope: Scope, run_id: UUID) -> None:
        async with self._database.transaction(scope) as session:
            row = await runs.find(session, scope, run_id, lock=True)
            if row is None or row.state == RunState.RUNNING or RunState(row.state) in ENDED:
                return
            move = Move(RunMove.FAIL, reason="The deadline has passed.", code="agents.deadline")
            await self._mover.move(session, scope, row, move)
