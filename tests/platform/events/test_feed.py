"""The feed: each event once and in order, whatever happens to Redis and to the relay."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from redis.asyncio import Redis
from tests.platform.events.samples import Counted

from vectal.platform.background import end_tasks
from vectal.platform.db import Database, Scope
from vectal.platform.events import EventRecord, repository, stream
from vectal.platform.events.feed import EventFeed
from vectal.platform.events.relay import Relay

Wait = Callable[[list[int]], Awaitable[None]]


@dataclass
class Listener:
    """Collects what `tail` yields for one workspace."""

    feed: EventFeed
    scope: Scope
    numbers: list[int] = field(default_factory=list[int])
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, started: asyncio.Event) -> None:
        after = await self.feed.read_present()
        started.set()
        async for batch in self.feed.tail(after):
            self._take(batch)

    def _take(self, batch: list[EventRecord]) -> None:
        mine = [r for r in batch if r.workspace_id == self.scope.workspace_id]
        self.numbers += [record.payload["number"] for record in mine]
        self.changed.set()

    async def expect(self, numbers: list[int]) -> None:
        async with asyncio.timeout(30):
            while self.numbers != numbers:
                assert len(self.numbers) <= len(numbers), self.numbers
                await self.changed.wait()
                self.changed.clear()


@pytest.fixture
def relay(db: Database, redis: Redis) -> Relay:
    return Relay(db, redis)


@pytest.fixture
async def listener(db: Database, redis: Redis, scope: Scope) -> AsyncGenerator[Listener]:
    made = Listener(EventFeed(db, redis), scope)
    started = asyncio.Event()
    running = asyncio.create_task(made.run(started))
    await started.wait()
    yield made
    await end_tasks([running])  # one cancel may be swallowed, see there
    assert running.cancelled()


async def _emit(db: Database, scope: Scope, *numbers: int) -> None:
    for number in numbers:
        async with db.transaction(scope) as session:
            await session.emit(Counted(number))


async def _catch_up(relay: Relay) -> None:
    moved, unsettled = 1, False
    while moved or unsettled:
        moved, unsettled = await relay.step()


async def test_events_reach_the_stream_and_the_listener_once(
    db: Database, scope: Scope, relay: Relay, listener: Listener
) -> None:
    await _emit(db, scope, 1, 2)
    await _catch_up(relay)
    await _emit(db, scope, 3)
    await _catch_up(relay)
    await listener.expect([1, 2, 3])


async def test_without_a_relay_the_outbox_is_polled(
    db: Database, scope: Scope, listener: Listener
) -> None:
    await _emit(db, scope, 1)
    await listener.expect([1])
    await _emit(db, scope, 2, 3)
    await listener.expect([1, 2, 3])


async def test_a_relay_that_starts_over_sends_doubles_that_nobody_sees(
    db: Database, redis: Redis, scope: Scope, relay: Relay, listener: Listener
) -> None:
    async with db.system("test") as session:
        before = await repository.find_offset(session, repository.RELAY)
    assert before is not None
    await _emit(db, scope, 1, 2)
    await _catch_up(relay)
    async with db.system("test") as session:  # as if killed before its offset moved
        await repository.move_offset(session, repository.RELAY, before)
    await _catch_up(relay)
    assert await redis.xlen(stream.STREAM) >= 4
    await _emit(db, scope, 3)
    await _catch_up(relay)
    await listener.expect([1, 2, 3])


async def test_a_flush_loses_nothing(
    db: Database, redis: Redis, scope: Scope, relay: Relay, listener: Listener
) -> None:
    await _emit(db, scope, 1)
    await _catch_up(relay)
    await listener.expect([1])
    await _emit(db, scope, 2, 3)
    await _catch_up(relay)
    await redis.flushdb()  # pyright: ignore[reportUnknownMemberType] - untyped kwargs
    await _emit(db, scope, 4)
    await _catch_up(relay)
    await listener.expect([1, 2, 3, 4])


async def test_a_trimmed_stream_is_filled_from_the_outbox(
    db: Database, redis: Redis, scope: Scope
) -> None:
    relay, feed = Relay(db, redis), EventFeed(db, redis)
    start = await feed.read_present()
    await _emit(db, scope, 1)
    await _catch_up(relay)
    tail = feed.tail(start)
    numbers: list[int] = []

    async def read(count: int) -> None:
        async with asyncio.timeout(30):
            while len(numbers) < count:
                mine = [r for r in await anext(tail) if r.workspace_id == scope.workspace_id]
                numbers.extend(record.payload["number"] for record in mine)

    await read(1)
    await _emit(db, scope, *range(2, 8))
    await _catch_up(relay)
    await redis.xtrim(stream.STREAM, maxlen=1, approximate=False)
    await read(7)
    await tail.aclose()
    assert numbers == list(range(1, 8))


async def test_redis_that_is_away_stops_neither_reader_nor_writer(
    db: Database, scope: Scope
) -> None:
    nobody_there = stream.connect("redis://127.0.0.1:1/0")
    relay, listener = Relay(db, nobody_there), Listener(EventFeed(db, nobody_there), scope)
    started, stop = asyncio.Event(), asyncio.Event()
    tasks = [asyncio.create_task(listener.run(started)), asyncio.create_task(relay.run(stop))]
    await started.wait()
    await _emit(db, scope, 1, 2)
    await listener.expect([1, 2])
    with pytest.raises(stream.UNAVAILABLE):
        await relay.step()
    stop.set()
    await tasks[1]
    tasks[0].cancel()
    await asyncio.wait(tasks)
    await nobody_there.aclose()


async def test_garbage_in_the_stream_is_walked_around(
    db: Database, redis: Redis, scope: Scope, relay: Relay, listener: Listener
) -> None:
    await _emit(db, scope, 1)
    await _catch_up(relay)
    await listener.expect([1])
    await redis.xadd(stream.STREAM, {"e": b"\xff not ours"})
    await redis.xadd(stream.STREAM, {"x": "y"})
    await _emit(db, scope, 2)
    await _catch_up(relay)
    await listener.expect([1, 2])


async def test_the_relay_runs_by_the_bell(
    db: Database, scope: Scope, relay: Relay, listener: Listener
) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(relay.run(stop))
    await _emit(db, scope, *range(30))
    await listener.expect(list(range(30)))
    stop.set()
    await running


async def test_eight_writers_and_a_transaction_left_open_lose_nothing(
    db: Database, scope: Scope, relay: Relay, listener: Listener
) -> None:
    """Short here; `make chaos` leaves it open for thirty seconds."""
    stop, opened, close = asyncio.Event(), asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(relay.run(stop))

    async def stay_open() -> None:
        async with db.transaction(scope) as session:
            await session.emit(Counted(-1))
            opened.set()
            await close.wait()

    async def write(writer: int) -> None:
        for number in range(25):
            async with db.transaction(scope) as session:
                await session.emit(Counted(writer * 1_000 + number))

    lingering = asyncio.create_task(stay_open())
    await opened.wait()
    await asyncio.gather(*(write(writer) for writer in range(8)))
    assert listener.numbers == []  # all of them are younger than the open one
    close.set()
    await lingering
    async with asyncio.timeout(30):
        while len(listener.numbers) < 201:
            await listener.changed.wait()
            listener.changed.clear()
    stop.set()
    await running
    assert len(set(listener.numbers)) == len(listener.numbers) == 201
    for writer in range(8):
        own = [n for n in listener.numbers if n >= 0 and n // 1_000 == writer]
        assert own == sorted(own)
