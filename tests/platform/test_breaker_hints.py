"""Two processes' boards over a real Valkey: each hears of the other, and trusts what it finds."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from redis.asyncio import Redis

from vectal.platform.background import end_tasks
from vectal.platform.breaker_hints import MAX_OPEN, BreakerHints
from vectal.platform.ids import new_id
from vectal.platform.resilience import BreakerBoard, BreakerOpenError, BreakerRule, State

RULE = BreakerRule(failures=2, pause_s=60)
LONG_S = 20.0
"""A test that waits for longer has failed."""


@asynccontextmanager
async def _process(valkey: str, name: str) -> AsyncGenerator[BreakerBoard]:
    board = BreakerBoard(RULE)
    hints = BreakerHints(valkey, board, name=name, retry_s=0.05)
    work = asyncio.create_task(hints.run())
    try:
        yield board
    finally:
        await end_tasks([work])


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONG_S):
        while not holds():  # noqa: ASYNC110 - the other board tells nobody
            await asyncio.sleep(0.01)


def _fail(board: BreakerBoard, key: str) -> None:
    for _ in range(RULE.failures):
        board.find(key).admit().fail()


def _is_half_open(board: BreakerBoard, key: str) -> Callable[[], bool]:
    return lambda: board.list_states().get(key) is State.HALF_OPEN


@pytest.fixture
def name() -> str:
    return new_id().hex


@pytest.fixture
async def pair(valkey: str, name: str) -> AsyncGenerator[tuple[BreakerBoard, BreakerBoard]]:
    """Two boards that are known to hear each other."""
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(_process(valkey, name))
        two = await stack.enter_async_context(_process(valkey, name))
        for number, (speaker, hearer) in enumerate(((one, two), (two, one))):
            key = f"greeting-{number}"
            _fail(speaker, key)
            await _until(_is_half_open(hearer, key))
        yield one, two


async def test_an_opening_makes_the_others_careful(
    pair: tuple[BreakerBoard, BreakerBoard],
) -> None:
    one, two = pair
    _fail(one, "p/m")
    await _until(_is_half_open(two, "p/m"))
    probe = two.find("p/m").admit()
    with pytest.raises(BreakerOpenError):
        two.find("p/m").admit()
    probe.succeed()
    assert two.find("p/m").state is State.CLOSED
    assert one.find("p/m").state is State.OPEN


async def test_a_closing_lets_the_others_try_at_once(
    pair: tuple[BreakerBoard, BreakerBoard],
) -> None:
    one, two = pair
    _fail(one, "p/m")
    await _until(_is_half_open(two, "p/m"))
    two.find("p/m").admit().fail()  # it found the same: both know by themselves
    assert two.find("p/m").state is State.OPEN
    _fail(two, "later")  # what is told is told in order
    await _until(_is_half_open(one, "later"))
    one.find("p/m").reconsider()
    one.find("p/m").admit().succeed()
    await _until(_is_half_open(two, "p/m"))


async def test_who_comes_later_hears_of_what_is_open(valkey: str, name: str) -> None:
    async with _process(valkey, name) as one:
        _fail(one, "p/m")
        async with _process(valkey, name) as two:
            await _until(_is_half_open(two, "p/m"))


async def test_without_redis_each_goes_by_what_it_finds(name: str) -> None:
    async with _process("redis://127.0.0.1:1/0", name) as board:
        _fail(board, "p/m")
        await asyncio.sleep(0.2)
        assert board.list_states() == {"p/m": State.OPEN}


async def test_what_others_write_there_is_bounded(valkey: str, name: str) -> None:
    redis: Redis = Redis.from_url(valkey)  # pyright: ignore[reportUnknownMemberType]  # untyped kwargs of redis-py
    far = {f"k{number}": 9e15 for number in range(MAX_OPEN * 3)}
    await redis.zadd(f"vectal:breakers:open{name}", {**far, "x" * 5_000: 9e15})
    await redis.aclose()
    async with _process(valkey, name) as board:
        _fail(board, "p/m")
        await _until(lambda: len(board.list_states()) > 1)
        assert len(board.list_states()) <= MAX_OPEN + 1
        assert all(len(key) < 400 for key in board.list_states())
