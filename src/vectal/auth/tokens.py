"""The three secrets a client may hold: access token, refresh token, API key.

An access token is a JWT (HS256, pinned) that lives ten minutes and names its session. A refresh
token is opaque: session, generation and a MAC, so a session needs one row however often it is
refreshed, and every older generation is still known for what it was. An API key is
`vct_<id>_<secret>`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final
from uuid import UUID

if TYPE_CHECKING:
    from vectal.auth.access_tokens import AccessTokens

ACCESS_LIFETIME: Final = timedelta(minutes=10)
_TYPE: Final = "at+jwt"
_AUDIENCE: Final = "vectal"
_LEEWAY: Final = timedelta(seconds=5)
_DOTS: Final = 2
_KEY_PREFIX: Final = "vct_"
_KEY: Final = re.compile(r"vct_([0-9a-f]{32})_([0-9a-f]{48})")
_REFRESH_BYTES: Final = 16 + 4 + 32


@dataclass(frozen=True, slots=True)
class AccessClaims:
    user_id: UUID
    session_id: UUID
    epoch: int


@dataclass(frozen=True, slots=True)
class RefreshToken:
    session_id: UUID
    generation: int


class Signer:
    """Makes and checks signed tokens. The first key signs; all of them verify."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) < 32 for key in keys):  # noqa: PLR2004 - 256 bits
            raise ValueError("signing keys need at least 32 bytes each")
        self._access_keys = [_derive(key, b"access") for key in keys]
        self._refresh_keys = [_derive(key, b"refresh") for key in keys]
        self._request_key = _derive(keys[0], b"request")

    def sign_access(self, claims: AccessClaims, now: datetime) -> str:
        issued = int(now.timestamp())
        payload = {
            "aud": _AUDIENCE,
            "sub": str(claims.user_id),
            "sid": str(claims.session_id),
            "epoch": claims.epoch,
            "iat": issued,
            "exp": issued + int(ACCESS_LIFETIME.total_seconds()),
        }
        return self._access.sign(payload, _TYPE)

    def read_access(self, token: str, now: datetime) -> AccessClaims | None:
        """None for anything that is not a running token of ours."""
        found = self._access.verify(token)
        return None if found is None else _claims(*found, now)

    @cached_property
    def _access(self) -> AccessTokens:
        # Its library takes longer to load than all else of auth, and API keys need none of it.
        from vectal.auth.access_tokens import AccessTokens  # noqa: PLC0415 - see above

        return AccessTokens(self._access_keys)

    def sign_refresh(self, token: RefreshToken) -> str:
        body = token.session_id.bytes + token.generation.to_bytes(4, "big")
        return _b64(body + _mac(self._refresh_keys[0], body))

    def secret_for_request(self, *parts: bytes) -> bytes:
        """32 bytes that only this house can make, the same for the same parts.

        A repeated request gets its secret made again, so no answer with a secret is ever stored.
        """
        framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return _mac(self._request_key, framed)

    def read_refresh(self, text: str) -> RefreshToken | None:
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(raw) != _REFRESH_BYTES:
            return None
        body, mac = raw[:20], raw[20:]
        if not any(hmac.compare_digest(_mac(key, body), mac) for key in self._refresh_keys):
            return None
        return RefreshToken(UUID(bytes=body[:16]), int.from_bytes(body[16:], "big"))


def keys_for_grants(keys: Sequence[bytes]) -> list[bytes]:
    """For a signer of OAuth's tokens: what it signs no other one takes, and the other way."""
    return [_derive(key, b"oauth") for key in keys]


def _claims(
    header: dict[str, object], claims: dict[str, object], now: datetime
) -> AccessClaims | None:
    expires, epoch = claims.get("exp"), claims.get("epoch")
    if header.get("typ") != _TYPE or claims.get("aud") != _AUDIENCE:
        return None
    if not isinstance(expires, int) or not isinstance(epoch, int):
        return None
    if expires <= (now - _LEEWAY).timestamp():
        return None
    try:
        return AccessClaims(UUID(str(claims.get("sub"))), UUID(str(claims.get("sid"))), epoch)
    except ValueError:
        return None


# --- API keys -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeySecret:
    """An API key as its holder knows it."""

    id: UUID
    secret: str

    @property
    def text(self) -> str:
        return f"{_KEY_PREFIX}{self.id.hex}_{self.secret}"

    @property
    def hash(self) -> bytes:
        return hashlib.sha256(self.secret.encode()).digest()

    def matches(self, stored: bytes) -> bool:
        return hmac.compare_digest(self.hash, stored)

    def __repr__(self) -> str:
        return f"KeySecret({self.id})"


def new_key_secret(key_id: UUID, entropy: bytes | None = None) -> KeySecret:
    """`entropy`: 32 secret bytes to make it from, instead of the system's."""
    return KeySecret(key_id, (entropy or secrets.token_bytes(32))[:24].hex())


def looks_like_key(text: str) -> bool:
    return text.startswith(_KEY_PREFIX)


def looks_like_token(text: str) -> bool:
    """A signed token has three parts. What is neither is taken for a key of something else."""
    return text.count(".") == _DOTS


def read_key(text: str) -> KeySecret | None:
    found = _KEY.fullmatch(text)
    return None if found is None else KeySecret(UUID(hex=found[1]), found[2])


def _derive(key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(key, b"vectal.auth." + purpose, "sha256")


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, "sha256")


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
