"""What a call may cost before it is made, and what it did cost. In units of 1e-8 USD."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

from vectal.ai.contracts import Charges, TokenUsage
from vectal.ai.proxy.record import Target
from vectal.ai.usage.prices import Priced, batch_cost_usd, cost_units, cost_usd, price_time

UNITS_PER_USD: Final = 100_000_000
_STEP_BITS: Final = 3


def actual_cost(target: Target, usage: TokenUsage, at: datetime) -> int | None:
    """None when nobody knows the price."""
    if target.offer.simulated:
        return 0
    return cost_units(target.offer.priced, usage, at)


def worst_cost(
    targets: Iterable[Target],
    inputs: int,
    outputs: int,
    at: datetime,
    charges: Charges | None = None,
) -> int | None:
    """The dearest of the targets at these counts; None when one's price is not known.

    Counts are rounded up, by an eighth at most, so that answers can be remembered: prices come
    from a table that takes 150 µs to ask. Of the tokens that `charges` say are kept, all may be.
    """
    at = price_time(at)
    sizes = rounded_up(inputs), rounded_up(outputs)
    dearest = 0
    for target in targets:
        if target.offer.simulated:
            continue
        cost = _remembered(target.offer.priced, *sizes, at, charges)
        if cost is None:
            return None
        dearest = max(dearest, cost)
    return dearest


def most_inputs(
    targets: Collection[Target], size: int, rounds: int = 0, least_window: int = 0
) -> int:
    """The most tokens that a request may take in, by the dearest of its targets.

    `size` is that of its text in bytes: a token has one at least. No model takes in more than its
    window at once, where that is more than a guess; with `rounds`, it may take in so many.
    """
    window = max((target.offer.model.context_tokens for target in targets), default=0)
    window = max(window, least_window)
    if any("window" in target.offer.model.guesses for target in targets):
        window = max(window, size)
    return rounds * window if rounds else min(size, window)


def batch_cost(target: Target, usage: TokenUsage, at: datetime) -> int | None:
    """What a line costs at the vendor's batch endpoint; None when nobody knows the price."""
    cost = batch_cost_usd(target.offer.priced, usage, at)
    return None if cost is None else to_units(cost)


def worst_batch_cost(
    target: Target, inputs: int, outputs: int, at: datetime, charges: Charges | None = None
) -> int | None:
    """The same for the most that a line can take."""
    sizes = rounded_up(inputs), rounded_up(outputs)
    return _remembered_batch(target.offer.priced, *sizes, price_time(at), charges)


def to_units(cost: Decimal) -> int:
    return int((cost * UNITS_PER_USD).to_integral_value(rounding="ROUND_CEILING"))


@functools.lru_cache(maxsize=8_192)
def _remembered(
    priced: Priced, inputs: int, outputs: int, at: datetime, charges: Charges | None
) -> int | None:
    # What a vendor puts into its cache may cost more than what it only reads.
    costs = [cost_usd(priced, usage, at) for usage in _usages(inputs, outputs, charges)]
    return max((to_units(cost) for cost in costs if cost is not None), default=None)


@functools.lru_cache(maxsize=8_192)
def _remembered_batch(
    priced: Priced, inputs: int, outputs: int, at: datetime, charges: Charges | None
) -> int | None:
    costs = [batch_cost_usd(priced, usage, at) for usage in _usages(inputs, outputs, charges)]
    return max((to_units(cost) for cost in costs if cost is not None), default=None)


def _usages(inputs: int, outputs: int, charges: Charges | None) -> tuple[TokenUsage, TokenUsage]:
    """What may have been counted, of which one is the dearest: nothing was cached, or all."""
    if charges is not None and charges.kept_tokens:
        charges = charges._replace(kept_tokens=inputs)
    plain = TokenUsage(inputs, outputs, charges=charges)
    return plain, TokenUsage(inputs, outputs, cache_write_tokens=inputs, charges=charges)


def rounded_up(count: int) -> int:
    """At least `count`, with so few digits that there are few of them."""
    shift = max(0, count.bit_length() - _STEP_BITS - 1)
    return -(-count >> shift) << shift
