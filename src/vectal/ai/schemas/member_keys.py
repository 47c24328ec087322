"""Shapes of members' API keys, as administrators see them."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from vectal.ai.schemas.key_rules import RulesShape, shape_rules
from vectal.ai.service.key_rules import KeyRules
from vectal.auth.contracts import ApiKey
from vectal.auth.principal import Scope
from vectal.platform.web import Schema
from vectal.platform.web.schema import Moment


class MemberKeyPatch(Schema):
    """When a member's key is to end."""

    expires_at: Annotated[Moment, Field(description="No later than it ends now")]


class MemberKeyShape(Schema):
    """What is known of a key; the key itself is shown to nobody."""

    id: UUID
    name: str
    hint: Annotated[str, Field(examples=["vct_…9c2f1b_…"])]
    user_id: Annotated[UUID, Field(description="Whose key it is")]
    scopes: list[Scope]
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Annotated[Moment | None, Field(description="To the minute")]
    made_with: Annotated[
        UUID | None, Field(description="The key that it was made with, whose rules bind it, too")
    ]
    rules: Annotated[RulesShape | None, Field(description="Its own; null when it has none")]

    @classmethod
    def of(cls, key: ApiKey, rules: KeyRules | None) -> Self:
        return cls(
            id=key.id,
            name=key.name,
            hint=key.hint,
            user_id=key.user_id,
            scopes=list(key.scopes),
            created_at=key.created_at,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
            made_with=key.made_with[-1] if key.made_with else None,
            rules=None if rules is None else shape_rules(rules),
        )
