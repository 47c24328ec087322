"""Arguments for a tool, fitted to the schema that the request offers it with.

The Simulator knows what it wants to say, not how a tool calls its fields: each value has a few
names it may go by, and takes the shape (one, many, object) that the schema asks for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from vectal.ai.ports import ToolSpec
from vectal.ai.providers.untrusted import as_list, as_object

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "task_id": ("task_id", "id", "task_ids", "ids"),
    "steps": ("steps", "subtasks", "titles", "children"),
    "due_on": ("due_on", "due", "due_date"),
    "query": ("q", "query", "search", "text"),
}
_NESTS: Final = ("changes", "change", "task", "fields", "set")


def fitted(tool: ToolSpec, values: Mapping[str, object]) -> str:
    """The JSON text of `values` as `tool` takes them; what it has no field for is left out."""
    schema = dict(tool.parameters)
    definitions = as_object(schema.get("$defs"))
    arguments = _fit(schema, definitions, {k: v for k, v in values.items() if v is not None})
    return json.dumps(arguments, ensure_ascii=False)


def takes(tool: ToolSpec, value: str) -> bool:
    properties = as_object(tool.parameters.get("properties"))
    return any(name in properties for name in _NAMES.get(value, (value,)))


def _fit(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], values: Mapping[str, object]
) -> dict[str, Any]:
    properties = as_object(_resolved(schema, definitions).get("properties"))
    arguments: dict[str, Any] = {}
    left: dict[str, object] = {}
    for key, value in values.items():
        name = next((name for name in _NAMES.get(key, (key,)) if name in properties), None)
        if name is None:
            left[key] = value
        else:
            arguments[name] = _shaped(_resolved(properties[name], definitions), definitions, value)
    nest = next((name for name in _NESTS if name in properties), None)
    if left and nest is not None:
        arguments[nest] = _fit(as_object(properties[nest]), definitions, left)
    return arguments


def _shaped(schema: Mapping[str, Any], definitions: Mapping[str, Any], value: object) -> Any:
    if schema.get("type") != "array":
        return value
    items = _resolved(as_object(schema.get("items")), definitions)
    many = as_list(value)
    values: list[object] = [value] if many is None else many
    if items.get("type") == "object":
        return [{_text_field(items): single} for single in values]
    return values


def _text_field(item: Mapping[str, Any]) -> str:
    """What an item calls its words: a title, or else the first text that it needs."""
    properties = as_object(item.get("properties"))
    if "title" in properties:
        return "title"
    needed = as_list(item.get("required")) or []
    texts = (n for n in needed if as_object(properties.get(str(n))).get("type") == "string")
    return str(next(texts, "title"))


def _resolved(schema: object, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The schema behind references and behind "this or null"."""
    resolved = as_object(schema)
    for _ in range(4):
        reference = resolved.get("$ref")
        options = as_list(resolved.get("anyOf"))
        if isinstance(reference, str):
            resolved = as_object(definitions.get(reference.rsplit("/", 1)[-1]))
        elif options:
            real = [as_object(o) for o in options if as_object(o).get("type") != "null"]
            resolved = real[0] if real else {}
        else:
            break
    return resolved
