"""Periods of budgets that are long over are forgotten, and nothing else is."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from tests.ai.budgets.conftest import Counter

from vectal.ai.budgets.amounts import Worst
from vectal.ai.budgets.periods import PeriodKind
from vectal.ai.budgets.rules import Subjects
from vectal.ai.repository import budgets as sql
from vectal.ai.service.budget_service import purge_periods
from vectal.ai.tables_budgets import BudgetPeriodRow
from vectal.platform.clock import utc_now

KEEP = timedelta(days=400)
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


async def _begin(counter: Counter, budget_id: UUID, starts_at: datetime) -> None:
    async with counter.database.system("tests.periods") as session:
        await sql.ensure_periods(session, [(counter.scope.workspace_id, budget_id, starts_at)])


async def _lease(counter: Counter, budget_id: UUID, starts_at: datetime) -> None:
    async with counter.database.system("tests.periods") as session:
        await session.change(
            update(BudgetPeriodRow)
            .where(BudgetPeriodRow.budget_id == budget_id, BudgetPeriodRow.starts_at == starts_at)
            .values(leased=1)
        )


async def _starts(counter: Counter) -> Mapping[UUID, set[datetime]]:
    async with counter.database.read(counter.scope) as session:
        rows = await session.scalars(select(BudgetPeriodRow))
    found: dict[UUID, set[datetime]] = {}
    for row in rows:
        found.setdefault(row.budget_id, set()).add(row.starts_at)
    return found


async def test_what_is_long_over_goes_and_the_rest_stays(counter: Counter) -> None:
    now = utc_now()
    old, older, recent = (now - timedelta(days=days) for days in (401, 900, 399))
    kinds: tuple[PeriodKind, ...] = ("day", "month")
    passing = [await counter.add(10, period=kind) for kind in kinds]
    held = await counter.add(10, period="day")
    lasting = await counter.add(10, period="total")
    for budget in passing:
        for starts_at in (old, older, recent):
            await _begin(counter, budget, starts_at)
    await _begin(counter, held, old)
    await _lease(counter, held, old)
    await _begin(counter, lasting, ALWAYS)
    assert await purge_periods(counter.database, KEEP) >= 4
    assert await _starts(counter) == {
        **{budget: {recent} for budget in passing},
        held: {old},
        lasting: {ALWAYS},
    }
    for budget in (*passing, held, lasting):
        await counter.see(budget)


async def test_a_period_under_way_is_kept(counter: Counter) -> None:
    budget = await counter.add(10, period="day")
    keeper = counter.keeper()
    hold = await keeper.reserve(counter.scope, Subjects(), Worst(0, 3))
    # However short the time is that is kept: somebody holds a part of it.
    await purge_periods(counter.database, timedelta(seconds=-60))
    assert len((await _starts(counter))[budget]) == 1
    hold.release()


async def test_more_than_one_batch_goes(counter: Counter) -> None:
    budget = await counter.add(10, period="day")
    first = utc_now() - timedelta(days=5_000)
    scope = counter.scope.workspace_id
    keys = [(scope, budget, first + timedelta(days=day)) for day in range(1_500)]
    async with counter.database.system("tests.periods") as session:
        await sql.ensure_periods(session, keys)
    assert await purge_periods(counter.database, KEEP) >= len(keys)
    assert await _starts(counter) == {}
