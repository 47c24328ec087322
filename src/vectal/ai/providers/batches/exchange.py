"""Calls to a vendor's batch endpoint: one object back, or lines as they come."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import closing
from typing import Any, Final, Literal

import msgspec

from vectal.ai.ports import CallLimits, Credentials, Egress, EgressRequest, ProviderFault
from vectal.ai.providers.driver import OK, fetch_json, open_answer, refusal_of

MAX_RESULT_BYTES: Final = 2 << 30
MAX_LINE_BYTES: Final = 64 << 20
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")
_CALL: Final = CallLimits(60.0, 60.0, 60.0)
_UPLOAD: Final = CallLimits(600.0, 600.0, 600.0)
_READ: Final = CallLimits(900.0, 60.0, 60.0)


async def ask(
    egress: Egress,
    credentials: Credentials,
    method: Literal["GET", "POST"],
    url: str,
    headers: Mapping[str, str],
    content: bytes = b"",
) -> dict[str, Any]:
    """The object that answers a call; raises ProviderFault."""
    limits = _UPLOAD if len(content) > MAX_LINE_BYTES >> 6 else _CALL
    request = EgressRequest(
        method,
        url,
        {"accept": "application/json", **headers},
        content,
        limits.deadline_s,
        credentials.key,
        credentials.scope,
    )
    return await fetch_json(egress, request, limits)


async def read_lines(
    egress: Egress, credentials: Credentials, url: str, headers: Mapping[str, str]
) -> AsyncGenerator[dict[str, msgspec.Raw]]:
    """The objects of a file of lines, one by one; raises ProviderFault."""
    ends_at = asyncio.get_running_loop().time() + _READ.deadline_s
    request = EgressRequest(
        "GET",
        url,
        headers,
        b"",
        _READ.deadline_s,
        credentials.key,
        credentials.scope,
        MAX_RESULT_BYTES,
    )
    with closing(await open_answer(egress, request, _READ, ends_at)) as response:
        if response.status not in OK:
            raise await refusal_of(response, credentials.key, ends_at)
        waiting = bytearray()
        while chunk := await _receive(response.receive, ends_at):
            waiting += chunk
            if len(waiting) > MAX_LINE_BYTES:
                raise ProviderFault("too_large", "The provider sent a line without an end.")
            *whole, rest = waiting.split(b"\n")
            waiting = rest
            for line in whole:
                if line.strip():
                    yield _object(line)
        if waiting.strip():
            yield _object(waiting)


async def _receive(receive: Any, ends_at: float) -> bytes:
    until = min(ends_at, asyncio.get_running_loop().time() + _READ.idle_s)
    try:
        return await receive(until)
    except TimeoutError as error:
        raise ProviderFault("timeout", "The provider fell silent.") from error


def _object(line: bytes | bytearray) -> dict[str, msgspec.Raw]:
    try:
        return msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ProviderFault(
            "garbage", "The provider's results hold a line that is none."
        ) from error


def read_raw(raw: msgspec.Raw | None) -> Any:
    """A member of a line; None when it is missing or no JSON."""
    if raw is None:
        return None
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def text_of(value: object, what: str) -> str:
    """An id of the vendor's; raises ProviderFault for what is none."""
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise ProviderFault("garbage", f"The provider's {what} has another shape.")
