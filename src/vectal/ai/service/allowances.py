"""A call within an allowance: what a run has left bounds its next call before it is made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from vectal.ai.budgets.amounts import to_decimal
from vectal.ai.contracts import Allowance
from vectal.ai.errors import AllowanceExceededError
from vectal.ai.ports import ModelRequest
from vectal.ai.proxy.attempts import MAX_TARGETS, input_tokens
from vectal.ai.proxy.costs import UNITS_PER_USD, worst_cost
from vectal.ai.proxy.record import Target
from vectal.ai.service.windows import slack_of

LEAST_ANSWER_TOKENS: Final = 256
"""An answer that may only be shorter than this is not worth its prompt."""


@dataclass(frozen=True, slots=True)
class Afforded:
    """`worst` is the most that the call can take at any of the targets."""

    targets: list[Target]
    call: ModelRequest
    worst: Allowance


def afford(
    allowance: Allowance, targets: Sequence[Target], call: ModelRequest, *, calls: int, at: datetime
) -> Afforded:
    """The call with as long an answer as the allowance bears, at the targets it can pay.

    `calls` may be made at once for it, and both are paid. A model without a known price counts as
    free, as it does in the ledger; its tokens count. Raises `AllowanceExceededError`.
    """
    share = Allowance(allowance.cost_usd / calls, allowance.tokens // calls)
    reachable = list(targets[:MAX_TARGETS])
    slack = max(slack_of(target) for target in reachable)
    inputs = math.ceil(input_tokens(call) * (1 + slack))
    wished = call.max_output_tokens
    least = min(wished, LEAST_ANSWER_TOKENS)
    if share.tokens - inputs < least:
        raise AllowanceExceededError("tokens")
    longest = min(wished, share.tokens - inputs)
    units = int(share.cost_usd * UNITS_PER_USD)
    outputs = 0
    payable: list[Target] = []
    for target in reachable:
        if _cost(target, inputs, least, at) > units:
            continue
        # The best target that can be paid says how long the answer may be.
        outputs = outputs or _longest(target, inputs, least, longest, units, at)
        if _cost(target, inputs, outputs, at) <= units:
            payable.append(target)
    if not payable:
        raise AllowanceExceededError("usd")
    dearest = max(_cost(target, inputs, outputs, at) for target in payable)
    worst = Allowance(to_decimal("usd", dearest * calls), (inputs + outputs) * calls)
    return Afforded(payable, replace(call, max_output_tokens=outputs), worst)


def _longest(
    target: Target, inputs: int, least: int, longest: int, units: int, at: datetime
) -> int:
    """The most tokens of an answer, from `least` to `longest`, that `units` pay for."""
    if _cost(target, inputs, longest, at) <= units:
        return longest
    low, high = least, longest
    while high - low > 1:
        middle = (low + high) // 2
        if _cost(target, inputs, middle, at) <= units:
            low = middle
        else:
            high = middle
    return low


def _cost(target: Target, inputs: int, outputs: int, at: datetime) -> int:
    """In units of 1e-8 USD; 0 where no price is known."""
    return worst_cost([target], inputs, outputs, at) or 0
