"""Rows that wait: how many go at once, and when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from vectal.platform.db.batch_writer import BATCH, ENOUGH, BatchWriter

LONG_S = 600.0


class Store:
    """Where rows go. While it is written to, others note on; `is_away`: nothing can be written."""

    def __init__(self) -> None:
        self.writer = BatchWriter[int]("a test", self._write, LONG_S)
        self.batches: list[list[int]] = []
        self._written = asyncio.Condition()
        self.attempts = 0
        self.is_away = False
        self.noted_meanwhile = 0

    async def _write(self, batch: Sequence[int]) -> None:
        self.attempts += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise ConnectionError
        async with self._written:
            self.batches.append(list(batch))
            self._written.notify_all()
        if self.noted_meanwhile:
            self.noted_meanwhile -= 1
            self.writer.note(-1)

    async def until_written(self, count: int) -> None:
        async with asyncio.timeout(10), self._written:
            await self._written.wait_for(lambda: len(self.batches) >= count)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[asyncio.Event]:
        stop = asyncio.Event()
        run = asyncio.create_task(self.writer.run(stop))
        try:
            yield stop
        finally:
            stop.set()
            await run


async def settle() -> None:
    """Let all tasks do what they can."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_what_comes_while_it_writes_waits_for_the_next_round() -> None:
    store = Store()
    store.noted_meanwhile = 50
    async with store.running():
        for number in range(ENOUGH + 1):
            store.writer.note(number)
        await store.until_written(ENOUGH // BATCH + 1)
        await settle()
        assert [len(batch) for batch in store.batches] == [BATCH] * (ENOUGH // BATCH) + [1]
        assert store.writer.waiting == len(store.batches)
    assert sum(len(batch) for batch in store.batches) == ENOUGH + 1 + 50
    assert store.writer.waiting == 0


async def test_many_rows_are_written_before_the_pause_is_over() -> None:
    store = Store()
    async with store.running():
        await settle()
        for number in range(ENOUGH):
            store.writer.note(number)
        await settle()
        assert store.batches == []
        store.writer.note(ENOUGH)
        await store.until_written(ENOUGH // BATCH)
        await settle()
        assert store.writer.waiting == 0
        store.writer.note(-1)
        await settle()
        assert store.writer.waiting == 1, "the next pause is as long as any"
    rows = [row for batch in store.batches for row in batch]
    assert rows == [*range(ENOUGH + 1), -1]


async def test_many_rows_do_not_hurry_a_database_that_is_away() -> None:
    store = Store()
    store.is_away = True
    async with store.running():
        for number in range(ENOUGH + 100):
            store.writer.note(number)
        await settle()
        store.writer.note(-1)
        await settle()
        assert store.attempts == 1
        assert store.writer.waiting == ENOUGH + 101
        store.is_away = False
    assert store.writer.waiting == 0
    assert [row for batch in store.batches for row in batch] == [*range(ENOUGH + 100), -1]


async def test_stopping_writes_all_that_is_left() -> None:
    store = Store()
    async with store.running():
        await settle()
        store.writer.note(1)
        store.noted_meanwhile = 1
    assert store.batches == [[1], [-1]]


async def test_a_flush_waits_for_what_is_being_written() -> None:
    begun, may_end, written = asyncio.Event(), asyncio.Event(), list[int]()

    async def write(batch: Sequence[int]) -> None:
        begun.set()
        await may_end.wait()
        written.extend(batch)

    writer, stop = BatchWriter[int]("test", write, 0.001), asyncio.Event()
    running = asyncio.create_task(writer.run(stop))
    writer.note(1)
    await begun.wait()
    flushing = asyncio.create_task(writer.flush())
    await asyncio.sleep(0.01)
    assert not flushing.done()
    may_end.set()
    await flushing
    assert written == [1]
    stop.set()
    await running
