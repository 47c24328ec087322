"""An example for every shape, made from its schema, so that no operation lacks one.

A field's own example wins; else a default, the first choice, or a value of the right form.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

_MAX_DEPTH: Final = 6
_BY_FORMAT: Final = {
    "uuid": "01980f6e-7c5a-7b3e-9d41-3f2a6c8e1b07",
    "date-time": "2026-11-02T09:30:00Z",
    "date": "2026-11-02",
    "email": "ada@example.com",
    "uri": "https://example.com/",
    "password": "plain sailing 42",
}
_REFERENCE: Final = "#/components/schemas/"

Json = Mapping[str, Any]


def example_of(schema: Json, schemas: Json, depth: int = 0) -> Any:
    """A value that `schema` accepts; `schemas` are the document's components."""
    if "$ref" in schema:
        name = str(schema["$ref"]).removeprefix(_REFERENCE)
        return example_of(schemas[name], schemas, depth)
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("example", "const", "default"):
        if key in schema and schema[key] is not None:
            return schema[key]
    if "allOf" in schema:
        return example_of(schema["allOf"][0], schemas, depth)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return _choice(schema[key], schemas, depth)
    return _plain(schema, schemas, depth)


def _choice(choices: Sequence[Json], schemas: Json, depth: int) -> Any:
    """The first that is not null, unless this goes too deep."""
    real = [each for each in choices if each.get("type") != "null"]
    if not real or (depth >= _MAX_DEPTH and len(real) < len(choices)):
        return None
    return example_of(real[0], schemas, depth)


def _plain(schema: Json, schemas: Json, depth: int) -> Any:
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        return _members(schema, schemas, depth)
    if kind == "array":
        return _items(schema, schemas, depth)
    if kind == "string":
        return _text(schema)
    if kind in ("integer", "number"):
        return max(cast("int", schema.get("minimum", 1)), 1)
    return True if kind == "boolean" else None


def _items(schema: Json, schemas: Json, depth: int) -> list[Any]:
    if "prefixItems" in schema:
        return [example_of(each, schemas, depth + 1) for each in schema["prefixItems"]]
    least = int(schema.get("minItems", 0))
    if "items" not in schema or (depth >= _MAX_DEPTH and not least):
        return []
    return [example_of(schema["items"], schemas, depth + 1)] * max(least, 1)


def _members(schema: Json, schemas: Json, depth: int) -> dict[str, Any]:
    properties = cast("Mapping[str, Json]", schema.get("properties", {}))
    required = set(schema.get("required", properties))
    shown = {
        name: member
        for name, member in properties.items()
        if name in required or depth < _MAX_DEPTH
    }
    return {name: example_of(member, schemas, depth + 1) for name, member in shown.items()}


def _text(schema: Json) -> str:
    value = _BY_FORMAT.get(str(schema.get("format")), "text")
    shortest = int(schema.get("minLength", 0))
    return value if len(value) >= shortest else value.ljust(shortest, "x")
