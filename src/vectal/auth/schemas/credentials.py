"""Sessions and API keys."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from vectal.auth.contracts import ApiKey as ApiKeyContract
from vectal.auth.contracts import IssuedKey, KeyChange
from vectal.auth.contracts import Session as SessionContract
from vectal.auth.principal import Scope
from vectal.auth.schemas.values import Name
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Moment


class Session(Schema):
    """One sign-in on one device."""

    id: UUID
    created_at: Moment
    last_seen_at: Moment
    expires_at: Moment
    user_agent: str
    ip: str
    current: Annotated[Flag, Field(description="Whether it is the one that asks")]

    @classmethod
    def of(cls, session: SessionContract, current: UUID | None) -> Self:
        return cls(
            id=session.id,
            created_at=session.created_at,
            last_seen_at=session.last_seen_at,
            expires_at=session.expires_at,
            user_agent=session.user_agent,
            ip=session.ip,
            current=session.id == current,
        )


class ApiKeyInput(Schema):
    name: Annotated[Name, Field(examples=["Calendar sync"])]
    scopes: Annotated[
        list[Scope],
        Field(min_length=1, max_length=32, examples=[["tasks:read", "tasks:write"]]),
    ]
    expires_at: Annotated[Moment | None, Field(description="Null: until revoked")] = None


class ApiKeyPatch(Schema):
    """What is left out stays as it is."""

    name: Name | None = None
    expires_at: Annotated[Moment | None, Field(description="Null: until revoked")] = None

    def change(self) -> KeyChange:
        sets_expiry = "expires_at" in self.model_fields_set
        return KeyChange(self.name, sets_expiry, self.expires_at)


class ApiKey(Schema):
    id: UUID
    name: str
    hint: Annotated[
        str,
        Field(
            description="What of the key's text tells it from others", examples=["vct_…9f3a21_…"]
        ),
    ]
    scopes: list[Scope]
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Annotated[Moment | None, Field(description="To the minute")]
    made_with: Annotated[
        UUID | None,
        Field(
            description="The key that it was made with, and ends no later than; null: in the app"
        ),
    ]

    @classmethod
    def of(cls, key: ApiKeyContract) -> Self:
        return cls(
            id=key.id,
            name=key.name,
            hint=key.hint,
            scopes=list(key.scopes),
            created_at=key.created_at,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
            made_with=key.made_with[-1] if key.made_with else None,
        )


class NewApiKey(ApiKey):
    """With the key itself, which is shown this once."""

    key: Annotated[str, Field(examples=["vct_0198…"])]

    @classmethod
    def of_issued(cls, issued: IssuedKey) -> Self:
        return cls(**ApiKey.of(issued.key).model_dump(), key=issued.text)
