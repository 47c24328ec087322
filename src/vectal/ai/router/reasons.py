"""Why a model answers, or none does: codes for machines, one sentence for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vectal.ai.catalog.offers import Catalog, Offer
from vectal.ai.contracts import ModelChoice, RouteReason, Slot
from vectal.ai.ports import Health
from vectal.ai.router.request import Rejected

_WHY: Final = {
    "auto.large_context": "the conversation is long",
    "auto.cheap": "this workspace prefers cheap answers",
    "auto.best": "this workspace prefers the best answers",
    "auto.images": "the message holds an image",
    "auto.changes": "the message may change tasks",
    "auto.plain": "the question is a plain one",
    "auto.allowed": "the plan allows it",
}
_UNFIT: Final = {
    "slot_not_allowed": "the plan does not include this slot",
    "blocked": "this workspace does not allow the model",
    "no_tools": "no available model can use tools",
    "no_images": "no available model reads images",
    "output_too_long": "no available model writes answers that long",
    "context_too_small": "the conversation is longer than any available model can read",
}


def chosen(
    offer: Offer,
    place: int | None,
    catalog: Catalog,
    choice: ModelChoice,
    slot: Slot | None,
    codes: tuple[str, ...],
    health: Health,
) -> RouteReason:
    """The reason recorded with an answer of `offer`."""
    label = offer.model.label
    if slot is None:
        more, sentence = _by_name(offer, choice)
    else:
        more, sentence = _by_slot(offer, place, catalog, slot, codes)
    if health != "healthy":
        more = (*more, f"health.{health}")
        sentence += f" {label} has failed of late, but no better model is left."
    return RouteReason((*codes, *more), sentence)


def nothing_to_ask(catalog: Catalog, choice: ModelChoice) -> RouteReason:
    if choice.model is not None and not catalog.knows(choice):
        return RouteReason(("unknown_model",), f"There is no model {choice.model!r} here.")
    spec = catalog.file.find_model(choice.model) if choice.model is not None else None
    if spec is not None:
        return RouteReason(
            ("no_key",), f"{spec.label} needs a provider of kind {spec.provider}; there is none."
        )
    return RouteReason(("no_model",), "No provider of this workspace offers a model.")


def nothing_fits(rejected: Sequence[Rejected]) -> RouteReason:
    """The need that the most models failed; the first of the list when they tie."""
    codes = [entry.code for entry in rejected]
    worst = max(dict.fromkeys(codes), key=codes.count)
    why = _UNFIT.get(worst, "no available model fits")
    return RouteReason((worst,), f"No model can answer: {why}.")


def _by_name(offer: Offer, choice: ModelChoice) -> tuple[tuple[str, ...], str]:
    label = offer.model.label
    if offer.simulated and choice.model not in {offer.model.name, None}:
        return ("simulator.no_key",), (
            f"You chose {choice.model}, but this workspace has no API key; the Simulator answers."
        )
    if choice.model != offer.model.name:
        return ("alias",), f"You chose {choice.model}; {label} is its successor."
    return (), f"You chose {label}."


def _by_slot(
    offer: Offer, place: int | None, catalog: Catalog, slot: Slot, codes: tuple[str, ...]
) -> tuple[tuple[str, ...], str]:
    label, slot_label = offer.model.label, catalog.file.slot(slot).label
    why = next((_WHY[code] for code in codes if code in _WHY), None)
    lead = f"{slot_label} was picked since {why}" if why else f"You chose {slot_label}"
    if offer.simulated:
        return ("simulator.no_key",), (
            f"{lead}; this workspace has no API key, so the Simulator answers."
        )
    if place == 0:
        return ("slot.default",), f"{lead}; {label} is its first model."
    if place is not None:
        return ("slot.next",), f"{lead}; {label} is the first of its models within reach."
    return ("slot.outside",), f"{lead}; none of its models is within reach, so {label} stands in."
