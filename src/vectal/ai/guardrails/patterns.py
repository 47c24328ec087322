"""Patterns that a workspace writes: matched in time that grows with the text alone.

They are hostile until compiled. The engine is that of JSON schemas, in Rust, which has neither
look-around nor back-references, and so no pattern that a text could make it stumble over.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import Any, Final

import jsonschema_rs

_LIMIT_BYTES: Final = 1 << 20
"""Of a compiled pattern: `(a{1000}){1000}` is a short text and a large automaton."""


_FANCY: Final = re.compile(
    r"""
    \\(?:(?P<back>[1-9]|k[<'{])|.)      # an escape, or what refers back
    | \[\^?\]?(?:\\.|[^\]\\])*\]       # a class, in which nothing of it has a meaning
    | \((?P<around>\?<?[=!])            # look-around
    | \((?P<atomic>\?>)                 # a group that gives nothing back
    """,
    re.VERBOSE | re.DOTALL,
)
_WORDS: Final = {"back": "a back-reference", "around": "look-around", "atomic": "an atomic group"}


class BadPatternError(ValueError):
    """The pattern can't be compiled, or would be too large."""


def check_pattern(pattern: str) -> str:
    """The pattern itself; raises BadPatternError, which says where it is wrong if it is known."""
    try:
        _compiled((pattern,))
    except jsonschema_rs.ValidationError as error:
        raise BadPatternError(_why(pattern)) from error
    return pattern


def _why(pattern: str) -> str:
    for found in _FANCY.finditer(pattern):
        if found.lastgroup is not None:
            what, place = _WORDS[found.lastgroup], found.start() + 1
            return f"has {what} at character {place}, which patterns here can't have"
    return "is no pattern, or too large"


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


def wants_look_around(schema: Any) -> bool:
    """Of a schema that can't be compiled: whether it is one, but for patterns of that kind.

    They are only read by the engine that backtracks, never matched by it.
    """
    limits = jsonschema_rs.FancyRegexOptions(1, _LIMIT_BYTES, _LIMIT_BYTES)
    try:
        jsonschema_rs.validator_for(schema, pattern_options=limits, offline=True)
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True
