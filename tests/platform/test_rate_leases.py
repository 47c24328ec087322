"""Parts of limits that are taken ahead: never more than the limit, and nothing lost."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from tests.platform.hand import Hand, make_subject

from vectal.platform.rate_claims import ClaimSet
from vectal.platform.rate_leases import LEASE_S, SHARE
from vectal.platform.rate_limit import Claim, Limit, RateLimiter

BIG = Limit("test_big", burst=1_000, interval_s=3600)
SMALL = Limit("test_small_lease", burst=SHARE - 1, interval_s=3600)
PART = BIG.burst // SHARE


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
async def limiter(valkey: str, hand: Hand) -> AsyncGenerator[RateLimiter]:
    made = RateLimiter(valkey, monotonic=hand)
    yield made
    await made.close()


async def test_a_limit_that_is_asked_often_is_decided_without_waiting(
    limiter: RateLimiter,
) -> None:
    claims = [Claim(BIG, make_subject())]
    assert limiter.try_decide(claims) is None
    await limiter.decide(claims)
    assert limiter.try_decide(claims) is None
    await limiter.decide(claims)
    found = limiter.try_decide(claims)
    assert found is not None
    assert found.is_allowed
    assert found.is_shared


async def test_what_is_left_is_told_as_if_nothing_was_leased(limiter: RateLimiter) -> None:
    claims = [Claim(BIG, make_subject())]
    left = [(await limiter.decide(claims)).standings[0].remaining for _ in range(6)]
    assert left == [999, 998, 997, 996, 995, 994]


async def test_nothing_is_leased_of_a_small_limit(limiter: RateLimiter) -> None:
    claims = [Claim(SMALL, make_subject())]
    for _ in range(5):
        await limiter.decide(claims)
        assert limiter.try_decide(claims) is None


async def test_what_one_lease_lacks_is_taken_out_of_none(limiter: RateLimiter) -> None:
    first, second = Claim(BIG, make_subject()), Claim(BIG, make_subject())
    for _ in range(2):
        await limiter.decide([first, second])
    assert limiter.try_decide([first, Claim(BIG, second.subject, 2 * PART)]) is None
    # All of the first lease is there yet, but for what the bucket's own answer took.
    found = limiter.try_decide([Claim(BIG, first.subject, PART)])
    assert found is not None
    assert found.standings[0].remaining == BIG.burst - 2 - PART


async def test_two_processes_that_lease_never_pass_the_limit(valkey: str) -> None:
    who, limiters = make_subject(), [RateLimiter(valkey), RateLimiter(valkey)]
    claims = [Claim(BIG, who)]
    allowed = 0
    for number in range(2 * BIG.burst):
        allowed += (await limiters[number % 2].decide(claims)).is_allowed
    # What the one holds the other can't have; within a second it is given back.
    assert BIG.burst - PART <= allowed <= BIG.burst
    for each in limiters:
        await each.close()


async def test_one_process_alone_can_use_all_of_it(limiter: RateLimiter) -> None:
    claims = [Claim(BIG, make_subject())]
    decisions = [await limiter.decide(claims) for _ in range(BIG.burst + 20)]
    assert sum(each.is_allowed for each in decisions) == BIG.burst


async def test_what_was_not_used_goes_back(valkey: str, hand: Hand) -> None:
    who, first, second = make_subject(), RateLimiter(valkey, monotonic=hand), RateLimiter(valkey)
    claims = [Claim(BIG, who)]
    for _ in range(3):
        await first.decide(claims)
    await first.close()
    standing = (await second.decide(claims)).standings[0]
    assert standing.remaining == BIG.burst - 4
    await second.close()


async def test_a_lease_that_ended_unused_is_followed_by_another(
    limiter: RateLimiter, hand: Hand
) -> None:
    """Though the bucket is asked so often that the old one is never forgotten."""
    claims = [Claim(BIG, make_subject())]
    for _ in range(2):
        await limiter.decide(claims)
    other = [*claims, Claim(SMALL, make_subject())]  # these always ask Redis
    for _ in range(5):
        hand.now += LEASE_S / 3
        await limiter.decide(other)
    hand.now += LEASE_S / 3
    await limiter.decide(claims)
    assert limiter.try_decide(claims) is not None
    await limiter.flush()
    left = (await limiter.decide(claims)).standings[0].remaining
    assert left == BIG.burst - 10


async def test_an_old_lease_is_not_used(limiter: RateLimiter, hand: Hand) -> None:
    claims = [Claim(BIG, make_subject())]
    for _ in range(2):
        await limiter.decide(claims)
    hand.now += LEASE_S
    assert limiter.try_decide(claims) is None


async def test_a_lease_is_renewed_before_it_ends(limiter: RateLimiter, hand: Hand) -> None:
    claims = [Claim(BIG, make_subject())]
    for _ in range(2):
        await limiter.decide(claims)
    hand.now += 0.7 * LEASE_S
    assert limiter.try_decide(claims) is not None
    for _ in range(200):
        await asyncio.sleep(0.01)
        if vars(limiter)["_renewal"].done():
            break
    hand.now += 0.7 * LEASE_S
    assert limiter.try_decide(claims) is not None


async def test_tokens_that_were_not_used_stay_in_the_lease(limiter: RateLimiter) -> None:
    tokens, who = Limit("test_lease_tokens", burst=100_000, interval_s=3600), make_subject()
    claims = [Claim(tokens, who, 200)]
    for _ in range(2):
        limiter.settle(await limiter.decide(claims), claims, 10)
    for _ in range(20):
        found = limiter.try_decide(claims)
        assert found is not None
        limiter.settle(found, claims, 10)
    await limiter.close()
    again = RateLimiter(None)
    await again.close()


async def test_no_redis_is_no_reason_to_wait(valkey: str) -> None:
    del valkey
    limiter = RateLimiter(None)
    found = limiter.try_decide([Claim(BIG, make_subject())])
    assert found is not None
    assert not found.is_shared
    await limiter.close()


async def test_what_is_settled_together_is_what_each_alone_comes_to(
    limiter: RateLimiter, hand: Hand
) -> None:
    requests, tokens = Limit("test_r", 1_000, 3600), Limit("test_t", 100_000, 3600)
    took, used = (100, 200, 7, 300), (90, 150_000, 900, 300)
    left: list[list[int]] = []
    for together in (True, False):
        who = make_subject()
        claims = Claim(requests, who), Claim(tokens, who, 0)
        wanted = ClaimSet(claims[:1], claims[1:])
        for _ in range(2):
            await limiter.decide([claims[0], Claim(tokens, who, 1)])
        taken = [each for size in took if (each := limiter.try_take(wanted, size)) is not None]
        assert len(taken) == len(took)
        if together:
            limiter.settle_taken(wanted, taken, used)
        else:
            for each, actual in zip(taken, used, strict=True):
                limiter.settle_taken(wanted, [each], [actual])
        await limiter.flush()
        hand.now += LEASE_S  # so that Redis is asked
        standings = (await limiter.decide([claims[0], Claim(tokens, who, 1)])).standings
        left.append([each.remaining for each in standings])
    assert left[0] == left[1]
