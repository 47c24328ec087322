"""Budgets as people see and change them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.ai.budgets.conftest import Counter
from tests.fixtures.accounts import MakeUser

from vectal.ai.budgets.amounts import Actual, Worst
from vectal.ai.budgets.rules import Subjects
from vectal.ai.errors import (
    BudgetConflictError,
    BudgetLimitError,
    BudgetNotFoundError,
    InvalidBudgetError,
)
from vectal.ai.service.budget_service import (
    MAX_BUDGETS,
    BudgetChange,
    BudgetDraft,
    BudgetService,
)
from vectal.platform.clock import FixedClock
from vectal.platform.ids import new_id

DRAFT = BudgetDraft("Team", "workspace", "usd", "month", Decimal("12.5"), timezone="Asia/Tokyo")


async def test_a_budget_is_made_and_listed(counter: Counter) -> None:
    made = await counter.service.create(counter.scope, DRAFT)
    assert await counter.service.list_budgets(counter.scope) == [made]
    assert (made.name, made.cap, made.left, made.version) == ("Team", 12.5, 12.5, 1)
    assert (made.spent, made.leased, made.in_doubt, made.overdraft) == (0, 0, 0, 0)
    assert (made.created_by, made.spent_per_hour) == (counter.scope.user_id, 0)
    assert made.resets_at is not None
    assert made.starts_at < datetime.now(UTC) < made.resets_at


async def test_the_first_hour_foretells_no_ruin(counter: Counter) -> None:
    clock = FixedClock(datetime(2026, 11, 23, 12, tzinfo=UTC))
    service = BudgetService(counter.database, clock)
    made = await service.create(counter.scope, replace(DRAFT, timezone="UTC"))
    keeper = counter.keeper(clock=clock)
    clock.advance(90)
    (await keeper.reserve(counter.scope, Subjects(), Worst(10**8, 10))).settle(Actual(10**8, 5))
    await keeper.flush()
    assert (await service.get_budget(counter.scope, made.id)).spent_per_hour == 1


async def test_where_a_budget_stands(counter: Counter) -> None:
    clock = FixedClock(datetime(2026, 11, 23, 12, tzinfo=UTC))
    service = BudgetService(counter.database, clock)
    made = await service.create(counter.scope, replace(DRAFT, timezone="UTC"))
    keeper = counter.keeper(clock=clock)
    reservation = await keeper.reserve(counter.scope, Subjects(), Worst(3 * 10**8, 10))
    clock.advance(7200)
    (await keeper.reserve(counter.scope, Subjects(), Worst(10**8, 10))).settle(Actual(10**8, 5))
    await keeper.flush()
    seen = await service.get_budget(counter.scope, made.id)
    assert (seen.spent, seen.leased, seen.left) == (1, 3, Decimal("8.5"))
    assert seen.spent_per_hour == Decimal("0.5")
    assert seen.resets_at == datetime(2026, 12, 1, tzinfo=UTC)
    reservation.release()


async def test_changes_are_made_under_versions(counter: Counter) -> None:
    made = await counter.service.create(counter.scope, DRAFT)
    change = BudgetChange(name="All", cap=Decimal(20), enabled=False)
    changed = await counter.service.update(counter.scope, made.id, 1, change)
    assert (changed.name, changed.cap, changed.enabled, changed.version) == ("All", 20, False, 2)
    assert await counter.service.update(counter.scope, made.id, None, change) == changed
    with pytest.raises(BudgetConflictError) as conflict:
        await counter.service.update(counter.scope, made.id, 1, BudgetChange(name="Old"))
    assert conflict.value.extra == {"current": {"id": str(made.id), "version": 2}}
    with pytest.raises(BudgetConflictError):
        await counter.service.delete(counter.scope, made.id, 1)
    await counter.service.delete(counter.scope, made.id, 2)
    assert await counter.service.list_budgets(counter.scope) == []
    with pytest.raises(BudgetNotFoundError):
        await counter.service.delete(counter.scope, made.id)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "x" * 81}, "/name"),
        ({"name": "a\0b"}, "/name"),
        ({"cap": Decimal(0)}, "/cap"),
        ({"cap": Decimal(-1)}, "/cap"),
        ({"cap": Decimal("NaN")}, "/cap"),
        ({"cap": Decimal("Infinity")}, "/cap"),
        ({"cap": Decimal("1e13")}, "/cap"),
        ({"cap": Decimal("1e-9")}, "/cap"),
        ({"cap": Decimal("1.5"), "unit": "tokens"}, "/cap"),
        ({"timezone": "Nowhere"}, "/timezone"),
        ({"subject_kind": "user"}, "/subject_id"),
        ({"subject_id": new_id()}, "/subject_id"),
    ],
)
async def test_what_is_no_budget(counter: Counter, wrong: dict[str, object], pointer: str) -> None:
    with pytest.raises(InvalidBudgetError) as refused:
        await counter.service.create(counter.scope, replace(DRAFT, **wrong))  # pyright: ignore[reportArgumentType] - hostile on purpose
    assert refused.value.extra["errors"][0]["pointer"] == pointer


async def test_the_largest_and_the_smallest_cap(counter: Counter) -> None:
    for cap in (Decimal(10) ** 12, Decimal("1e-8")):
        made = await counter.service.create(counter.scope, replace(DRAFT, cap=cap))
        assert (await counter.see(made.id)).left == cap


async def test_there_is_a_limit(counter: Counter) -> None:
    await counter.service.create(counter.scope, DRAFT)
    copies = """INSERT INTO ai_budgets (workspace_id, id, name, subject_kind, unit, period, cap,
        created_by) SELECT workspace_id, gen_random_uuid(), name, subject_kind, unit, period, cap,
        created_by FROM ai_budgets, generate_series(2, :most)"""
    async with counter.database.transaction(counter.scope) as session:
        await session.execute(text(copies), {"most": MAX_BUDGETS})
    with pytest.raises(BudgetLimitError):
        await counter.service.create(counter.scope, DRAFT)
    assert len(await counter.service.list_budgets(counter.scope)) == MAX_BUDGETS
    (await counter.keeper().reserve(counter.scope, Subjects(), Worst(1, 1))).release()


async def test_budgets_of_another_workspace_are_out_of_reach(
    counter: Counter, make_user: MakeUser
) -> None:
    made = await counter.service.create(counter.scope, replace(DRAFT, cap=Decimal(1)))
    stranger = (await make_user()).principal
    assert await counter.service.list_budgets(stranger) == []
    with pytest.raises(BudgetNotFoundError):
        await counter.service.update(stranger, made.id, None, BudgetChange(enabled=False))
    with pytest.raises(BudgetNotFoundError):
        await counter.service.delete(stranger, made.id)
    keeper = counter.keeper()
    (await keeper.reserve(stranger, Subjects(), Worst(10**9, 1))).release()


async def test_a_workspace_can_not_write_what_it_has_spent(counter: Counter) -> None:
    await counter.add(10)
    keeper = counter.keeper()
    await keeper.reserve(counter.scope, Subjects(), Worst(0, 10))
    for statement in (
        "UPDATE ai_budget_periods SET spent = 0, leased = 0",
        "DELETE FROM ai_budget_slices",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with counter.database.transaction(counter.scope) as session:
                await session.execute(text(statement))
