"""What a model says, however hostile, becomes frames and an outcome."""

from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.contracts import (
    ContextBuilt,
    Failed,
    Finished,
    ReasoningDelta,
    ResponseEvent,
    Routed,
    RouteReason,
    TextDelta,
    TokenUsage,
    ToolCalled,
    ToolReturned,
    UsageReported,
)
from vectal.chat import frames
from vectal.chat.answer import CUT_OFF, MAX_ANSWER_CHARS, TOO_LONG, Answer, storable
from vectal.chat.contracts import TurnFault, TurnStatus

ROUTED = Routed(
    "simulator", "sim-pro", "pro", RouteReason(("slot",), "You chose it."), simulated=True
)


def hear(*events: ResponseEvent) -> tuple[Answer, list[str]]:
    answer, names = Answer(), list[str]()
    for event in events:
        names += [draft.event for draft in answer.hear(event)]
    answer.close()
    return answer, names


def test_a_whole_answer_is_completed_with_its_figures() -> None:
    usage = UsageReported(TokenUsage(10, 5), Decimal("0.0001"), 12, 340, 1)
    answer, names = hear(
        ROUTED,
        ContextBuilt({"used": 10}),
        ReasoningDelta("Let me see."),
        TextDelta("Two tasks."),
        usage,
        Finished("stop"),
    )
    assert names == [frames.ROUTED, frames.CONTEXT, frames.REASONING, frames.TEXT]
    assert answer.outcome.status is TurnStatus.COMPLETED
    assert answer.outcome.finish_reason == "stop"
    assert answer.outcome.figures["usage"]["input_tokens"] == 10
    assert answer.outcome.figures["cost_usd"] == Decimal("0.0001")
    assert answer.transcript.content().text == "Two tasks."
    assert answer.transcript.content().reasoning == "Let me see."


def test_a_failing_provider_leaves_the_text_so_far() -> None:
    answer, _ = hear(
        ROUTED, TextDelta("Half an"), Failed("ai.provider_down", "It went away.", retryable=True)
    )
    assert answer.outcome.status is TurnStatus.FAILED
    assert answer.outcome.fault == TurnFault("ai.provider_down", "It went away.")
    assert answer.transcript.content().text == "Half an"


def test_a_stream_that_just_stops_is_a_failure() -> None:
    answer, _ = hear(ROUTED, TextDelta("Half an"))
    assert answer.outcome.status is TurnStatus.FAILED
    assert answer.outcome.fault == CUT_OFF


def test_an_endless_answer_is_cut() -> None:
    answer, _ = hear(TextDelta("x" * MAX_ANSWER_CHARS), TextDelta("y"), TextDelta("never heard"))
    assert answer.outcome.fault == TOO_LONG
    assert answer.transcript.content().text.endswith("xy")


def test_nothing_is_heard_after_the_end() -> None:
    answer, names = hear(TextDelta("a"), Finished("stop"), TextDelta("b"))
    assert answer.transcript.content().text == "a"
    assert names == [frames.TEXT]


def test_a_surrogate_pair_over_two_deltas_is_one_character() -> None:
    high, low = "\ud83d", "\ude42"
    answer, _ = hear(TextDelta("a" + high), TextDelta(low + "b"), Finished("stop"))
    assert answer.transcript.content().text == "a🙂b"


def test_a_lone_surrogate_is_replaced() -> None:
    answer, _ = hear(TextDelta("a\ude42"), TextDelta("b\ud83d"), Finished("stop"))
    assert answer.transcript.content().text == "a\ufffdb\ufffd"


@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=5)))
def test_text_can_always_be_encoded(pieces: list[str]) -> None:
    answer = Answer()
    said = ""
    for piece in pieces:
        for draft in answer.hear(TextDelta(piece)):
            said += draft.data["text"]
    for draft in answer.hear(Finished("stop")):
        said += draft.data["text"]
    assert said == answer.transcript.content().text
    assert said.encode() == answer.transcript.content().text.encode()


def test_a_tool_call_carries_its_changeset() -> None:
    answer, names = hear(
        ToolCalled("c1", "create_task", "Create task", {"title": "a\x00b"}),
        ToolReturned(
            "c1",
            "create_task",
            ok=True,
            summary="1 proposed",
            changeset_id=UUID(int=5),
            content="made",
        ),
        Finished("stop"),
    )
    (tool,) = answer.transcript.content().tools
    assert names == [frames.TOOL_CALLED, frames.TOOL_RETURNED]
    assert tool.changeset_id == UUID(int=5)
    assert tool.content == "made"
    assert tool.arguments == {"title": "a\ufffdb"}


def test_what_postgresql_refuses_is_replaced_at_any_depth() -> None:
    assert storable({"a\x00": ["\ud800", {"b": ("\x00", 1, None)}]}) == {
        "a\ufffd": ["\ufffd", {"b": ["\ufffd", 1, None]}]
    }
