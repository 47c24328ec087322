"""The token budget: examples of each rule, and the promises as properties."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.context.build import (
    BuiltContext,
    SourceBlock,
    Window,
    build_context,
)
from vectal.ai.contracts import (
    ChatMessage,
    ImagePart,
    Pinned,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    assistant_message,
    user_message,
)
from vectal.ai.errors import ContextTooLargeError
from vectal.ai.ports import ToolSpec
from vectal.ai.usage.tokens import count_message, count_tokens, tool_tokens

TOOL = ToolSpec("look", "Look something up.", {"type": "object", "properties": {}})
LARGE = Window(100_000, 1_000)


@dataclass(frozen=True)
class _Prompt:
    id: str
    text: str


def _prompt(pinned: tuple[Pinned, ...]) -> _Prompt:
    return _Prompt("test.v1", "\n".join(["Be brief.", *(f"{p.label}: {p.text}" for p in pinned)]))


def _build(
    *history: ChatMessage,
    window: Window = LARGE,
    pinned: tuple[Pinned, ...] = (),
    tools: tuple[ToolSpec, ...] = (),
    sources: tuple[SourceBlock, ...] = (),
) -> BuiltContext:
    return build_context(_prompt, pinned, tools, history, window, sources)


def _call(call_id: str, result: str = "fine") -> tuple[ChatMessage, ChatMessage]:
    return (
        ChatMessage("assistant", (ToolCallPart(call_id, "look", "{}"),)),
        ChatMessage("tool", (ToolResultPart(call_id, "look", result),)),
    )


def _words(number: int) -> str:
    return "word " * number


def test_all_goes_in_when_there_is_room() -> None:
    history = (user_message("one"), assistant_message("two"), user_message("three"))
    built = _build(*history)
    assert built.messages == history
    assert built.ledger.cut == 0
    assert [line.state for line in built.ledger.lines] == ["in"] * 4


def test_the_oldest_is_cut_first_and_the_ledger_says_so() -> None:
    old = (user_message(_words(500)), assistant_message(_words(700)))
    new = (user_message("recent"), assistant_message("yes"), user_message("now"))
    built = _build(*old, *new, window=Window(700, 100))
    assert built.messages == new
    cut = [line for line in built.ledger.lines if line.state == "cut"]
    assert [(line.label, line.why) for line in cut] == [
        ("question", "no_room"),
        ("answer", "no_room"),
    ]


def test_history_beyond_its_worth_is_cut_although_it_has_room() -> None:
    built = _build(
        user_message(_words(500)),
        assistant_message("a"),
        user_message("now"),
        window=Window(100_000, 100, history_limit=50),
    )
    assert [m.text for m in built.messages] == ["now"]
    assert {line.why for line in built.ledger.lines if line.cut_tokens} == {
        "history_limit",
        "no_question",
    }


def test_a_message_that_can_not_fit_is_refused() -> None:
    with pytest.raises(ContextTooLargeError, match="there is room for 100"):
        _build(user_message(_words(500)), window=Window(200, 100))


def test_a_history_must_end_with_a_question() -> None:
    with pytest.raises(ValueError, match="newest message"):
        _build(user_message("one"), assistant_message("two"))


def test_pinned_things_give_way_to_the_question() -> None:
    pinned = (Pinned("big", _words(400)), Pinned("small", "x"))
    built = _build(user_message("now"), pinned=pinned, window=Window(400, 100))
    states = {line.label: (line.state, line.why) for line in built.ledger.lines}
    assert states["big"] == ("cut", "no_room")
    assert states["small"] == ("in", "")
    assert "small: x" in built.system
    assert "big" not in built.system


def test_a_long_result_is_shortened() -> None:
    built = _build(user_message("q"), *_call("c", _words(5_000)), user_message("now"))
    result = built.messages[2].parts[0]
    assert isinstance(result, ToolResultPart)
    assert result.content.endswith("(shortened)")
    assert count_tokens(result.content) < 2_100
    assert "long_result" in {line.why for line in built.ledger.lines}


def test_old_results_are_shortened_more() -> None:
    chat = [m for i in range(6) for m in (user_message(f"q{i}"), assistant_message(f"a{i}"))]
    built = _build(user_message("q"), *_call("c", _words(1_000)), *chat, user_message("now"))
    assert "old_result" in {line.why for line in built.ledger.lines}


def test_a_call_without_its_result_is_left_out() -> None:
    call, result = _call("c")
    built = _build(user_message("q"), call, user_message("now"))
    assert [m.role for m in built.messages] == ["user", "user"]
    built = _build(user_message("q"), result, user_message("now"))
    assert [m.role for m in built.messages] == ["user", "user"]


def test_a_leading_answer_is_left_out_with_its_question() -> None:
    built = _build(assistant_message("hello, I am new"), user_message("now"))
    assert [m.text for m in built.messages] == ["now"]
    assert {line.why for line in built.ledger.lines if line.cut_tokens} == {"no_question"}


def test_a_very_long_ledger_is_folded_when_it_is_shown() -> None:
    chat = [m for i in range(60) for m in (user_message(f"q{i}"), assistant_message(f"a{i}"))]
    ledger = _build(*chat, user_message("now")).ledger
    shown = ledger.as_json()["lines"]
    assert isinstance(shown, list)
    assert len(shown) == 42
    assert sum(line["tokens"] for line in shown if isinstance(line, dict)) == ledger.used  # type: ignore[misc]


# --- properties -------------------------------------------------------------------------------

_TEXT = st.text("ab é中\n ", max_size=60) | st.integers(1, 300).map(_words)
_IDS = st.sampled_from(["c1", "c2", "c3", "c4"])


def _with_image(text: str) -> ChatMessage:
    return ChatMessage("user", (TextPart(text), ImagePart("image/png", b"x")))


def _calling(text: str, ids: list[str]) -> ChatMessage:
    calls = (ToolCallPart(call_id, "look", "{}") for call_id in ids)
    return ChatMessage("assistant", (ReasoningPart("hm"), TextPart(text), *calls))


def _returning(text: str, ids: list[str]) -> ChatMessage:
    return ChatMessage("tool", tuple(ToolResultPart(i, "look", text) for i in ids))


_USERS = st.builds(user_message, _TEXT) | st.builds(_with_image, _TEXT)
_ASSISTANTS = st.builds(_calling, _TEXT, st.lists(_IDS, max_size=3))
_RESULTS = st.builds(_returning, _TEXT, st.lists(_IDS, min_size=1, max_size=3))
_HISTORIES = st.lists(_USERS | _ASSISTANTS | _RESULTS, max_size=14)
_WINDOWS = st.builds(
    Window,
    st.integers(0, 3_000),
    st.integers(0, 500),
    st.integers(0, 200),
    st.integers(0, 200),
    st.none() | st.integers(0, 800),
)
_PINNED = st.lists(st.builds(Pinned, st.just("p"), _TEXT), max_size=3).map(tuple)
_TOOLS = st.sampled_from([(), (TOOL,), (TOOL, TOOL)])


@st.composite
def _contexts(draw: st.DrawFn) -> tuple[BuiltContext | None, ChatMessage, tuple[ToolSpec, ...]]:
    newest, tools = draw(_USERS), draw(_TOOLS)
    try:
        built = build_context(
            _prompt, draw(_PINNED), tools, [*draw(_HISTORIES), newest], draw(_WINDOWS)
        )
    except ContextTooLargeError:
        built = None
    return built, newest, tools


_Context = tuple[BuiltContext | None, ChatMessage, tuple[ToolSpec, ...]]


@given(_contexts())
def test_the_budget_is_never_exceeded(context: _Context) -> None:
    built, _, _ = context
    if built is not None:
        assert built.ledger.used <= built.ledger.budget


@given(_contexts())
def test_the_ledger_sums_up_exactly_to_what_went_in(context: _Context) -> None:
    built, _, tools = context
    if built is not None:
        sent = count_tokens(built.system) + tool_tokens(tools)
        assert built.ledger.used == sent + sum(map(count_message, built.messages))


@given(_contexts())
def test_the_newest_question_is_always_in_whole(context: _Context) -> None:
    built, newest, _ = context
    if built is not None:
        assert built.messages[-1] == newest


@given(_contexts())
def test_calls_and_results_are_never_parted(context: _Context) -> None:
    built, _, _ = context
    if built is None:
        return
    for position, message in enumerate(built.messages):
        called = [p.call_id for p in message.parts if isinstance(p, ToolCallPart)]
        if called:
            answers = built.messages[position + 1].parts
            returned = [p.call_id for p in answers if isinstance(p, ToolResultPart)]
            assert set(returned) == set(called)
        if message.role == "tool":
            assert built.messages[position - 1].role == "assistant"


@given(_contexts())
def test_a_conversation_begins_with_a_question(context: _Context) -> None:
    built, _, _ = context
    if built is not None:
        assert built.messages[0].role == "user"


@given(_contexts())
def test_every_line_that_lost_something_says_why(context: _Context) -> None:
    built, _, _ = context
    if built is not None:
        assert all(bool(line.why) == bool(line.cut_tokens) for line in built.ledger.lines)


def _source(number: int, words: int = 5) -> SourceBlock:
    return SourceBlock(number, f'<source number="{number}">{_words(words)}</source>')


def test_sources_stand_before_the_question_and_have_a_line_each() -> None:
    built = _build(user_message("Why?"), sources=(_source(1), _source(2)))
    (message,) = built.messages
    assert message.text.startswith('<source number="1">')
    assert message.text.endswith("</source>\n\nWhy?")
    assert "<source" not in built.system
    assert built.sources == {1, 2}
    lines = [line for line in built.ledger.lines if line.kind == "source"]
    assert [(line.label, line.state) for line in lines] == [("source 1", "in"), ("source 2", "in")]
    assert built.ledger.used == count_tokens(built.system) + count_message(message)


def test_a_source_without_room_is_left_out_and_the_next_may_fit() -> None:
    built = _build(
        user_message("Why?"), sources=(_source(1, 400), _source(2)), window=Window(400, 100)
    )
    assert built.sources == {2}
    lines = {line.label: line for line in built.ledger.lines}
    assert (lines["source 1"].state, lines["source 1"].why) == ("cut", "no_room")
    assert built.ledger.used <= built.ledger.budget


@given(
    st.lists(st.integers(1, 300), max_size=8),
    st.integers(0, 300),
    st.integers(200, 3_000),
)
def test_sources_never_break_the_budget(sizes: list[int], past: int, tokens: int) -> None:
    history = (user_message(_words(past)), assistant_message("yes"), user_message("now"))
    sources = tuple(_source(i, size) for i, size in enumerate(sizes, start=1))
    built = _build(*history, sources=sources, window=Window(tokens, 50))
    assert built.ledger.used <= built.ledger.budget
    assert built.ledger.used == count_tokens(built.system) + sum(map(count_message, built.messages))
    text = built.messages[-1].text
    assert built.sources == {n for n in range(1, len(sizes) + 1) if f'number="{n}"' in text}
