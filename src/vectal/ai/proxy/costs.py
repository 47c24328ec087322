"""What a call may cost before it is made, and what it did cost. In units of 1e-8 USD."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

from vectal.ai.contracts import TokenUsage
from vectal.ai.proxy.record import Target
from vectal.ai.usage.prices import Priced, batch_cost_usd, cost_units, cost_usd, price_time
from vectal.ai.usage.tokens import IMAGE_TOKENS, LARGEST_IMAGE_TOKENS

UNITS_PER_USD: Final = 100_000_000
_STEP_BITS: Final = 3


def actual_cost(target: Target, usage: TokenUsage, at: datetime) -> int | None:
    """None when nobody knows the price."""
    if target.offer.simulated:
        return 0
    return cost_units(target.offer.priced, usage, at)


def worst_cost(targets: Iterable[Target], inputs: int, outputs: int, at: datetime) -> int | None:
    """The dearest of the targets at these counts; None when one's price is not known.

    Counts are rounded up, by an eighth at most, so that answers can be remembered: prices come
    from a table that takes 150 µs to ask.
    """
    at = price_time(at)
    sizes = rounded_up(inputs), rounded_up(outputs)
    dearest = 0
    for target in targets:
        if target.offer.simulated:
            continue
        cost = _remembered(target.offer.priced, *sizes, at)
        if cost is None:
            return None
        dearest = max(dearest, cost)
    return dearest


def most_inputs(counted: int, window: int, pictures: int, *, unknown: bool) -> int:
    """The most that a request of about `counted` tokens may take in, by the dearest of its models.

    `unknown`: there is more to it than can be counted here, but no model takes in more than its
    window.
    """
    if unknown:
        return window
    more = pictures * (LARGEST_IMAGE_TOKENS - IMAGE_TOKENS)
    return max(counted, min(counted + more, window))


def batch_cost(target: Target, usage: TokenUsage, at: datetime) -> int | None:
    """What a line costs at the vendor's batch endpoint; None when nobody knows the price."""
    cost = batch_cost_usd(target.offer.priced, usage, at)
    return None if cost is None else to_units(cost)


def worst_batch_cost(target: Target, inputs: int, outputs: int, at: datetime) -> int | None:
    """The same for the most that a line can take."""
    sizes = rounded_up(inputs), rounded_up(outputs)
    return _remembered_batch(target.offer.priced, *sizes, price_time(at))


def to_units(cost: Decimal) -> int:
    return int((cost * UNITS_PER_USD).to_integral_value(rounding="ROUND_CEILING"))


@functools.lru_cache(maxsize=8_192)
def _remembered(priced: Priced, inputs: int, outputs: int, at: datetime) -> int | None:
    plain = cost_usd(priced, TokenUsage(inputs, outputs), at)
    # What a vendor puts into its cache may cost more than what it only reads.
    cached = cost_usd(priced, TokenUsage(inputs, outputs, cache_write_tokens=inputs), at)
    return max((to_units(cost) for cost in (plain, cached) if cost is not None), default=None)


@functools.lru_cache(maxsize=8_192)
def _remembered_batch(priced: Priced, inputs: int, outputs: int, at: datetime) -> int | None:
    plain = batch_cost_usd(priced, TokenUsage(inputs, outputs), at)
    cached = batch_cost_usd(priced, TokenUsage(inputs, outputs, cache_write_tokens=inputs), at)
    return max((to_units(cost) for cost in (plain, cached) if cost is not None), default=None)


def rounded_up(count: int) -> int:
    """At least `count`, with so few digits that there are few of them."""
    shift = max(0, count.bit_length() - _STEP_BITS - 1)
    return -(-count >> shift) << shift
