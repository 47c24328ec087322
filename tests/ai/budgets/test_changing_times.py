"""What changes under a keeper: rules, the calendar, and whether PostgreSQL is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from sqlalchemy.exc import DBAPIError
from tests.ai.budgets.conftest import QUICK, Counter
from tests.fixtures.servers import TestDatabase

from vectal.ai.budgets.amounts import Actual, Worst
from vectal.ai.budgets.rules import Subjects
from vectal.ai.errors import BudgetExceededError, BudgetsUnavailableError
from vectal.ai.service.budget_books import MAX_AGE_S
from vectal.ai.service.budget_exchange import BudgetPace
from vectal.ai.service.budget_keeper import BudgetKeeper, bounded_patience
from vectal.ai.service.budget_service import BudgetChange, BudgetService
from vectal.platform.clock import FixedClock
from vectal.platform.db import Database
from vectal.platform.resilience import within

NOBODY = Subjects()


def tokens(count: int) -> Worst:
    return Worst(0, count)


async def use(counter: Counter, keeper: BudgetKeeper, count: int) -> None:
    (await keeper.reserve(counter.scope, NOBODY, tokens(count))).settle(Actual(0, count))


async def refuses(counter: Counter, keeper: BudgetKeeper, count: int) -> bool:
    try:
        (await keeper.reserve(counter.scope, NOBODY, tokens(count))).release()
    except BudgetExceededError:
        return True
    return False


async def test_a_call_is_charged_to_the_period_in_which_it_began(counter: Counter) -> None:
    clock = FixedClock(datetime(2026, 11, 23, 22, 59, 59, 500_000, tzinfo=UTC))
    budget = await counter.add(100, period="day", timezone="Europe/Berlin")
    service = BudgetService(counter.database, clock)
    keeper = counter.keeper(clock=clock)
    await use(counter, keeper, 20)
    late = await keeper.reserve(counter.scope, NOBODY, tokens(80))
    assert await refuses(counter, keeper, 1)
    clock.advance(0.5)
    assert keeper.try_reserve(counter.scope, NOBODY, tokens(1)) is None
    await use(counter, keeper, 100)
    late.settle(Actual(0, 70))
    await keeper.flush()
    today = await service.get_budget(counter.scope, budget)
    assert (today.spent, today.leased) == (100, 0)
    assert today.starts_at == datetime(2026, 11, 23, 23, tzinfo=UTC)
    clock.advance(-1)
    yesterday = await service.get_budget(counter.scope, budget)
    assert (yesterday.spent, yesterday.leased) == (90, 0)  # and what was not used is back


async def test_the_hot_path_trusts_the_rules_for_less_than_a_second(counter: Counter) -> None:
    clock = FixedClock(datetime(2026, 11, 23, tzinfo=UTC))
    keeper = counter.keeper(clock=clock)
    await use(counter, keeper, 1)
    clock.advance(MAX_AGE_S - 0.01)
    assert keeper.try_reserve(counter.scope, NOBODY, tokens(1)) is not None
    clock.advance(0.02)
    assert keeper.try_reserve(counter.scope, NOBODY, tokens(1)) is None


async def test_a_new_budget_binds_a_running_keeper(counter: Counter) -> None:
    keeper = counter.running()
    await use(counter, keeper, 1000)
    await counter.add(10)
    async with asyncio.timeout(30):
        while not await refuses(counter, keeper, 11):  # noqa: ASYNC110 - rows set no event
            await asyncio.sleep(0.01)


async def test_a_smaller_cap_calls_back_what_is_held(counter: Counter) -> None:
    budget = await counter.add(10_000)
    keeper = counter.running(BudgetPace(report_s=60, idle_s=600))
    for _ in range(8):
        await use(counter, keeper, 10)
    await counter.service.update(counter.scope, budget, 1, BudgetChange(cap=Decimal(80)))
    async with asyncio.timeout(30):
        while not await refuses(counter, keeper, 1):  # noqa: ASYNC110 - rows set no event
            await asyncio.sleep(0.01)
    await counter.expect(budget, spent=80, leased=0)


async def test_a_budget_that_is_switched_off_or_deleted_binds_no_more(counter: Counter) -> None:
    budget = await counter.add(10)
    other = await counter.add(20)
    keeper = counter.running()
    under_way = await keeper.reserve(counter.scope, NOBODY, tokens(10))
    await counter.service.update(counter.scope, budget, None, BudgetChange(enabled=False))
    async with asyncio.timeout(30):
        while await refuses(counter, keeper, 10):  # noqa: ASYNC110 - rows set no event
            await asyncio.sleep(0.01)
        await counter.service.delete(counter.scope, other)
        while await refuses(counter, keeper, 21):  # noqa: ASYNC110 - rows set no event
            await asyncio.sleep(0.01)
    under_way.settle(Actual(0, 10))
    await counter.expect(budget, spent=10, leased=0)


@dataclass
class Cable:
    """A way to PostgreSQL that can be cut."""

    host: str
    port: int
    open: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])
    is_cut: bool = False

    async def carry(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        if self.is_cut:
            near_out.close()
            return
        far_in, far_out = await asyncio.open_connection(self.host, self.port)
        self.open |= {near_out, far_out}
        await asyncio.gather(_pipe(near_in, far_out), _pipe(far_in, near_out))

    def cut(self) -> None:
        self.is_cut = True
        for each in self.open:
            each.transport.abort()
        self.open.clear()

    def mend(self) -> None:
        self.is_cut = False


async def _pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while chunk := await source.read(65536):
            sink.write(chunk)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.close()


@asynccontextmanager
async def cable_to(url: str) -> AsyncGenerator[tuple[Cable, Database]]:
    parts = urlsplit(url)
    cable = Cable(parts.hostname or "127.0.0.1", parts.port or 5432)
    server = await asyncio.start_server(cable.carry, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    login = parts.netloc.rpartition("@")[0]
    database = Database(parts._replace(netloc=f"{login}@127.0.0.1:{port}").geturl())
    try:
        yield cable, database
    finally:
        await database.close()
        cable.cut()
        server.close()


async def test_without_postgresql_what_is_held_may_be_used(
    counter: Counter, postgres: TestDatabase
) -> None:
    budget = await counter.add(10_000)
    async with cable_to(postgres.app_url) as (cable, database):
        keeper = BudgetKeeper(database, pace=QUICK)
        used = 0
        for _ in range(8):
            await use(counter, keeper, 10)
            used += 10
        await keeper.flush()
        held = (await counter.see(budget)).leased
        assert held >= 10
        cable.cut()
        while used + 10 <= 80 + held:
            await use(counter, keeper, 10)
            used += 10
        with pytest.raises(BudgetsUnavailableError):
            await keeper.reserve(counter.scope, NOBODY, tokens(10))
        cable.mend()
        await use(counter, keeper, 10)
        await keeper.flush()
        assert (await counter.see(budget)).spent == used + 10


async def test_without_postgresql_an_unknown_workspace_is_refused(counter: Counter) -> None:
    nowhere = Database("postgresql://nobody:x@127.0.0.1:1/none")
    with pytest.raises(BudgetsUnavailableError):
        await BudgetKeeper(nowhere).reserve(counter.scope, NOBODY, tokens(1))
    await nowhere.close()


async def test_a_commit_whose_answer_is_lost_counts_once(
    counter: Counter, postgres: TestDatabase
) -> None:
    """The line is cut at every moment of a report; afterwards all is there once."""
    budget = await counter.add(100_000)
    used = 0
    async with cable_to(postgres.app_url) as (cable, database):
        keeper = BudgetKeeper(database, pace=QUICK)
        for moment in range(12):
            await use(counter, keeper, 100)
            used += 100
            report = asyncio.create_task(keeper.flush())
            for _ in range(moment * 3):
                await asyncio.sleep(0)
            cable.cut()
            cable.mend()
            await asyncio.gather(report, return_exceptions=True)
        with suppress(DBAPIError):  # the line that was cut last may be taken for a good one, once
            await keeper.flush()
        await keeper.flush()
        assert (await counter.see(budget)).spent == used


async def test_nobody_waits_until_the_deadline() -> None:
    async with within(30):
        assert 0 < bounded_patience(600).remaining() < 25
        assert bounded_patience(2).remaining() <= 2
