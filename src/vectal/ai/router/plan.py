"""The plan for a request: which offers to try, in which order, and why."""

from __future__ import annotations

from vectal.ai.catalog.offers import Catalog
from vectal.ai.catalog.spec import ModelSpec
from vectal.ai.contracts import AUTO, ModelChoice, Slot
from vectal.ai.ports import Effort
from vectal.ai.router import reasons
from vectal.ai.router.automatic import find_slot
from vectal.ai.router.fitting import find_flaw
from vectal.ai.router.naming import list_names, read_alias
from vectal.ai.router.ordering import Order
from vectal.ai.router.pool import Ranked, find_pool
from vectal.ai.router.request import (
    Candidate,
    Conditions,
    Needs,
    Preferences,
    Rejected,
    RoutePlan,
)


def route(
    catalog: Catalog,
    choice: ModelChoice,
    needs: Needs,
    preferences: Preferences,
    conditions: Conditions,
) -> RoutePlan:
    """The models to try, best first. Never raises: what can't be met is told in the plan."""
    meant = read_alias(choice, preferences)
    slot, code = find_slot(meant, needs, preferences)
    anyones, _ = find_slot(AUTO, needs, preferences)
    names = list_names(catalog, choice, meant, preferences, anyones or "fast")
    pool = find_pool(catalog, meant, slot, names)
    if not pool:
        return RoutePlan((), (), reasons.nothing_to_ask(catalog, meant))
    fitting: list[Ranked] = []
    rejected: list[Rejected] = []
    for ranked in pool:
        is_named = meant.model is not None
        flaw = find_flaw(ranked.offer, needs, preferences, slot, is_named=is_named)
        if flaw is None:
            fitting.append(ranked)
        else:
            model, provider = ranked.offer.model, ranked.offer.provider
            rejected.append(Rejected(model.name, provider.name, flaw, model.context_tokens))
    if not fitting:
        return RoutePlan((), tuple(rejected), reasons.nothing_fits(rejected, meant))
    ordered = Order(meant, needs, preferences, conditions).sort(fitting)
    head = min(ordered, key=lambda standing: standing.ranked.place)
    case = reasons.Case(catalog, choice, meant, slot, code, head)
    candidates: list[Candidate] = []
    for standing in ordered:
        offer = standing.ranked.offer
        effort = _effort(offer.model, catalog, slot)
        candidates.append(Candidate(offer, slot, effort, case.explain(standing)))
    return RoutePlan(tuple(candidates), tuple(rejected))


def _effort(model: ModelSpec, catalog: Catalog, slot: Slot | None) -> Effort:
    if not model.reasons:
        return "off"
    wanted: Effort = catalog.file.slot(slot).effort if slot is not None else "low"
    return "low" if wanted == "off" and model.traits.reasoning == "always" else wanted
