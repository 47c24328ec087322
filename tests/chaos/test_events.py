"""The outbox under fire: writers, a transaction left open, killed relays and consumers."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import suppress

import pytest
from tests.fixtures.servers import Servers, TestDatabase, clone_database, drop_database
from tests.platform.events.samples import Counted

from vectal.platform.db import Database, Scope, WriteSession
from vectal.platform.events import EventRecord, append, stream
from vectal.platform.events.consumers import Consumer, ConsumerRunner, consumer
from vectal.platform.events.feed import EventFeed
from vectal.platform.ids import new_id

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

WRITERS = 8
OPEN_S = 30.0
KILL_AFTER_S = 5.0
PATIENCE_S = 150
NAME, TABLE = "chaos.effects", "chaos_effects"


@pytest.fixture
async def own(servers: Servers) -> AsyncGenerator[TestDatabase]:
    """A log of its own, with a table for effects."""
    made = await clone_database(servers, "chaos_events")
    owner = Database(made.superuser_url)
    async with owner.system("test") as session:
        connection = await session.connection()
        await connection.execute("RESET ROLE")
        await connection.execute(
            f"CREATE TABLE {TABLE} (number int, place bigint GENERATED ALWAYS AS IDENTITY)"
        )
        await connection.execute(f"GRANT ALL ON {TABLE} TO vectal_app, vectal_system")
    await owner.close()
    yield made
    await drop_database(servers, "chaos_events")


async def test_nothing_is_lost_doubled_or_reordered(own: TestDatabase, valkey: str) -> None:
    db = Database(own.app_url, outbox=append, pool_size=20)
    redis = stream.connect(valkey)
    done, heard, acknowledged = asyncio.Event(), list[int](), list[int]()
    await ConsumerRunner(db, [_placeholder()]).register()
    listening = asyncio.create_task(_listen(EventFeed(db, redis), heard))
    chaos = [
        asyncio.create_task(_keep_killing("relay", own, valkey, done)),
        asyncio.create_task(_keep_killing("consumer", own, valkey, done)),
        asyncio.create_task(_flush_sometimes(redis, done)),
    ]
    try:
        await _write_beside_an_open_transaction(db, acknowledged)
        await _wait_for_all(db, heard, acknowledged)
    finally:
        done.set()
        await asyncio.gather(*chaos)
        listening.cancel()
        await asyncio.wait({listening})
    effects = await _effects(db)
    await redis.aclose()
    await db.close()
    for seen in (effects, heard):
        assert sorted(seen) == sorted(acknowledged)
        for writer in range(WRITERS):
            numbers = [n for n in seen if n // 1_000_000 == writer]
            assert numbers == sorted(numbers)


async def _wait_for_all(db: Database, heard: list[int], acknowledged: list[int]) -> None:
    effects: list[int] = []
    for _ in range(PATIENCE_S * 2):
        effects = await _effects(db)
        if min(len(effects), len(heard)) >= len(acknowledged):
            return
        await asyncio.sleep(0.5)
    pytest.fail(f"{len(effects)} effects and {len(heard)} heard of {len(acknowledged)}")


async def _write_beside_an_open_transaction(db: Database, acknowledged: list[int]) -> None:
    scope = Scope(new_id(), new_id())
    stay = asyncio.create_task(_stay_open(db, scope, acknowledged))
    await asyncio.gather(*(_write(db, scope, w, acknowledged, stay) for w in range(WRITERS)))
    await stay


async def _write(
    db: Database, scope: Scope, writer: int, acknowledged: list[int], stay: "asyncio.Task[None]"
) -> None:
    number = writer * 1_000_000
    while not stay.done():
        async with db.transaction(scope) as session:
            await session.emit(Counted(number))
            await asyncio.sleep(random.uniform(0.05, 0.3))  # noqa: S311 - some commits are slow
        acknowledged.append(number)
        number += 1


async def _stay_open(db: Database, scope: Scope, acknowledged: list[int]) -> None:
    async with db.transaction(scope) as session:
        await session.emit(Counted(99_000_000))
        await asyncio.sleep(OPEN_S)
    acknowledged.append(99_000_000)


async def _keep_killing(role: str, own: TestDatabase, redis_url: str, done: asyncio.Event) -> None:
    while not done.is_set():
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.chaos.event_process",
            role, own.app_url, redis_url, NAME, TABLE,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert child.stdout is not None
        await child.stdout.readline()
        with suppress(TimeoutError):
            async with asyncio.timeout(random.uniform(1, KILL_AFTER_S)):  # noqa: S311 - a moment
                await done.wait()
        os.kill(child.pid, signal.SIGKILL)
        await child.wait()


async def _flush_sometimes(redis: stream.Redis, done: asyncio.Event) -> None:
    while not done.is_set():
        await redis.flushdb()  # pyright: ignore[reportUnknownMemberType] - untyped kwargs
        with suppress(TimeoutError):
            async with asyncio.timeout(7):
                await done.wait()


async def _listen(feed: EventFeed, heard: list[int]) -> None:
    async for batch in feed.tail():
        heard.extend(record.payload["number"] for record in batch)


async def _effects(db: Database) -> list[int]:
    async with db.system("test") as session:
        connection = await session.connection()
        rows = await connection.fetch(f"SELECT number FROM {TABLE} ORDER BY place")  # noqa: S608 - our own table
        return [row["number"] for row in rows]


def _placeholder() -> Consumer:
    """Registers the reader's first offset; the work is done by the processes."""

    @consumer(NAME, Counted)
    async def handle(session: WriteSession, record: EventRecord) -> None:
        raise AssertionError(f"{session} {record}")

    return handle
