"""Facts about sign-ins that other rooms may react to."""

from dataclasses import dataclass
from typing import ClassVar

from vectal.platform.events import Event


@dataclass(frozen=True)
class SessionRevoked(Event):
    """A session was ended; private to its owner, in no workspace."""

    type: ClassVar[str] = "auth.session_revoked"

    session_id: str


@dataclass(frozen=True)
class ApiKeyShortened(Event):
    """An administrator lets somebody's key end earlier; told to its owner."""

    type: ClassVar[str] = "auth.api_key_shortened"

    key_id: str
    expires_at: str
    """ISO 8601."""
    shortened_by: str


@dataclass(frozen=True)
class ApiKeyRevoked(Event):
    """An administrator has ended somebody's key; told to its owner."""

    type: ClassVar[str] = "auth.api_key_revoked"

    key_id: str
    revoked_by: str
