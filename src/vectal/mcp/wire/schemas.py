"""Schemas of strangers: compiled within bounds, without fetching anything they refer to."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any, Final

import jsonschema_rs

_PATTERN_BYTES: Final = 1 << 20
"""Of a compiled pattern: `(a{1000}){1000}` is a short text and a large automaton."""
_SHOWN_FAULTS: Final = 5


class BadSchemaError(ValueError):
    """It is no schema, or refers to something outside of itself."""


def check_schema(schema: Mapping[str, Any]) -> None:
    """Raises `BadSchemaError`."""
    _compiled(_text(schema))


def find_faults(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[str]:
    """What is wrong with the arguments: places and reasons, the first few. Empty when they fit."""
    faults: list[str] = []
    for error in _compiled(_text(schema)).iter_errors(dict(arguments)):
        place = "/".join(map(str, error.instance_path)) or "arguments"
        faults.append(f"{place}: {error.message}"[:300])
        if len(faults) == _SHOWN_FAULTS:
            break
    return faults


def _text(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, sort_keys=True)


@functools.lru_cache(maxsize=256)
def _compiled(text: str) -> jsonschema_rs.Validator:
    limits = jsonschema_rs.RegexOptions(_PATTERN_BYTES, _PATTERN_BYTES)
    try:
        return jsonschema_rs.validator_for(json.loads(text), pattern_options=limits, offline=True)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise BadSchemaError("It is no JSON schema that can be used.") from error
