"""JSON schemas as vendors take them that promise to keep to one."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from anthropic import transform_schema
from hypothesis import given
from tests.ai.wires.strategies import json_objects, strict_schemas

from vectal.ai.providers.schemas import closed, is_strict

TEXT: dict[str, Any] = {"type": "string"}


def an_object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("given_", "sent"),
    [
        ({"type": "integer", "minimum": 1}, {"type": "integer", "description": '{"minimum":1}'}),
        (
            {"type": "string", "maxLength": 3, "description": "A code."},
            {"type": "string", "description": 'A code.\n\n{"maxLength":3}'},
        ),
        (
            {"type": "array", "items": {"type": "number", "maximum": 2}, "minItems": 2},
            {
                "type": "array",
                "items": {"type": "number", "description": '{"maximum":2}'},
                "description": '{"minItems":2}',
            },
        ),
        ({"type": ["string", "null"]}, {"anyOf": [TEXT, {"type": "null"}]}),
        ({"oneOf": [TEXT, {"const": 1}]}, {"anyOf": [TEXT, {"const": 1}]}),
        ({"type": "string", "format": "ipv4"}, {"type": "string", "format": "ipv4"}),
        (
            {"type": "string", "format": "binary"},
            {"type": "string", "description": '{"format":"binary"}'},
        ),
        ({"type": "string", "pattern": "^a+$"}, {"type": "string", "pattern": "^a+$"}),
        (
            {"type": "string", "pattern": "(?=a)"},
            {"type": "string", "description": '{"pattern":"(?=a)"}'},
        ),
        ({"$ref": "#/$defs/A", "title": "A"}, {"$ref": "#/$defs/A"}),
        ({"enum": ["a", None], "type": ["string", "null"]}, {"enum": ["a", None]}),
    ],
)
def test_bounds_become_words(given_: dict[str, Any], sent: dict[str, Any]) -> None:
    whole = {**an_object(n=given_), "$defs": {"A": given_}, "$schema": "https://json-schema.org"}
    before = deepcopy(whole)
    made = closed(whole)
    assert made == {**an_object(n=sent), "$defs": {"A": sent}}
    assert whole == before
    assert made is not None
    assert closed(made) == made


def test_objects_are_closed() -> None:
    inner: dict[str, Any] = {**an_object(), "required": []}
    loose: dict[str, Any] = {"type": "object", "properties": {"a": TEXT, "b": inner}}
    made = closed(loose)
    assert made is not None
    assert made["additionalProperties"] is False
    assert "required" not in made
    assert transform_schema(made) == made  # what the vendor's own client makes of it


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "object"},
        {"type": "object", "properties": {}, "additionalProperties": True},
        {"type": "object", "properties": {}, "additionalProperties": TEXT},
        {},
        True,
        {"type": "date"},
        {"type": {"a": 1}},
        {"type": "object", "properties": ["a"]},
        {"anyOf": []} | {"anyOf": [True]},
    ],
)
def test_what_has_no_like_there_is_not_said(odd: Any) -> None:
    assert closed(an_object(n=odd)) is None


def test_what_is_nested_too_deeply_is_not_said() -> None:
    nested: dict[str, Any] = TEXT
    for _ in range(5_000):
        nested = {"type": "array", "items": nested}
    assert closed(an_object(n=nested)) is None
    assert not is_strict(nested)


@given(strict_schemas())
def test_what_all_take_is_sent_as_it_is(schema: dict[str, Any]) -> None:
    assert closed(schema) == schema
    assert is_strict(schema)


@given(json_objects)
def test_nothing_breaks(schema: dict[str, Any]) -> None:
    closed(schema)
    closed(an_object(n=schema))
    is_strict(an_object(n=schema))


OPTIONAL: dict[str, Any] = {**an_object(a=TEXT), "required": []}


def test_strict_is_what_leaves_nothing_open() -> None:
    assert is_strict(an_object(a=TEXT, b=an_object()))
    assert not is_strict(OPTIONAL)
    assert not is_strict(an_object(a={"type": "object", "properties": {}}))
    assert not is_strict(an_object(a={"anyOf": [TEXT, {"type": "object"}]}))
    assert not is_strict({**an_object(), "$defs": {"A": OPTIONAL}})


def test_what_is_no_schema_is_not_strict() -> None:
    assert not is_strict({**an_object(), "properties": ["a"]})
    assert not is_strict({**an_object(), "required": [{}]})
