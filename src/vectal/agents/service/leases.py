"""Leases of this process over the runs that it works at; all of them in a few statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from vectal.agents.entries import Moved
from vectal.agents.events import RunChanged
from vectal.agents.repository import leases as sql
from vectal.agents.repository.runs import CHANNEL
from vectal.agents.run import RunMove, RunState
from vectal.agents.service.journal import Journal, Lease
from vectal.agents.service.rules import AgentRules
from vectal.agents.service.writer import JournalWriter
from vectal.platform.clock import Clock, monotonic
from vectal.platform.db import Database, Scope, WriteSession
from vectal.platform.db.listening import Bell, listening
from vectal.platform.telemetry import counter

_adopted = counter("agents_runs_adopted_total", "Runs taken over from a process that was gone.")


class Leases:
    """`holder` is this process."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        writer: JournalWriter,
        holder: UUID,
        clock: Clock,
        rules: AgentRules,
    ) -> None:
        self.holder = holder
        self.lease_s = rules.lease_s
        self._database = database
        self._journal = journal
        self._writer = writer
        self._clock = clock
        self._cap = rules.per_workspace

    def listening(self) -> AbstractAsyncContextManager[Bell]:
        """A bell that rings when a run waits for a worker, or a person wants one stopped."""
        return listening(self._database, CHANNEL)

    async def claim(self, room: int) -> list[Lease]:
        """Take at most `room` runs that wait for a worker, or whose worker is gone."""
        async with self._database.system("agents.look") as session:
            if not await sql.has_ready(session):
                return []
        asked_at = monotonic()
        async with self._database.system("agents.claim") as session:
            claimed = await sql.claim(
                session, holder=self.holder, lease_s=self.lease_s, room=room, cap=self._cap
            )
            for each in claimed:
                await self._journal_claim(session, each)
        return self._leases_of(claimed, asked_at)

    async def claim_one(self, scope: Scope, run_id: UUID) -> Lease | None:
        """Take a run of another engine for its next step; None when it can't be had now."""
        asked_at = monotonic()
        async with self._database.system("agents.claim") as session:
            claimed = await sql.claim_one(
                session,
                scope.workspace_id,
                run_id,
                holder=self.holder,
                lease_s=self.lease_s,
                cap=self._cap,
            )
            for each in claimed:
                await self._journal_claim(session, each)
        return next(iter(self._leases_of(claimed, asked_at)), None)

    def _leases_of(self, claimed: Sequence[sql.Claimed], asked_at: float) -> list[Lease]:
        _adopted.inc(sum(each.crashed for each in claimed))
        return [
            Lease(
                Scope(each.workspace_id, each.owner_id),
                each.run_id,
                each.epoch,
                each.attempt,
                each.crashes,
                self.lease_s,
                asked_at,
            )
            for each in claimed
        ]

    async def renew(self, held: Collection[Lease]) -> set[UUID]:
        """Extend them in one statement; returns the runs that are still ours."""
        async with self._writer.turn:
            asked_at = monotonic()
            async with self._database.system("agents.renew_leases") as session:
                ours = await sql.renew(session, _keys(held), lease_s=self.lease_s)
        for lease in held:
            if lease.run_id in ours:
                lease.granted_at = asked_at
        return ours

    async def find_wanted(self, held: Collection[Lease]) -> dict[UUID, str]:
        async with self._database.system("agents.find_wanted") as session:
            return await sql.find_wanted(session, _keys(held))

    async def _journal_claim(self, session: WriteSession, claimed: sql.Claimed) -> None:
        scope = Scope(claimed.workspace_id, claimed.owner_id)
        moved = Moved(
            at=self._clock.now(),
            move=RunMove.CLAIM,
            state=RunState.RUNNING,
            reason="Its worker was gone." if claimed.crashed else "",
            epoch=claimed.epoch,
            attempt=claimed.attempt,
            crashes=claimed.crashes,
        )
        async with self._database.act(session, scope) as own:
            after = claimed.last_seq - 1
            await self._journal.add(own, scope, claimed.run_id, [moved], after=after)
            changed = RunChanged(claimed.run_id, RunState.RUNNING, claimed.last_seq)
            await own.emit(changed, user_id=claimed.owner_id)


def _keys(held: Collection[Lease]) -> list[sql.Held]:
    return [(each.scope.workspace_id, each.run_id, each.epoch) for each in held]
