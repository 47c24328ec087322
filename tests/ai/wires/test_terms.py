"""On what terms a body asks, and what of them nobody here can price."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.ai.wires.test_attached import escaped

from vectal.ai.contracts import Charges
from vectal.ai.proxy.wires.framing import frame_of
from vectal.ai.proxy.wires.passing import peek
from vectal.ai.proxy.wires.port import BadCallError
from vectal.ai.proxy.wires.terms import MOST_ROUNDS, MOST_SEARCHES, Terms

SEARCH = {"type": "web_search_20250305", "name": "web_search"}
FETCH = {"type": "web_fetch_20250910", "name": "web_fetch", "max_uses": 4}
FUNCTION = {"name": "f", "input_schema": {"type": "object"}}


def terms_of(**members: Any) -> Terms:
    return peek(json.dumps({"model": "m", "messages": [], **members}).encode()).terms


@pytest.mark.parametrize(
    ("tools", "rounds", "searches"),
    [
        ([FUNCTION], 0, 0),
        ([{**SEARCH, "max_uses": 2}], 3, 2),
        ([{**SEARCH, "max_uses": 2}, FETCH], 7, 2),
        ([{**SEARCH, "max_uses": 2}, {**FETCH, "max_uses": None}], MOST_ROUNDS, 2),
        ([{**SEARCH, "max_uses": 50}], MOST_ROUNDS, 50),
        ([{**SEARCH, "max_uses": "2"}], MOST_ROUNDS, MOST_SEARCHES),
        ([{**SEARCH, "max_uses": -1}], MOST_ROUNDS, MOST_SEARCHES),
        ([{**SEARCH, "max_uses": True}], MOST_ROUNDS, MOST_SEARCHES),
        ([{**SEARCH, "max_uses": 10**9}], MOST_ROUNDS, MOST_SEARCHES),
    ],
)
def test_rounds_are_as_many_as_the_tools_may_bring(
    tools: list[dict[str, Any]], rounds: int, searches: int
) -> None:
    found = terms_of(tools=tools)
    assert (found.rounds, found.searches) == (rounds, searches)


def test_calls_of_all_tools_have_one_limit_at_openai() -> None:
    found = terms_of(tools=[{"type": "web_search"}, {"type": "file_search"}], max_tool_calls=3)
    assert found == Terms(4, searches=3, files=3, added=3_000)
    assert found.charges() == Charges(searches=3, files=3)


def test_a_tool_that_hides_what_it_is_may_be_any() -> None:
    hidden = f'{{"type":"{escaped("web_search")}","name":"x","max_uses":1}}'
    twice = '{"type":"web_search","name":"x","type":"function","max_uses":1}'
    long = f'{{"type":"{escaped("web_search")}","description":"{"x" * 300_000}"}}'
    for tool, searches in ((hidden, 1), (twice, MOST_SEARCHES), (long, MOST_SEARCHES)):
        body = f'{{"model":"m","messages":[],"tools":[{tool}]}}'.encode()
        assert peek(body).terms.searches == searches
        assert frame_of(body, "messages") is None


@pytest.mark.parametrize("ttl", ["1h", "12h"])
@pytest.mark.parametrize("word", ["ttl", escaped("ttl")])
def test_what_is_kept_long_is_seen_wherever_it_stands(ttl: str, word: str) -> None:
    mark = f'{{"cache_control":{{"type":"ephemeral","{word}":"{ttl}"}}}}'
    said = f'{{"model":"m","messages":[{{"role":"user","content":[{mark}]}}]}}'.encode()
    system = f'{{"model":"m","system":[{mark}],"messages":[{{"role":"user"}}]}}'.encode()
    assert peek(said).terms.keeps
    assert peek(system).terms.keeps
    plain = b'{"model":"m","messages":[{"role":"user","content":"x"}]}'
    frame = frame_of(plain, "messages")
    assert frame is not None
    assert frame.match(said) is None
    assert not peek(plain.replace(b"x", b'say \\"ttl\\":\\"1h\\"')).terms.keeps


def test_a_summary_on_the_way_reads_all_once_more() -> None:
    edits = {"edits": [{"type": "compact_20260112"}]}
    assert terms_of(context_management=edits) == Terms(2, summaries=1)
    found = terms_of(context_management=edits, tools=[{**SEARCH, "max_uses": 1}])
    assert (found.rounds, found.summaries) == (4, 2)
    clears = {"edits": [{"type": "clear_tool_uses_20250919"}]}
    assert terms_of(context_management=clears) == Terms()


@pytest.mark.parametrize("modalities", [["audio"], ["text", "image"], "audio", [1]])
def test_answers_are_text(modalities: object) -> None:
    with pytest.raises(BadCallError, match="modalities"):
        terms_of(modalities=modalities)
    assert terms_of(modalities=["text"]) == terms_of(modalities=None) == Terms()


@pytest.mark.parametrize(
    ("geo", "percent"), [("us", 10), ("global", 0), (None, 0), ("eu", None), (7, None)]
)
def test_where_it_is_computed_has_a_price(geo: object, percent: int | None) -> None:
    if percent is None:
        with pytest.raises(BadCallError, match="inference_geo"):
            terms_of(inference_geo=geo)
    else:
        assert terms_of(inference_geo=geo) == Terms(percent=percent)
