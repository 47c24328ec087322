"""Shapes of single calls and of the health of models."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field

from vectal.ai.ports import Health
from vectal.ai.service.call_reader import OfferHealth
from vectal.ai.tables import UsageRow
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Moment


class CallShape(Schema):
    """One call to a model: counts and names, never content."""

    id: UUID
    at: Moment
    user_id: UUID
    api_key_id: UUID | None
    project_id: UUID | None
    run_id: UUID | None
    purpose: str
    provider: str
    model: str
    slot: str | None
    route_codes: list[str]
    route_sentence: str
    status: Annotated[str, Field(examples=["ok", "failed", "cancelled"])]
    error_code: str | None
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    cost_usd: Annotated[float | None, Field(description="Null when nobody knows the price")]
    estimated: Flag
    simulated: Flag
    first_token_ms: int | None
    duration_ms: int
    attempts: int
    request_id: str | None

    @classmethod
    def of(cls, row: UsageRow) -> Self:
        reason: dict[str, Any] = row.route_reason
        same = {
            name: getattr(row, name)
            for name in cls.model_fields
            if name not in {"route_codes", "route_sentence", "cost_usd"}
        }
        return cls(
            **same,
            route_codes=[str(code) for code in reason.get("codes", [])],
            route_sentence=str(reason.get("sentence", "")),
            cost_usd=None if row.cost_usd is None else float(row.cost_usd),
        )


class OfferHealthShape(Schema):
    """A model at a provider, as the process that answers has met it."""

    provider_id: UUID | None
    provider: str
    model: str
    health: Health
    failure_share: Annotated[
        float, Field(ge=0, le=1, description="Of the last half minute, while the breaker is closed")
    ]
    breaker: Annotated[
        Literal["closed", "open", "half_open"] | None,
        Field(
            description="`open`: not asked. `half_open`: one call tries. Null before the first call"
        ),
    ]
    since: Annotated[
        Moment | None, Field(description="When the breaker last closed, or opened after a close")
    ]
    error_share: Annotated[
        float | None, Field(ge=0, le=1, description="Of the last 20 minutes; null for few calls")
    ]
    first_token_ms: Annotated[int | None, Field(description="The median, roughly")]
    duration_ms: Annotated[int | None, Field(description="The median, roughly")]

    @classmethod
    def of(cls, one: OfferHealth) -> Self:
        return cls(
            provider_id=one.provider_id,
            provider=one.provider,
            model=one.model,
            health=one.health,
            failure_share=round(one.failure_share, 3),
            breaker=one.state.value if one.state else None,
            since=one.since,
            error_share=one.measured.error_share if one.measured else None,
            first_token_ms=one.measured.first_token_ms if one.measured else None,
            duration_ms=one.measured.duration_ms if one.measured else None,
        )


class HealthShape(Schema):
    items: list[OfferHealthShape]
