"""What clients get, judged by the vendors' own clients and their types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from anthropic.types import Message, RawMessageStreamEvent
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter
from tests.ai.providers.rigs import RIGS, Call, Piece, Reasoning, Rig, Text, Usage
from tests.ai.wires.answering import USAGE, Heard, decoded, encoder, finished_of, heard, parsed
from tests.ai.wires.answering import streamed as stream_of
from tests.ai.wires.strategies import (
    arguments,
    cited_texts,
    names,
    redacted_thoughts,
    refusals,
    signed_thoughts,
    texts,
)

from vectal.ai.contracts import (
    ChatMessage,
    Part,
    ReasoningDelta,
    ReasoningPart,
    TextDelta,
    TextPart,
    ToolCallPart,
)
from vectal.ai.ports import (
    ModelEvent,
    ModelFinished,
    StopReason,
    ToolArgumentsDelta,
    ToolCallStarted,
)
from vectal.ai.providers.chat_completions.stream import ChatCompletionsDecoder
from vectal.ai.providers.deepseek import DIALECT as DEEPSEEK
from vectal.ai.providers.driver import StreamDecoder
from vectal.ai.providers.messages.stream import MessagesDecoder
from vectal.ai.proxy.wires.port import WireName
from vectal.ai.proxy.wires.replay import replayed

WIRES: list[WireName] = ["chat_completions", "messages", "responses"]
EVERY_WIRE = pytest.mark.parametrize("name", WIRES)
REASONS: dict[WireName, dict[StopReason, str]] = {
    "chat_completions": {
        "stop": "stop",
        "length": "length",
        "tool_calls": "tool_calls",
        "content_filter": "content_filter",
    },
    "messages": {
        "stop": "end_turn",
        "length": "max_tokens",
        "tool_calls": "tool_use",
        "content_filter": "refusal",
    },
    "responses": {
        "stop": "completed",
        "length": "max_output_tokens",
        "tool_calls": "completed",
        "content_filter": "content_filter",
    },
}
PARTS: st.SearchStrategy[list[Part]] = st.lists(
    st.one_of(cited_texts, refusals, signed_thoughts, redacted_thoughts), max_size=4
)
CALLS = st.lists(st.tuples(names, arguments), max_size=2)


@st.composite
def answers(draw: st.DrawFn) -> ModelFinished:
    parts = draw(PARTS)
    calls = [ToolCallPart(f"c{i}", name, a) for i, (name, a) in enumerate(draw(CALLS))]
    ends: list[StopReason] = ["tool_calls"] if calls else ["stop", "length", "content_filter"]
    message = ChatMessage("assistant", (*parts, *calls))
    return ModelFinished(draw(st.sampled_from(ends)), message, USAGE)


def _in_pieces(message: ChatMessage) -> Iterator[ModelEvent]:
    """The same events, their words in two pieces each."""
    for event in replayed(message):
        if isinstance(event, TextDelta):
            yield TextDelta(event.text[:1], event.refusal, event.opens)
            yield TextDelta(event.text[1:], event.refusal)
        elif isinstance(event, ReasoningDelta):
            yield from map(ReasoningDelta, (event.text[:1], event.text[1:]))
        elif isinstance(event, ToolArgumentsDelta):
            yield ToolArgumentsDelta(event.index, event.text[:1])
            yield ToolArgumentsDelta(event.index, event.text[1:])
        else:
            yield event


def _expected(name: WireName, finished: ModelFinished) -> Heard:
    parts = finished.message.parts
    said = [part for part in parts if isinstance(part, TextPart)]
    calls = [part for part in parts if isinstance(part, ToolCallPart)]
    # The messages wire has no other place for the words of a refusal than the text.
    apart = name != "messages"
    assert finished.usage is not None
    return Heard(
        "".join(part.text for part in said if not (part.refusal and apart)),
        "".join(part.text for part in said if part.refusal and apart),
        "".join(part.text for part in parts if isinstance(part, ReasoningPart)),
        [(call.call_id, call.name, json.loads(call.arguments)) for call in calls],
        REASONS[name][finished.reason],
        finished.usage.input_tokens,
        finished.usage.output_tokens,
    )


@EVERY_WIRE
@given(answers())
@settings(max_examples=25)
def test_a_vendors_client_hears_what_was_said(name: WireName, finished: ModelFinished) -> None:
    stream = stream_of(name, _in_pieces(finished.message), finished)
    assert heard(name, stream, stream=True) == _expected(name, finished)
    whole = encoder(name).whole(finished, USAGE)
    assert heard(name, whole, stream=False) == _expected(name, finished)


RESPONSE_EVENTS: dict[str, type[BaseModel]] = {
    get_args(model.model_fields["type"].annotation)[0]: model
    for model in get_args(get_args(ResponseStreamEvent)[0])
}
MESSAGE_EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
WHOLES: dict[WireName, type[BaseModel]] = {
    "chat_completions": ChatCompletion,
    "messages": Message,
    "responses": Response,
}


def _judge(name: WireName, stream: bytes) -> None:
    """Hold every event against the type that the vendor gave it."""
    for event in parsed(stream):
        if event.data == "[DONE]" or event.event == "ping":
            continue
        if name == "chat_completions":
            ChatCompletionChunk.model_validate_json(event.data)
        elif name == "messages":
            MESSAGE_EVENT.validate_json(event.data)
        else:
            RESPONSE_EVENTS[event.event].model_validate_json(event.data)


@EVERY_WIRE
@given(answers())
@settings(max_examples=10)
def test_every_event_is_of_the_vendors_type(name: WireName, finished: ModelFinished) -> None:
    _judge(name, stream_of(name, replayed(finished.message), finished))
    WHOLES[name].model_validate_json(encoder(name).whole(finished, USAGE))


# --- from any vendor to any client ------------------------------------------------------------

PIECES: tuple[Piece, ...] = (
    Reasoning("First I think."),
    Text("Hello "),
    Text("wörld 👋"),
    Call("call_1", "look", ('{"q": ', '"a"}')),
    Call("call_2", "look", ("{}",)),
)


def _decoder(rig: Rig) -> StreamDecoder:
    return MessagesDecoder() if rig.name == "anthropic" else ChatCompletionsDecoder(DEEPSEEK)


@EVERY_WIRE
@pytest.mark.parametrize("rig", RIGS, ids=lambda rig: rig.name)
def test_any_vendor_reaches_any_client(name: WireName, rig: Rig) -> None:
    events = decoded(rig.stream(PIECES, "tool_calls", Usage()), _decoder(rig))
    stream = stream_of(name, events[:-1], finished_of(events))
    said = heard(name, stream, stream=True)
    assert (said.text, said.reasoning) == ("Hello wörld 👋", "First I think.")
    assert said.calls == [("call_1", "look", {"q": "a"}), ("call_2", "look", {})]
    assert (said.reason, said.input_tokens) == (REASONS[name]["tool_calls"], 100)


pieces: st.SearchStrategy[list[Piece]] = st.lists(
    st.builds(Text, texts) | st.builds(Reasoning, texts), max_size=4
)


@pytest.mark.parametrize("rig", RIGS, ids=lambda rig: rig.name)
@given(pieces, CALLS)
@settings(max_examples=25)
def test_a_stream_of_the_same_wire_comes_out_as_it_went_in(
    rig: Rig, said: list[Piece], calls: list[tuple[str, str]]
) -> None:
    name: WireName = "messages" if rig.name == "anthropic" else "chat_completions"
    made = [Call(f"c{i}", tool, (args,)) for i, (tool, args) in enumerate(calls)]
    reason = "tool_calls" if made else "stop"
    first = decoded(rig.stream([*said, *made], reason, Usage()), _decoder(rig))
    again = decoded(stream_of(name, first[:-1], finished_of(first)), _decoder(rig))
    assert again == first


@given(st.lists(cited_texts, max_size=3), st.lists(signed_thoughts | redacted_thoughts, max_size=2))
@settings(max_examples=25)
def test_the_messages_wire_loses_neither_sources_nor_signatures(
    said: list[TextPart], thoughts: list[ReasoningPart]
) -> None:
    parts = [*thoughts, *(TextPart(part.text, part.citations) for part in said)]
    message = ChatMessage("assistant", (*parts, TextPart("x")))
    finished = ModelFinished("stop", message, USAGE, "END")
    stream = stream_of("messages", replayed(message), finished)
    assert finished_of(decoded(stream, MessagesDecoder())) == finished


# --- ends -------------------------------------------------------------------------------------


def _ended(reason: StopReason, *parts: Part, **more: Any) -> ModelFinished:
    return ModelFinished(reason, ChatMessage("assistant", parts), USAGE, **more)


@pytest.mark.parametrize(
    ("name", "finished", "reason", "refusal"),
    [
        ("chat_completions", _ended("refusal"), "content_filter", ""),
        ("chat_completions", _ended("refusal", refusal="No."), "stop", "No."),
        ("chat_completions", _ended("refusal", TextPart("No.", refusal=True)), "stop", "No."),
        ("messages", _ended("refusal"), "refusal", ""),
        ("messages", _ended("refusal", refusal="No."), "refusal", "No."),
        ("messages", _ended("stop", stop_sequence="END"), "stop_sequence", ""),
        ("responses", _ended("refusal"), "content_filter", ""),
        ("responses", _ended("refusal", refusal="No."), "completed", "No."),
        ("responses", _ended("refusal", TextPart("No.", refusal=True)), "completed", "No."),
    ],
)
def test_an_end_is_told_in_the_words_of_the_wire(
    name: WireName, finished: ModelFinished, reason: str, refusal: str
) -> None:
    stream = stream_of(name, replayed(finished.message), finished)
    for said in (
        heard(name, stream, stream=True),
        heard(name, encoder(name).whole(finished, USAGE), stream=False),
    ):
        assert (said.reason, said.refusal) == (reason, refusal)


@EVERY_WIRE
def test_a_call_without_arguments_has_an_empty_object(name: WireName) -> None:
    finished = _ended("tool_calls", ToolCallPart("c", "look", "{}"))
    stream = stream_of(name, [ToolCallStarted(0, "c", "look")], finished)
    assert heard(name, stream, stream=True).calls == [("c", "look", {})]


def test_arguments_that_are_no_object_do_not_look_like_none() -> None:
    finished = _ended("tool_calls", ToolCallPart("c", "look", '{"q": [1, '))
    whole = encoder("messages").whole(finished, USAGE)
    assert heard("messages", whole, stream=False).calls[0][2] == {"INVALID_JSON": '{"q": [1, '}


def test_counts_come_only_when_they_were_asked_for() -> None:
    finished = _ended("stop", TextPart("x"))
    stream = stream_of("chat_completions", [TextDelta("x")], finished, stream_options=None)
    assert b"usage" not in stream
    assert stream.endswith(b"data: [DONE]\n\n")


def test_a_response_repeats_what_was_asked() -> None:
    tools = [{"type": "function", "name": "look", "parameters": {"type": "object"}, "strict": True}]
    asked = {"tools": tools, "temperature": 0.50, "metadata": {"a": "b"}, "instructions": "Hm."}
    whole = json.loads(encoder("responses", **asked).whole(_ended("stop"), USAGE))
    assert {name: whole[name] for name in asked} == asked
    assert (whole["store"], whole["tool_choice"]) == (False, "auto")
