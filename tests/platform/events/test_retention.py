"""Retention keeps what somebody still needs; a restore starts a new log with the old rows."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from tests.fixtures.horizon import settled
from tests.fixtures.servers import Servers, clone_database, drop_database
from tests.platform.events.samples import Counted

from vectal.platform.db import Database, Scope, WriteSession
from vectal.platform.events import CursorGoneError, EventRecord, append, repository
from vectal.platform.events.consumers import ConsumerRunner, consumer
from vectal.platform.events.feed import EventFeed
from vectal.platform.events.retention import measure_events, purge_events, rebase_after_restore
from vectal.platform.telemetry import REGISTRY

OLD = timedelta(days=4)


@pytest.fixture
async def db(servers: Servers, worker: str) -> AsyncGenerator[Database]:
    """A log of its own: these tests change every row in it."""
    name = f"log_{worker}"
    made = await clone_database(servers, name)
    database = Database(made.app_url, outbox=append)
    yield database
    await database.close()
    await drop_database(servers, name)


async def _emit(db: Database, scope: Scope, *numbers: int, age: timedelta = timedelta()) -> None:
    for number in numbers:
        async with db.transaction(scope) as session:
            await session.emit(Counted(number))
    async with db.system("test") as session:
        await session.execute(
            text(
                "UPDATE outbox SET at = at - CAST(:age AS interval)"
                " WHERE (payload->>'number')::int = ANY(:n)"
            ),
            {"age": age, "n": list(numbers)},
        )
    await settled(db)


async def _numbers(db: Database) -> list[int]:
    async with db.system("test") as session:
        rows = await session.execute(
            text("SELECT (payload->>'number')::int FROM outbox ORDER BY xid, id")
        )
        return [row[0] for row in rows.all()]


class Reader:
    def __init__(self, db: Database, name: str) -> None:
        self.numbers: list[int] = []
        self.runner = ConsumerRunner(db, [consumer(name, Counted)(self._handle)])

    async def _handle(self, session: WriteSession, record: EventRecord) -> None:
        del session
        self.numbers.append(record.payload["number"])


async def test_old_rows_go_once_everybody_has_them(db: Database, scope: Scope) -> None:
    reader = Reader(db, "slow")
    await reader.runner.register()
    await _emit(db, scope, 1, 2, age=OLD)
    assert await purge_events(db) == 0
    await reader.runner.drain()
    await _emit(db, scope, 3)
    assert await purge_events(db) == 2
    assert await _numbers(db) == [3]


async def test_a_reader_that_never_comes_does_not_hold_rows_for_ever(
    db: Database, scope: Scope
) -> None:
    await Reader(db, "gone").runner.register()
    await _emit(db, scope, 1, age=timedelta(days=15))
    await _emit(db, scope, 2, age=OLD)
    assert await purge_events(db) == 1
    assert await _numbers(db) == [2]


async def test_a_cursor_before_the_purge_is_gone(db: Database, redis: Redis, scope: Scope) -> None:
    feed = EventFeed(db, redis)
    old = await feed.read_present()
    await _emit(db, scope, 1, age=OLD)
    kept = await feed.read_present()
    await _emit(db, scope, 2)
    await purge_events(db)
    with pytest.raises(CursorGoneError):
        await feed.replay(scope, old)
    assert [r.payload["number"] for r in (await feed.replay(scope, kept)).events] == [2]


async def test_gauges_tell_who_is_behind(db: Database, scope: Scope) -> None:
    reader = Reader(db, "late")
    await reader.runner.register()
    await _emit(db, scope, 1, age=timedelta(seconds=100))
    await measure_events(db)
    lag = REGISTRY.get_sample_value("vectal_events_lag_seconds", {"consumer": "late"})
    assert lag is not None
    assert 100 <= lag < 1000
    assert REGISTRY.get_sample_value("vectal_events_parked", {"consumer": "late"}) == 0
    await reader.runner.drain()
    await measure_events(db)
    assert REGISTRY.get_sample_value("vectal_events_lag_seconds", {"consumer": "late"}) == 0


async def _age_transaction_ids(db: Database) -> None:
    """As if rows and offsets came from a cluster that had seen a billion transactions."""
    async with db.system("test") as session:
        for table in ("outbox", "event_consumers"):
            await session.execute(
                text(f"UPDATE {table} SET xid = (xid::text::bigint + 1000000000)::text::xid8")  # noqa: S608 - a constant
            )


async def test_a_restored_log_goes_on(db: Database, redis: Redis, scope: Scope) -> None:
    quick, slow = Reader(db, "quick"), Reader(db, "slow")
    await quick.runner.register()
    await slow.runner.register()
    await _emit(db, scope, 1, 2)
    await quick.runner.drain()
    await slow.runner.drain()
    await _emit(db, scope, 3)
    await quick.runner.drain()
    feed = EventFeed(db, redis)
    held = await feed.read_present()

    await _age_transaction_ids(db)
    await _emit(db, scope, 4)  # a server was quicker than the scheduler
    assert await rebase_after_restore(db)
    assert not await rebase_after_restore(db)
    await _emit(db, scope, 5)

    assert await _numbers(db) == [1, 2, 3, 4, 5]
    await quick.runner.drain()
    await slow.runner.drain()
    assert quick.numbers == [1, 2, 3, 4, 5]
    assert slow.numbers == [1, 2, 3, 4, 5]
    del held


async def test_an_idle_log_is_not_taken_for_a_restored_one(db: Database, scope: Scope) -> None:
    reader = Reader(db, "idle")
    await reader.runner.register()
    await _emit(db, scope, 1)
    await reader.runner.drain()
    assert not await rebase_after_restore(db)


async def test_only_settled_rows_are_purged(db: Database, scope: Scope) -> None:
    async with db.transaction(scope) as session:
        await session.emit(Counted(1))
        async with db.system("test") as other:
            await repository.purge(other, keep=timedelta(), give_up=timedelta(), limit=10)
    assert await _numbers(db) == [1]
