"""Redis and the process decide alike, whatever is asked, and nobody gets more than there is."""

from dataclasses import dataclass
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis
from tests.platform.hand import Hand, make_subject

from vectal.platform.rate_limit import Claim, Decision, Limit, RateLimiter

AGREEING = (
    Limit("test_agree_a", burst=3, interval_s=100),
    Limit("test_agree_b", burst=10, interval_s=50),
    Limit("test_agree_c", burst=1, interval_s=200),
)
NOISE_S = 5.0
"""Redis goes by its own clock, which moves a little while the test runs."""

Costs = tuple[int | None, int | None, int | None]


@dataclass(frozen=True)
class Step:
    """Time passes, then a decision over those limits that have a cost, then what it really was."""

    halves: int
    costs: Costs
    actual: int | None


STEPS = st.lists(
    st.builds(
        Step,
        st.integers(0, 8),
        st.tuples(*[st.none() | st.integers(0, 25)] * 3),
        st.none() | st.integers(0, 40),
    ),
    min_size=1,
    max_size=15,
)


async def _pass_time(redis: Redis, who: str, seconds: float) -> None:
    """A limit knows of time only by the distance to what it holds."""
    for key in (limit.key(who) for limit in AGREEING):
        held = await cast("Any", redis.get(key))
        if held is not None:
            await redis.set(key, f"{float(held) - seconds * 1e6:.2f}", keepttl=True)


@given(steps=STEPS)
async def test_redis_and_the_process_decide_alike(valkey: str, steps: list[Step]) -> None:
    hand, who = Hand(), make_subject()
    redis: Redis = Redis.from_url(valkey)  # pyright: ignore[reportUnknownMemberType]  # untyped kwargs of redis-py
    shared, local = RateLimiter(valkey), RateLimiter(None, monotonic=hand)
    for step in steps:
        hand.now += step.halves * 50
        await _pass_time(redis, who, step.halves * 50)
        claims = [
            Claim(limit, who, cost)
            for limit, cost in zip(AGREEING, step.costs, strict=True)
            if cost is not None
        ]
        theirs, ours = await shared.decide(claims), await local.decide(claims)
        _assert_alike(theirs, ours)
        if step.actual is not None:
            shared.settle(theirs, claims, step.actual)
            local.settle(ours, claims, step.actual)
            await shared.flush()
    await shared.close()
    await redis.aclose()


def _assert_alike(theirs: Decision, ours: Decision) -> None:
    assert theirs.is_allowed == ours.is_allowed
    assert theirs.wait_s == pytest.approx(ours.wait_s, abs=NOISE_S)
    for one, other in zip(theirs.standings, ours.standings, strict=True):
        assert one.remaining == other.remaining
        assert one.whole_in_s == pytest.approx(other.whole_in_s, abs=NOISE_S)
        assert one.wait_s == pytest.approx(other.wait_s, abs=NOISE_S)


@given(
    steps=st.lists(st.tuples(st.floats(0, 10), st.integers(0, 9)), min_size=1, max_size=60),
    burst=st.integers(1, 9),
    interval_s=st.floats(0.1, 5),
)
async def test_no_window_sees_costs_beyond_burst_and_rate(
    steps: list[tuple[float, int]], burst: int, interval_s: float
) -> None:
    """In any stretch of time t: at most burst + t / interval, and what one cost is beyond it."""
    hand, limit = Hand(), Limit("test_window", burst, interval_s)
    limiter = RateLimiter(None, monotonic=hand)
    taken: list[tuple[float, int]] = []
    for step, cost in steps:
        hand.now += step
        if (await limiter.decide([Claim(limit, "one", cost)])).is_allowed:
            taken.append((hand.now, cost))
    for index, (start, _) in enumerate(taken):
        total = 0
        for end, cost in taken[index:]:
            total += cost
            beyond = max(0, cost - burst)
            assert total <= burst + beyond + (end - start) / interval_s + 1e-3
