"""The grammar of OAuth as it is taken here: addresses, scopes, challenges, and what is no answer.

The profile is OAuth 2.1 as MCP asks for it: public clients, codes with PKCE S256, resource
indicators. Whatever else the older RFCs know is refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from vectal.auth.principal import Scope

MAX_REDIRECTS: Final = 5
MAX_ADDRESS_CHARS: Final = 500
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{1,60}")
_ADDRESS: Final = re.compile(r"[!-~]{3,500}")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_UNSAFE: Final = frozenset(
    {"about", "blob", "data", "file", "ftp", "javascript", "vbscript", "view-source", "ws", "wss"}
)
"""Schemes that a browser would do something with by itself."""

OFFERED: Final = (
    Scope.AI_USE,
    Scope.TASKS_READ,
    Scope.TASKS_WRITE,
    Scope.CALENDAR_READ,
    Scope.CALENDAR_WRITE,
    Scope.FILES_READ,
    Scope.FILES_WRITE,
    Scope.AGENTS_READ,
    Scope.AGENTS_WRITE,
    Scope.CHAT_READ,
    Scope.WORKSPACE_READ,
)
"""What a program may be given. Accounts, keys and the workspace's settings are never among it."""
NEEDED: Final = Scope.AI_USE
"""Without it the door of the protocol stays shut."""


class OAuthError(Exception):
    """Answered in OAuth's own shape: a code of the RFC, and a sentence."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.status = status


def check_redirect(uri: str) -> None:
    """Raise OAuthError for an address that a code may not be sent to.

    HTTPS; HTTP on this computer alone (RFC 8252, 7.3); or a scheme of the program's own.
    """
    parts = _split(uri)
    if parts is None or "#" in uri or parts.username is not None or parts.password is not None:
        raise _bad_redirect("An address is absolute, without a fragment or a password.")
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http":
        if parts.hostname not in _LOOPBACK:
            raise _bad_redirect("Plain HTTP is for the program's own computer alone.")
        return
    if parts.scheme == "https" or parts.scheme in _UNSAFE or not _SCHEME.fullmatch(parts.scheme):
        raise _bad_redirect("That is no scheme of a program's own.")


def is_registered(wanted: str, registered: str) -> bool:
    """The same to the letter; but a program on this computer may listen at any port."""
    if wanted == registered:
        return True
    mine, theirs = _split(wanted), _split(registered)
    if mine is None or theirs is None or mine.scheme != "http" or theirs.scheme != "http":
        return False
    if mine.hostname not in _LOOPBACK or mine.username is not None or mine.password is not None:
        return False
    told = (mine.hostname, mine.path, mine.query, mine.fragment)
    return told == (theirs.hostname, theirs.path, theirs.query, theirs.fragment)


def with_answer(redirect_uri: str, **told: str) -> str:
    """The address with the answer in its query; what it had there stays."""
    parts = urlsplit(redirect_uri)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *told.items()]
    return urlunsplit(parts._replace(query=urlencode([pair for pair in query if pair[1]])))


def read_scopes(text: str) -> tuple[Scope, ...]:
    """The scopes of a request; none asked for is all that is offered. Raises OAuthError."""
    wanted = text.split()
    known = {str(scope): scope for scope in OFFERED}
    unknown = sorted(set(wanted) - known.keys())
    if unknown:
        raise OAuthError("invalid_scope", "There is no such scope for programs here.")
    return tuple(scope for scope in OFFERED if not wanted or str(scope) in wanted)


def is_challenge(text: str) -> bool:
    return _CHALLENGE.fullmatch(text) is not None


def solves(verifier: str, challenge: str) -> bool:
    """Whether the challenge was made from the verifier, by S256 (RFC 7636)."""
    if _VERIFIER.fullmatch(verifier) is None:
        return False
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(made, challenge)


def _split(uri: str) -> SplitResult | None:
    if not _ADDRESS.fullmatch(uri):
        return None
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme else None


def _bad_redirect(text: str) -> OAuthError:
    return OAuthError("invalid_redirect_uri", text)
