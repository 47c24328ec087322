"""A hint is heard at once: nothing old, no stranger and no stopping worker keeps it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.fixtures.servers import TestDatabase
from tests.platform.jobs.conftest import PATIENCE_S, Bench, random_word

from vectal.platform.db import Database, WriteSession
from vectal.platform.ids import new_id
from vectal.platform.jobs import JobWorker, delivery, repository
from vectal.platform.jobs.delivery import UNAVAILABLE, Receiver, Sender
from vectal.platform.jobs.repository import Due

AT_ONCE = timedelta()
HOLD_S = 0.3


def _due(queue: str) -> Due:
    return Due(new_id(), new_id(), queue, 0)


async def _take_due(bench: Bench, limit: int, silence: timedelta = AT_ONCE) -> list[Due]:
    async with bench.db.system("test") as session:
        return list(await repository.take_due(session, silence=silence, limit=limit))


async def _deliver_one(bench: Bench) -> UUID:
    """Queue a job and mark it delivered, as a hint in Redis that this worker now reads."""
    await bench.enqueue()
    taken = await _take_due(bench, 100_000)
    return next(each.job_id for each in taken if each.queue == bench.job.rule.queue)


async def test_what_was_never_delivered_goes_first(bench: Bench) -> None:
    """More jobs may wait behind busy workers than are delivered before they are due again."""
    for number in range(3):
        await bench.enqueue(str(number))
    old = {each.job_id for each in await _take_due(bench, 100_000)}  # those of other tests too
    await bench.enqueue("new")
    (first,) = await _take_due(bench, 1)
    assert first.job_id not in old


async def test_those_delivered_before_take_turns(bench: Bench) -> None:
    for number in range(4):
        await bench.enqueue(str(number))
    await _take_due(bench, 100_000)
    async with bench.db.system("test") as session:
        await session.execute(
            text("UPDATE jobs SET dispatched_at = '2000-01-01' WHERE name = :name"),
            {"name": bench.job.name},
        )
    turns = [await _take_due(bench, 1) for _ in range(4)]
    assert len({each.job_id for turn in turns for each in turn}) == 4


async def test_installations_on_one_redis_leave_each_other_their_hints(valkey: str) -> None:
    word = random_word()
    here, there = _due(word), _due(word)
    async with (
        Sender(valkey, installation="here") as first,
        Sender(valkey, installation="there") as second,
    ):
        await first.send([here])
        await second.send([there])
    assert await _receive_one(valkey, word, "there") == there.job_id
    assert await _receive_one(valkey, word, "here") == here.job_id


async def _receive_one(url: str, queue: str, installation: str) -> UUID:
    stop = asyncio.Event()
    taken: list[UUID] = []

    async def take(job_id: UUID) -> None:
        taken.append(job_id)
        stop.set()

    async with asyncio.timeout(PATIENCE_S):
        await Receiver(url, [queue], take, concurrency=1, installation=installation).run(stop)
    return taken[0]


async def test_a_flood_is_sent_at_once_and_twice_is_once(valkey: str) -> None:
    word, stop = random_word(), asyncio.Event()
    flood, last = [_due(word) for _ in range(200)], _due(word)
    taken: list[UUID] = []

    async def take(job_id: UUID) -> None:
        taken.append(job_id)
        if len(taken) == len(flood) + 1:
            stop.set()

    async with Sender(valkey) as sender:
        await sender.send(flood)
        await sender.send([*flood, last])
        async with asyncio.timeout(PATIENCE_S):
            await Receiver(valkey, [word], take, concurrency=50).run(stop)
    assert sorted(taken) == sorted(each.job_id for each in [*flood, last])


async def test_what_a_stopping_worker_has_read_is_taken(valkey: str) -> None:
    """Redis has crossed it off when its answer is on the way."""
    due, stop = _due(random_word()), asyncio.Event()
    taken: list[UUID] = []

    async def take(job_id: UUID) -> None:
        taken.append(job_id)

    async with _slow_way_to(valkey, str(due.job_id).encode(), stop.set) as url:
        receiver = Receiver(url, [due.queue], take, concurrency=1)
        receiving = asyncio.create_task(receiver.run(stop))
        async with Sender(valkey) as sender, asyncio.timeout(PATIENCE_S):
            await sender.send([due])
            await receiving
    assert taken == [due.job_id]


@dataclass
class _Way:
    """A way to Redis on which the first answer with some word in it takes its time."""

    host: str
    port: int
    word: bytes
    tell: Callable[[], None]
    is_told: bool = False
    open: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])

    async def carry(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        far_in, far_out = await asyncio.open_connection(self.host, self.port)
        self.open |= {near_out, far_out}
        await asyncio.gather(
            _pipe(near_in, far_out, self._pass_on), _pipe(far_in, near_out, self._watch)
        )

    async def _pass_on(self, chunk: bytes) -> None:
        del chunk

    async def _watch(self, chunk: bytes) -> None:
        if self.word in chunk and not self.is_told:
            self.is_told = True
            self.tell()
            await asyncio.sleep(HOLD_S)


async def _pipe(
    source: asyncio.StreamReader,
    sink: asyncio.StreamWriter,
    look: Callable[[bytes], Awaitable[None]],
) -> None:
    try:
        while chunk := await source.read(65536):
            await look(chunk)
            sink.write(chunk)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.close()


@asynccontextmanager
async def _slow_way_to(url: str, word: bytes, tell: Callable[[], None]) -> AsyncGenerator[str]:
    parts = urlsplit(url)
    way = _Way(parts.hostname or "127.0.0.1", parts.port or 6379, word, tell)
    server = await asyncio.start_server(way.carry, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    login = parts.netloc.rpartition("@")[0]
    try:
        yield parts._replace(netloc=f"{login}@127.0.0.1:{port}").geturl()
    finally:
        for each in way.open:
            each.transport.abort()
        server.close()


async def test_a_redis_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "SEND_S", 0.05)
    held: list[asyncio.StreamWriter] = []

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    async with server, asyncio.timeout(PATIENCE_S), Sender(url) as sender:
        with pytest.raises(UNAVAILABLE):
            await sender.send([_due(random_word())])
        for writer in held:
            writer.transport.abort()


class _Stumbling(Database):
    """Loses its connection when a job is claimed for the first time."""

    has_stumbled = False

    @asynccontextmanager
    async def system(self, purpose: str) -> AsyncGenerator[WriteSession]:
        if purpose == "job claim" and not self.has_stumbled:
            self.has_stumbled = True
            raise ConnectionResetError
        async with super().system(purpose) as session:
            yield session


async def test_a_claim_that_fails_is_tried_again(bench: Bench, postgres: TestDatabase) -> None:
    job_id = await _deliver_one(bench)
    database = _Stumbling(postgres.app_url)
    try:
        await JobWorker(database, bench.queue, bench.redis_url).take(job_id)
    finally:
        await database.close()
    assert database.has_stumbled
    assert await bench.states() == {"done": 1}


async def test_a_hint_that_comes_when_all_is_over_is_handed_back(bench: Bench) -> None:
    job_id = await _deliver_one(bench)
    worker, stop = bench.worker(), asyncio.Event()
    stop.set()
    await worker.run(stop)
    await worker.take(job_id)
    assert bench.ran.calls == []
    again = await _take_due(bench, 100_000, timedelta(days=1))  # at once, not after the silence
    assert job_id in {each.job_id for each in again}
