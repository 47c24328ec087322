"""Shapes of providers. A key goes in and never comes out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from vectal.ai.catalog.offers import (
    USUAL_PRIORITY,
    USUAL_WEIGHT,
    BatchRoute,
    Location,
    ResponsesRoute,
    as_day,
)
from vectal.ai.ports import ListedModel, ProviderKind
from vectal.ai.providers.untrusted import as_count, as_object, as_text
from vectal.ai.service.providers import Provider, ProviderChange, ProviderDraft, TestResult
from vectal.platform.web import Schema
from vectal.platform.web.schema import Day, Flag

_MAX_KEY = 500
_MAX_MODELS = 500


def _is_key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not (text.isascii() and text.isprintable()) or " " in text or len(text) > _MAX_KEY:
        msg = f"must be at most {_MAX_KEY} plain characters without spaces"
        raise ValueError(msg)
    return value


ProviderName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00]*$"),
]
BaseUrl = Annotated[
    str,
    Field(
        max_length=500,
        description="Left out, the vendor's own. Addresses inside need VECTAL_EGRESS_ALLOW",
        examples=["https://api.openai.com/v1"],
    ),
]
ApiKey = Annotated[
    SecretStr,
    AfterValidator(_is_key),
    Field(max_length=_MAX_KEY, description="Stored encrypted, never shown again"),
]
ModelName = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]
RegionName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, max_length=40, pattern=r"^[^\x00]*$"),
]
Batches = Annotated[
    BatchRoute,
    Field(
        description="Where batches go: to the vendor's own batch endpoint, where it has one, at"
        " half the price; or line by line, like other calls"
    ),
]
Responses = Annotated[
    ResponsesRoute,
    Field(
        description="How requests of `/v1/responses` reach a provider of OpenAI's shapes: as they"
        " are, at its own `/responses`, or as chat completions. Left out: as they are at OpenAI's"
        " own addresses, as chat completions elsewhere"
    ),
]
Weight = Annotated[
    int,
    Field(
        strict=True,
        ge=1,
        le=1000,
        description="Its share of the calls among providers of the same model and priority",
    ),
]
Priority = Annotated[
    int,
    Field(
        strict=True,
        ge=0,
        le=1000,
        description="Among providers of the same model the lowest number is tried first",
    ),
]
TokenCount = Annotated[int, Field(strict=True, ge=1, le=100_000_000)]


class ProviderModelShape(Schema):
    """A model that this provider offers; what is left out is guessed modestly."""

    name: ModelName
    label: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")] | None = None
    context_tokens: TokenCount | None = None
    max_output_tokens: TokenCount | None = None
    tools: Flag | None = None
    images: Flag | None = None
    reasoning: Flag | None = None
    retires_on: Day | None = None
    embedding: Annotated[
        Flag | None,
        Field(description="It makes vectors and never chats; left out, its name tells"),
    ] = None
    dimensions: Annotated[int, Field(strict=True, ge=1, le=65_536)] | None = None

    def listed(self) -> ListedModel:
        return ListedModel(
            self.name,
            self.label or self.name,
            self.context_tokens,
            self.max_output_tokens,
            self.images,
            self.reasoning,
            self.tools,
            self.retires_on.isoformat() if self.retires_on else None,
            self.embedding,
            self.dimensions,
        )

    @classmethod
    def of(cls, model: ListedModel) -> Self:
        return cls(
            name=model.name,
            label=model.label,
            context_tokens=model.context_tokens,
            max_output_tokens=model.max_output_tokens,
            tools=model.tools,
            images=model.images,
            reasoning=model.reasoning,
            retires_on=as_day(model.retires_on),
            embedding=model.embedding,
            dimensions=model.dimensions,
        )


ProviderModels = Annotated[list[ProviderModelShape], Field(max_length=_MAX_MODELS)]


class ProviderInput(Schema):
    """A provider to store."""

    kind: ProviderKind
    name: ProviderName
    base_url: BaseUrl | None = None
    key: ApiKey | None = None
    enabled: Flag = True
    models: ProviderModels = Field(default_factory=list[ProviderModelShape])
    weight: Weight = USUAL_WEIGHT
    priority: Priority = USUAL_PRIORITY
    region: Annotated[RegionName, Field(description="Where it runs, in your own words")] = ""
    batches: Batches = "vendor"
    responses: Responses | None = None

    def draft(self) -> ProviderDraft:
        return ProviderDraft(
            self.kind,
            self.name,
            self.base_url,
            self.key.get_secret_value() if self.key else None,
            self.enabled,
            tuple(model.listed() for model in self.models),
            self.weight,
            self.priority,
            self.region,
            self.batches,
            self.responses,
        )


class ProviderPatch(Schema):
    """What is left out stays as it is. `If-Match` may carry the version too."""

    name: ProviderName | None = None
    base_url: BaseUrl | None = None
    key: ApiKey | None = None
    enabled: Flag | None = None
    models: ProviderModels | None = None
    weight: Weight | None = None
    priority: Priority | None = None
    region: RegionName | None = None
    batches: Batches | None = None
    responses: Responses | None = None
    version: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)] | None = None

    def change(self) -> ProviderChange:
        return ProviderChange(
            self.name,
            self.base_url,
            self.key.get_secret_value() if self.key else None,
            self.enabled,
            None if self.models is None else tuple(model.listed() for model in self.models),
            self.weight,
            self.priority,
            self.region,
            self.batches,
            self.responses,
        )


class ProviderProbe(Schema):
    """A provider to test without storing it."""

    kind: ProviderKind
    base_url: BaseUrl | None = None
    key: ApiKey | None = None

    def draft(self) -> ProviderDraft:
        key = self.key.get_secret_value() if self.key else None
        return ProviderDraft(self.kind, "test", self.base_url, key)


class LastTestShape(Schema):
    """What the newest test said."""

    ok: Flag
    latency_ms: int
    detail: str
    at: datetime


class ProviderShape(Schema):
    """A provider; of its key only a hint."""

    id: UUID
    kind: ProviderKind
    name: str
    base_url: str
    has_key: Flag
    key_hint: Annotated[str, Field(examples=["…3f9a"])]
    enabled: Flag
    models: list[ProviderModelShape]
    weight: int
    priority: int
    region: str
    location: Annotated[
        Location,
        Field(description="Whether its address lies inside the house, as of its last save"),
    ]
    batches: BatchRoute
    responses: ResponsesRoute
    last_test: LastTestShape | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, provider: Provider) -> Self:
        return cls(
            id=provider.id,
            kind=provider.kind,
            name=provider.name,
            base_url=provider.base_url,
            has_key=bool(provider.key_hint),
            key_hint=provider.key_hint,
            enabled=provider.enabled,
            models=[ProviderModelShape.of(model) for model in provider.models],
            weight=provider.weight,
            priority=provider.priority,
            region=provider.region,
            location=provider.location,
            batches=provider.batches,
            responses=provider.responses,
            last_test=_last_test(provider),
            version=provider.version,
            created_at=provider.created_at,
            updated_at=provider.updated_at,
        )


class TestResultShape(Schema):
    """What the provider said when it was asked for its models."""

    __test__ = False  # no test of pytest's

    ok: Flag
    latency_ms: int
    detail: str
    models: list[ProviderModelShape]

    @classmethod
    def of(cls, result: TestResult) -> Self:
        return cls(
            ok=result.ok,
            latency_ms=result.latency_ms,
            detail=result.detail,
            models=[ProviderModelShape.of(model) for model in result.models],
        )


def _last_test(provider: Provider) -> LastTestShape | None:
    stored = as_object(provider.test_result)
    if provider.tested_at is None or not stored:
        return None
    return LastTestShape(
        ok=stored.get("ok") is True,
        latency_ms=as_count(stored.get("latency_ms")),
        detail=as_text(stored.get("detail")) or "",
        at=provider.tested_at,
    )
