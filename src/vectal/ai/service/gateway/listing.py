"""The names that a caller may ask for, as `/v1/models` tells them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from vectal.ai.catalog.offers import Offer
from vectal.ai.router.borders import find_breach
from vectal.ai.router.pool import find_living
from vectal.ai.service.gateway.guarding import allows, reaches
from vectal.ai.service.gateway.meaning import meant
from vectal.ai.service.gateway.names import NAMES
from vectal.ai.service.key_rules import Bound
from vectal.ai.service.reach import Reach

_OURS: Final = "vectal"
_WORKSPACE: Final = "workspace"


@dataclass(frozen=True, slots=True)
class Listed:
    """A name that may be asked for, and who answers to it.

    `retires_on` is the day on which its vendor ends it, where that is known.
    """

    id: str
    label: str
    owner: str
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    retires_on: date | None = None


def list_names(reach: Reach, bounds: Sequence[Bound]) -> list[Listed]:
    """Our own names first, then the workspace's, then its providers' models; each name once."""
    found: dict[str, Listed] = {}
    for one in (*_ours(reach, bounds), *_aliases(reach, bounds), *_models(reach, bounds)):
        if allows(bounds, one.id, reach):
            found.setdefault(one.id, one)
    return list(found.values())


def find_name(reach: Reach, bounds: Sequence[Bound], name: str) -> Listed | None:
    """The name as it is listed; else the model that answers to it, as its alias or successor."""
    listed = next((one for one in list_names(reach, bounds) if one.id == name), None)
    model = meant(name, reach).model
    if listed is not None or model is None or not allows(bounds, name, reach):
        return listed
    offers, _ = find_living(reach.catalog, model)
    found = (*offers, *reach.catalog.embeddings_of(model))
    offer = next((each for each in found if _is_open(each, reach, bounds)), None)
    return None if offer is None else _listed(offer, offer.model.name, offer.provider.kind)


def _ours(reach: Reach, bounds: Sequence[Bound]) -> Iterator[Listed]:
    if any(_is_open(offer, reach, bounds) for offer in reach.catalog.offers):
        yield from (Listed(name, name, _OURS) for name in NAMES)


def _aliases(reach: Reach, bounds: Sequence[Bound]) -> Iterator[Listed]:
    """Those that lead somewhere at this moment."""
    for alias in sorted(reach.preferences.aliases):
        model = meant(alias, reach).model
        if model is None:
            if any(_is_open(offer, reach, bounds) for offer in reach.catalog.offers):
                yield Listed(alias, alias, _WORKSPACE)
            continue
        offers, _ = find_living(reach.catalog, model)
        offer = next((each for each in offers if _is_open(each, reach, bounds)), None)
        if offer is not None:
            yield _listed(offer, alias, _WORKSPACE)


def _models(reach: Reach, bounds: Sequence[Bound]) -> Iterator[Listed]:
    for offer in (*reach.catalog.offers, *reach.catalog.embeddings):
        if _is_open(offer, reach, bounds):
            yield _listed(offer, offer.model.name, offer.provider.kind)


def _is_open(offer: Offer, reach: Reach, bounds: Sequence[Bound]) -> bool:
    """Whether the key's rules and the workspace's data policy let calls go there."""
    return reaches(bounds, offer) and find_breach(offer.provider, reach.preferences.policy) is None


def _listed(offer: Offer, name: str, owner: str) -> Listed:
    model = offer.model
    label = model.label if name == model.name else f"{name} ({model.label})"
    room, longest = model.context_tokens, model.max_output_tokens or None
    return Listed(name, label, owner, room, longest, model.retires_on)
