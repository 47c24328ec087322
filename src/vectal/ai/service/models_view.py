"""What can be chosen: slots with the model that would answer, and every model by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias
from uuid import UUID

from vectal.ai.catalog.offers import Catalog, Offer
from vectal.ai.catalog.spec import ModelsFile, ModelSpec
from vectal.ai.contracts import ModelChoice, RouteReason, Slot
from vectal.ai.ports import ProviderKind
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.router.borders import find_breach
from vectal.ai.router.plan import route
from vectal.ai.router.request import Needs
from vectal.ai.service.reach import Reach
from vectal.ai.service.targets import TargetFinder
from vectal.ai.usage.prices import Priced, listed_price
from vectal.platform.clock import Clock

Price = tuple[Decimal, Decimal]
Retirement: TypeAlias = Literal["none", "soon", "retired"]


@dataclass(frozen=True, slots=True)
class SlotView:
    """A slot now; `model` is None when nothing within reach could fill it."""

    slot: Slot
    label: str
    description: str
    specified: str
    offer: Offer | None
    price: Price | None
    reason: RouteReason

    @property
    def available(self) -> bool:
        return self.offer is not None


@dataclass(frozen=True, slots=True)
class ModelView:
    """A model at a provider; without a provider it is known but out of reach.

    `refused` is the code of the workspace's rule that keeps the model from being asked.
    """

    spec: ModelSpec
    provider_id: UUID | None
    provider_name: str | None
    kind: ProviderKind
    available: bool
    slots: tuple[Slot, ...]
    price: Price | None
    retires_on: date | None
    retirement: Retirement = "none"
    successor: str | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class ModelsView:
    slots: tuple[SlotView, ...]
    models: tuple[ModelView, ...]


class ModelsReader:
    def __init__(self, file: ModelsFile, proxy: ModelProxy, clock: Clock) -> None:
        self._file = file
        self._finder = TargetFinder(proxy, clock)
        self._clock = clock

    def view(self, reach: Reach) -> ModelsView:
        return ModelsView(
            tuple(self._slot(reach, slot.name) for slot in self._file.slots),
            tuple(self._models(reach)),
        )

    def _slot(self, reach: Reach, name: Slot) -> SlotView:
        spec = self._file.slot(name)
        choice, conditions = ModelChoice(slot=name), self._finder.conditions()
        plan = route(reach.catalog, choice, Needs(tools=True), reach.preferences, conditions)
        first = next((c for c in plan.candidates if reach.credentials(c.offer) is not None), None)
        offer = first.offer if first else None
        reason = first.reason if first else plan.refusal
        return SlotView(
            name,
            spec.label,
            spec.description,
            spec.specified,
            offer,
            self._price(offer.priced) if offer else None,
            reason or RouteReason(("no_key",), "The key of the provider can't be read."),
        )

    def _models(self, reach: Reach) -> list[ModelView]:
        within = [self._view(reach, offer.model, offer) for offer in reach.catalog.offers]
        names = {view.spec.name for view in within}
        beyond = [
            self._view(reach, spec, None)
            for spec in (*self._file.models, *reach.catalog.retired.values())
            if spec.name not in names and spec.provider != "simulator"
        ]
        return [*within, *{view.spec.name: view for view in beyond}.values()]

    def _view(self, reach: Reach, spec: ModelSpec, offer: Offer | None) -> ModelView:
        catalog = reach.catalog
        refused = find_breach(offer.provider, reach.preferences.policy) if offer else None
        if reach.preferences.blocks(spec):
            refused = refused or "blocked"
        heirs = catalog.heirs_of(spec) if spec.name in catalog.retired else ()
        priced = offer.priced if offer else Priced(spec.provider, spec.name, own=spec.price)
        return ModelView(
            spec,
            offer.provider.id if offer else None,
            offer.provider.name if offer else None,
            spec.provider,
            offer is not None and refused is None and reach.credentials(offer) is not None,
            tuple(slot.name for slot in self._file.slots if spec.name in slot.models),
            self._price(priced),
            spec.retires_on,
            _retirement(spec, catalog),
            next(iter(heirs), spec.successor),
            refused,
        )

    def _price(self, priced: Priced) -> Price | None:
        return listed_price(priced, self._clock.now())


def _retirement(spec: ModelSpec, catalog: Catalog) -> Retirement:
    if spec.is_retired(catalog.today):
        return "retired"
    return "soon" if spec.retires_soon(catalog.today) else "none"
