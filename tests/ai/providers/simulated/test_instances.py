"""Instances of schemas: valid for what can be met, found fast or not at all."""

from __future__ import annotations

import time
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.providers.simulated.instances.errors import NoInstanceError
from vectal.ai.providers.simulated.instances.patterns import spelled
from vectal.ai.providers.simulated.instances.sampler import instance_of

Json = dict[str, Any]
QUICK_S = 2.0
"""Far more than any of these needs on a machine that is busy with others."""
NAMES = st.sampled_from(["title", "due_on", "count", "owner", "note"])
FORMATS = (
    "date", "date-time", "time", "duration", "email", "hostname", "uri", "uuid", "ipv4", "ipv6",
    "json-pointer", "regex", "a format of nobody",
)  # fmt: skip


def _is_valid(schema: Json, value: Any) -> bool:
    return jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(value)


@st.composite
def _texts(draw: st.DrawFn) -> Json:
    least = draw(st.integers(0, 60))
    most = draw(st.none() | st.integers(least, 90))
    return {"type": "string", "minLength": least} | ({} if most is None else {"maxLength": most})


@st.composite
def _numbers(draw: st.DrawFn) -> Json:
    low, room = draw(st.integers(-1_000, 1_000)), draw(st.integers(2, 100))
    lowest = draw(st.sampled_from(["minimum", "exclusiveMinimum"]))
    highest = draw(st.sampled_from(["maximum", "exclusiveMaximum"]))
    bounds = draw(
        st.sampled_from([{}, {lowest: low}, {highest: low}, {lowest: low, highest: low + room}])
    )
    return {"type": draw(st.sampled_from(["integer", "number"])), **bounds}


LEAVES = st.one_of(
    _texts(),
    _numbers(),
    st.sampled_from(FORMATS).map(lambda form: {"type": "string", "format": form}),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {}, {"type": ["string", "null"]}]),
    st.sampled_from(
        [{"const": 3}, {"enum": ["low", "high"]}, {"type": "integer", "multipleOf": 7}]
    ),
    st.just({"$ref": "#/$defs/Node"}),
)


@st.composite
def _lists(draw: st.DrawFn, items: st.SearchStrategy[Json]) -> Json:
    least, more = draw(st.integers(0, 3)), draw(st.integers(0, 2))
    return {"type": "array", "items": draw(items), "minItems": least, "maxItems": least + more}


@st.composite
def _objects(draw: st.DrawFn, values: st.SearchStrategy[Json]) -> Json:
    properties = draw(st.dictionaries(NAMES, values, max_size=4))
    needed = draw(st.sets(NAMES))
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name in needed],
        "additionalProperties": draw(st.booleans()),
    }


def _larger(schemas: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.one_of(
        _lists(schemas),
        _objects(schemas),
        st.lists(schemas, min_size=1, max_size=3).map(lambda options: {"anyOf": options}),
        schemas.map(lambda schema: {"allOf": [schema, {"description": "of any kind"}]}),
    )


NODE: Json = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
        "below": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
    },
    "required": ["name", "next", "below"],
    "additionalProperties": False,
}
SCHEMAS = _objects(st.recursive(LEAVES, _larger, max_leaves=8))


@given(SCHEMAS, st.booleans(), st.booleans())
def test_what_can_be_met_is_met(schema: Json, strict: bool, filled: bool) -> None:  # noqa: FBT001
    schema = {**schema, "$defs": {"Node": NODE}}
    found = instance_of(schema, strict=strict, filled=filled)
    assert _is_valid(schema, found)
    assert found == instance_of(schema, strict=strict, filled=filled)
    if strict and schema["additionalProperties"] is False:
        assert list(found) == list(schema["properties"])


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=4), below, max_size=3)
    ),
    max_leaves=6,
)
KEYWORDS = st.sampled_from(
    [
        "type", "properties", "required", "items", "prefixItems", "minItems", "maxItems", "enum",
        "const", "anyOf", "oneOf", "allOf", "not", "$ref", "$defs", "minLength", "maxLength",
        "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "multipleOf", "contains",
        "additionalProperties", "minProperties", "uniqueItems", "patternProperties", "$schema",
        "default", "examples", "if", "then", "propertyNames", "dependentRequired",
    ]
)  # fmt: skip


@given(st.dictionaries(KEYWORDS, ANYTHING, max_size=5))
def test_whatever_a_client_sends_has_a_valid_instance_or_none(schema: Json) -> None:
    try:
        found = instance_of(schema)
    except NoInstanceError:
        return
    assert _is_valid(schema, found)


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({"type": "string"}, "Simulated text"),
        ({"type": "string", "minLength": 20}, "Simulated text simul"),
        ({"type": "string", "maxLength": 4}, "Simu"),
        ({"type": "string", "format": "date"}, "2026-01-01"),
        ({"type": "string", "pattern": r"^[A-Z]{3}-\d{4}$"}, "AAA-0000"),
        ({"type": "string", "pattern": "text"}, "Simulated text"),
        ({"enum": ["b", "a"]}, "b"),
        ({"const": {"a": 1}}, {"a": 1}),
        ({"type": "integer", "minimum": 100, "maximum": 110, "multipleOf": 7}, 105),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5}, 0.25),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, 1.5),
        ({"anyOf": [{"type": "integer", "minimum": 2, "maximum": 1}, {"const": "b"}]}, "b"),
        ({"items": {"enum": [1, 2, 3]}, "minItems": 3, "uniqueItems": True}, [1, 2, 3]),
        ({"type": "array", "maxItems": 0}, []),
        ({"type": "array", "contains": {"const": 4}}, [4]),
        ({"type": "array", "prefixItems": [{"const": 1}, {"type": "null"}]}, [1, None]),
        ({"type": "object", "minProperties": 1}, {"extra_1": "Simulated extra 1"}),
        ({"allOf": [{"required": ["a"]}, {"properties": {"a": {"const": 1}}}]}, {"a": 1}),
        (
            {
                "properties": {"a": {"const": 1}, "b": {"const": 2}},
                "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
            },
            {"a": 1},
        ),
    ],
)  # fmt: skip
def test_a_small_instance(schema: Json, found: Any) -> None:
    assert instance_of(schema) == found
    assert _is_valid(schema, found)


def test_optional_properties_come_where_nothing_else_would() -> None:
    schema: Json = {"type": "object", "properties": {"a": {"type": "integer"}}}
    assert instance_of(schema) == {}
    assert instance_of(schema, filled=True) == {"a": 1}
    assert instance_of({"type": "object", "properties": {}}, filled=True) == {}


def test_texts_of_a_list_differ() -> None:
    item = {"type": "string", "pattern": "^[a-z]{2}$"}
    schema: Json = {"type": "array", "items": item, "minItems": 40, "uniqueItems": True}
    assert len(set(instance_of(schema))) == 40


@pytest.mark.parametrize(
    ("kind", "description", "found"),
    [
        ("integer", "How many\n\n{minimum: 10, maximum: 20}", 10),
        ("number", "{exclusiveMinimum: 0.5, exclusiveMaximum: 0.75}", 0.625),
        ("array", "Names\n\n{minItems: 2}", ["Simulated text", "Simulated text 2"]),
        ("string", "{maxLength: 4, pattern: ^[a-z]+$}", "Simu"),
        ("integer", "{minimum: 10} and more", 1),
        ("integer", "{minimum: 5, maximum: 4}", 1),
        ("integer", "minimum: 10}", 1),
    ],
)
def test_bounds_in_a_description_are_kept_where_they_can_be(
    kind: str, description: str, found: Any
) -> None:
    assert instance_of({"type": kind, "description": description}) == found


def _nested(levels: int) -> Json:
    schema: Json = {}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    return schema


def _named(count: int) -> Json:
    names = [f"p{number}" for number in range(count)]
    return {
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        "required": names,
    }


ENDLESS: Json = {"type": "object", "properties": {"n": {"$ref": "#"}}, "required": ["n"]}
LARGE = "x" * 500_000


def _many(items: Json) -> Json:
    return {"type": "array", "minItems": 999, "items": items}


def _patterned(times: int) -> Json:
    return {"type": "string", "pattern": f"^(\\w{{{times}}}){{9}}$"}


A_LOOP: Json = {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a", **ENDLESS}}
EITHER: Json = {"anyOf": [{"type": "string"}, {"type": "null"}]}
HOSTILE: dict[str, Json] = {
    "recursive without end": ENDLESS,
    "a loop of references": {"$ref": "#/$defs/a", "$defs": A_LOOP},
    "10,000 properties": _named(10_000),
    "as deep as it goes": _nested(900),
    "a thousand million items": {"type": "array", "minItems": 10**9},
    "items of items": _many(_many({})),
    "a text of a terabyte": {"type": "string", "minLength": 10**12},
    "long texts, many times": _many({"type": "string", "minLength": 9_999}),
    "a large constant, many times": _many({"const": LARGE}),
    "a large name, many times": _many({"type": "object", "required": [LARGE]}),
    "a number past all": {"type": "integer", "minimum": 1e308, "multipleOf": 1e-300},
    "two to the fortieth": {"allOf": [*[EITHER] * 40, {"type": "boolean"}]},
    "lists that share nothing": {
        "allOf": [{"enum": list(range(9_000))}, {"enum": list(range(9_000, 18_000))}],
    },
    "a pattern that explodes": {"type": "string", "pattern": "^(a{1000}){1000}$"},
    "many patterns": {"type": "array", "prefixItems": [_patterned(n) for n in range(1, 200)]},
    "a pattern that tracks back": {"pattern": "^(a|a)*(?=c)b$", "minLength": 1_000},
    "another meta-schema": {"$schema": "https://nowhere.invalid/schema", "type": "string"},
    "a reference elsewhere": {"$ref": "https://nowhere.invalid/schema"},
    "nothing": {"not": {}},
    "a contradiction": {"type": "integer", "minimum": 5, "maximum": 4},
    "not what it is": {"const": 1, "not": {"$ref": "#"}},
}


@pytest.mark.parametrize("schema", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_can_not_be_met_ends_quickly(schema: Json) -> None:
    begun = time.monotonic()
    with pytest.raises(NoInstanceError):
        instance_of(schema, strict=True)
    assert time.monotonic() - begun < QUICK_S


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^\d{5}(-\d{4})?$", "00000"),
        (r"^(?:GET|POST) /\w+$", "GET /a"),
        (r"^(?P<year>\d{4})-(?!00)[0-9]{2}$", "0000-00"),
        (r"[^a-z]\.x\-y", "A.x-y"),
        (r"^\p{Lu}\u0041[\]\-z]$", "AA]"),
        (r"a{2,}b*?", "aa"),
        ("(unclosed", None),
        (r"(a)\1", None),
        ("[", None),
        ("a{x}", None),
        ("(" * 500, None),
    ],
)
def test_patterns_are_spelled(pattern: str, text: str | None) -> None:
    assert spelled(pattern) == text


@given(st.text(alphabet=r"ab1()[]{}|*+?^$\.-,dwsuxpPk<>=!:", max_size=30), st.integers(0, 9))
def test_no_pattern_is_too_odd_to_read(pattern: str, at: int) -> None:
    written = spelled(pattern, at, at)
    assert written is None or len(written) <= 2_000
