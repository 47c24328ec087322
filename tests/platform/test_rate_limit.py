"""GCRA: never more than the burst and the rate, by Redis or without it."""

import asyncio
import secrets
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from vectal.platform.rate_limit import Limit, RateLimiter

SLOW = Limit("test_slow", burst=3, interval_s=3600)
OTHER = Limit("test_other", burst=5, interval_s=3600)


class Hand:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def shared(valkey: str) -> AsyncGenerator[RateLimiter]:
    limiter = RateLimiter(valkey)
    yield limiter
    await limiter.close()


@pytest.fixture
async def redis(valkey: str) -> AsyncGenerator[Redis]:
    client: Redis = Redis.from_url(valkey)  # pyright: ignore[reportUnknownMemberType]  # untyped kwargs of redis-py
    yield client
    await client.aclose()


def _subject() -> str:
    return secrets.token_hex(8)


async def test_the_burst_passes_and_then_no_more(shared: RateLimiter) -> None:
    subject = _subject()
    waits = await asyncio.gather(*(shared.take([(SLOW, subject)]) for _ in range(20)))
    assert sum(wait == 0 for wait in waits) == 3
    assert all(3500 < wait <= 3600 for wait in waits if wait)
    assert await shared.take([(SLOW, _subject())]) == 0


async def test_two_processes_share_one_limit(valkey: str) -> None:
    subject, first, second = _subject(), RateLimiter(valkey), RateLimiter(valkey)
    waits = [await each.take([(SLOW, subject)]) for each in (first, second) * 3]
    assert sum(wait == 0 for wait in waits) == 3
    await first.close()
    await second.close()


async def test_nothing_is_taken_unless_every_limit_allows(shared: RateLimiter) -> None:
    spent, fresh = _subject(), _subject()
    for _ in range(3):
        assert await shared.take([(SLOW, spent)]) == 0
    for _ in range(10):
        assert await shared.take([(OTHER, fresh), (SLOW, spent)]) > 0
    for _ in range(5):
        assert await shared.take([(OTHER, fresh)]) == 0


async def test_given_back_is_like_new(shared: RateLimiter) -> None:
    subject = _subject()
    for _ in range(4):
        await shared.take([(SLOW, subject)])
    await shared.give_back(SLOW, subject)
    assert await shared.take([(SLOW, subject)]) == 0


async def test_a_forgotten_script_is_told_again(shared: RateLimiter, redis: Redis) -> None:
    subject = _subject()
    assert await shared.take([(SLOW, subject)]) == 0
    await redis.script_flush()  # pyright: ignore[reportUnknownMemberType]  # untyped in redis-py
    waits = [await shared.take([(SLOW, subject)]) for _ in range(3)]
    assert [wait == 0 for wait in waits] == [True, True, False]


async def test_no_subject_is_readable_and_every_key_expires(
    shared: RateLimiter, redis: Redis
) -> None:
    subject = f"{_subject()}@example.com"
    await shared.take([(SLOW, subject)])
    key = SLOW.key(subject)
    assert subject.split("@", maxsplit=1)[0] not in key
    assert 0 < await redis.pttl(key) <= 3_601_000


async def test_without_redis_each_process_counts_for_itself() -> None:
    limiter = RateLimiter("redis://127.0.0.1:1/0")
    subject = _subject()
    waits = [await limiter.take([(SLOW, subject)]) for _ in range(6)]
    assert sum(wait == 0 for wait in waits) == 3
    await limiter.give_back(SLOW, subject)
    assert await limiter.take([(SLOW, subject)]) == 0
    await limiter.close()


async def test_a_redis_that_comes_back_is_asked_again(valkey: str) -> None:
    hand = Hand()
    limiter = RateLimiter(valkey, monotonic=hand)
    vars(limiter)["_away_until"] = hand.now + 1
    subject = _subject()
    for _ in range(3):
        await limiter.take([(SLOW, subject)])
    assert await limiter.take([(SLOW, subject)]) > 0
    hand.now += 2
    assert await limiter.take([(SLOW, subject)]) == 0
    await limiter.close()


@given(
    steps=st.lists(st.floats(0, 10), min_size=1, max_size=60),
    burst=st.integers(1, 6),
    interval_s=st.floats(0.1, 5),
)
async def test_no_window_sees_more_than_burst_and_rate(
    steps: list[float], burst: int, interval_s: float
) -> None:
    """In any stretch of time t: at most burst + t / interval."""
    hand, limit = Hand(), Limit("test_window", burst, interval_s)
    limiter = RateLimiter(None, monotonic=hand)
    allowed: list[float] = []
    for step in steps:
        hand.now += step
        if not await limiter.take([(limit, "one")]):
            allowed.append(hand.now)
    for index, start in enumerate(allowed):
        for count, end in enumerate(allowed[index:], 1):
            assert count <= burst + (end - start) / interval_s + 1e-3


@given(burst=st.integers(1, 5), interval_s=st.floats(0.1, 5), tries=st.integers(1, 20))
async def test_waiting_as_told_is_enough(burst: int, interval_s: float, tries: int) -> None:
    hand, limit = Hand(), Limit("test_wait", burst, interval_s)
    limiter = RateLimiter(None, monotonic=hand)
    for _ in range(tries):
        hand.now += await limiter.take([(limit, "one")])
    assert await limiter.take([(limit, "one")]) <= interval_s + 1e-6
