"""Which credential a request carries, and for which workspace."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from vectal.auth.errors import ConflictingCredentialsError, UnauthenticatedError

WORKSPACE_HEADER = "Vectal-Workspace"
_MAX_CREDENTIAL_CHARS = 4096


@dataclass(frozen=True, slots=True)
class Credential:
    """A bearer token or an API key, as sent; never logged."""

    secret: str

    def __repr__(self) -> str:
        return "Credential(…)"


def read_credential(headers: Mapping[str, str]) -> Credential | None:
    """The one credential of these headers, None for an anonymous request."""
    bearer = _bearer(headers.get("authorization"))
    key = headers.get("x-api-key")
    if bearer and key and bearer != key:
        raise ConflictingCredentialsError("Send Authorization or x-api-key, not both.")
    secret = bearer or key
    if not secret:
        return None
    if len(secret) > _MAX_CREDENTIAL_CHARS:
        raise UnauthenticatedError("That is not a credential of ours.")
    return Credential(secret)


def read_workspace(value: str | None) -> UUID | None:
    """The workspace that a header names; an unreadable one is no workspace of anyone."""
    if not value:
        return None
    try:
        return UUID(value)
    except ValueError:
        return UUID(int=0)


def _bearer(header: str | None) -> str | None:
    if not header:
        return None
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "bearer" or not value.strip():
        raise UnauthenticatedError("Authorization must be `Bearer <token or key>`.")
    return value.strip()
