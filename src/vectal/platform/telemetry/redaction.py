"""What must never reach a log: secrets by the name of their field, and by their shape.

A log line is read by more people than the row it speaks of. Names are judged whole words at a
time; values are judged by the forms that our own secrets and the vendors' keys have.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

MASK: Final = "[redacted]"
_DEPTH: Final = 6
_TEXT_LIMIT: Final = 8_192
_ITEMS_LIMIT: Final = 100

_SECRET_NAMES: Final = re.compile(
    r"(?:^|[_\-.])(?:password|passwd|passphrase|secret|secrets|token|tokens|authorization|cookie"
    r"|cookies|api[_-]?key|apikey|x-api-key|master[_-]?key|private[_-]?key|credential|credentials"
    r"|dsn|sealed[a-z_]*|plaintext)(?:$|[_\-.])",
    re.IGNORECASE,
)
# Counts of model tokens are figures, not secrets.
_COUNTED: Final = re.compile(
    r"(?:^|_)(?:input|output|total|max|cache_read|cache_write|cached|reasoning|context|prompt"
    r"|completion)_tokens$|^tokens?_(?:count|used|left)$",
    re.IGNORECASE,
)
_SECRET_SHAPES: Final = (
    re.compile(r"\bvct_[A-Za-z0-9]{4,}_[A-Za-z0-9_-]{8,}"),  # our API keys
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}"),  # JWT
    re.compile(r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}"),  # model vendors
    re.compile(r"\b(?:ghp|gho|ghs|xox[abp])[_-][A-Za-z0-9-]{16,}"),
    re.compile(r"(?i)\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"),  # user:password@ of a URL
    re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL
    ),
)


def redact(name: str, value: object) -> object:
    """`value` as it may be logged under `name`."""
    return _redact(name, value, _DEPTH)


def redact_text(text: str) -> str:
    """`text` with everything that looks like a secret masked, and cut at 8 KiB."""
    if not text.isascii():  # a lone surrogate would break the line that carries it
        text = text.encode(errors="backslashreplace").decode()
    for shape in _SECRET_SHAPES:
        text = shape.sub(MASK, text)
    return text if len(text) <= _TEXT_LIMIT else f"{text[:_TEXT_LIMIT]}…[{len(text)} characters]"


def _redact(name: str, value: object, depth: int) -> object:
    if is_secret_name(name) and value is not None and not isinstance(value, bool):
        return MASK
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, bytes | bytearray):
        return f"[{len(value)} bytes]"
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return _redact_container(name, cast("object", value), depth)
    if value is None or isinstance(value, int | float):
        return value
    return redact_text(str(value))


def _redact_container(name: str, value: object, depth: int) -> object:
    if depth == 0:
        return "[too deep]"
    if isinstance(value, Mapping):
        pairs = list(cast("Mapping[Any, object]", value).items())[:_ITEMS_LIMIT]
        return {redact_text(str(key)): _redact(str(key), item, depth - 1) for key, item in pairs}
    items = list(cast("list[object]", value))[:_ITEMS_LIMIT]
    return [_redact(name, item, depth - 1) for item in items]


def is_secret_name(name: str) -> bool:
    return bool(_SECRET_NAMES.search(name)) and not _COUNTED.search(name)
