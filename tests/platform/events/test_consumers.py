"""Consumers: once, in order, each workspace for itself, and nothing blocks the others."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.fixtures.horizon import settled
from tests.fixtures.servers import TestDatabase
from tests.platform.events.samples import Counted, Other

from vectal.platform.db import Database, Scope, WriteSession
from vectal.platform.events import EventRecord, repository
from vectal.platform.events import repository_deliveries as deliveries
from vectal.platform.events.consumers import Consumer, ConsumerRunner, RetryRule, consumer
from vectal.platform.ids import new_id
from vectal.platform.jobs.tables import JobSchedule

AT_ONCE = RetryRule(first=timedelta(), attempts=3)


@dataclass
class Seen:
    """What a handler saw, and which numbers it refuses."""

    numbers: dict[UUID, list[int]] = field(default_factory=dict[UUID, list[int]])
    refused: set[int] = field(default_factory=set[int])
    tries: int = 0

    def of(self, scope: Scope) -> list[int]:
        return self.numbers.get(scope.workspace_id, [])

    async def handle(self, session: WriteSession, record: EventRecord) -> None:
        del session
        self.tries += 1
        number: int = record.payload["number"]
        if number in self.refused:
            raise ValueError(f"{number} is refused")
        self.numbers.setdefault(record.workspace_id, []).append(number)


@pytest.fixture
def name() -> str:
    return f"testing-{new_id()}"


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
async def ledger(postgres: TestDatabase) -> AsyncGenerator[str]:
    """A tenant's table for effects of handlers."""
    owner = Database(postgres.superuser_url)
    table = f"effects_{new_id().hex}"

    async def run(*statements: str) -> None:
        async with owner.system("test") as session:
            connection = await session.connection()
            await connection.execute("RESET ROLE")
            for statement in statements:
                await connection.execute(statement)

    await run(
        f"CREATE TABLE {table} (workspace_id uuid, number int)",
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant ON {table} TO vectal_app USING (workspace_id = "
        "vectal_workspace_id()) WITH CHECK (workspace_id = vectal_workspace_id())",
        f"GRANT ALL ON {table} TO vectal_app",
    )
    yield table
    await run(f"DROP TABLE {table}")
    await owner.close()


async def _emit(db: Database, scope: Scope, *numbers: int) -> None:
    for number in numbers:
        async with db.transaction(scope) as session:
            await session.emit(Counted(number))
    await settled(db)


async def _runner(
    db: Database, name: str, handle: Callable[..., object], retry: RetryRule = AT_ONCE
) -> ConsumerRunner:
    made: Consumer = consumer(name, Counted)(handle)  # type: ignore[arg-type]
    runner = ConsumerRunner(db, [made], retry)
    await runner.register()
    return runner


async def _count(db: Database, table: str, scope: Scope) -> list[int]:
    async with db.read(scope) as session:
        rows = await session.execute(text(f"SELECT number FROM {table} ORDER BY number"))  # noqa: S608 - our own table
        return [row[0] for row in rows.all()]


async def test_events_come_in_order_and_once(
    db: Database, scope: Scope, name: str, seen: Seen
) -> None:
    runner = await _runner(db, name, seen.handle)
    await _emit(db, scope, *range(120))
    await runner.drain()
    await runner.drain()
    assert seen.of(scope) == list(range(120))


async def test_only_the_wanted_types_come(
    db: Database, scope: Scope, name: str, seen: Seen
) -> None:
    runner = await _runner(db, name, seen.handle)
    async with db.transaction(scope) as session:
        await session.emit(Other(1))
        await session.emit(Counted(2))
    await settled(db)
    await runner.drain()
    assert seen.of(scope) == [2]


async def test_a_new_reader_starts_now_or_with_the_oldest(
    db: Database, scope: Scope, name: str
) -> None:
    await _emit(db, scope, 1)
    late, early = Seen(), Seen()
    runner = ConsumerRunner(
        db,
        [
            consumer(f"{name}-late", Counted)(late.handle),
            consumer(f"{name}-early", Counted, from_oldest=True)(early.handle),
        ],
    )
    await runner.register()
    await _emit(db, scope, 2)
    await runner.drain()
    assert late.of(scope) == [2]
    assert early.of(scope) == [1, 2]


async def test_the_effect_is_the_tenants_own(
    db: Database, scope: Scope, name: str, ledger: str
) -> None:
    async def handle(session: WriteSession, record: EventRecord) -> None:
        connection = await session.connection()
        statement = f"INSERT INTO {ledger} VALUES (vectal_workspace_id(), $1)"  # noqa: S608 - our own table
        await connection.execute(statement, record.payload["number"])
        # A service that opens its own transaction joins this one.
        async with db.transaction(Scope(record.workspace_id, UUID(int=0))) as joined:
            assert joined is session

    runner = await _runner(db, name, handle)
    other = Scope(new_id(), new_id())
    await _emit(db, scope, 1)
    await _emit(db, other, 2)
    await runner.drain()
    assert await _count(db, ledger, scope) == [1]
    assert await _count(db, ledger, other) == [2]


async def test_a_poison_event_is_parked_and_holds_back_its_workspace_only_until_then(
    db: Database, scope: Scope, name: str, seen: Seen
) -> None:
    seen.refused = {13}
    runner = await _runner(db, name, seen.handle, RetryRule(timedelta(hours=1), attempts=2))
    other = Scope(new_id(), new_id())
    await _emit(db, scope, 12, 13, 14)
    await _emit(db, other, 1)
    await runner.drain()
    assert seen.of(scope) == [12]
    assert seen.of(other) == [1]  # the neighbour went on at once
    runner.retry = AT_ONCE
    async with db.system("test") as session:
        await session.execute(
            text("UPDATE event_deliveries SET next_at = now() WHERE consumer = :name"),
            {"name": name},
        )
    await runner.drain()
    assert seen.of(scope) == [12, 14]
    async with db.system("test") as session:
        assert (await deliveries.count_deliveries(session))[name] == (0, 1)
    seen.refused.clear()
    async with db.system("test") as session:
        assert await deliveries.unpark(session, name, 100) == 1
    await runner.drain()
    assert seen.of(scope) == [12, 14, 13]


async def test_a_failing_event_keeps_its_order_while_it_waits(
    db: Database, scope: Scope, name: str, seen: Seen
) -> None:
    seen.refused = {1}
    runner = await _runner(db, name, seen.handle, RetryRule(timedelta(), attempts=100))
    await _emit(db, scope, 1, 2)
    await runner.step()
    await _emit(db, scope, 3)
    await runner.step()
    assert seen.of(scope) == []
    seen.refused.clear()
    await runner.drain()
    assert seen.of(scope) == [1, 2, 3]


async def test_a_handler_that_breaks_the_transaction_is_put_aside(
    db: Database, scope: Scope, name: str
) -> None:
    done: list[int] = []

    async def handle(session: WriteSession, record: EventRecord) -> None:
        if record.payload["number"] == 1:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        done.append(record.payload["number"])

    runner = await _runner(db, name, handle)
    other = Scope(new_id(), new_id())
    await _emit(db, scope, 1)
    await _emit(db, other, 2)
    for _ in range(12):
        await runner.step()
    assert done == [2]
    async with db.system("test") as session:
        assert (await deliveries.count_deliveries(session))[name] == (0, 1)


async def test_a_handler_that_hangs_is_cut_off(db: Database, scope: Scope, name: str) -> None:
    async def handle(session: WriteSession, record: EventRecord) -> None:
        del session, record
        await asyncio.Event().wait()

    runner = await _runner(db, name, handle)
    runner.handler_timeout_s = 0.01
    await _emit(db, scope, 1)
    await runner.drain()
    async with db.system("test") as session:
        assert (await deliveries.count_deliveries(session))[name] == (0, 1)


async def test_a_swallowed_database_error_counts_as_a_failure(
    db: Database, scope: Scope, name: str
) -> None:
    async def handle(session: WriteSession, record: EventRecord) -> None:
        del record
        with suppress(DBAPIError):
            await session.execute(text("SELECT 1 / 0"))

    runner = await _runner(db, name, handle)
    await _emit(db, scope, 1)
    await runner.drain()
    async with db.system("test") as session:
        assert (await deliveries.count_deliveries(session))[name] == (0, 1)


async def test_a_failing_flush_is_put_aside_too(db: Database, scope: Scope, name: str) -> None:
    """SQLAlchemy then rolls the whole transaction back: the costly way to fail."""
    done: list[int] = []

    async def handle(session: WriteSession, record: EventRecord) -> None:
        number: int = record.payload["number"]
        if number == 2:
            session.add(JobSchedule(name="", last_at=record.at))  # breaks a constraint, and rights
        done.append(number)

    runner = await _runner(db, name, handle)
    other = Scope(new_id(), new_id())
    await _emit(db, other, 1)
    await _emit(db, scope, 2)
    await _emit(db, other, 3)
    for _ in range(12):
        await runner.step()
    assert [number for number in done if number != 2][-2:] == [1, 3]
    async with db.system("test") as session:
        assert (await deliveries.count_deliveries(session))[name] == (0, 1)


async def test_two_runners_share_the_work_without_doubles(
    db: Database, scope: Scope, name: str, ledger: str
) -> None:
    async def handle(session: WriteSession, record: EventRecord) -> None:
        connection = await session.connection()
        statement = f"INSERT INTO {ledger} VALUES (vectal_workspace_id(), $1)"  # noqa: S608 - our own table
        await connection.execute(statement, record.payload["number"])

    first = await _runner(db, name, handle)
    second = await _runner(db, name, handle)
    await _emit(db, scope, *range(200))
    await asyncio.gather(*(runner.step() for _ in range(5) for runner in (first, second)))
    await first.drain()
    assert await _count(db, ledger, scope) == list(range(200))


async def test_killed_in_mid_handler_the_effect_comes_once(
    db: Database, postgres: TestDatabase, scope: Scope, name: str, ledger: str
) -> None:
    """A child process takes the batch and is killed while its last handler runs."""
    runner = await _runner(db, name, _never)
    await _emit(db, scope, 1, 2, 3)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.platform.events.victim", postgres.app_url, name, ledger,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    async with asyncio.timeout(30):
        assert await child.stdout.readline() == b"in the handler of 3\n"
    assert await _count(db, ledger, scope) == []  # all in one transaction, still open
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()

    async def handle(session: WriteSession, record: EventRecord) -> None:
        connection = await session.connection()
        statement = f"INSERT INTO {ledger} VALUES (vectal_workspace_id(), $1)"  # noqa: S608 - our own table
        await connection.execute(statement, record.payload["number"])

    runner = await _runner(db, name, handle)
    async with asyncio.timeout(30):
        while len(await _count(db, ledger, scope)) < 3:  # the server must notice the death first
            await runner.step()
    await runner.drain()
    assert await _count(db, ledger, scope) == [1, 2, 3]


async def test_run_follows_the_bell_and_stops(
    db: Database, scope: Scope, name: str, seen: Seen
) -> None:
    runner = await _runner(db, name, seen.handle)
    stop = asyncio.Event()
    running = asyncio.create_task(runner.run(stop))
    await _emit(db, scope, 1, 2)
    async with asyncio.timeout(20):
        while seen.of(scope) != [1, 2]:  # noqa: ASYNC110 - the handler has no event to set
            await asyncio.sleep(0.01)
        stop.set()
        await running


async def test_names_are_unique_and_not_ours(db: Database, seen: Seen) -> None:
    one = consumer("testing-same", Counted)(seen.handle)
    with pytest.raises(ValueError, match="share a name"):
        ConsumerRunner(db, [one, one])
    with pytest.raises(ValueError, match="name of its own"):
        consumer(repository.RELAY, Counted)
    with pytest.raises(ValueError, match="event type"):
        consumer("testing-none")


async def _never(session: WriteSession, record: EventRecord) -> None:
    raise AssertionError(f"{session} {record}")
