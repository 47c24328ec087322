"""What other modules see of sign-ins and keys."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from vectal.accounts.contracts import User, Workspace
from vectal.auth.principal import Scope


@dataclass(frozen=True, slots=True)
class Device:
    """Where a sign-in comes from, as far as a request tells."""

    ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The outcome of a sign-in or refresh. The two tokens never reach a log."""

    user: User
    workspaces: list[Workspace]
    session_id: UUID
    access_token: str = field(repr=False)
    expires_in_s: int
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    id: UUID
    user_id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    user_agent: str
    ip: str
    generation: int
    refreshed_at: datetime
    revoked_at: datetime | None

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > now


@dataclass(frozen=True, slots=True)
class ApiKey:
    id: UUID
    workspace_id: UUID
    user_id: UUID
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None = None
    made_with: tuple[UUID, ...] = ()
    """The keys that it was made with: the first of the line, and last its own maker."""
    secret_hash: bytes = field(default=b"", repr=False)

    @property
    def hint(self) -> str:
        """As much of the key's text as its owner can tell it by, and nobody can use."""
        return f"vct_…{self.id.hex[-6:]}_…"

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


@dataclass(frozen=True, slots=True)
class KeyChange:
    """What to change about a key. None as `name` keeps it.

    `expires_at` holds a new end where `sets_expiry`; None then means until the key is revoked.
    """

    name: str | None = None
    sets_expiry: bool = False
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key, and the one time its secret is known."""

    key: ApiKey
    text: str = field(repr=False)
