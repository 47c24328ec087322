"""Addresses and headers of tool servers: what an administrator may enter.

What a name resolves to is judged again at every connection; this refuses early, with words.
"""

from __future__ import annotations

import re
from typing import Final

from vectal.mcp.errors import ToolServerAddressError
from vectal.platform.http import EgressGuard, EgressRefusedError
from vectal.platform.http.messages import Target

MAX_URL_CHARS: Final = 500
_HEADER: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_OURS: Final = re.compile(
    r"(host|accept.*|content-.*|connection|transfer-encoding|te|trailer|upgrade|expect|cookie"
    r"|user-agent|mcp-.*|proxy-.*|sec-.*|last-event-id|origin|traceparent|tracestate)"
)
"""Headers that the client sets itself, or that mean something on the way."""


def checked_url(guard: EgressGuard, url: str) -> str:
    """The address to store. Raises `ToolServerAddressError`."""
    text = url.strip()
    if len(text) > MAX_URL_CHARS:
        raise _refused(f"An address has at most {MAX_URL_CHARS} characters.")
    try:
        target = Target.parse(text)
        literal = guard.judge_host(target.host)
        if literal is not None:
            guard.judge_addresses(target.host, [literal])
    except EgressRefusedError as error:
        raise _refused(error.detail) from error
    if target.url.fragment:
        raise _refused("An address has no # part.")
    if target.url.scheme != "https" and not guard.names(target.host):
        raise _refused(
            "What is sent would travel in plain text: use https://, or have an operator open this"
            " host with VECTAL_EGRESS_ALLOW."
        )
    return text


def checked_header(header: str) -> str:
    """The header of the credential, in small letters; empty stands for a bearer token."""
    name = header.strip().lower()
    if name and (not _HEADER.fullmatch(name) or _OURS.fullmatch(name)):
        raise ToolServerAddressError("This header can't hold a credential.", pointer="/header")
    return name


def same_origin(one: str, other: str) -> bool:
    """Whether a credential that was entered for one address may go to the other."""
    return Target.parse(one).has_same_origin(Target.parse(other))


def credential_headers(header: str, secret: str) -> dict[str, str]:
    """The headers that carry the secret; none without one."""
    if not secret:
        return {}
    return {header: secret} if header else {"authorization": f"Bearer {secret}"}


def _refused(detail: str) -> ToolServerAddressError:
    return ToolServerAddressError(detail, pointer="/url")
