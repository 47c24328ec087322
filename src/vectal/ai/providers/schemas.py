"""What JSON schemas vendors take where they promise to keep to one, and what others become.

Anthropic answers 400 to bounds of numbers, texts and lists, and to objects that take members of
any name. OpenAI, in its strict mode, to members that may be left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias, cast

import msgspec

Json: TypeAlias = dict[str, Any]

_FORMATS: Final = frozenset(
    ("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid")
)
_SIMPLE: Final = frozenset(("string", "integer", "number", "boolean", "null"))
_KEPT: Final = frozenset(("title", "description", "default", "const", "enum"))
_LEFT_OUT: Final = frozenset(("$schema", "$id", "$comment", "discriminator"))
_ODD_PATTERN: Final = re.compile(r"\(\?|\\[bB1-9]")
"""Look-around, borders of words and back-references."""


_BROKEN: Final = (AttributeError, TypeError, ValueError, RecursionError)
"""What a schema that is none leads to; a client may write anything."""


class _UnsayableError(Exception):
    """Nothing that the vendor takes means the same."""


def closed(schema: Mapping[str, Any]) -> Json | None:
    """The schema as Anthropic takes it, with bounds in words; None when it can't be said there."""
    try:
        return _closed(dict(schema))
    except (_UnsayableError, *_BROKEN):
        return None


def is_strict(schema: Mapping[str, Any]) -> bool:
    """Whether OpenAI takes it in its strict mode: all objects are closed, and nothing is optional.

    Of what it refuses beside that, clients that write Anthropic's shape have nothing.
    """
    try:
        return all(
            each.get("additionalProperties") is False
            and set(each.get("properties", {})) == set(each.get("required", ()))
            for each in _objects(schema)
        )
    except _BROKEN:
        return False


def _closed(schema: Any) -> Json:
    if not isinstance(schema, dict):
        raise _UnsayableError  # true, which is anything
    left = {name: each for name, each in cast("Json", schema).items() if name not in _LEFT_OUT}
    made: Json = {}
    for name in ("$defs", "definitions"):
        if name in left:
            made[name] = {key: _closed(each) for key, each in left.pop(name).items()}
    if "$ref" in left:
        return {**made, "$ref": left["$ref"]}
    made.update((name, left.pop(name)) for name in list(left) if name in _KEPT)
    kinds = left.pop("type", None)
    if isinstance(kinds, list):
        if "enum" not in made:
            return {
                **made,
                "anyOf": [_closed({**left, "type": kind}) for kind in cast("list[Any]", kinds)],
            }
    elif kinds is not None:
        made["type"] = kinds
        _TYPED.get(kinds, _unknown)(left, made)
    elif not _alternatives(left, made) and not {"enum", "const"} & made.keys():
        raise _UnsayableError
    if left:
        # No rule any more, but the model reads it.
        rules = msgspec.json.encode(left).decode()
        made["description"] = (
            f"{made['description']}\n\n{rules}" if "description" in made else rules
        )
    return made


def _alternatives(left: Json, made: Json) -> bool:
    for name, written in (("anyOf", "anyOf"), ("oneOf", "anyOf"), ("allOf", "allOf")):
        if isinstance(left.get(name), list):
            made[written] = [_closed(each) for each in left.pop(name)]
            return True
    return False


def _object(left: Json, made: Json) -> None:
    properties = left.pop("properties", None)
    # Of any name, or of none that is said: closed, it would be always empty.
    if left.pop("additionalProperties", False) is not False or properties is None:
        raise _UnsayableError
    made["properties"] = {name: _closed(each) for name, each in properties.items()}
    made["additionalProperties"] = False
    if "required" in left:
        made["required"] = left.pop("required")


def _array(left: Json, made: Json) -> None:
    if "items" in left:
        made["items"] = _closed(left.pop("items"))
    if left.get("minItems") in {0, 1}:
        made["minItems"] = left.pop("minItems")


def _string(left: Json, made: Json) -> None:
    if left.get("format") in _FORMATS:
        made["format"] = left.pop("format")
    if not _ODD_PATTERN.search(str(left.get("pattern", "(?"))):
        made["pattern"] = left.pop("pattern")


def _plain(_left: Json, _made: Json) -> None: ...


def _unknown(_left: Json, _made: Json) -> None:
    raise _UnsayableError


_TYPED: Final = {
    **dict.fromkeys(_SIMPLE, _plain),
    "string": _string,
    "array": _array,
    "object": _object,
}


def _objects(schema: object) -> Iterator[Json]:
    """Every schema of an object, wherever it stands."""
    if isinstance(schema, Mapping):
        members = cast("Json", schema)
        if members.get("type") == "object" or isinstance(members.get("properties"), dict):
            yield members
        for each in members.values():
            yield from _objects(each)
    elif isinstance(schema, list):
        for each in cast("list[object]", schema):
            yield from _objects(each)
