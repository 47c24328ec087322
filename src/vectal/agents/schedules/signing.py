"""The signature of what comes in at a hook: HMAC-SHA256 over the time and the body.

A sender signs `<timestamp>.<body>` with the text of the secret and sends `v1=<hex>`; while a
secret is replaced it may send several, with commas between them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

WINDOW: Final = timedelta(minutes=5)
PREFIX: Final = "vhs_"
_SCHEME: Final = "v1="
_MAX_SIGNATURES: Final = 4
_MAX_HEADER: Final = 600
_TIMESTAMP_CHARS: Final = 12
_NOBODYS: Final = secrets.token_urlsafe(32)
"""What is compared where there is no such hook, so that its answer takes as long."""


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature in hexadecimal."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_timely(timestamp: str, now: datetime) -> bool:
    """Whether it is a number of seconds since 1970 that is no further off than `WINDOW`."""
    is_number = timestamp.isascii() and timestamp.isdecimal()
    if not is_number or len(timestamp) > _TIMESTAMP_CHARS:
        return False
    return abs(now.timestamp() - int(timestamp)) <= WINDOW.total_seconds()


def find_signature(known: Sequence[str], timestamp: str, body: bytes, header: str) -> str | None:
    """The signature among those sent that one of these secrets has made; None when none has.

    Every pair is compared, in constant time, so the answer takes as long whichever it is.
    """
    sent = [each.strip() for each in header[:_MAX_HEADER].split(",")][:_MAX_SIGNATURES]
    given = [each.removeprefix(_SCHEME).encode() for each in sent if each.startswith(_SCHEME)]
    found: str | None = None
    for secret in known or (_NOBODYS,):
        expected = sign(secret, timestamp, body)
        for each in given:
            if hmac.compare_digest(expected.encode(), each) and known:
                found = expected
    return found
