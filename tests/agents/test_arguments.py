"""The form that an approval is bound to: the same for the same call, another for any other."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vectal.agents.arguments import canonical, digest

# Two names that normalise to one are another matter, see below.
_WORDS = st.text(st.characters(exclude_categories=("Cs", "Mn", "Mc")), max_size=8)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | _WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"b": 1, "a": [1, 2]}', '{"a":[1,2],"b":1}'),
        ('{"a": "e\\u0301"}', '{"a": "é"}'),
        ('{"e\\u0301": 1}', '{"é": 1}'),
        ("", "{}"),
        ('{"a": {"c": 1, "b": ["e\\u0301"]}}', '{"a":{"b":["é"],"c":1}}'),
    ],
)
def test_the_same_call_has_one_form(one: str, other: str) -> None:
    assert digest(one) == digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a": 1}', '{"a": "1"}'),
        ('{"a": [1, 2]}', '{"a": [2, 1]}'),
        ('{"to": "ada"}', '{"to": "\\u0430da"}'),
        ('{"a": 1}', '{"a": 1, "a": 1}'),
        ('{"a": 1, "a": 2}', '{"a": 2, "a": 1}'),
        ('{"a": true}', '{"a": 1}'),
        ('{"a": null}', "{}"),
        ("{oops", "{oops "),
    ],
)
def test_another_call_has_another(one: str, other: str) -> None:
    assert digest(one) != digest(other)


@pytest.mark.parametrize("text", ["{", '"\\ud800"', "[" * 100_000, '{"a": "\\ud800"}'])
def test_whatever_a_model_wrote_has_a_digest(text: str) -> None:
    assert len(digest(text)) == 64


def test_names_that_become_one_stand_as_they_were_written() -> None:
    text = '{"é": 1, "e\u0301": 2}'
    assert canonical(text) == text


@given(_JSON)
def test_the_form_says_the_same_and_is_its_own_form(value: object) -> None:
    text = json.dumps(value)
    form = canonical(text)
    assert canonical(form) == form
    assert digest(text) == digest(json.dumps(value, indent=2, ensure_ascii=False))


@given(_JSON, _JSON)
def test_two_values_share_no_digest(one: object, other: object) -> None:
    first, second = (canonical(json.dumps(each)) for each in (one, other))
    assume(first != second)
    assert digest(json.dumps(one)) != digest(json.dumps(other))
