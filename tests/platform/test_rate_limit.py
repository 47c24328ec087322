"""GCRA: never more than the burst and the rate, by Redis or without it."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis
from tests.platform.hand import Hand, make_subject

from vectal.platform.embedded.folder import DataFolder
from vectal.platform.embedded.valkey import EmbeddedValkey
from vectal.platform.rate_limit import Claim, Decision, Limit, RateLimiter, network_of

SLOW = Limit("test_slow", burst=3, interval_s=3600)
OTHER = Limit("test_other", burst=5, interval_s=3600)
TOKENS = Limit("test_tokens", burst=1000, interval_s=3600)


@pytest.fixture
async def shared(valkey: str) -> AsyncGenerator[RateLimiter]:
    limiter = RateLimiter(valkey)
    yield limiter
    await limiter.close()


@pytest.fixture(params=["redis", "process"])
async def either(request: pytest.FixtureRequest, valkey: str) -> AsyncGenerator[RateLimiter]:
    limiter = RateLimiter(valkey if request.param == "redis" else None)
    yield limiter
    await limiter.close()


@pytest.fixture
async def redis(valkey: str) -> AsyncGenerator[Redis]:
    client: Redis = Redis.from_url(valkey)  # pyright: ignore[reportUnknownMemberType]  # untyped kwargs of redis-py
    yield client
    await client.aclose()


async def test_the_burst_passes_and_then_no_more(shared: RateLimiter) -> None:
    subject = make_subject()
    waits = await asyncio.gather(*(shared.take([(SLOW, subject)]) for _ in range(20)))
    assert sum(wait == 0 for wait in waits) == 3
    assert all(3500 < wait <= 3600 for wait in waits if wait)
    assert await shared.take([(SLOW, make_subject())]) == 0


async def test_two_processes_share_one_limit(valkey: str) -> None:
    subject, first, second = make_subject(), RateLimiter(valkey), RateLimiter(valkey)
    waits = [await each.take([(SLOW, subject)]) for each in (first, second) * 3]
    assert sum(wait == 0 for wait in waits) == 3
    await first.close()
    await second.close()


async def test_nothing_is_taken_unless_every_limit_allows(shared: RateLimiter) -> None:
    spent, fresh = make_subject(), make_subject()
    for _ in range(3):
        assert await shared.take([(SLOW, spent)]) == 0
    for _ in range(10):
        assert await shared.take([(OTHER, fresh), (SLOW, spent)]) > 0
    for _ in range(5):
        assert await shared.take([(OTHER, fresh)]) == 0


async def test_given_back_is_like_new(shared: RateLimiter) -> None:
    subject = make_subject()
    for _ in range(4):
        await shared.take([(SLOW, subject)])
    await shared.give_back(SLOW, subject)
    assert await shared.take([(SLOW, subject)]) == 0


async def test_a_forgotten_script_is_told_again(shared: RateLimiter, redis: Redis) -> None:
    subject = make_subject()
    assert await shared.take([(SLOW, subject)]) == 0
    await redis.script_flush()  # pyright: ignore[reportUnknownMemberType]  # untyped in redis-py
    waits = [await shared.take([(SLOW, subject)]) for _ in range(3)]
    assert [wait == 0 for wait in waits] == [True, True, False]


async def test_no_subject_is_readable_and_every_key_expires(
    shared: RateLimiter, redis: Redis
) -> None:
    subject = f"{make_subject()}@example.com"
    await shared.take([(SLOW, subject)])
    key = SLOW.key(subject)
    assert subject.split("@", maxsplit=1)[0] not in key
    assert 0 < await redis.pttl(key) <= 3_601_000


async def test_without_redis_each_process_counts_for_itself() -> None:
    limiter = RateLimiter("redis://127.0.0.1:1/0")
    subject = make_subject()
    waits = [await limiter.take([(SLOW, subject)]) for _ in range(6)]
    assert sum(wait == 0 for wait in waits) == 3
    await limiter.give_back(SLOW, subject)
    assert await limiter.take([(SLOW, subject)]) == 0
    await limiter.close()


async def test_a_redis_that_comes_back_is_asked_again(valkey: str) -> None:
    hand = Hand()
    limiter = RateLimiter(valkey, monotonic=hand)
    vars(limiter)["_away_until"] = hand.now + 1
    subject = make_subject()
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


# --- costs, standings and what is given back ----------------------------------------------------


async def test_one_decision_takes_another_cost_of_each_limit(shared: RateLimiter) -> None:
    who = make_subject()
    for left, tokens_left in ((2, 600), (1, 200)):
        decision = await shared.decide([Claim(SLOW, who), Claim(TOKENS, who, 400)])
        assert decision.is_allowed
        assert [each.remaining for each in decision.standings] == [left, tokens_left]
    refused = await shared.decide([Claim(SLOW, who), Claim(TOKENS, who, 400)])
    requests, tokens = refused.standings
    assert (requests.remaining, tokens.remaining) == (1, 200)
    assert requests.wait_s == 0
    assert tokens.wait_s == pytest.approx(200 * 3600, abs=60)
    assert refused.wait_s == tokens.wait_s
    assert requests.whole_in_s == pytest.approx(2 * 3600, abs=60)
    # What was refused has taken nothing of either.
    last = await shared.decide([Claim(SLOW, who), Claim(TOKENS, who, 200)])
    assert [each.remaining for each in last.standings] == [0, 0]


async def test_no_limit_at_all_allows(shared: RateLimiter) -> None:
    assert (await shared.decide([])).is_allowed


async def test_more_than_the_burst_passes_a_full_bucket_and_is_paid_for(
    either: RateLimiter,
) -> None:
    small, who = Limit("test_small", burst=10, interval_s=60), make_subject()
    big = await either.decide([Claim(small, who, 50)])
    assert big.is_allowed
    assert big.standings[0].remaining == 0
    assert big.standings[0].whole_in_s == pytest.approx(50 * 60, abs=60)
    after = await either.decide([Claim(small, who, 1)])
    assert after.wait_s == pytest.approx(41 * 60, abs=60)
    # Anything taken, and there is no room for it.
    other = make_subject()
    await either.take([(small, other)])
    refused = await either.decide([Claim(small, other, 50)])
    assert refused.wait_s == pytest.approx(60, abs=10)


async def test_a_debt_is_paid_within_a_day(shared: RateLimiter) -> None:
    who = make_subject()
    decision = await shared.decide([Claim(SLOW, who, 1_000_000_000)])
    assert decision.is_allowed
    assert decision.standings[0].whole_in_s == pytest.approx(3 * 3600 + 86_400, abs=60)


async def test_what_was_not_used_is_given_back(either: RateLimiter) -> None:
    who = make_subject()
    claims = [Claim(SLOW, who), Claim(TOKENS, who, 900)]
    decision = await either.decide(claims)
    either.settle(decision, claims[1:], 100)
    await either.flush()
    after = await either.decide([Claim(SLOW, who), Claim(TOKENS, who, 0)])
    assert [each.remaining for each in after.standings] == [1, 900]


async def test_what_was_used_beyond_is_taken(either: RateLimiter) -> None:
    who = make_subject()
    claims = [Claim(TOKENS, who, 300)]
    either.settle(await either.decide(claims), claims, 1_010)
    await either.flush()
    refused = await either.decide([Claim(TOKENS, who, 1)])
    assert refused.wait_s == pytest.approx(11 * 3600, abs=60)


async def test_a_refused_decision_gives_nothing_back(shared: RateLimiter) -> None:
    who = make_subject()
    await shared.decide([Claim(TOKENS, who, 1_000)])
    claims = [Claim(TOKENS, who, 500)]
    shared.settle(await shared.decide(claims), claims, 0)
    await shared.flush()
    assert not (await shared.decide([Claim(TOKENS, who, 1)])).is_allowed


async def test_given_back_to_a_server_that_is_gone_is_no_error() -> None:
    limiter, who = RateLimiter("redis://127.0.0.1:1/0"), make_subject()
    claims = [Claim(TOKENS, who, 900)]
    mine = await limiter.decide(claims)
    assert not mine.is_shared
    limiter.settle(mine, claims, 0)
    assert (await limiter.decide(claims)).is_allowed
    theirs = Decision(0.0, claims, (), is_shared=True)
    limiter.settle(theirs, claims, 0)
    await limiter.close()


async def test_many_at_once_never_take_more_than_there_is(valkey: str) -> None:
    who, limiters = make_subject(), [RateLimiter(valkey), RateLimiter(valkey)]

    async def one(number: int) -> bool:
        claims = [Claim(TOKENS, who, 30)]
        return (await limiters[number % 2].decide(claims)).is_allowed

    assert sum(await asyncio.gather(*(one(number) for number in range(100)))) == 33
    for limiter in limiters:
        await limiter.close()


async def test_many_at_once_that_settle_use_it_up_and_no_more(shared: RateLimiter) -> None:
    who, used = make_subject(), 0

    async def work() -> None:
        nonlocal used
        claims = [Claim(TOKENS, who, 60)]
        while used < TOKENS.burst:
            decision = await shared.decide(claims)
            if decision.is_allowed:
                used += 7
                shared.settle(decision, claims, 7)
            elif used > TOKENS.burst - 60 - 7:
                return

    await asyncio.gather(*(work() for _ in range(100)))
    assert TOKENS.burst - 60 - 7 < used <= TOKENS.burst


async def test_scripts_are_told_again_to_many_at_once(shared: RateLimiter, redis: Redis) -> None:
    who = make_subject()
    await redis.script_flush()  # pyright: ignore[reportUnknownMemberType]  # untyped in redis-py
    decisions = await asyncio.gather(*(shared.decide([Claim(SLOW, who)]) for _ in range(50)))
    assert sum(each.is_allowed for each in decisions) == 3
    assert all(each.is_shared for each in decisions)


async def test_a_server_that_restarts_is_found_again(public_path: Path) -> None:
    data = DataFolder(public_path / "data")
    data.open()
    server = EmbeddedValkey(data, durable=False)
    hand, who = Hand(), make_subject()
    limiter = RateLimiter((await server.start()).url, monotonic=hand)
    claims = [Claim(TOKENS, who, 400)]
    assert (await limiter.decide(claims)).is_shared
    await server.stop()
    away = await limiter.decide(claims)
    assert (away.is_allowed, away.is_shared) == (True, False)
    await server.start()
    hand.now += 2
    limiter.settle(away, claims, 0)
    assert (await limiter.decide(claims)).is_shared
    # One that restarts while nobody asks is not even missed.
    await server.stop()
    await server.start()
    assert (await limiter.decide(claims)).is_shared
    await limiter.close()
    await server.stop()


def test_one_subscriber_of_ipv6_is_one_address() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::2:3") == "2001:db8::/64"
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("no address") == "no address"
