"""Where a request for vectors may go. Pure, like the plan of a chat.

Only providers of the very model that was named are tried: vectors of two models don't compare, so
there is neither a slot for them nor a stand-in, not even the Simulator.
"""

from __future__ import annotations

from vectal.ai.catalog.offers import Catalog, Offer
from vectal.ai.contracts import ModelChoice, RouteReason
from vectal.ai.router import reasons
from vectal.ai.router.borders import find_breach
from vectal.ai.router.naming import read_alias
from vectal.ai.router.ordering import Order
from vectal.ai.router.pool import Ranked
from vectal.ai.router.request import (
    Candidate,
    Conditions,
    Needs,
    Preferences,
    Rejected,
    RoutePlan,
)


def route_embedding(
    catalog: Catalog,
    choice: ModelChoice,
    dimensions: int | None,
    preferences: Preferences,
    conditions: Conditions,
) -> RoutePlan:
    """The providers to try, best first. Never raises: what can't be met is told in the plan."""
    meant = read_alias(choice, preferences)
    offers = catalog.embeddings_of(meant.model) if meant.model else ()
    if not offers:
        return RoutePlan((), (), _nothing_to_ask(catalog, meant))
    fitting: list[Ranked] = []
    rejected: list[Rejected] = []
    for offer in offers:
        flaw = _find_flaw(offer, dimensions, preferences)
        if flaw is None:
            fitting.append(Ranked(offer, 0))
        else:
            rejected.append(Rejected(offer.model.name, offer.provider.name, flaw))
    if not fitting:
        return RoutePlan((), tuple(rejected), reasons.nothing_fits(rejected, meant))
    ordered = Order(meant, Needs(), preferences, conditions).sort(fitting)
    case = reasons.Case(catalog, choice, meant, None, "choice.model", ordered[0])
    found = [
        Candidate(standing.ranked.offer, None, "off", case.explain(standing))
        for standing in ordered
    ]
    return RoutePlan(tuple(found), tuple(rejected))


def _find_flaw(offer: Offer, dimensions: int | None, preferences: Preferences) -> str | None:
    if (breach := find_breach(offer.provider, preferences.policy)) is not None:
        return breach
    if preferences.blocks(offer.model):
        return "blocked"
    traits = offer.model.embedding
    return None if traits is None or traits.allows(dimensions) else "dimensions"


def _nothing_to_ask(catalog: Catalog, choice: ModelChoice) -> RouteReason:
    name = choice.model
    if name is None:
        return RouteReason(
            (reasons.WRONG_KIND,), "Name an embedding model: `auto` and slots are for chat."
        )
    spec = catalog.file.find_model(name)
    if spec is not None and spec.embedding is not None:
        return RouteReason(
            ("unknown_model", "no_key"),
            f"{spec.label} needs a provider of kind {spec.provider}; there is none.",
        )
    if catalog.knows(choice):
        return RouteReason(
            (reasons.WRONG_KIND,), f"{name} is a model for chat and makes no embeddings."
        )
    return RouteReason(("unknown_model",), f"There is no embedding model {name!r} here.")
