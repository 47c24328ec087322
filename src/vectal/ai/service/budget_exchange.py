"""The transactions in which this process reports what it used, gives back, and leases more.

All lock the rows of periods, let steps decide, write and commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vectal.ai.budgets.holding import Holding, HoldingKey
from vectal.ai.budgets.reservation import Reservation
from vectal.ai.budgets.steps import Step
from vectal.ai.repository import budgets as sql
from vectal.ai.repository.budgets import Entry, Locked
from vectal.platform.clock import Clock
from vectal.platform.db import Database, WriteSession
from vectal.platform.ids import new_id
from vectal.platform.telemetry import counter, get_logger

_OPERATION_S: Final = 5.0
_PURPOSE: Final = "ai.budgets"

_log = get_logger(__name__)
_leases = counter("ai_budget_leases_total", "Slices of budgets asked for.", ["outcome"])


@dataclass(frozen=True, slots=True)
class BudgetPace:
    """How often a process reports, and how long it keeps what it doesn't use."""

    report_s: float = 1.0
    idle_s: float = 2.0
    lease_s: float = 10.0
    wait_s: float = 2.5
    """How long a call waits for what other processes may give back."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """A budget that can't hold a call now. `may_come`: other processes may give back the rest."""

    holding: Holding
    need: int
    left: int
    may_come: bool


class BudgetExchange:
    """`holder` is this process."""

    def __init__(self, database: Database, clock: Clock, pace: BudgetPace) -> None:
        self.holder = new_id()
        self._database = database
        self._clock = clock
        self._pace = pace

    async def report(self, holdings: Sequence[Holding], *, give_all: bool) -> list[Holding]:
        """Report of all of them in one transaction; returns those whose rows are gone."""
        steps: list[Step] = []
        locked: dict[Holding, Locked] = {}
        try:
            async with self._transaction(holdings) as session:
                locked = await self._lock(session, holdings)
                steps = [_step(each, locked[each]) for each in holdings if each in locked]
                for step in steps:
                    self._settle_up(step, give_all=give_all)
                await self._write(session, steps)
        except BaseException:
            # Also when cancelled: it failed, or we never heard that it did not (`Step.undo`).
            _undo(steps)
            raise
        self._confirm(steps)
        return [each for each in holdings if each not in locked]

    async def lease(
        self,
        holdings: Sequence[Holding],
        needs: Sequence[int],
        asked: dict[HoldingKey, datetime],
    ) -> Reservation | Shortage | list[Holding]:
        """Reserve in all of them or in none. Returns holdings instead if their rows are gone.

        `asked` keeps, over the tries of one call, when other processes were asked for the rest.
        """
        steps: list[Step] = []
        short: list[Step] = []
        may_come = False
        try:
            async with self._transaction(holdings) as session:
                locked = await self._lock(session, holdings)
                if lost := [each for each in holdings if each not in locked]:
                    return lost
                steps = [
                    _step(each, locked[each], need)
                    for each, need in zip(holdings, needs, strict=True)
                ]
                short = [step for step in steps if step.is_short]
                for step in steps:
                    _decide(step, fits=not short)
                if short:
                    may_come = await self._ask(session, short, asked)
                await self._write(session, steps)
        except BaseException:
            # Also when cancelled: it failed, or we never heard that it did not (`Step.undo`).
            _undo(steps)
            raise
        self._confirm(steps)
        if short:
            _leases.labels("short").inc()
            return Shortage(short[0].holding, short[0].need, short[0].within_reach, may_come)
        _leases.labels("granted").inc()
        for step in steps:
            step.begin()
        return Reservation(holdings, needs)

    @asynccontextmanager
    async def _transaction(self, holdings: Sequence[Holding]) -> AsyncGenerator[WriteSession]:
        """Rows of new periods are made first, in a transaction that locks nothing else."""
        async with asyncio.timeout(_OPERATION_S):
            if new := [each for each in holdings if not each.prepared]:
                async with self._database.system(_PURPOSE) as session:
                    await sql.ensure_periods(session, [each.key for each in new])
                for each in new:
                    each.prepared = True
            async with self._database.system(_PURPOSE) as session:
                yield session

    async def _lock(
        self, session: WriteSession, holdings: Sequence[Holding]
    ) -> dict[Holding, Locked]:
        """Without the holdings that have lost their row: to a deletion, or to a day's silence."""
        found = await sql.lock_periods(session, self.holder, [each.key for each in holdings])
        locked: dict[Holding, Locked] = {}
        for each in holdings:
            row = found.get(each.key)
            if row is not None and row.held is None and each.closing is not None:
                each.forget_row()
            if row is None or (row.held is None and each.in_store):
                _log.warning("budgets.slice_is_gone", budget=str(each.rule.id), held=each.held)
            else:
                locked[each] = row
        return locked

    def _settle_up(self, step: Step, *, give_all: bool) -> None:
        holding, now = step.holding, self._clock.monotonic()
        holding.pace.look(holding.taken, now)
        is_idle = holding.pace.quiet_s(now) >= self._pace.idle_s
        step.settle_up(is_ending=give_all or is_idle or holding.period.is_over(self._clock.now()))

    async def _ask(
        self, session: WriteSession, short: Sequence[Step], asked: dict[HoldingKey, datetime]
    ) -> bool:
        """Whether the rest may come: it would do, and some that were asked did not answer yet."""
        if not all(step.may_be_met for step in short):
            return False
        keys = {step.holding.key for step in short}
        if new := keys - asked.keys():
            asked |= await sql.ask_back(session, new)
        waiting = {key: asked[key] for key in keys}
        return await sql.find_unanswered(session, self.holder, waiting) == keys

    async def _write(self, session: WriteSession, steps: Sequence[Step]) -> None:
        if steps:
            entries = [_entry(step) for step in steps]
            await sql.write_entries(session, self.holder, entries, self._pace.lease_s)

    def _confirm(self, steps: Sequence[Step]) -> None:
        now = self._clock.monotonic()
        for step in steps:
            step.confirm(now)


def _step(holding: Holding, locked: Locked, need: int = 0) -> Step:
    return Step(holding, locked.ledger, locked.held, wanted=locked.wanted, need=need)


def _entry(step: Step) -> Entry:
    rule = step.holding.rule
    return Entry(step.holding.key, rule.unit, step.ledger, step.held, step.closes)


def _decide(step: Step, *, fits: bool) -> None:
    if fits:
        step.reserve()
    else:
        step.give_up()


def _undo(steps: Sequence[Step]) -> None:
    for step in steps:
        step.undo()
