"""The rules themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from vectal.ai.catalog.offers import Catalog, Offer
from vectal.ai.catalog.spec import ModelSpec
from vectal.ai.contracts import ModelChoice, Slot
from vectal.ai.ports import Effort, Health
from vectal.ai.router import reasons
from vectal.ai.router.request import Candidate, Needs, Preferences, Rejected, RoutePlan

LARGE_CONTEXT_TOKENS: Final = 150_000
_HEALTH_RANK: Final[Mapping[Health, int]] = {"healthy": 0, "degraded": 1, "open": 2}


@dataclass(frozen=True, slots=True)
class _Ranked:
    """An offer with its place in the slot: 0 is the default, None is outside of it."""

    offer: Offer
    place: int | None


def route(
    catalog: Catalog,
    choice: ModelChoice,
    needs: Needs,
    preferences: Preferences,
    health: Mapping[str, Health],
) -> RoutePlan:
    """The models to try, best first. Never raises: what can't be met is told in the plan."""
    slot, codes = _slot(choice, needs, preferences)
    pool = list(_pool(catalog, choice, slot, preferences))
    if not pool:
        return RoutePlan((), (), reasons.nothing_to_ask(catalog, choice))
    fitting: list[_Ranked] = []
    rejected: list[Rejected] = []
    for ranked in pool:
        code = _unfit(ranked.offer, needs, preferences, slot)
        if code is None:
            fitting.append(ranked)
        else:
            rejected.append(Rejected(ranked.offer.model.name, ranked.offer.provider.name, code))
    if not fitting:
        return RoutePlan((), tuple(rejected), reasons.nothing_fits(rejected))
    fitting.sort(key=lambda ranked: _HEALTH_RANK[health.get(ranked.offer.key, "healthy")])
    candidates = tuple(_candidate(r, catalog, choice, slot, codes, health) for r in fitting)
    return RoutePlan(candidates, tuple(rejected))


def _slot(
    choice: ModelChoice, needs: Needs, preferences: Preferences
) -> tuple[Slot | None, tuple[str, ...]]:
    """The slot to fill and the codes that say why; None for a model chosen by name."""
    if choice.model is not None:
        return None, ("choice.model",)
    if choice.slot is not None:
        return choice.slot, ("choice.slot",)
    for slot, code in _automatic(needs, preferences):
        if preferences.slots is None or slot in preferences.slots:
            return slot, (code,)
    allowed = sorted(preferences.slots or ("fast",))
    return allowed[0], ("auto.allowed",)


def _automatic(needs: Needs, preferences: Preferences) -> Iterator[tuple[Slot, str]]:
    if max(needs.input_tokens, needs.wished_tokens) > LARGE_CONTEXT_TOKENS:
        yield "large-context", "auto.large_context"
    if preferences.taste == "cheap":
        yield "fast", "auto.cheap"
    if preferences.taste == "best":
        yield "pro", "auto.best"
    if needs.images:
        yield "pro", "auto.images"
    if needs.writes:
        yield "pro", "auto.changes"
    yield "fast", "auto.plain"


def _pool(
    catalog: Catalog, choice: ModelChoice, slot: Slot | None, preferences: Preferences
) -> Iterator[_Ranked]:
    """Offers worth a look, in order of preference, each once."""
    if choice.model is not None:
        offers = _sorted(catalog.offers_of(choice.model), preferences)
        if offers:
            yield from (_Ranked(offer, 0) for offer in offers)
            return
        spec = catalog.file.find_model(choice.model)
        if spec is None or catalog.has_real_provider:
            return
        served = [each for each in catalog.file.slots if spec.name in each.models]
        served.sort(key=lambda each: each.models.index(spec.name))
        slot_spec = served[0] if served else catalog.file.slot("fast")
    else:
        slot_spec = catalog.file.slot(slot or "fast")
    if catalog.has_real_provider:
        yield from _real(catalog, slot_spec.models, preferences)
    else:
        simulators = [offer for offer in catalog.offers if offer.simulated]
        simulators.sort(key=lambda offer: offer.model.name != slot_spec.simulator)
        yield from (_Ranked(offer, 0) for offer in simulators)


def _real(catalog: Catalog, names: tuple[str, ...], preferences: Preferences) -> Iterator[_Ranked]:
    """The slot's models in order, then every other that a key reaches."""
    places = {name: place for place, name in enumerate(names)}
    real = [offer for offer in catalog.offers if not offer.simulated]
    inside = [offer for offer in real if offer.model.name in places]
    inside.sort(key=lambda offer: places[offer.model.name])
    for offer in _sorted(inside, preferences):
        yield _Ranked(offer, places[offer.model.name])
    outside = [offer for offer in real if offer.model.name not in places]
    # A model that we know beats one whose abilities are a guess.
    outside.sort(key=lambda offer: not offer.model.known)
    for offer in _sorted(outside, preferences):
        yield _Ranked(offer, None)


def _sorted(offers: Iterable[Offer], preferences: Preferences) -> list[Offer]:
    order = {kind: place for place, kind in enumerate(preferences.providers)}
    return sorted(offers, key=lambda offer: order.get(offer.provider.kind, len(order)))


def _unfit(offer: Offer, needs: Needs, preferences: Preferences, slot: Slot | None) -> str | None:
    """Why the model can't take the request; None when it can."""
    return next(_flaws(offer.model, needs, preferences, slot), None)


def _flaws(
    model: ModelSpec, needs: Needs, preferences: Preferences, slot: Slot | None
) -> Iterator[str]:
    if preferences.slots is not None and slot is not None and slot not in preferences.slots:
        yield "slot_not_allowed"
    if model.name in preferences.blocked_models:
        yield "blocked"
    if needs.tools and not model.tools:
        yield "no_tools"
    if needs.images and not model.images:
        yield "no_images"
    if needs.output_tokens > model.max_output_tokens:
        yield "output_too_long"
    if needs.input_tokens + needs.output_tokens > model.context_tokens:
        yield "context_too_small"


def _candidate(
    ranked: _Ranked,
    catalog: Catalog,
    choice: ModelChoice,
    slot: Slot | None,
    codes: tuple[str, ...],
    health: Mapping[str, Health],
) -> Candidate:
    model = ranked.offer.model
    state = health.get(ranked.offer.key, "healthy")
    reason = reasons.chosen(ranked.offer, ranked.place, catalog, choice, slot, codes, state)
    return Candidate(ranked.offer, slot, _effort(model, catalog, slot), reason)


def _effort(model: ModelSpec, catalog: Catalog, slot: Slot | None) -> Effort:
    if not model.reasons:
        return "off"
    wanted: Effort = catalog.file.slot(slot).effort if slot is not None else "low"
    return "low" if wanted == "off" and model.traits.reasoning == "always" else wanted
