"""One process: what it leases, reports and gives back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import cast

import pytest
from tests.ai.budgets.conftest import Counter

from vectal.ai.budgets.amounts import Actual, Worst
from vectal.ai.budgets.reservation import BudgetGate
from vectal.ai.budgets.rules import Subjects
from vectal.ai.errors import BudgetExceededError, BudgetUnpricedError
from vectal.ai.service.budget_books import Books
from vectal.ai.service.budget_exchange import BudgetPace
from vectal.platform.clock import SystemClock
from vectal.platform.db import Database, WriteSession
from vectal.platform.ids import new_id

NOBODY = Subjects()


def tokens(count: int) -> Worst:
    return Worst(0, count)


async def test_without_budgets_nothing_is_held(counter: Counter) -> None:
    keeper: BudgetGate = counter.keeper()
    assert keeper.try_reserve(counter.scope, NOBODY, tokens(5)) is None
    reservation = await keeper.reserve(counter.scope, NOBODY, Worst(None, 10**9))
    reservation.settle(Actual(None, 5))
    again = keeper.try_reserve(counter.scope, NOBODY, tokens(5))
    assert again is not None
    again.release()


async def test_a_call_is_reserved_and_settled(counter: Counter) -> None:
    budget = await counter.add(1000)
    keeper = counter.keeper()
    reservation = await keeper.reserve(counter.scope, NOBODY, tokens(100))
    assert await counter.amounts(budget) == (0, 100, 0)
    reservation.settle(Actual(0, 30))
    await keeper.flush()
    spent, leased, in_doubt = await counter.amounts(budget)
    assert (spent, in_doubt) == (30, 0)
    assert leased <= 70


async def test_exactly_the_cap_fits_and_one_more_does_not(counter: Counter) -> None:
    budget = await counter.add("0.00000010", "usd", period="month")
    keeper = counter.keeper()
    (await keeper.reserve(counter.scope, NOBODY, Worst(10, 1))).settle(Actual(4, 1))
    (await keeper.reserve(counter.scope, NOBODY, Worst(6, 1))).release()
    with pytest.raises(BudgetExceededError) as refused:
        await keeper.reserve(counter.scope, NOBODY, Worst(7, 1))
    seen = await counter.see(budget)
    assert refused.value.status == 402
    assert seen.resets_at is not None
    assert refused.value.extra == {
        "budget": {
            "id": str(budget),
            "name": "workspace usd",
            "subject_kind": "workspace",
            "unit": "usd",
            "period": "month",
            "cap": "0.0000001",
        },
        "left": "0.00000006",
        "needed": "0.00000007",
        "resets_at": seen.resets_at.isoformat(),
    }
    assert int(refused.value.headers["Retry-After"]) > 0
    await keeper.reserve(counter.scope, NOBODY, Worst(6, 1))
    assert (await counter.see(budget)).left == 0


async def test_all_budgets_of_a_call_hold_it_or_none(counter: Counter) -> None:
    user, project = new_id(), new_id()
    small = await counter.add(10, subject=("user", user))
    large = await counter.add(1000, subject=("project", project))
    calls = await counter.add(2, "requests")
    keeper = counter.keeper()
    both = Subjects(user_id=user, project_id=project)
    with pytest.raises(BudgetExceededError, match="user tokens"):
        await keeper.reserve(counter.scope, both, tokens(11))
    assert await counter.amounts(large) == (0, 0, 0)
    (await keeper.reserve(counter.scope, both, tokens(10))).settle(Actual(0, 9))
    elsewhere = Subjects(user_id=new_id(), project_id=project, key_id=user)
    (await keeper.reserve(counter.scope, elsewhere, tokens(500))).settle(Actual(0, 500))
    with pytest.raises(BudgetExceededError, match="workspace requests"):
        await keeper.reserve(counter.scope, elsewhere, tokens(1))
    await keeper.flush()
    assert [(await counter.see(each)).spent for each in (small, large, calls)] == [9, 509, 2]


async def test_what_a_key_has_made_uses_its_budget(counter: Counter) -> None:
    maker, made = new_id(), new_id()
    budgets = [await counter.add(10, subject=("key", key)) for key in (maker, made)]
    keeper = counter.keeper()
    line = Subjects(key_id=made, maker_key_ids=(new_id(), maker))
    (await keeper.reserve(counter.scope, line, tokens(7))).settle(Actual(0, 7))
    with pytest.raises(BudgetExceededError, match="key tokens"):
        await keeper.reserve(counter.scope, Subjects(key_id=maker), tokens(4))
    await keeper.flush()
    assert [(await counter.see(each)).spent for each in budgets] == [7, 7]


async def test_a_budget_in_usd_needs_a_price(counter: Counter) -> None:
    await counter.add(10, "usd")
    keeper = counter.keeper()
    with pytest.raises(BudgetUnpricedError):
        await keeper.reserve(counter.scope, NOBODY, Worst(None, 10))
    (await keeper.reserve(counter.scope, NOBODY, Worst(0, 10))).settle(Actual(None, 10))


async def test_an_unknown_cost_is_charged_in_full(counter: Counter) -> None:
    budget = await counter.add(1, "usd")
    keeper = counter.keeper()
    (await keeper.reserve(counter.scope, NOBODY, Worst(500, 1))).settle(Actual(None, 1))
    await keeper.flush()
    assert (await counter.see(budget)).spent == Decimal("0.000005")


async def test_what_goes_beyond_the_worst_case_is_an_overdraft(counter: Counter) -> None:
    budget = await counter.add(100)
    keeper = counter.keeper()
    (await keeper.reserve(counter.scope, NOBODY, tokens(90))).settle(Actual(0, 130))
    await keeper.flush()
    seen = await counter.see(budget)
    assert (seen.spent, seen.leased, seen.overdraft, seen.left) == (130, 0, 40, 0)
    with pytest.raises(BudgetExceededError):
        await keeper.reserve(counter.scope, NOBODY, tokens(1))
    (await keeper.reserve(counter.scope, NOBODY, tokens(0))).release()


async def test_a_reservation_ends_once(counter: Counter) -> None:
    budget = await counter.add(1000)
    keeper = counter.keeper()
    reservation = await keeper.reserve(counter.scope, NOBODY, tokens(100))
    with pytest.raises(ValueError, match="less than nothing"):
        reservation.settle(Actual(0, -1))
    assert reservation.is_open
    reservation.settle(Actual(0, 10))
    assert not reservation.is_open
    for again in (reservation.release, lambda: reservation.settle(Actual(0, 10))):
        with pytest.raises(RuntimeError, match="before"):
            again()
    with pytest.raises(ValueError, match="less than nothing"):
        await keeper.reserve(counter.scope, NOBODY, tokens(-1))
    await keeper.flush()
    assert (await counter.see(budget)).spent == 10


async def test_near_the_cap_what_is_left_over_goes_back_at_once(counter: Counter) -> None:
    budget = await counter.add(100)
    pace = BudgetPace(report_s=60, idle_s=600)
    keeper = counter.running(pace)
    (await keeper.reserve(counter.scope, NOBODY, tokens(60))).settle(Actual(0, 25))
    await counter.expect(budget, spent=25, leased=0)


async def test_with_room_left_the_next_call_waits_for_nothing(counter: Counter) -> None:
    await counter.add(10**9)
    keeper = counter.running()
    waited = 0
    for _ in range(200):
        ready = keeper.try_reserve(counter.scope, NOBODY, tokens(10))
        waited += ready is None
        ready = ready or await keeper.reserve(counter.scope, NOBODY, tokens(10))
        ready.settle(Actual(0, 10))
    assert waited < 20


class SlowDatabase:
    """The database, whose answers come only when they are let go."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.asked, self.let_go = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def system(self, reason: str) -> AsyncGenerator[WriteSession]:
        async with self._database.system(reason) as session:
            yield session
            if not self.asked.is_set():  # the others are as quick as ever
                self.asked.set()
                await self.let_go.wait()


@pytest.mark.parametrize("is_alone", [True, False])
async def test_what_is_changed_here_holds_for_the_next_call(
    counter: Counter, *, is_alone: bool
) -> None:
    """Whoever was reading the budgets at that moment, and for whom."""
    workspace_id, slow = counter.scope.workspace_id, SlowDatabase(counter.database)
    books = Books(cast("Database", slow), SystemClock(), lambda: None)
    counter.service.heard.append(books.forget)
    if not is_alone:
        slow.asked.set()
        assert not (await books.open(workspace_id)).find(NOBODY)
        slow.asked.clear()
    reading = asyncio.create_task(books.open(workspace_id) if is_alone else books.refresh())
    await slow.asked.wait()
    await counter.add(5)
    assert (await books.open(workspace_id)).find(NOBODY)
    slow.let_go.set()
    await reading
    assert (await books.open(workspace_id)).find(NOBODY)
    await books.close()
