"""Shapes of the rules of API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from vectal.ai.ports import ProviderKind
from vectal.ai.schemas.providers import ModelName
from vectal.ai.service.key_rules import KeyRules, StoredKeyRules
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag

PerMinute = Annotated[int, Field(strict=True, ge=1, le=1_000_000_000)]
Models = Annotated[
    list[ModelName],
    Field(
        max_length=100,
        description="Names of models, `vectal/<slot>` or `vectal/auto`; empty allows all",
        examples=[["vectal/fast", "claude-haiku-5-5"]],
    ),
]
Providers = Annotated[
    list[ProviderKind],
    Field(max_length=10, description="Who may answer; empty allows all"),
]


class RulesShape(Schema):
    """What a key may ask of models, how often and how much."""

    models: Models = Field(default_factory=list[str])
    providers: Providers = Field(default_factory=list[ProviderKind])
    requests_per_minute: Annotated[
        PerMinute | None, Field(description="Calls a minute; null is no limit")
    ] = None
    tokens_per_minute: Annotated[
        PerMinute | None, Field(description="Tokens in and out a minute; null is no limit")
    ] = None
    max_output_tokens: Annotated[
        Annotated[int, Field(strict=True, ge=1, le=100_000_000)] | None,
        Field(description="The longest answer that a call may ask for"),
    ] = None
    note: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")] = ""


def shape_rules(rules: KeyRules) -> RulesShape:
    return RulesShape(
        models=list(rules.models),
        providers=list(rules.providers),
        requests_per_minute=rules.requests_per_minute,
        tokens_per_minute=rules.tokens_per_minute,
        max_output_tokens=rules.max_output_tokens,
        note=rules.note,
    )


class KeyRulesInput(RulesShape):
    """The rules of a key; what is left out is no rule. `If-Match` may carry the version too."""

    version: Annotated[
        int | None, Field(strict=True, ge=1, le=2**31 - 1, description="The version you have seen")
    ] = None

    def rules(self) -> KeyRules:
        return KeyRules(
            tuple(dict.fromkeys(self.models)),
            tuple(dict.fromkeys(self.providers)),
            self.requests_per_minute,
            self.tokens_per_minute,
            self.max_output_tokens,
            self.note,
        )


class KeyRulesShape(RulesShape):
    """The rules of a key. The key itself is shown to nobody."""

    api_key_id: UUID
    key_name: str
    user_id: Annotated[UUID, Field(description="Whose key it is")]
    revoked: Flag
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, stored: StoredKeyRules) -> Self:
        key, rules = stored.key, stored.rules
        return cls(
            api_key_id=key.id,
            key_name=key.name,
            user_id=key.user_id,
            revoked=key.revoked_at is not None,
            **shape_rules(rules).model_dump(),
            version=stored.version,
            created_at=stored.created_at,
            updated_at=stored.updated_at,
        )
