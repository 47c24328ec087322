"""What vendors say beside words: refusals, sources, signatures, the stop sequence that was hit."""

from __future__ import annotations

import json
from typing import Any

from vectal.ai.contracts import ReasoningPart, TextDelta, TextPart
from vectal.ai.contracts_documents import Citation
from vectal.ai.ports import CitationDelta, ModelEvent, ModelFinished, ReasoningSigned
from vectal.ai.providers.answer import MAX_CITATIONS
from vectal.ai.providers.chat_completions.stream import ChatCompletionsDecoder
from vectal.ai.providers.driver import StreamDecoder
from vectal.ai.providers.messages.stream import MessagesDecoder
from vectal.ai.providers.openai import DIALECT
from vectal.platform.http.sse import SseEvent

SPAN: dict[str, Any] = {
    "type": "char_location",
    "cited_text": "green",
    "document_index": 0,
    "document_title": "Grass",
    "start_char_index": 3,
    "end_char_index": 8,
    "file_id": None,
}
SOURCE = Citation("characters", "green", "Grass", None, 0, 3, 8)


def _decoded(decoder: StreamDecoder, *bodies: dict[str, Any]) -> list[ModelEvent]:
    events = [SseEvent(body.get("type", "message"), json.dumps(body)) for body in bodies]
    said = [event for each in events for event in decoder.feed(each)]
    return [*said, *decoder.finish()]


def _last(events: list[ModelEvent]) -> ModelFinished:
    assert isinstance(events[-1], ModelFinished)
    return events[-1]


def _chat(*deltas: dict[str, Any], reason: str = "stop") -> list[ModelEvent]:
    chunks: list[dict[str, Any]] = [{"choices": [{"delta": delta}]} for delta in deltas]
    end: dict[str, Any] = {"choices": [{"delta": {}, "finish_reason": reason}]}
    return _decoded(ChatCompletionsDecoder(DIALECT), *chunks, end)


def _block(index: int, block: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": block},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def _messages(*events: dict[str, Any], **end: Any) -> list[ModelEvent]:
    delta = {"stop_reason": "end_turn", **end}
    ending = [{"type": "message_delta", "delta": delta}, {"type": "message_stop"}]
    return _decoded(MessagesDecoder(), *events, *ending)


def test_openais_refusal_is_told_from_its_text() -> None:
    events = _chat({"content": "Well. "}, {"refusal": "No, "}, {"refusal": "never."})
    assert [event for event in events if isinstance(event, TextDelta)] == [
        TextDelta("Well. "),
        TextDelta("No, ", refusal=True),
        TextDelta("never.", refusal=True),
    ]
    last = _last(events)
    assert last.reason == "refusal"
    assert last.message.parts == (TextPart("Well. "), TextPart("No, never.", refusal=True))


def test_pages_that_openai_cites_belong_to_its_text() -> None:
    page = {"url": "https://x.test/", "title": "X", "start_index": 0, "end_index": 5}
    notes = [{"type": "url_citation", "url_citation": page}, {"type": "other"}, 5]
    events = _chat({"content": "Green"}, {"annotations": notes})
    cited = Citation("web", "", "X", "https://x.test/", at=(0, 5))
    assert CitationDelta(cited) in events
    assert _last(events).message.parts == (TextPart("Green", (cited,)),)


def test_notes_of_another_shape_are_overlooked() -> None:
    for notes in (5, "x", [None], {"a": 1}):
        assert _last(_chat({"content": "x"}, {"annotations": notes})).message.text == "x"
    page = {"type": "url_citation", "url_citation": {"url": "https://x.test/"}}
    assert _last(_chat({"annotations": [page]}, {"content": "x"})).message.text == "x"


def test_sources_follow_their_block_whenever_they_came() -> None:
    text, cite = {"type": "text_delta", "text": "green"}, {"type": "citations_delta"}
    source = {**cite, "citation": SPAN}
    for deltas in ([text, source], [source, text]):
        events = _messages(
            *_block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "It is "}),
            *_block(1, {"type": "text", "text": ""}, *deltas),
        )
        assert events[:-1] == [
            TextDelta("It is ", opens=True),
            TextDelta("green", opens=True),
            CitationDelta(SOURCE),
        ]
        assert _last(events).message.parts == (TextPart("It is "), TextPart("green", (SOURCE,)))


def test_sources_without_text_or_of_unknown_kinds_are_nothing() -> None:
    rumour = {"type": "citations_delta", "citation": {"type": "rumour"}}
    empty = {"type": "citations_delta", "citation": SPAN}
    events = _messages(
        *_block(0, {"type": "text", "text": ""}, empty),
        *_block(1, {"type": "text", "text": "x", "citations": [SPAN]}, rumour),
    )
    assert events[:-1] == [TextDelta("x", opens=True), CitationDelta(SOURCE)]


def test_there_is_an_end_to_sources() -> None:
    source = {"type": "citations_delta", "citation": SPAN}
    events = _messages(*_block(0, {"type": "text", "text": "x"}, *[source] * 2_000))
    assert len(events) == MAX_CITATIONS + 2


def test_each_block_of_thinking_ends_with_its_signature() -> None:
    signed = [
        {"type": "thinking_delta", "thinking": "Hm."},
        {"type": "signature_delta", "signature": "ab"},
        {"type": "signature_delta", "signature": "cd"},
    ]
    events = _messages(
        *_block(0, {"type": "thinking", "thinking": "", "signature": ""}, *signed),
        *_block(1, {"type": "redacted_thinking", "data": "sealed"}),
        *_block(2, {"type": "thinking", "thinking": "", "signature": "ef"}),
        *_block(3, {"type": "text", "text": "x"}),
    )
    assert [event for event in events if isinstance(event, ReasoningSigned)] == [
        ReasoningSigned("abcd", "anthropic"),
        ReasoningSigned("sealed", "anthropic", redacted=True),
        ReasoningSigned("ef", "anthropic"),
    ]
    assert _last(events).message.parts[:3] == (
        ReasoningPart("Hm.", "abcd", "anthropic"),
        ReasoningPart("", "sealed", "anthropic", redacted=True),
        ReasoningPart("", "ef", "anthropic"),
    )


def test_the_stop_sequence_and_the_reason_of_a_refusal_are_kept() -> None:
    block = _block(0, {"type": "text", "text": "x"})
    last = _last(_messages(*block, stop_reason="stop_sequence", stop_sequence="END"))
    assert (last.reason, last.stop_sequence) == ("stop", "END")
    why = {"type": "refusal", "category": "bio", "explanation": "Not this."}
    last = _last(_messages(*block, stop_reason="refusal", stop_details=why))
    assert (last.reason, last.refusal) == ("refusal", "Not this.")
