"""Reservations that outlive the process: for work that goes on elsewhere for hours.

A hold is a slice of each budget that applies, in the name of the work instead of a process. Its
lease is as long as the work may take; one that nobody settles by then is counted in doubt.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from vectal.ai.budgets.amounts import UNITS, Actual, Unit, Worst
from vectal.ai.budgets.holding import HoldingKey
from vectal.ai.budgets.reservation import Reservation
from vectal.ai.budgets.rules import Subjects
from vectal.ai.budgets.slices import Report, enter
from vectal.ai.errors import BudgetExceededError
from vectal.ai.repository import budgets as sql
from vectal.ai.repository.budgets import Entry, Locked
from vectal.ai.service.budget_books import Book
from vectal.ai.service.budget_exchange import BudgetExchange, BudgetPace, Shortage
from vectal.ai.service.budget_keeper import needs_of
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.db import Database, DataScope
from vectal.platform.resilience import Deadline

_PURPOSE: Final = "ai.budgets"
_LEASE_S: Final = 50 * 3600.0
"""Twice the day that a batch may take, and some."""
_PATIENCE_S: Final = 3.0
_PAUSE_S: Final = 0.15


@dataclass(frozen=True, slots=True)
class BudgetHolds:
    database: Database
    clock: Clock = field(default_factory=SystemClock)

    async def hold(self, scope: DataScope, subjects: Subjects, worst: Worst, holder: UUID) -> None:
        """Set the worst case aside in every budget that applies, or in none.

        A second time replaces the first. Raises `BudgetExceededError`, `BudgetUnpricedError`.
        """
        await self.settle(holder, Actual(0, 0, 0))
        exchange = BudgetExchange(self.database, self.clock, BudgetPace(lease_s=_LEASE_S))
        exchange.holder = holder
        asked: dict[HoldingKey, datetime] = {}
        patience = Deadline.after(_PATIENCE_S)
        while True:
            book = await self._open(scope.workspace_id)
            holdings = book.find(subjects)
            if not holdings:
                return
            outcome = await exchange.lease(holdings, needs_of(holdings, worst), asked)
            if isinstance(outcome, Reservation):
                return
            if isinstance(outcome, Shortage):
                if not outcome.may_come or patience.has_passed:
                    name = outcome.holding.rule.name
                    raise BudgetExceededError(f"The budget {name!r} can't hold the batch.")
                await asyncio.sleep(_PAUSE_S)

    async def settle(self, holder: UUID, actual: Actual | None) -> None:
        """Charge what was taken and give back the rest; without `actual` the worst case stands.

        A second time charges nothing.
        """
        async with self.database.system(_PURPOSE) as session:
            units = await sql.list_held(session, holder)
            if not units:
                return
            locked = await sql.lock_periods(session, holder, units)
            entries = [
                entry
                for key, row in locked.items()
                if (entry := _settled(key, units[key], row, actual)) is not None
            ]
            if entries:
                await sql.write_entries(session, holder, entries, 0.0)

    async def _open(self, workspace_id: UUID) -> Book:
        """The budgets as they are now, in a book of our own."""
        book = Book(workspace_id, _nobody_waits)
        async with self.database.system(_PURPOSE) as session:
            rules = await sql.load_rules(session, [workspace_id])
        book.learn(rules[workspace_id], self.clock, 0.0)
        return book


def _settled(key: HoldingKey, unit: Unit, row: Locked, actual: Actual | None) -> Entry | None:
    if row.held is None:
        return None
    used = None if actual is None else actual[UNITS.index(unit)]
    used = row.held.amount if used is None else used
    report = Report(used, max(0, used - row.held.amount), 0)
    ledger, held = enter(row.ledger, row.held, report)
    return Entry(key, unit, ledger, held, closes=True)


def _nobody_waits() -> None:
    """A book that is read once wakes nobody."""
