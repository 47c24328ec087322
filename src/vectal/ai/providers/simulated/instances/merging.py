"""Many schemas that hold at once, read as one: references followed, `allOf` taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

from vectal.ai.providers.simulated.instances.errors import NoInstanceError, TooLargeError
from vectal.ai.providers.untrusted import as_list, as_object

Json: TypeAlias = dict[str, Any]

_LARGEST: Final = frozenset(
    {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
)
_SMALLEST: Final = frozenset(
    {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}
)
_ELSEWHERE: Final = frozenset({"$ref", "allOf", "anyOf", "oneOf", "$defs", "definitions"})
_MOST_NODES: Final = 25_000
_DEEPEST: Final = 100
_MOST_PATTERNS: Final = 100
_STEP_NODES: Final = 16
_LONGEST_REFERENCE: Final = 1_000
_COMPARED: Final = 200
"""Of two lists that are compared pair by pair."""


@dataclass(slots=True)
class Merged:
    """`fields` hold all at once; of each of `branches` one is still to be chosen."""

    fields: Json = field(default_factory=dict[str, Any])
    branches: list[list[Any]] = field(default_factory=list[list[Any]])
    followed: frozenset[str] = frozenset()
    """The references that led here."""


def check_size(schema: object) -> None:
    """Raises TooLargeError for what nobody would want to read, match or compile."""
    left: list[tuple[Any, int]] = [(schema, 0)]
    nodes = patterns = 0
    while left:
        value, depth = left.pop()
        below = as_list(value)
        if below is None:
            fields = as_object(value)
            properties = as_object(fields.get("patternProperties"))
            patterns += ("pattern" in fields) + len(properties)
            below = list(fields.values())
        nodes += 1
        if nodes > _MOST_NODES or depth > _DEEPEST or patterns > _MOST_PATTERNS:
            raise TooLargeError
        left.extend((each, depth + 1) for each in below)


def merged(
    parts: Iterable[object], root: Json, followed: frozenset[str], spend: Callable[[int], None]
) -> Merged:
    """One schema of all parts. Whatever refers to itself on its own way has no end."""
    out = Merged()
    here: set[str] = set()
    left = list(parts)[::-1]
    while left:
        part = left.pop()
        if part is False:
            raise NoInstanceError
        fields = as_object(part)
        spend(1 + _weight(fields) // _STEP_NODES)
        for key, value in fields.items():
            if key not in _ELSEWHERE:
                out.fields[key] = _both(key, out.fields[key], value) if key in out.fields else value
        options = (as_list(fields.get(key)) for key in ("anyOf", "oneOf"))
        out.branches += [each for each in options if each]
        left += (as_list(fields.get("allOf")) or [])[::-1]
        reference = fields.get("$ref")
        if isinstance(reference, str) and reference not in here:
            if reference in followed:
                raise NoInstanceError
            here.add(reference)
            left.append(_pointed(root, reference))
    out.followed = followed | here
    return out


def number(value: object) -> int | float | None:
    """A finite number; True and False are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < 1e300 else None  # noqa: PLR2004  (far from what a float holds)


def _pointed(root: Json, reference: str) -> object:
    """What a reference within the schema points at; others are not followed."""
    if not reference.startswith("#") or len(reference) > _LONGEST_REFERENCE:
        raise NoInstanceError
    value: Any = root
    for step in reference[1:].split("/")[1:]:
        key = unquote(step).replace("~1", "/").replace("~0", "~")
        entries = as_list(value)
        if entries is not None and key.isdecimal() and int(key) < len(entries):
            value = entries[int(key)]
        elif key in as_object(value):
            value = value[key]
        else:
            raise NoInstanceError
    return value


def _weight(fields: Json) -> int:
    """How much there is to copy."""
    listed = (as_list(fields.get(key)) or () for key in ("required", "enum", "type"))
    return len(fields) + len(as_object(fields.get("properties"))) + sum(map(len, listed))


def _both(key: str, one: Any, other: Any) -> Any:
    """What a keyword has to say so that it holds for both."""
    if key == "additionalProperties" and one is False:
        return False
    match key:
        case "properties":
            mine, theirs = as_object(one), as_object(other)
            shared = {
                name: {"allOf": [mine[name], theirs[name]]} for name in mine if name in theirs
            }
            return {**mine, **theirs, **shared}
        case "required":
            return list(dict.fromkeys([*(as_list(one) or []), *(as_list(other) or [])]))
        case "enum":
            return _shared(as_list(one) or [], as_list(other) or [])
        case "type":
            return _shared_types(as_list(one) or [one], as_list(other) or [other])
        case _:
            return _narrower(key, one, other)


def _narrower(key: str, one: Any, other: Any) -> Any:
    """The bound that is the harder to keep; of anything else the second."""
    if key not in _LARGEST | _SMALLEST:
        return other
    first, second = number(one), number(other)
    if first is None or second is None:
        return other if first is None else one
    return max(first, second) if key in _LARGEST else min(first, second)


def _shared(one: list[Any], other: list[Any]) -> list[Any]:
    return [each for each in one[:_COMPARED] if each in other[:_COMPARED]]


def _shared_types(one: list[Any], other: list[Any]) -> list[Any]:
    shared = _shared(one, other)
    for mine, theirs in ((one, other), (other, one)):
        if "integer" in mine[:_COMPARED] and "number" in theirs[:_COMPARED]:
            shared.append("integer")  # which every number may be
    return shared
