"""Shapes of what can be chosen."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from vectal.ai.contracts import RouteReason, Slot
from vectal.ai.ports import ProviderKind
from vectal.ai.service.models_view import ModelsView, ModelView, Price, Retirement, SlotView
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag


class ModelPriceShape(Schema):
    """USD per million tokens."""

    input: float
    output: float

    @classmethod
    def of(cls, price: Price | None) -> Self | None:
        return None if price is None else cls(input=float(price[0]), output=float(price[1]))


class RouteReasonShape(Schema):
    """Why a model answers, or none can."""

    codes: list[str]
    sentence: str

    @classmethod
    def of(cls, reason: RouteReason) -> Self:
        return cls(codes=list(reason.codes), sentence=reason.sentence)


class SlotShape(Schema):
    """A role, and the model that would fill it now."""

    slot: Slot
    label: str
    description: str
    model: Annotated[str | None, Field(description="Null when nothing within reach fills the slot")]
    model_label: str | None
    provider: str | None
    alias_of: Annotated[str, Field(description="The model that this slot was first meant for")]
    available: Flag
    simulated: Flag
    context_tokens: int | None
    price: ModelPriceShape | None
    reason: RouteReasonShape

    @classmethod
    def of(cls, view: SlotView) -> Self:
        offer = view.offer
        return cls(
            slot=view.slot,
            label=view.label,
            description=view.description,
            model=offer.model.name if offer else None,
            model_label=offer.model.label if offer else None,
            provider=offer.provider.name if offer else None,
            alias_of=view.specified,
            available=view.available,
            simulated=offer is not None and offer.simulated,
            context_tokens=offer.model.context_tokens if offer else None,
            price=ModelPriceShape.of(view.price),
            reason=RouteReasonShape.of(view.reason),
        )


class ModelShape(Schema):
    """A model at a provider. `available` is false for one that needs a key that is not there."""

    name: str
    label: str
    kind: ProviderKind
    provider_id: UUID | None
    provider: str | None
    available: Flag
    simulated: Flag
    slots: list[Slot]
    aliases: list[str]
    context_tokens: int
    max_output_tokens: int
    tools: Flag
    images: Flag
    reasoning: Flag
    structured_output: Flag
    known: Annotated[Flag, Field(description="False when only the provider tells of it")]
    retires_on: date | None
    retirement: Annotated[Retirement, Field(description="`soon` within 60 days of `retires_on`")]
    successor: Annotated[
        str | None, Field(description="What answers in its place once it is retired")
    ]
    refused: Annotated[
        str | None,
        Field(description="Code of the workspace's rule that keeps it from being asked"),
    ]
    price: ModelPriceShape | None

    @classmethod
    def of(cls, view: ModelView) -> Self:
        spec = view.spec
        return cls(
            name=spec.name,
            label=spec.label,
            kind=view.kind,
            provider_id=view.provider_id,
            provider=view.provider_name,
            available=view.available,
            simulated=view.kind == "simulator",
            slots=list(view.slots),
            aliases=list(spec.aliases),
            context_tokens=spec.context_tokens,
            max_output_tokens=spec.max_output_tokens,
            tools=spec.tools,
            images=spec.images,
            reasoning=spec.reasons,
            structured_output=spec.structured_output,
            known=spec.known,
            retires_on=view.retires_on,
            retirement=view.retirement,
            successor=view.successor,
            refused=view.refused,
            price=ModelPriceShape.of(view.price),
        )


class ModelsShape(Schema):
    """Everything that a conversation can be answered by."""

    slots: list[SlotShape]
    models: list[ModelShape]

    @classmethod
    def of(cls, view: ModelsView) -> Self:
        return cls(
            slots=[SlotShape.of(slot) for slot in view.slots],
            models=[ModelShape.of(model) for model in view.models],
        )
