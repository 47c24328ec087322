"""The offers that are worth a look for a choice, each once, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vectal.ai.catalog.offers import Catalog, Offer
from vectal.ai.catalog.spec import ModelSpec, SlotSpec
from vectal.ai.contracts import ModelChoice, Slot


@dataclass(frozen=True, slots=True)
class Ranked:
    """An offer and how far down it stands: 0 is what was meant first.

    `retired` is the model whose place it takes; `in_slot` is False for what only stands in.
    """

    offer: Offer
    place: int
    in_slot: bool = True
    retired: ModelSpec | None = None


def find_pool(
    catalog: Catalog, choice: ModelChoice, slot: Slot | None, names: Sequence[str]
) -> list[Ranked]:
    """Empty when nothing within reach goes by the choice; `names` are those to try for a name."""
    if choice.model is None:
        slot_spec = catalog.file.slot(slot or "fast")
    else:
        named = list(_named(catalog, names))
        if named or catalog.has_real_provider:
            return named
        spec = catalog.file.find_model(choice.model)
        if spec is None or spec.embedding is not None:
            return []
        slot_spec = _home(catalog, spec)
    if catalog.has_real_provider:
        return list(_real(catalog, slot_spec.models))
    simulators = [offer for offer in catalog.offers if offer.simulated]
    return [Ranked(each, int(each.model.name != slot_spec.simulator)) for each in simulators]


def _named(catalog: Catalog, names: Sequence[str]) -> Iterator[Ranked]:
    """The model itself, at every provider, then its fallbacks."""
    seen: set[str] = set()
    for place, name in enumerate(names):
        offers, retired = find_living(catalog, name)
        for offer in offers:
            if offer.key not in seen:
                seen.add(offer.key)
                yield Ranked(offer, place, retired=retired)


def find_living(catalog: Catalog, name: str) -> tuple[Sequence[Offer], ModelSpec | None]:
    """Offers of the model, or of the first within reach that takes its place."""
    retired = catalog.find_retired(name)
    if retired is None:
        return catalog.offers_of(name), None
    for heir in catalog.heirs_of(retired):
        if offers := catalog.offers_of(heir):
            return offers, retired
    return (), retired


def _home(catalog: Catalog, spec: ModelSpec) -> SlotSpec:
    """The slot that the model serves best."""
    served = [each for each in catalog.file.slots if spec.name in each.models]
    served.sort(key=lambda each: each.models.index(spec.name))
    return served[0] if served else catalog.file.slot("fast")


def _real(catalog: Catalog, names: Sequence[str]) -> Iterator[Ranked]:
    """The slot's models in order, then every other that a key reaches."""
    line = _line_up(catalog, names)
    places = {name: place for place, name in enumerate(line)}
    for offer in catalog.offers:
        name = offer.model.name
        if name in places and not offer.simulated:
            yield Ranked(offer, places[name], retired=line[name])
        elif not offer.simulated:
            yield Ranked(offer, len(line), in_slot=False)


def _line_up(catalog: Catalog, names: Sequence[str]) -> dict[str, ModelSpec | None]:
    """The living models of a slot, each with the retired one whose place it takes."""
    line: dict[str, ModelSpec | None] = {}
    gone: ModelSpec | None = None
    for name in names:
        retired = catalog.retired.get(name)
        gone = gone or retired
        heir = name if retired is None else catalog.find_successor(retired)
        if heir is not None and heir not in line:
            line[heir], gone = gone, None
    return line
