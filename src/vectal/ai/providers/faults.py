"""What a vendor's refusal means, read from its status, headers and body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec

from vectal.ai.ports import FaultKind, ProviderFault, TooLong, VendorWords
from vectal.platform.clock import utc_now

_MAX_DETAIL_CHARS: Final = 300
_MAX_RETRY_AFTER_S: Final = 3600.0
_SECRET: Final = re.compile(r"\b(?:sk|pk|key|vct)[-_][A-Za-z0-9_\-*.]{6,}")

_BY_STATUS: Final[Mapping[int, FaultKind]] = {
    400: "invalid_request",
    401: "authentication",
    402: "quota",
    403: "permission",
    404: "model_not_found",
    405: "model_not_found",
    408: "timeout",
    409: "server_error",
    413: "context_too_large",
    422: "invalid_request",
    425: "server_error",
    429: "rate_limited",
    503: "overloaded",
    504: "timeout",
    529: "overloaded",
}
# Vendors name the kind in `code` or `type`; that says more than the status.
_BY_NAME: Final[Mapping[str, FaultKind]] = {
    "insufficient_quota": "quota",
    "billing_error": "quota",
    "billing_hard_limit_reached": "quota",
    "insufficient_balance": "quota",
    "invalid_api_key": "authentication",
    "authentication_error": "authentication",
    "permission_error": "permission",
    "model_not_found": "model_not_found",
    "not_found_error": "model_not_found",
    "context_length_exceeded": "context_too_large",
    "request_too_large": "context_too_large",
    "rate_limit_error": "rate_limited",
    "rate_limit_exceeded": "rate_limited",
    "overloaded_error": "overloaded",
    "api_error": "server_error",
    "server_error": "server_error",
    "timeout_error": "timeout",
    "invalid_request_error": "invalid_request",
}
_TOO_LONG: Final = re.compile(
    r"context (?:length|window|limit)|maximum context|prompt is too long"
    r"|too many (?:input )?tokens",
    re.IGNORECASE,
)
_MOST: Final = re.compile(r"maximum context length is (\d{1,12}) tokens")
_TOKENS: Final = re.compile(r"(?:requested|resulted in) (?:about )?(\d{1,12}) (?:input )?tokens")
_OF_BOTH: Final = re.compile(
    r"\((\d{1,12}) in [a-z ]{1,40}, (\d{1,12}) (?:in|for) the completion\)"
)
_PROMPT: Final = re.compile(r"prompt is too long: (\d{1,12}) tokens > (\d{1,12}) maximum")
_SUM: Final = re.compile(r"context limit: (\d{1,12}) \+ (\d{1,12}) > (\d{1,12})")
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}")
_PARAM: Final = re.compile(r"[ -~]{1,128}")
_TYPE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_RATE_LIMITED: Final = 429
_WORDS: Final[Mapping[FaultKind, str]] = {
    "authentication": "The provider refused the API key.",
    "permission": "The API key may not use this model.",
    "quota": "The account at the provider has no credit left.",
    "model_not_found": "The provider does not know this model or address.",
    "invalid_request": "The provider refused the request.",
    "context_too_large": "The conversation is too long for this model.",
    "rate_limited": "The provider limits the rate of requests.",
    "overloaded": "The provider is overloaded.",
    "server_error": "The provider had an internal error.",
    "timeout": "The provider took too long.",
}


class _ErrorBody(msgspec.Struct):
    """The error object of every vendor; all of it may be missing."""

    message: str | None = None
    type: str | None = None
    code: str | int | None = None
    param: Any = None


class _Envelope(msgspec.Struct):
    error: _ErrorBody | str | None = None
    message: str | None = None
    detail: str | msgspec.UnsetType = msgspec.UNSET


def fault_from_response(
    status: int, headers: Mapping[str, str], body: bytes, *, secret: str = ""
) -> ProviderFault:
    """The fault that a response other than a stream tells of."""
    error = _read_error(body)
    kind = _kind(status, error)
    return ProviderFault(
        kind,
        _detail(kind, error, secret, status),
        status=status,
        retry_after_s=read_retry_after(headers),
        said=_said(error, secret),
        too_long=_too_long(status, error),
    )


def fault_from_event(error: Mapping[str, object] | str, *, secret: str = "") -> ProviderFault:
    """The fault that an error inside a stream, with status 200, tells of."""
    if isinstance(error, str):
        read = _ErrorBody(message=error)
    else:
        code = error.get("code")
        read = _ErrorBody(
            message=_text(error.get("message")),
            type=_text(error.get("type")),
            code=code if isinstance(code, (str, int)) else None,
            param=error.get("param"),
        )
    status = read.code if isinstance(read.code, int) and 400 <= read.code < 600 else 500  # noqa: PLR2004  (HTTP)
    kind = _kind(status, read)
    return ProviderFault(
        kind,
        _detail(kind, read, secret, None),
        said=_said(read, secret),
        too_long=_too_long(status, read),
    )


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms` or `retry-after` (seconds or a date)."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        seconds = _seconds(value.strip(), scale)
        if seconds is not None:
            return min(max(seconds, 0.0), _MAX_RETRY_AFTER_S)
    return None


def mask(text: str, secret: str = "") -> str:
    """One printable line of at most 300 characters, without anything like a key."""
    if secret:
        text = text.replace(secret, "…")
    text = _SECRET.sub("…", text)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= _MAX_DETAIL_CHARS else text[: _MAX_DETAIL_CHARS - 1] + "…"


def _seconds(value: str, scale: float) -> float | None:
    if re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", value):
        return float(value) * scale
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return (at - utc_now()).total_seconds()


def _read_error(body: bytes) -> _ErrorBody:
    try:
        envelope = msgspec.json.decode(body, type=_Envelope)
    except (msgspec.DecodeError, ValueError):
        return _ErrorBody()
    if isinstance(envelope.error, _ErrorBody):
        return envelope.error
    if isinstance(envelope.error, str):
        return _ErrorBody(message=envelope.error)
    detail = envelope.detail if isinstance(envelope.detail, str) else None
    return _ErrorBody(message=envelope.message or detail)


def _kind(status: int, error: _ErrorBody) -> FaultKind:
    if error.message and _TOO_LONG.search(error.message):
        return "context_too_large"
    for name in (error.code, error.type):
        if isinstance(name, str) and name in _BY_NAME:
            named = _BY_NAME[name]
            # "invalid_request_error" is also what OpenAI calls a 401 or a 404.
            if named != "invalid_request":
                return named
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return "server_error" if status >= 500 else "invalid_request"  # noqa: PLR2004  (HTTP)


def _said(error: _ErrorBody, secret: str) -> VendorWords | None:
    """The vendor's own names of what is wrong, as far as they can be shown."""
    said = VendorWords(
        _name(error.code, _CODE, secret),
        _name(error.param, _PARAM, secret),
        _name(error.type, _TYPE, secret),
    )
    return None if said == VendorWords() else said


def _name(value: object, shape: re.Pattern[str], secret: str) -> str | None:
    """Left out rather than cut: half a name is another name."""
    if not isinstance(value, str) or shape.fullmatch(value) is None:
        return None
    has_secret = bool(secret) and secret in value
    return None if has_secret or _SECRET.search(value) else value


def _too_long(status: int, error: _ErrorBody) -> TooLong | None:
    """How long the request was, where its length in tokens is what was refused."""
    message = error.message or ""
    is_named = error.code == "context_length_exceeded"
    if not is_named and (status == _RATE_LIMITED or not _TOO_LONG.search(message)):
        return None  # "too many tokens" may also be those of a minute
    if prompt := _PROMPT.search(message):
        return TooLong(int(prompt[1]), int(prompt[2]))
    if both := _SUM.search(message):
        return TooLong(int(both[1]), int(both[3]), int(both[2]))
    most, tokens, parts = (each.search(message) for each in (_MOST, _TOKENS, _OF_BOTH))
    limit = None if most is None else int(most[1])
    if parts is not None:
        return TooLong(int(parts[1]), limit, int(parts[2]))
    return TooLong(None if tokens is None else int(tokens[1]), limit)


def _detail(kind: FaultKind, error: _ErrorBody, secret: str, status: int | None) -> str:
    words = _WORDS.get(kind, "The provider failed.")
    if error.message:
        return f"{words} It said: {mask(error.message, secret)}"
    return f"{words} (status {status})" if status is not None else words


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
