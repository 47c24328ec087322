"""What a call costs, in USD: by our own table where it says so, else by genai-prices."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit

from vectal.ai.contracts import TokenUsage
from vectal.ai.ports import ProviderKind
from vectal.ai.usage.fees import KEPT_FACTOR, answer_fee, raised, region_percent, units_of

_NUMBERS: Final = re.compile(r"[0-9.]+")
_MILLION: Final = Decimal(1_000_000)
_CENT_MICROS: Final = Decimal("0.00000001")
# A short text, so that no price tier for long ones is met.
_PROBE_TOKENS: Final = 1_000
_QUARTER: Final = 15
QUARTER: Final = timedelta(minutes=_QUARTER)
_PROBE_MANY: Final = 10_000_000
_PLACES: Final = 8
_FINE_A_UNIT: Final = 10_000_000
"""Of 1e-15 USD in 1e-8: the probe's tokens."""
_PROBES: Final = (
    TokenUsage(1, 1),
    TokenUsage(901, 77, 350, 200),
    TokenUsage(130_003, 4_001, 100_000, 9_000),
    TokenUsage(210_007, 64_000, 5, 0),
    TokenUsage(800_001, 200_003, 0, 300_000),
)
"""A price with steps shows them in one of these."""
# Requests read more than they write: three tokens to one is what chats have.
_READ_SHARE: Final = 3
BATCH_FACTOR: Final = Decimal("0.5")
_BATCH: Final = {"processing": "batch"}
_VENDORS: Final[dict[ProviderKind, str]] = {
    "openai": "openai",
    "anthropic": "anthropic",
    "deepseek": "deepseek",
}


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """USD per million tokens. Cache tokens cost what input costs when nothing is said."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """Which price applies: of what model, where, and whether our own table says it."""

    kind: ProviderKind
    model: str
    base_url: str = ""
    own: ModelPrice | None = None
    fee: int = field(init=False, repr=False, compare=False)
    """Of each answer beside its tokens, in units of 1e-8 USD."""
    percent: int = field(init=False, repr=False, compare=False)
    """On top of the price of all tokens."""
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fee", answer_fee(self.kind, self.model))
        percent = region_percent(self.kind, self.model, self.base_url)
        object.__setattr__(self, "percent", percent)
        # What is remembered of prices is looked up by it in every call, and a Decimal's is slow.
        told = hash((self.kind, self.model, self.base_url, self.own))
        object.__setattr__(self, "_hash", told)

    def __hash__(self) -> int:
        return self._hash


def cost_usd(priced: Priced, usage: TokenUsage, at: datetime) -> Decimal | None:
    """The price of the call at that time; None when nobody knows it."""
    return _with_charges(priced, usage, _tokens_cost(priced, usage, at))


def cost_units(priced: Priced, usage: TokenUsage, at: datetime) -> int | None:
    """As `cost_usd`, in whole units of 1e-8 USD, for hot paths."""
    return units_in(priced, usage, price_time(at))


def units_in(priced: Priced, usage: TokenUsage, quarter: datetime) -> int | None:
    """The same for a time that is known by its `price_time`."""
    rates = None
    if priced.own is None and usage.charges is None and not (priced.fee or priced.percent):
        rates = _rates(priced, quarter)
    if rates is not None:
        return rates.units(usage)
    cost = cost_usd(priced, usage, quarter)
    return None if cost is None else int(cost.scaleb(_PLACES))


def batch_cost_usd(priced: Priced, usage: TokenUsage, at: datetime) -> Decimal | None:
    """The price of a line at the vendor's own batch endpoint; None when nobody knows it.

    Where the table knows no price for batches, it is half of the usual one, as vendors have it.
    What is charged by the piece has no discount.
    """
    return _with_charges(priced, usage, _batch_tokens_cost(priced, usage, at))


def _batch_tokens_cost(priced: Priced, usage: TokenUsage, at: datetime) -> Decimal | None:
    plain = _tokens_cost(priced, usage, at)
    if plain is None:
        return None
    half = (plain * BATCH_FACTOR).quantize(_CENT_MICROS, rounding="ROUND_CEILING")
    if priced.own is not None:
        return half
    told = _table_cost(priced, usage, price_time(at), _BATCH)
    # A table without the variant tells the usual price, which is no discount.
    return half if told is None or told >= plain else told


def _tokens_cost(priced: Priced, usage: TokenUsage, at: datetime) -> Decimal | None:
    if priced.own is not None:
        return _own_cost(priced.own, usage)
    rates = None if _kept(usage) else _rates(priced, price_time(at))
    return _table_cost(priced, usage, at) if rates is None else rates.cost(usage)


def _with_charges(priced: Priced, usage: TokenUsage, tokens: Decimal | None) -> Decimal | None:
    """The price with what comes beside that of the tokens."""
    charges = usage.charges
    if tokens is None or (charges is None and not (priced.fee or priced.percent)):
        return tokens
    units = int(tokens.scaleb(_PLACES))
    percent = priced.percent
    if charges is not None:
        percent += charges.percent
    units = raised(units, percent) + (0 if charges is None else units_of(charges))
    if usage.input_tokens or usage.output_tokens:  # else nothing was answered
        units += priced.fee
    return Decimal(units).scaleb(-_PLACES)


def _kept(usage: TokenUsage) -> int:
    """Of what was written into the vendor's cache, what stays for an hour."""
    charges = usage.charges
    return 0 if charges is None else min(charges.kept_tokens, usage.cache_write_tokens)


def price_time(at: datetime) -> datetime:
    """The quarter of an hour: prices of the day change on the half hour at the oddest."""
    return at.replace(minute=at.minute - at.minute % _QUARTER, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class _Rates:
    """What the table charges a token, alike however many there are; None is unknown.

    Whole numbers of 1e-15 USD, since the prices were found to that: a sum of them is exact, and
    costs a fifth of one of decimals.
    """

    input: int | None
    output: int
    cache_read: int
    cache_write: int

    def units(self, usage: TokenUsage) -> int | None:
        """In 1e-8 USD; a half goes to the even one, as a decimal's does."""
        if self.input is None:
            return None
        read = min(usage.cache_read_tokens, usage.input_tokens)
        written = min(usage.cache_write_tokens, usage.input_tokens - read)
        total = (
            (usage.input_tokens - read - written) * self.input
            + read * self.cache_read
            + written * self.cache_write
            + usage.output_tokens * self.output
        )
        units, rest = divmod(total, _FINE_A_UNIT)
        return units + (2 * rest > _FINE_A_UNIT or (2 * rest == _FINE_A_UNIT and units & 1))

    def cost(self, usage: TokenUsage) -> Decimal | None:
        units = self.units(usage)
        return None if units is None else Decimal(units).scaleb(-_PLACES)


@functools.lru_cache(maxsize=2_048)
def _rates(priced: Priced, at: datetime) -> _Rates | None:
    """None for a price that depends on how much is asked for at once."""
    kinds = (
        TokenUsage(input_tokens=_PROBE_MANY),
        TokenUsage(output_tokens=_PROBE_MANY),
        TokenUsage(input_tokens=_PROBE_MANY, cache_read_tokens=_PROBE_MANY),
        TokenUsage(input_tokens=_PROBE_MANY, cache_write_tokens=_PROBE_MANY),
    )
    costs = [_table_cost(priced, kind, at) for kind in kinds]
    # The probe costs so many units of 1e-8 USD, so one token that many of 1e-15.
    known = [int(cost.scaleb(_PLACES)) for cost in costs if cost is not None]
    if not known:
        return _Rates(None, 0, 0, 0)
    if len(known) < len(kinds):
        return None
    rates = _Rates(*known)
    honest = all(rates.cost(probe) == _table_cost(priced, probe, at) for probe in _PROBES)
    return rates if honest else None


def _table_cost(
    priced: Priced, usage: TokenUsage, at: datetime, context: Mapping[str, str] | None = None
) -> Decimal | None:
    vendor = _VENDORS.get(priced.kind)
    if vendor is None and not _is_public(priced.base_url):
        return None
    from vectal.ai.usage.price_table import table_price  # noqa: PLC0415 - it says why

    model, base_url, kept = priced.model, priced.base_url, _kept(usage)
    price = table_price(
        usage, model, kept=kept, vendor=vendor, base_url=base_url, at=at, context=context
    )
    return None if price is None else price.quantize(_CENT_MICROS)


def _is_public(base_url: str) -> bool:
    """Whether a vendor may have this address: the table knows them by their domains."""
    try:
        host = urlsplit(base_url).hostname or ""
    except ValueError:
        return False
    return "." in host and not _NUMBERS.fullmatch(host)


def listed_price(priced: Priced, at: datetime) -> tuple[Decimal, Decimal] | None:
    """USD per million tokens of input and output, as it is shown beside a model."""
    if priced.own is not None:
        return priced.own.input, priced.own.output
    sides = (TokenUsage(input_tokens=_PROBE_TOKENS), TokenUsage(output_tokens=_PROBE_TOKENS))
    costs = [_tokens_cost(priced, side, at) for side in sides]
    if costs[0] is None or costs[1] is None:
        return None
    scale = _MILLION / _PROBE_TOKENS
    return (costs[0] * scale).normalize(), (costs[1] * scale).normalize()


@functools.lru_cache(maxsize=8_192)
def blended_price(priced: Priced, hour: datetime) -> float | None:
    """USD per million tokens of a usual request, to compare models by; None when nobody knows.

    Remembered, for the table takes 150 µs to ask: pass a time without minutes.
    """
    sides = listed_price(priced, hour)
    if sides is None:
        return None
    return float(sides[0] * _READ_SHARE + sides[1]) / (_READ_SHARE + 1)


def _own_cost(price: ModelPrice, usage: TokenUsage) -> Decimal:
    read = min(usage.cache_read_tokens, usage.input_tokens)
    written = min(usage.cache_write_tokens, usage.input_tokens - read)
    plain = usage.input_tokens - read - written
    kept = min(_kept(usage), written)
    written -= kept
    per_million = (
        plain * price.input
        + kept * price.input * KEPT_FACTOR
        + read * (price.input if price.cache_read is None else price.cache_read)
        + written * (price.input if price.cache_write is None else price.cache_write)
        + usage.output_tokens * price.output
    )
    return (per_million / _MILLION).quantize(_CENT_MICROS)
