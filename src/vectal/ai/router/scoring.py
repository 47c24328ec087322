"""How well a model suits a request that leaves the choice to us: points, the fewer the better.

A point is half a doubling: of the price, or of the time to the first token. Five calls of a
hundred that fail cost some points, and so does each place further down in the slot.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from vectal.ai.catalog.offers import Offer
from vectal.ai.router.pool import Ranked
from vectal.ai.router.request import Conditions, Needs, Taste
from vectal.ai.usage.prices import blended_price

# What nobody has measured or priced is taken as middling and as dear, so that it is tried when
# the others are worse, and not because we know nothing of it.
_USUAL_MS: Final = 1_024
_DEAR: Final = 10.0
_FREE: Final = 0.01
_ERROR_STEPS: Final = 20
_HURRY: Final = 3
_THOUGHTLESS_PLACES: Final = 2


@dataclass(frozen=True, slots=True)
class _Leaning:
    """Points of one step in each matter."""

    place: int
    price: int
    speed: int = 1
    errors: int = 3


_LEANINGS: Final[Mapping[Taste, _Leaning]] = {
    "cheap": _Leaning(place=2, price=3),
    "balanced": _Leaning(place=4, price=1),
    "best": _Leaning(place=8, price=0),
}


class Score(NamedTuple):
    """Ordered: the points decide, and the figures behind them when points tie."""

    points: int
    price: float = 0.0
    first_token_ms: int = 0
    error_share: float = 0.0


def score(ranked: Ranked, needs: Needs, taste: Taste, conditions: Conditions) -> Score:
    offer, leaning = ranked.offer, _LEANINGS[taste]
    price = _price_of(offer, conditions)
    measured = conditions.measured.get(offer.key)
    first_ms = (measured.first_token_ms if measured else None) or _USUAL_MS
    error_share = measured.error_share if measured else 0.0
    places = ranked.place
    if needs.reasoning and not offer.model.reasons:
        places += _THOUGHTLESS_PLACES
    points = (
        leaning.place * places
        + leaning.price * _steps(max(price, _FREE) / _FREE)
        + leaning.speed * (_HURRY if needs.speed else 1) * _steps(first_ms)
        + leaning.errors * round(error_share * _ERROR_STEPS)
    )
    return Score(points, price, first_ms, error_share)


def _price_of(offer: Offer, conditions: Conditions) -> float:
    """USD per million tokens; what runs in the house costs nothing unless a price is given."""
    price = blended_price(offer.priced, conditions.hour)
    if price is not None:
        return price
    return 0.0 if offer.provider.location == "inside" else _DEAR


def _steps(times: float) -> int:
    return round(2 * math.log2(times))
