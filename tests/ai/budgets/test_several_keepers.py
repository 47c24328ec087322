"""Several processes: they give back what others need, and what the dead held stays counted."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from tests.ai.budgets.conftest import QUICK, Counter

from vectal.ai.budgets.amounts import Actual, Worst
from vectal.ai.budgets.reservation import Reservation
from vectal.ai.budgets.rules import Subjects
from vectal.ai.errors import BudgetExceededError
from vectal.ai.service.budget_exchange import BudgetPace
from vectal.ai.service.budget_keeper import BudgetKeeper

NOBODY = Subjects()
# Nothing is given back for being idle, and whoever waits for it waits for good.
HOARDING = BudgetPace(report_s=60, idle_s=600, lease_s=600, wait_s=600)


def tokens(count: int) -> Worst:
    return Worst(0, count)


async def use(counter: Counter, keeper: BudgetKeeper, count: int) -> None:
    (await keeper.reserve(counter.scope, NOBODY, tokens(count))).settle(Actual(0, count))


async def hoard(counter: Counter, pace: BudgetPace = QUICK) -> tuple[BudgetKeeper, int]:
    """A keeper with a slice larger than it needs, and how much of it has been used."""
    keeper = counter.keeper(pace=pace)
    for _ in range(4):
        await use(counter, keeper, 10)
    return keeper, 40


async def test_slices_grow_with_use(counter: Counter) -> None:
    budget = await counter.add(1_000_000)
    keeper, _ = await hoard(counter)
    while keeper.try_reserve(counter.scope, NOBODY, tokens(10)) is None:
        await use(counter, keeper, 10)
    seen = await counter.see(budget)
    assert seen.leased > 10


async def test_what_others_hold_unused_is_given_back_when_needed(counter: Counter) -> None:
    budget = await counter.add(1000)
    rich, used = await hoard(counter, HOARDING)
    assert (await counter.see(budget)).leased > used
    counter.start(rich)
    poor = counter.running(HOARDING)
    async with asyncio.timeout(30):
        reservation = await poor.reserve(counter.scope, NOBODY, tokens(1000 - used))
    assert await counter.amounts(budget) == (used, 1000 - used, 0)
    reservation.release()


async def test_without_a_bell_the_next_report_gives_back(counter: Counter) -> None:
    await counter.add(1000)
    rich, used = await hoard(counter, HOARDING)
    poor = counter.keeper(pace=HOARDING)
    waiting = asyncio.create_task(poor.reserve(counter.scope, NOBODY, tokens(1000 - used)))
    async with asyncio.timeout(30):
        while not waiting.done():
            await rich.flush()
            await asyncio.sleep(0.01)
    (await waiting).release()


async def test_a_call_under_way_elsewhere_counts_as_used(counter: Counter) -> None:
    """And the refusal does not wait longer than the answer of the others."""
    await counter.add(1000)
    busy = counter.running(HOARDING)
    under_way = await busy.reserve(counter.scope, NOBODY, tokens(600))
    other = counter.running(HOARDING)
    async with asyncio.timeout(30):
        with pytest.raises(BudgetExceededError) as refused:
            await other.reserve(counter.scope, NOBODY, tokens(401))
    assert refused.value.extra["left"] == "400"
    (await other.reserve(counter.scope, NOBODY, tokens(400))).settle(Actual(0, 1))
    under_way.settle(Actual(0, 0))
    async with asyncio.timeout(30):
        (await busy.reserve(counter.scope, NOBODY, tokens(999))).release()


async def test_what_can_never_fit_is_refused_without_asking(counter: Counter) -> None:
    await counter.add(1000)
    rich, _ = await hoard(counter, HOARDING)
    await rich.flush()  # it will not answer any more
    other = counter.keeper(pace=HOARDING)
    async with asyncio.timeout(30):
        with pytest.raises(BudgetExceededError):
            await other.reserve(counter.scope, NOBODY, tokens(961))


async def test_who_is_refused_keeps_nothing_back(counter: Counter) -> None:
    """Else two that hold a part each, and need the whole, would wait for each other."""
    await counter.add(1000)
    rich, used = await hoard(counter, HOARDING)
    with pytest.raises(BudgetExceededError):
        await rich.reserve(counter.scope, NOBODY, tokens(1000))
    other = counter.keeper(pace=HOARDING)
    async with asyncio.timeout(30):
        (await other.reserve(counter.scope, NOBODY, tokens(1000 - used))).release()


async def test_who_does_not_answer_is_not_waited_for_long(counter: Counter) -> None:
    await counter.add(1000)
    await hoard(counter)
    other = counter.keeper(pace=replace(QUICK, wait_s=0.1))
    with pytest.raises(BudgetExceededError):
        await other.reserve(counter.scope, NOBODY, tokens(960))


async def test_of_many_calls_exactly_as_many_fit_as_the_cap_allows(counter: Counter) -> None:
    budget = await counter.add(70)
    keepers = [counter.running() for _ in range(3)]

    async def call(number: int) -> Reservation | None:
        try:
            return await keepers[number % 3].reserve(counter.scope, NOBODY, tokens(10))
        except BudgetExceededError:
            return None

    async with asyncio.timeout(60):
        outcomes = await asyncio.gather(*(call(number) for number in range(30)))
    admitted = [each for each in outcomes if each is not None]
    assert len(admitted) == 7
    for each in admitted:
        each.settle(Actual(0, 10))
    await counter.expect(budget, spent=70, leased=0)


async def test_two_that_need_all_of_it_do_not_block_each_other(counter: Counter) -> None:
    await counter.add(100)
    pair = [counter.running(HOARDING) for _ in range(2)]
    for _ in range(5):
        async with asyncio.timeout(30):
            outcomes = await asyncio.gather(
                *(each.reserve(counter.scope, NOBODY, tokens(100)) for each in pair),
                return_exceptions=True,
            )
        (won,) = [each for each in outcomes if isinstance(each, Reservation)]
        (lost,) = [each for each in outcomes if each is not won]
        assert isinstance(lost, BudgetExceededError)
        won.release()


async def test_stopping_writes_and_gives_back_everything(counter: Counter) -> None:
    budget = await counter.add(1000)
    keeper, used = await hoard(counter, HOARDING)
    stop = asyncio.Event()
    running = asyncio.create_task(keeper.run(stop))
    stop.set()
    await running
    assert await counter.amounts(budget) == (used, 0, 0)


async def test_idle_slices_are_given_back(counter: Counter) -> None:
    budget = await counter.add(1000)
    keeper, used = await hoard(counter)
    counter.start(keeper)
    await counter.expect(budget, spent=used, leased=0)


async def test_what_a_silent_process_held_is_in_doubt(counter: Counter) -> None:
    budget = await counter.add(1000)
    silent = counter.keeper(pace=replace(QUICK, lease_s=0.0))
    reservation = await silent.reserve(counter.scope, NOBODY, tokens(300))
    other = counter.keeper()
    await other.reclaim_expired()
    assert await counter.amounts(budget) == (0, 0, 300)
    assert (await counter.see(budget)).left == 700
    with pytest.raises(BudgetExceededError):
        await other.reserve(counter.scope, NOBODY, tokens(701))
    # It was only slow: what it says now is beyond doubt.
    reservation.settle(Actual(0, 100))
    await silent.flush()
    spent, leased, in_doubt = await counter.amounts(budget)
    assert (spent, in_doubt) == (100, 0)
    assert leased <= 200


async def test_a_long_call_keeps_its_lease(counter: Counter) -> None:
    budget = await counter.add(1000)
    keeper = counter.running(replace(QUICK, lease_s=3.0, report_s=0.05))
    reservation = await keeper.reserve(counter.scope, NOBODY, tokens(300))
    first = await counter.lease_ends_at(budget)
    assert first is not None
    async with asyncio.timeout(30):
        while await counter.lease_ends_at(budget) == first:  # noqa: ASYNC110 - rows set no event
            await asyncio.sleep(0.05)
        reservation.settle(Actual(0, 300))
        while await counter.lease_ends_at(budget):  # noqa: ASYNC110 - rows set no event
            await asyncio.sleep(0.05)
    assert await counter.amounts(budget) == (300, 0, 0)
