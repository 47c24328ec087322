"""What can be chosen: slots with the model that would answer, and every model by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from vectal.ai.catalog.offers import Offer
from vectal.ai.catalog.spec import ModelsFile, ModelSpec
from vectal.ai.contracts import ModelChoice, RouteReason, Slot
from vectal.ai.ports import ProviderKind
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.proxy.health import read_health
from vectal.ai.router.plan import route
from vectal.ai.router.request import Needs
from vectal.ai.service.reach import Reach
from vectal.ai.usage.prices import Priced, listed_price
from vectal.platform.clock import Clock

Price = tuple[Decimal, Decimal]


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
    """A model at a provider; without a provider it is known but out of reach."""

    spec: ModelSpec
    provider_id: UUID | None
    provider_name: str | None
    kind: ProviderKind
    available: bool
    slots: tuple[Slot, ...]
    price: Price | None
    retires_on: date | None


@dataclass(frozen=True, slots=True)
class ModelsView:
    slots: tuple[SlotView, ...]
    models: tuple[ModelView, ...]


class ModelsReader:
    def __init__(self, file: ModelsFile, proxy: ModelProxy, clock: Clock) -> None:
        self._file = file
        self._proxy = proxy
        self._clock = clock

    def view(self, reach: Reach) -> ModelsView:
        return ModelsView(
            tuple(self._slot(reach, slot.name) for slot in self._file.slots),
            tuple(self._models(reach)),
        )

    def _slot(self, reach: Reach, name: Slot) -> SlotView:
        spec = self._file.slot(name)
        health = read_health(self._proxy.breakers)
        choice = ModelChoice(slot=name)
        plan = route(reach.catalog, choice, Needs(tools=True), reach.preferences, health)
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
        within = [
            self._view(offer.model, offer, available=reach.credentials(offer) is not None)
            for offer in reach.catalog.offers
        ]
        names = {view.spec.name for view in within}
        beyond = [
            self._view(spec, None, available=False)
            for spec in self._file.models
            if spec.name not in names and spec.provider != "simulator"
        ]
        return [*within, *beyond]

    def _view(self, spec: ModelSpec, offer: Offer | None, *, available: bool) -> ModelView:
        priced = offer.priced if offer else Priced(spec.provider, spec.name, own=spec.price)
        return ModelView(
            spec,
            offer.provider.id if offer else None,
            offer.provider.name if offer else None,
            spec.provider,
            available,
            tuple(slot.name for slot in self._file.slots if spec.name in slot.models),
            self._price(priced),
            spec.retires_on,
        )

    def _price(self, priced: Priced) -> Price | None:
        return listed_price(priced, self._clock.now())
