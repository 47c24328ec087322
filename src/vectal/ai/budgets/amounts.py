"""Amounts: whole numbers of the smallest part of a unit, so that no sum is ever rounded."""

from decimal import ROUND_CEILING, Decimal
from typing import Final, Literal, NamedTuple, TypeAlias

Unit: TypeAlias = Literal["usd", "tokens", "requests"]
UNITS: Final[tuple[Unit, ...]] = ("usd", "tokens", "requests")
"""In the order of the fields of `Worst` and `Actual`."""

LARGEST: Final = Decimal(10) ** 12
"""No cap is above it, in USD, tokens or requests."""

# A USD is counted in parts of 1e-8, as the usage ledger stores it.
_PLACES: Final[dict[Unit, int]] = {"usd": 8, "tokens": 0, "requests": 0}


class Worst(NamedTuple):
    """The most that a call can take. `cost_units` are 1e-8 USD; None when nobody knows the price.

    A call that is known to cost nothing says 0.
    """

    cost_units: int | None
    tokens: int
    requests: int = 1


class Actual(NamedTuple):
    """What a call took. Without `cost_units` its worst case stands."""

    cost_units: int | None
    tokens: int
    requests: int = 1


def to_amount(unit: Unit, value: Decimal) -> int:
    """Whole parts of `value`; a fraction of a part is rounded up."""
    return int(value.scaleb(_PLACES[unit]).to_integral_value(ROUND_CEILING))


def to_decimal(unit: Unit, amount: int) -> Decimal:
    """USD, tokens or requests, as people and the database read them."""
    return Decimal(amount).scaleb(-_PLACES[unit])


def is_exact(unit: Unit, value: Decimal) -> bool:
    """Whether `value` is made of whole parts."""
    return value.is_finite() and value == to_decimal(unit, to_amount(unit, value))
