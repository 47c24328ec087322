"""Signatures of what is sent to an outside judge, in the style of Standard Webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Final

_PREFIX: Final = "whsec_"
_BYTES: Final = 32


class SigningKeyLostError(Exception):
    """There is a secret, but it can't be opened: nothing may be sent as if there were none."""


class SigningKey:
    """Signs, and gives itself to nobody: it can neither be printed nor be encoded.

    Where it has taken the place of another a while ago, that one signs, too, until its time is up.
    """

    __slots__ = ("_old", "_old_until", "_raw")

    def __init__(self, raw: bytes | None, old: bytes | None = None, old_until: float = 0.0) -> None:
        """`raw` None: the key is lost, and `headers` raises. `old_until` in seconds since 1970."""
        self._raw = raw
        self._old = old
        self._old_until = old_until

    def headers(self, message_id: str, at: int, body: bytes) -> dict[str, str]:
        """The three headers of one request; `at` in seconds since 1970.

        Of two signatures, the newer key's first, with a space between. Raises SigningKeyLostError.
        """
        if self._raw is None:
            raise SigningKeyLostError
        signed = f"{message_id}.{at}.".encode() + body
        signatures = [_signature(self._raw, signed)]
        if self._old is not None and at < self._old_until:
            signatures.append(_signature(self._old, signed))
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(at),
            "webhook-signature": " ".join(signatures),
        }


def _signature(raw: bytes, signed: bytes) -> str:
    digest = hmac.new(raw, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def new_raw_key() -> bytes:
    return secrets.token_bytes(_BYTES)


def secret_of(raw: bytes) -> str:
    """The key as people carry it to their judge."""
    return _PREFIX + base64.b64encode(raw).decode()
