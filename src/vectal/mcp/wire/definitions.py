"""Tools as a server lists them: read, judged and hashed.

A tool that can't be used is still shown, with the reason. What has no name of its own is counted
and left out.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from vectal.mcp.contracts import (
    MAX_DEFINITION_BYTES,
    MAX_DESCRIPTION_CHARS,
    MAX_NAME_CHARS,
    MAX_SCHEMA_BYTES,
    ToolDefinition,
)
from vectal.mcp.wire.messages import Object
from vectal.mcp.wire.schemas import BadSchemaError, check_schema

_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_TITLE_CHARS: Final = 200
_HINTS: Final = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
_KEPT_FORMAT: Final = frozenset("\u200c\u200d\u00ad")
"""Belong to the spelling of some scripts and of emoji."""


@dataclass(frozen=True, slots=True)
class Listing:
    """`skipped` counts entries that are no tools, or that repeat a name."""

    tools: tuple[ToolDefinition, ...]
    skipped: int = 0


def read_listing(entries: Iterable[object]) -> Listing:
    tools: dict[str, ToolDefinition] = {}
    skipped = 0
    for entry in entries:
        try:
            definition = _definition(entry)
        except RecursionError:  # nested past all sense
            definition = None
        if definition is None or definition.name in tools:
            skipped += 1
        else:
            tools[definition.name] = definition
    return Listing(tuple(tools.values()), skipped)


def visible(text: str) -> str:
    """The text with every character named that a reader would not see, and a model would."""
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char in "\n\t" or char in _KEPT_FORMAT:
        return char
    category = unicodedata.category(char)
    return f"[U+{ord(char):04X}]" if category in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} else char


def _definition(entry: object) -> ToolDefinition | None:
    if not isinstance(entry, dict):
        return None
    fields = cast("Object", entry)
    name = fields.get("name")
    if not isinstance(name, str) or not _is_name(name):
        return None
    description, title = fields.get("description"), fields.get("title")
    schema = fields.get("inputSchema")
    said = {
        "name": name,
        "title": title if isinstance(title, str) else "",
        "description": description if isinstance(description, str) else "",
        "schema": schema,
        "annotations": fields.get("annotations"),
    }
    raw = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    fault = _find_fault(said, len(raw))
    usable = cast("Object", schema) if isinstance(schema, dict) and not fault else {}
    return ToolDefinition(
        name=name,
        title=visible(str(said["title"]))[:_TITLE_CHARS],
        description=visible(str(said["description"])[:MAX_DESCRIPTION_CHARS]),
        schema=usable,
        annotations=_hints(said["annotations"]),
        sha256=hashlib.sha256(raw).hexdigest(),
        fault=fault,
    )


def _is_name(name: str) -> bool:
    return 0 < len(name) <= MAX_NAME_CHARS and name.isprintable() and bool(name.strip())


def _hints(annotations: object) -> Mapping[str, Any]:
    """The hints that the protocol knows; shown, and believed by nobody."""
    given = cast("Object", annotations) if isinstance(annotations, dict) else {}
    return {name: given[name] for name in _HINTS if isinstance(given.get(name), bool)}


def _find_fault(said: Mapping[str, Any], size: int) -> str:
    schema = said["schema"]
    if not isinstance(schema, dict):
        return "It has no schema of its arguments."
    text = json.dumps(schema)
    if len(str(said["description"])) > MAX_DESCRIPTION_CHARS:
        return f"Its description has more than {MAX_DESCRIPTION_CHARS} characters."
    if len(text) > MAX_SCHEMA_BYTES or size > MAX_DEFINITION_BYTES:
        return f"The schema of its arguments has more than {MAX_SCHEMA_BYTES >> 10} KB."
    if _NUL.search(text):  # PostgreSQL can't store it
        return "The schema of its arguments holds characters that can't be kept."
    return _find_schema_fault(cast("Object", schema))


def _find_schema_fault(schema: Object) -> str:
    if schema.get("type") != "object":
        return "The schema of its arguments is not of an object."
    try:
        check_schema(schema)
    except BadSchemaError as error:
        return str(error)
    return ""
