"""Keepers of several processes in one, over the worker's database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.fixtures.servers import TestDatabase

from vectal.ai.budgets.amounts import Unit
from vectal.ai.budgets.periods import PeriodKind
from vectal.ai.budgets.rules import SubjectKind
from vectal.ai.service.budget_exchange import BudgetPace
from vectal.ai.service.budget_keeper import BudgetKeeper
from vectal.ai.service.budget_service import Budget, BudgetDraft, BudgetService
from vectal.ai.tables_budgets import BudgetSliceRow
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope

QUICK = BudgetPace(report_s=0.1, idle_s=0.2, lease_s=60.0, wait_s=30.0)


@dataclass
class Counter:
    """The budgets of one workspace, and the processes that keep to them."""

    database: Database
    scope: DataScope
    service: BudgetService
    stack: AsyncExitStack

    async def add(
        self,
        cap: int | str,
        unit: Unit = "tokens",
        *,
        subject: tuple[SubjectKind, UUID | None] = ("workspace", None),
        period: PeriodKind = "total",
        timezone: str = "UTC",
    ) -> UUID:
        kind, subject_id = subject
        draft = BudgetDraft(
            f"{kind} {unit}", kind, unit, period, Decimal(cap), subject_id, timezone
        )
        return (await self.service.create(self.scope, draft)).id

    def keeper(self, *, pace: BudgetPace = QUICK, clock: Clock | None = None) -> BudgetKeeper:
        """One that nobody runs: it leases and waits, and reports when it is told to."""
        return BudgetKeeper(self.database, clock=clock, pace=pace)

    def start(self, keeper: BudgetKeeper) -> asyncio.Event:
        """Run a keeper until the event is set or the test ends."""
        stop = asyncio.Event()
        running = asyncio.create_task(keeper.run(stop))

        async def end() -> None:
            stop.set()
            async with asyncio.timeout(30):
                await running

        self.stack.push_async_callback(end)
        return stop

    def running(self, pace: BudgetPace = QUICK) -> BudgetKeeper:
        keeper = self.keeper(pace=pace)
        self.start(keeper)
        return keeper

    async def see(self, budget_id: UUID) -> Budget:
        return await self.service.get_budget(self.scope, budget_id)

    async def amounts(self, budget_id: UUID) -> tuple[Decimal, Decimal, Decimal]:
        """Spent, leased and in doubt."""
        budget = await self.see(budget_id)
        return budget.spent, budget.leased, budget.in_doubt

    async def lease_ends_at(self, budget_id: UUID) -> datetime | None:
        async with self.database.read(self.scope) as session:
            return await session.scalar(
                select(BudgetSliceRow.expires_at).where(BudgetSliceRow.budget_id == budget_id)
            )

    async def expect(self, budget_id: UUID, spent: int, leased: int, in_doubt: int = 0) -> None:
        """Wait until the database says so."""
        try:
            async with asyncio.timeout(10):
                while await self.amounts(budget_id) != (spent, leased, in_doubt):  # noqa: ASYNC110 - rows set no event
                    await asyncio.sleep(0.02)
        except TimeoutError:
            assert await self.amounts(budget_id) == (spent, leased, in_doubt)


@pytest.fixture
async def database(postgres: TestDatabase) -> AsyncGenerator[Database]:
    made = Database(postgres.app_url)
    yield made
    await made.close()


@pytest.fixture
async def counter(database: Database, principal: Principal) -> AsyncGenerator[Counter]:
    async with AsyncExitStack() as stack:
        yield Counter(database, principal, BudgetService(database), stack)
