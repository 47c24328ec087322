"""The one form of a call's arguments, and its hash: what an approval is bound to."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any, cast


def canonical(arguments: str) -> str:
    """Sorted, compact, in NFC. Text that is no JSON, or says one thing twice, stands for itself."""
    try:
        parsed: object = json.loads(arguments or "{}", object_pairs_hook=_object)
        return json.dumps(parsed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except (ValueError, RecursionError):
        return arguments


def digest(arguments: str) -> str:
    """SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(canonical(arguments).encode("utf-8", "surrogatepass")).hexdigest()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = {_normal(name): _normalised(value) for name, value in pairs}
    if len(made) != len(pairs):
        # Readers differ in which of the two they take.
        raise ValueError("a name stands there twice")
    return made


def _normalised(value: object) -> object:
    if isinstance(value, str):
        return _normal(value)
    if isinstance(value, list):
        return [_normalised(each) for each in cast("list[object]", value)]
    return value


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)
