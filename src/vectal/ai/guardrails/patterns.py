"""Patterns that a workspace writes: matched in time that grows with the text alone.

They are hostile until compiled. The engine is that of JSON schemas, in Rust, which has neither
look-around nor back-references, and so no pattern that a text could make it stumble over.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Final

import jsonschema_rs

_LIMIT_BYTES: Final = 1 << 20
"""Of a compiled pattern: `(a{1000}){1000}` is a short text and a large automaton."""


class BadPatternError(ValueError):
    """The pattern can't be compiled, or would be too large."""


def check_pattern(pattern: str) -> str:
    """The pattern itself; raises BadPatternError."""
    try:
        _compiled((pattern,))
    except jsonschema_rs.ValidationError as error:
        raise BadPatternError("is no pattern without look-around, or too large") from error
    return pattern


def matches_any(patterns: Sequence[str], text: str) -> bool:
    """Whether one of them matches anywhere in the text."""
    return bool(patterns) and _compiled(tuple(patterns)).is_valid(text)


@functools.lru_cache(maxsize=256)
def _compiled(patterns: tuple[str, ...]) -> jsonschema_rs.Validator:
    return compile_schema({"anyOf": [{"pattern": pattern} for pattern in patterns]})


def compile_schema(schema: Any) -> jsonschema_rs.Validator:
    """A validator that never fetches what a schema refers to; raises ValidationError."""
    limits = jsonschema_rs.RegexOptions(_LIMIT_BYTES, _LIMIT_BYTES)
    return jsonschema_rs.validator_for(schema, pattern_options=limits, offline=True)
