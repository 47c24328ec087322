"""Sums of the usage ledger."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

UsageGrouping: TypeAlias = Literal[
    "day", "model", "provider", "user", "api_key", "project", "run", "purpose"
]


@dataclass(frozen=True, slots=True)
class UsageSum:
    """Calls of one group. `cost_usd` leaves out what has no price; `unpriced` counts those."""

    group: str
    calls: int
    failed: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    cost_usd: Decimal
    unpriced: int
