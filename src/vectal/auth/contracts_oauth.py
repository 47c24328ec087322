"""What OAuth is about: who asks, what for, and what a person has allowed."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from vectal.auth.principal import Scope


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """A program that has registered itself; its name is what it says of itself."""

    id: UUID
    name: str
    redirect_uris: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What a program sends a person with to the consent page, as it was sent."""

    response_type: str
    client_id: str
    redirect_uri: str
    code_challenge: str
    code_challenge_method: str
    scope: str = ""
    state: str = ""
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that can be granted: by whom, and which scopes this person could give."""

    client: OAuthClient
    redirect_uri: str
    scopes: tuple[Scope, ...]


@dataclass(frozen=True, slots=True)
class OAuthGrant:
    """What one person lets one program do in one workspace."""

    id: UUID
    workspace_id: UUID
    user_id: UUID
    client_id: UUID
    scopes: tuple[Scope, ...]
    redirect_uri: str
    created_at: datetime
    refreshed_at: datetime
    expires_at: datetime
    generation: int
    redeemed_at: datetime | None
    revoked_at: datetime | None
    code_hash: bytes = field(repr=False)
    challenge: str = field(repr=False)

    def is_live(self, now: datetime) -> bool:
        return self.redeemed_at is not None and self.revoked_at is None and self.expires_at > now


@dataclass(frozen=True, slots=True)
class GrantTokens:
    """What a program gets for its code, or for a refresh."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in_s: int
    scopes: tuple[Scope, ...]
