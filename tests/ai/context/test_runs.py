"""The context of a run: what gives way first, and what never does."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.context.build import BuiltContext, Window
from vectal.ai.context.runs import BLOCK, build_run_context
from vectal.ai.contracts import (
    ChatMessage,
    ImagePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    user_message,
)
from vectal.ai.errors import ContextTooLargeError
from vectal.ai.ports import ToolSpec
from vectal.ai.usage.tokens import count_message, count_tokens

TOOL = ToolSpec("look", "Look something up.", {"type": "object", "properties": {}})
LARGE = Window(100_000, 1_000)
STATE = "<plan>\nOne thing after the other.\n</plan>"


@dataclass(frozen=True)
class _Prompt:
    id: str = "agent.v1"
    text: str = "Work on this goal: rest."


def _step(number: int, words: int = 100, summary: str = "") -> list[ChatMessage]:
    call = ToolCallPart(f"c{number}", "look", json.dumps({"at": number}))
    result = ToolResultPart(f"c{number}", "look", f"r{number} " + "word " * words, summary=summary)
    return [
        ChatMessage("assistant", (TextPart(f"Step {number}."), call)),
        ChatMessage("tool", (result,)),
    ]


def _steps(count: int, words: int = 100, summary: str = "") -> list[ChatMessage]:
    return [message for n in range(count) for message in _step(n, words, summary)]


def _build(*messages: ChatMessage, window: Window = LARGE) -> BuiltContext:
    return build_run_context(_Prompt(), STATE, [TOOL], messages, window)


def _results(context: BuiltContext) -> list[ToolResultPart]:
    return [p for m in context.messages for p in m.parts if isinstance(p, ToolResultPart)]


def _check_sums(context: BuiltContext) -> None:
    ledger = context.ledger
    used = count_tokens(context.system) + sum(map(count_message, context.messages))
    tools = next(line.tokens for line in ledger.lines if line.kind == "tools")
    assert ledger.used == used + tools
    assert ledger.used <= ledger.budget


def test_a_run_that_has_just_begun_is_told_its_state() -> None:
    context = _build()
    assert [message.role for message in context.messages] == ["user", "user"]
    assert context.messages[-1].text == STATE
    _check_sums(context)


def test_what_has_room_is_whole_and_the_state_stands_last() -> None:
    history = _steps(3)
    context = _build(*history, user_message("Hurry."))
    assert context.messages[1:-2] == tuple(history)
    assert context.messages[-2].text == "Hurry."
    assert context.messages[-1].text == STATE
    assert context.ledger.cut == 0
    _check_sums(context)


def test_the_cache_is_told_where_the_lasting_part_ends() -> None:
    context = _build(*_steps(3))
    caches = [part.cache for part in _results(context)]
    assert caches == [None, None, "5m"]


def test_old_results_give_way_to_their_summaries_first() -> None:
    # Twelve steps of about 520 tokens each, and room for about ten.
    context = _build(*_steps(12, 500, "Found 3 things"), window=Window(6_400, 500))
    contents = [part.content for part in _results(context)]
    assert contents[:BLOCK] == ["Found 3 things (shortened)"] * BLOCK
    assert all(content.startswith("r") for content in contents[BLOCK:])
    assert {line.why for line in context.ledger.lines} == {"", "old_result"}
    _check_sums(context)


def test_a_result_without_a_summary_keeps_its_beginning() -> None:
    context = _build(*_steps(12, 500), window=Window(6_400, 500))
    first = _results(context)[0].content
    assert first.startswith("r0 word word")
    assert first.endswith("if you need all of it)")
    assert count_tokens(first) < 160


def test_then_the_oldest_steps_are_left_out_and_the_model_is_told() -> None:
    history = [*_steps(40, 100, "short"), user_message("Only blue ones!"), *_step(99, 50)]
    context = _build(*history, window=Window(1_800, 500))
    assert "Only blue ones!" in [message.text for message in context.messages]
    kept = [part.call_id for part in _results(context)]
    assert kept[-1] == "c99"
    assert 0 < len(kept) < 41
    assert f"The results of {41 - len(kept)} older steps are left out" in context.messages[-1].text
    assert context.messages[-1].text.endswith(STATE)
    assert {"no_room", "old_result"} <= {line.why for line in context.ledger.lines}
    _check_sums(context)


def test_what_stands_before_stays_the_same_for_several_steps() -> None:
    window = Window(6_400, 500)
    heads = [
        _build(*_steps(count, 500, "short"), window=window).messages[: 1 + 2 * BLOCK]
        for count in range(12, 17)
    ]
    assert all(head == heads[0] for head in heads[1:])


def test_a_huge_newest_result_is_squeezed_and_small_ones_beside_it_are_not() -> None:
    calls = ToolCallPart("a", "look", "{}"), ToolCallPart("b", "look", "{}")
    history = [
        ChatMessage("assistant", calls),
        ChatMessage(
            "tool",
            (
                ToolResultPart("a", "look", "small"),
                ToolResultPart("b", "look", "word " * 9_000),
            ),
        ),
    ]
    context = _build(*history, window=Window(4_000, 500))
    small, large = _results(context)
    assert small.content == "small"
    assert 2_000 < count_tokens(large.content) < 3_400
    _check_sums(context)


def test_pictures_go_with_the_result_that_is_shortened() -> None:
    image = ImagePart("image/png", b"x")
    content = "word " * 300
    history = [
        ChatMessage("assistant", (ToolCallPart("a", "look", "{}"),)),
        ChatMessage(
            "tool", (ToolResultPart("a", "look", content, pieces=(TextPart(content), image)),)
        ),
        *_step(1, 100),
    ]
    context = _build(*history, window=Window(2_000, 500))
    assert _results(context)[0].all_pieces == (TextPart(_results(context)[0].content),)
    _check_sums(context)


def test_what_people_said_is_never_cut() -> None:
    with pytest.raises(ContextTooLargeError):
        _build(user_message("word " * 5_000), window=Window(4_000, 500))


def test_a_goal_that_has_no_room_is_refused() -> None:
    with pytest.raises(ContextTooLargeError):
        build_run_context(_Prompt(text="word " * 5_000), STATE, [], (), Window(4_000, 500))


@given(
    sizes=st.lists(st.integers(0, 400), max_size=30),
    said=st.integers(0, 3),
    room=st.integers(900, 6_000),
)
def test_whatever_came_fits_and_calls_keep_their_results(
    sizes: list[int], said: int, room: int
) -> None:
    history: list[ChatMessage] = []
    for number, size in enumerate(sizes):
        history += _step(number, size, "short" if number % 2 else "")
        if number % 7 < said:
            history.append(user_message(f"Mind {number}"))
    try:
        context = _build(*history, window=Window(room, 300))
    except ContextTooLargeError:
        return
    _check_sums(context)
    calls = [p.call_id for m in context.messages for p in m.parts if isinstance(p, ToolCallPart)]
    assert calls == [part.call_id for part in _results(context)]
    assert [m.text for m in context.messages if m.text.startswith("Mind")] == [
        m.text for m in history if m.text.startswith("Mind")
    ]
    if sizes:
        assert calls[-1] == f"c{len(sizes) - 1}"
