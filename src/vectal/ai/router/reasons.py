"""Why a model answers, or none does: codes for machines, one sentence for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from vectal.ai.catalog.offers import Catalog
from vectal.ai.contracts import ModelChoice, RouteReason, Slot
from vectal.ai.router import borders
from vectal.ai.router.ordering import Standing
from vectal.ai.router.pool import Ranked
from vectal.ai.router.request import TOO_SMALL, Rejected

_WHY: Final = {
    "auto.large_context": "the conversation is long",
    "auto.reasoning": "the request asks for thought",
    "auto.speed": "the request asks for a quick answer",
    "auto.cheap": "this workspace prefers cheap answers",
    "auto.best": "this workspace prefers the best answers",
    "auto.images": "the message holds an image",
    "auto.changes": "the message may change tasks",
    "auto.plain": "the question is a plain one",
    "auto.allowed": "the plan allows it",
}
_UNFIT: Final = {
    "policy.never_leaves": "what is said in this workspace may not leave the house",
    "policy.provider": "this workspace does not allow the provider",
    "policy.region": "this workspace does not allow the region of the provider",
    "slot_not_allowed": "the plan does not include this slot",
    "blocked": "this workspace does not allow the model",
    "no_tools": "no available model can use tools",
    "no_images": "no available model reads images",
    "output_too_long": "no available model writes answers that long",
    "dimensions": "it makes no vectors of that length",
    TOO_SMALL: "the conversation is longer than any available model can read",
}
WRONG_KIND: Final = "wrong_kind"
"""The model that was named chats where one that embeds is needed, or the other way round."""
_BETTER: Final = {
    "score.price": "is cheaper",
    "score.speed": "answers sooner",
    "score.errors": "fails less often",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One decision: what was asked, what that means here, and what the slot would put first."""

    catalog: Catalog
    asked: ModelChoice
    meant: ModelChoice
    slot: Slot | None
    code: str
    head: Standing
    lead: str = field(init=False, default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "lead", self._lead())

    @property
    def is_renamed(self) -> bool:
        return self.asked != self.meant

    def explain(self, standing: Standing) -> RouteReason:
        """The reason recorded with an answer of this offer."""
        model = standing.ranked.offer.model
        if self.slot is None:
            more, sentence = self._by_name(standing.ranked)
        else:
            more, sentence = self._by_slot(standing)
        codes = [self.code, *more]
        if self.is_renamed:
            codes.append("alias.workspace")
        if standing.health != "healthy":
            codes.append(f"health.{standing.health}")
            sentence += f" {model.label} has failed of late, but no better model is left."
        if model.retires_soon(self.catalog.today):
            codes.append("model.retires_soon")
            sentence += f" {model.label} retires on {model.retires_on}."
        return RouteReason(tuple(codes), sentence)

    def _by_name(self, ranked: Ranked) -> tuple[tuple[str, ...], str]:
        model, name = ranked.offer.model, self.asked.model
        if ranked.offer.simulated and self.meant.model not in {model.name, None}:
            return ("simulator.no_key",), (
                f"You chose {name}, but this workspace has no API key; the Simulator answers."
            )
        if ranked.place > 0:
            return ("fallback.configured",), f"You chose {name}; {model.label} is its fallback."
        if ranked.retired is not None:
            return ("alias.successor",), f"You chose {name}. {_succession(ranked)}"
        if self.meant.model != model.name:
            return ("alias",), f"You chose {name}; {model.label} is its successor."
        if self.is_renamed:
            return (), f"You chose {name}, which is {model.label} here."
        return (), f"You chose {model.label}."

    def _by_slot(self, standing: Standing) -> tuple[tuple[str, ...], str]:
        ranked, lead = standing.ranked, self.lead
        label = ranked.offer.model.label
        if ranked.offer.simulated:
            return ("simulator.no_key",), (
                f"{lead}; this workspace has no API key, so the Simulator answers."
            )
        if self.meant.is_auto and (better := tuple(self._find_better(standing))):
            why = " and ".join(_BETTER[code] for code in better)
            place = "slot.next" if ranked.in_slot else "slot.outside"
            return (place, *better), f"{lead}; {label} {why} than {self._head_label}."
        if not ranked.in_slot:
            return ("slot.outside",), (
                f"{lead}; none of its models can be asked now, so {label} stands in."
            )
        if ranked.retired is not None:
            return ("alias.successor",), f"{lead}. {_succession(ranked)}"
        if ranked.place == 0:
            return ("slot.default",), f"{lead}; {label} is its first model."
        return ("slot.next",), f"{lead}; {label} is the first of its models within reach."

    @property
    def _head_label(self) -> str:
        return self.head.ranked.offer.model.label

    def _lead(self) -> str:
        slot_label = self.catalog.file.slot(self.slot or "fast").label
        why = _WHY.get(self.code)
        if why is not None:
            return f"{slot_label} was picked since {why}"
        if self.is_renamed:
            return f"You chose {self.asked.model}, which is {slot_label} here"
        return f"You chose {slot_label}"

    def _find_better(self, standing: Standing) -> Iterator[str]:
        """What the model has over the one that the slot names first."""
        head, mine, its = self.head, standing.score, self.head.score
        if standing.ranked.place <= head.ranked.place or standing.class_ != head.class_:
            return
        if mine.price < its.price:
            yield "score.price"
        if mine.first_token_ms < its.first_token_ms:
            yield "score.speed"
        if mine.error_share < its.error_share:
            yield "score.errors"


def nothing_to_ask(catalog: Catalog, choice: ModelChoice) -> RouteReason:
    name = choice.model
    if name is None:
        return RouteReason(("no_model",), "No provider of this workspace offers a model.")
    spec = catalog.file.find_model(name)
    if catalog.embeddings_of(name) or (spec is not None and spec.embedding is not None):
        return RouteReason(
            (WRONG_KIND,), f"{name} is an embedding model; it is asked at /v1/embeddings."
        )
    if not catalog.knows(choice):
        return RouteReason(("unknown_model",), f"There is no model {name!r} here.")
    retired = catalog.find_retired(name)
    if retired is not None:
        return RouteReason(
            ("model.retired",),
            f"{retired.label} was retired on {retired.retires_on}, and none of the models that "
            "could take its place is within reach.",
        )
    if spec is not None:
        return RouteReason(
            ("no_key",), f"{spec.label} needs a provider of kind {spec.provider}; there is none."
        )
    return RouteReason(("no_model",), "No provider of this workspace offers a model.")


def nothing_fits(rejected: Sequence[Rejected], choice: ModelChoice) -> RouteReason:
    """What stands in the way of the model that was named, or of the most of all.

    Of all: what they can't do, before what the workspace itself forbids. Length comes first, since
    a model that is only too small for a request could take it otherwise.
    """
    named = rejected[0].model if choice.model is not None else None
    codes = [entry.code for entry in rejected if named in {None, entry.model}]
    if named is not None:
        code = TOO_SMALL if TOO_SMALL in codes else codes[0]
        why = _UNFIT.get(code, "it does not fit")
        return RouteReason((code,), f"{named} can't answer: {why}.")
    if TOO_SMALL in codes:
        return RouteReason((TOO_SMALL,), f"No model can answer: {_UNFIT[TOO_SMALL]}.")
    needs = [code for code in codes if not code.startswith(borders.PREFIX)] or codes
    worst = max(dict.fromkeys(needs), key=needs.count)
    why = _UNFIT.get(worst, "no available model fits")
    return RouteReason((worst,), f"No model can answer: {why}.")


def _succession(ranked: Ranked) -> str:
    gone, label = ranked.retired, ranked.offer.model.label
    if gone is None:
        return f"{label} answers."
    return f"{gone.label} was retired on {gone.retires_on}; {label} is its successor."
