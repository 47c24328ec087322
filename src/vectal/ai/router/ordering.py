"""The order in which fitting offers are tried.

The healthy come first. Among models the score decides for `auto`, the given order for the rest;
among providers of one model their priority, then a draw by weight that is the same for all that
belongs together, so that a conversation stays where its prompt is still in the cache.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from vectal.ai.catalog.offers import ProviderSpec
from vectal.ai.contracts import ModelChoice
from vectal.ai.ports import Health
from vectal.ai.router.pool import Ranked
from vectal.ai.router.request import Conditions, Needs, Preferences
from vectal.ai.router.scoring import Score, score

_HEALTH_RANK: Final[Mapping[Health, int]] = {"healthy": 0, "degraded": 1, "open": 2}
_Class: TypeAlias = tuple[int, int, int]
TOLERANCE: Final = 4
"""Points by which a provider may be worse than the model's best and still get its share."""
_DRAW_BITS: Final = 52
"""As many as a float holds, so that no chance is rounded to 1, whose logarithm is 0."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An offer with all that decides where it stands. `class_` is what no score makes up for."""

    ranked: Ranked
    health: Health
    class_: _Class
    score: Score


@dataclass(frozen=True, slots=True)
class Order:
    """What the order depends on, beside the offers."""

    choice: ModelChoice
    needs: Needs
    preferences: Preferences
    conditions: Conditions

    def sort(self, fitting: Iterable[Ranked]) -> list[Standing]:
        """Best first. Providers of one model stay together; the best of them speaks for it."""
        standings = [self._stand(ranked) for ranked in fitting]
        merits: dict[tuple[_Class, str], tuple[Score, int]] = {}
        for number, each in enumerate(standings):
            group = each.class_, each.ranked.offer.model.name
            merit = each.score, number
            merits[group] = min(merit, merits.get(group, merit))
        providers = {
            each.ranked.offer.provider.id: each.ranked.offer.provider for each in standings
        }
        turns = {key: turn_of(each, self.needs.sticky) for key, each in providers.items()}

        def key(each: Standing) -> tuple[object, ...]:
            offer = each.ranked.offer
            merit = merits[each.class_, offer.model.name]
            lags = each.score.points - merit[0].points > TOLERANCE
            return each.class_, merit, lags, turns[offer.provider.id], each.score

        return sorted(standings, key=key)

    def _stand(self, ranked: Ranked) -> Standing:
        health = self.conditions.health_of(ranked.offer)
        score_ = Score(ranked.place)
        if self.choice.is_auto:
            score_ = score(ranked, self.needs, self.preferences.taste, self.conditions)
        return Standing(ranked, health, self._class(ranked, health), score_)

    def _class(self, ranked: Ranked, health: Health) -> _Class:
        """Health, a place in the slot or among fallbacks, then the workspace's word."""
        liked, kind = self.preferences.providers, ranked.offer.provider.kind
        liking = liked.index(kind) if kind in liked else len(liked)
        if self.choice.model is not None:
            return _HEALTH_RANK[health], ranked.place, liking
        outside = 0 if ranked.in_slot else 1 if ranked.offer.model.known else 2
        return _HEALTH_RANK[health], outside, liking


def turn_of(provider: ProviderSpec, sticky: str) -> tuple[int, float]:
    """When it is the provider's turn among those of one model: priority, then a weighted draw.

    Rendezvous hashing: a provider that comes or goes moves only its own share of the calls.
    Without anything to stick to the heaviest is first.
    """
    if not sticky:
        return provider.priority, -provider.weight
    drawn = hashlib.blake2b(f"{provider.id}\0{sticky}".encode(), digest_size=8).digest()
    chance = ((int.from_bytes(drawn) >> 64 - _DRAW_BITS) + 0.5) / 2**_DRAW_BITS
    return provider.priority, provider.weight / math.log(chance)
