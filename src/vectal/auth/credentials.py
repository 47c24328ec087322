"""Which credential a request carries, and for which workspace."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from vectal.auth.errors import ConflictingCredentialsError, UnauthenticatedError

WORKSPACE_HEADER = "Vectal-Workspace"
_MAX_CREDENTIAL_CHARS = 4096
_NAMES = {name.lower().encode(): name for name in ("authorization", "x-api-key", WORKSPACE_HEADER)}


@dataclass(frozen=True, slots=True)
class Credential:
    """A bearer token or an API key, as sent; never logged."""

    secret: str

    def __repr__(self) -> str:
        return "Credential(…)"


class Headers(Protocol):
    """Headers of a request, each of which may have come more than once."""

    def getlist(self, key: str) -> Sequence[str]: ...


class CredentialHeaders:
    """Those of a request's headers that say who asks, looked through once."""

    __slots__ = ("_values",)

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in raw:
            known = _NAMES.get(name)
            if known is not None:
                self._values.setdefault(known, []).append(value.decode("latin-1"))

    def getlist(self, key: str) -> Sequence[str]:
        return self._values.get(key, ())

    @property
    def workspace(self) -> str | None:
        return next(iter(self._values.get(WORKSPACE_HEADER, ())), None)


def read_credential(headers: Headers) -> Credential | None:
    """The one credential of these headers, None for an anonymous request."""
    found = {_bearer(value) for value in headers.getlist("authorization") if value}
    found |= {value for value in headers.getlist("x-api-key") if value}
    if not found:
        return None
    if len(found) > 1:
        raise ConflictingCredentialsError("Send one credential, not several.")
    secret = found.pop()
    if len(secret) > _MAX_CREDENTIAL_CHARS:
        raise UnauthenticatedError("That is not a credential of ours.")
    return Credential(secret)


def read_workspace(value: str | None) -> UUID | None:
    """The workspace that a header names; an unreadable one is no workspace of anyone."""
    if value is None:
        return None
    try:
        return UUID(value)
    except ValueError:
        return UUID(int=0)


def _bearer(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "bearer" or not value.strip():
        raise UnauthenticatedError("Authorization must be `Bearer <token or key>`.")
    return value.strip()
