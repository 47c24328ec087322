"""The cache of half a second: shared, bounded, and never older than it says."""

import asyncio

import pytest

from vectal.platform.momentary import MomentaryCache


class Source:
    def __init__(self) -> None:
        self.now = 0.0
        self.asked = 0
        self.fails = False
        self.cache: MomentaryCache[str, int] = MomentaryCache(
            0.5, max_entries=3, monotonic=lambda: self.now
        )

    async def load(self) -> int:
        self.asked += 1
        await asyncio.sleep(0)
        if self.fails:
            raise ConnectionError
        return self.asked

    async def get(self, key: str = "k") -> int:
        return await self.cache.get(key, self.load)


async def test_callers_of_a_moment_share_one_look_up() -> None:
    source = Source()
    assert await asyncio.gather(*(source.get() for _ in range(20))) == [1] * 20
    source.now = 0.49
    assert await source.get() == 1
    source.now = 0.5
    assert await source.get() == 2


async def test_what_is_forgotten_is_asked_anew() -> None:
    source = Source()
    await source.get()
    source.cache.forget("k")
    assert await source.get() == 2


async def test_a_failure_is_not_kept() -> None:
    source = Source()
    source.fails = True
    with pytest.raises(ConnectionError):
        await source.get()
    source.fails = False
    assert await source.get() == 2


async def test_one_that_leaves_takes_nothing_from_the_others() -> None:
    source = Source()
    first = asyncio.create_task(source.get())
    second = asyncio.create_task(source.get())
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 1


async def test_the_number_of_answers_is_bounded() -> None:
    source = Source()
    for key in "abcd":
        await source.get(key)
    await source.get("d")
    assert source.asked == 4
    await source.get("a")
    assert source.asked == 5


async def test_a_look_waits_for_nothing() -> None:
    source = Source()
    assert source.cache.peek("k", None) is None
    await source.get()
    assert source.cache.peek("k", None) == 1
    source.now = 0.5
    assert source.cache.peek("k", None) is None
    assert source.asked == 1


async def test_who_looks_often_finds_it_renewed() -> None:
    source = Source()
    await source.get()
    source.now = 0.4
    assert [source.cache.peek("k", None) for _ in range(3)] == [1, 1, 1]
    await asyncio.sleep(0.01)
    assert source.asked == 2
    assert source.cache.peek("k", None) == 2
    source.now = 0.89  # its age counts from the look-up at 0.4
    assert source.cache.peek("k", None) == 2
    source.now = 0.91
    await asyncio.sleep(0.01)
    assert source.cache.peek("k", None) == 3


async def test_what_is_forgotten_while_it_is_renewed_stays_so() -> None:
    source = Source()
    await source.get()
    source.now = 0.4
    source.cache.peek("k", None)
    source.cache.forget("k")
    await asyncio.sleep(0.01)
    assert source.cache.peek("k", None) is None


async def test_a_renewal_that_fails_leaves_what_there_is() -> None:
    source = Source()
    await source.get()
    source.now, source.fails = 0.4, True
    source.cache.peek("k", None)
    await asyncio.sleep(0.01)
    assert source.cache.peek("k", None) == 1
    source.now = 0.5
    assert source.cache.peek("k", None) is None


async def test_what_is_busy_is_renewed_a_few_times_unasked() -> None:
    asked: list[str] = []
    fifth = asyncio.Event()

    async def load() -> int:
        asked.append("k")
        if len(asked) == 5:
            fifth.set()
        return len(asked)

    cache = MomentaryCache[str, int](0.02)
    await cache.get("k", load)
    cache.peek("k", 0)
    cache.peek("k", 0)
    async with asyncio.timeout(10):
        await fifth.wait()
    await asyncio.sleep(0.1)
    assert len(asked) == 5


async def test_what_is_asked_now_and_then_is_not() -> None:
    source = Source()
    source.cache = MomentaryCache(0.02, monotonic=lambda: source.now)
    await source.get()
    source.cache.peek("k", 0)
    await asyncio.sleep(0.1)
    assert source.asked == 1
