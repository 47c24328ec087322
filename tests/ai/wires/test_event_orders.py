"""In which order a stream is told, event by event."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import openai
import pytest
from tests.ai.wires.answering import USAGE, decoded, encoder, finished_of, heard, parsed, streamed

from vectal.ai.contracts import (
    ChatMessage,
    ReasoningPart,
    TextDelta,
    TextPart,
    ToolCallPart,
)
from vectal.ai.contracts_documents import Citation
from vectal.ai.ports import ModelFinished
from vectal.ai.providers.chat_completions.stream import ChatCompletionsDecoder
from vectal.ai.providers.openai import DIALECT
from vectal.ai.proxy.wires.port import WireName, WireProblem
from vectal.ai.proxy.wires.registry import wire
from vectal.ai.proxy.wires.replay import replayed

PAGE = Citation("web", "quoted", "X", "https://x.test/", sealed="Eo8B")
MESSAGE = ChatMessage(
    "assistant",
    (
        ReasoningPart("Hm.", "EqQB", "anthropic"),
        ReasoningPart("", "EmwK", "anthropic", redacted=True),
        TextPart("Look: "),
        TextPart("green", (PAGE,)),
        ToolCallPart("c1", "look", '{"q":1}'),
        ToolCallPart("c2", "find", "{}"),
    ),
)
FINISHED = ModelFinished("tool_calls", MESSAGE, USAGE)
BLOCK = ["content_block_start", "content_block_delta", "content_block_stop"]


def _stream(name: WireName) -> bytes:
    return streamed(name, replayed(MESSAGE), FINISHED)


def _bodies(name: WireName) -> list[dict[str, Any]]:
    events = parsed(_stream(name))
    bodies = [json.loads(event.data) for event in events if event.data != "[DONE]"]
    if name != "chat_completions":
        assert [event.event for event in events] == [body["type"] for body in bodies]
    return bodies


def test_chat_completions_open_with_a_role_and_end_with_counts() -> None:
    chunks = _bodies("chat_completions")
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    look, find = ({"name": name, "arguments": ""} for name in ("look", "find"))
    page = {"url": "https://x.test/", "title": "X", "start_index": 6, "end_index": 11}
    assert deltas == [
        {"role": "assistant", "content": "", "refusal": None},
        {"reasoning_content": "Hm."},
        {"content": "Look: "},
        {"content": "green"},
        {"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": look}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"q":1}'}}]},
        {"tool_calls": [{"index": 1, "id": "c2", "type": "function", "function": find}]},
        {"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]},
        {"annotations": [{"type": "url_citation", "url_citation": page}]},
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]] == [None] * 9 + [
        "tool_calls"
    ]
    assert [chunk["usage"] for chunk in chunks[:-1]] == [None] * 10
    assert (chunks[-1]["choices"], chunks[-1]["usage"]["total_tokens"]) == ([], 120)
    assert {chunk["id"] for chunk in chunks} == {"chatcmpl-abc"}
    assert _stream("chat_completions").endswith(b"data: [DONE]\n\n")


def test_messages_open_and_close_block_after_block() -> None:
    bodies = _bodies("messages")
    assert [body["type"] for body in bodies] == [
        "message_start",
        "ping",
        *("content_block_start", "content_block_delta", "content_block_delta"),
        "content_block_stop",
        *("content_block_start", "content_block_stop"),
        *BLOCK,
        *("content_block_start", "content_block_delta", "content_block_delta"),
        "content_block_stop",
        *BLOCK,
        *BLOCK,
        "message_delta",
        "message_stop",
    ]
    blocks = [body["content_block"] for body in bodies if body["type"] == "content_block_start"]
    kinds = [block["type"] for block in blocks]
    assert kinds == ["thinking", "redacted_thinking", "text", "text", "tool_use", "tool_use"]
    deltas = [body["delta"]["type"] for body in bodies if body["type"] == "content_block_delta"]
    assert deltas[:2] == ["thinking_delta", "signature_delta"]
    assert deltas[3:5] == ["text_delta", "citations_delta"]
    indexes = [body["index"] for body in bodies if body["type"] == "content_block_start"]
    assert indexes == list(range(6))
    assert bodies[-2]["delta"]["stop_reason"] == "tool_use"
    assert bodies[-2]["usage"] == {
        "input_tokens": 50,
        "cache_creation_input_tokens": 10,
        "cache_read_input_tokens": 40,
        "output_tokens": 20,
        "output_tokens_details": {"thinking_tokens": 5},
    }


def _call_events() -> list[str]:
    return [
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
    ]


def test_responses_open_and_end_item_after_item() -> None:
    bodies = _bodies("responses")
    assert [body["type"] for body in bodies] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
        "response.output_item.done",
        "response.output_item.added",
        "response.output_item.done",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.annotation.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        *_call_events(),
        *_call_events(),
        "response.completed",
    ]
    assert [body["sequence_number"] for body in bodies] == list(range(len(bodies)))
    output = bodies[-1]["response"]["output"]
    assert [item["type"] for item in output] == [
        *("reasoning", "reasoning", "message", "function_call", "function_call"),
    ]
    seals = [item["encrypted_content"] for item in output[:2]]
    assert seals == ["anthropic:EqQB", "anthropic:redacted:EmwK"]
    done = [body["item"] for body in bodies if body["type"] == "response.output_item.done"]
    assert done == output


def test_a_refusal_is_a_piece_of_its_own_in_responses() -> None:
    message = ChatMessage("assistant", (TextPart("Well. "), TextPart("No.", refusal=True)))
    stream = streamed("responses", replayed(message), ModelFinished("refusal", message, USAGE))
    kinds = [event.event.removeprefix("response.") for event in parsed(stream)]
    assert kinds[3:-2] == [
        *("content_part.added", "output_text.delta", "output_text.done", "content_part.done"),
        *("content_part.added", "refusal.delta", "refusal.done", "content_part.done"),
    ]


def test_an_answer_that_is_cut_short_is_incomplete() -> None:
    message = ChatMessage("assistant", (TextPart("Half"),))
    stream = streamed("responses", replayed(message), ModelFinished("length", message, USAGE))
    last = json.loads(parsed(stream)[-1].data)
    assert last["type"] == "response.incomplete"
    assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
    assert last["response"]["output"][0]["status"] == "incomplete"


def test_pages_survive_the_way_of_chat_completions() -> None:
    finished = finished_of(decoded(_stream("chat_completions"), ChatCompletionsDecoder(DIALECT)))
    text = next(part for part in finished.message.parts if isinstance(part, TextPart))
    assert text.citations == (Citation("web", "", "X", "https://x.test/", at=(6, 11)),)


# --- faults -----------------------------------------------------------------------------------

PROBLEM = WireProblem(529, "ai.provider_overloaded", "It is full.")


def _broken(name: WireName) -> bytes:
    writer = encoder(name)
    return writer.begin() + writer.feed(TextDelta("Half")) + writer.fault(PROBLEM)


@pytest.mark.parametrize(
    ("name", "error"),
    [("chat_completions", openai.APIError), ("messages", anthropic.APIError)],
)
def test_a_stream_that_breaks_is_an_error_of_the_vendors_client(
    name: WireName, error: type[Exception]
) -> None:
    with pytest.raises(error, match=r"It is full\."):
        heard(name, _broken(name), stream=True)


def test_a_response_that_breaks_has_failed() -> None:
    last = json.loads(parsed(_broken("responses"))[-1].data)
    assert last["type"] == "response.failed"
    assert last["response"]["error"] == {"code": "server_error", "message": "It is full."}
    assert last["response"]["output"][0]["content"][0]["text"] == "Half"


# --- problems ---------------------------------------------------------------------------------

KINDS = {
    400: ("invalid_request_error", "invalid_request_error"),
    401: ("authentication_error", "authentication_error"),
    402: ("insufficient_quota", "billing_error"),
    403: ("permission_error", "permission_error"),
    404: ("not_found_error", "not_found_error"),
    409: ("conflict_error", "conflict_error"),
    413: ("invalid_request_error", "request_too_large"),
    422: ("invalid_request_error", "invalid_request_error"),
    429: ("rate_limit_error", "rate_limit_error"),
    500: ("server_error", "api_error"),
    502: ("server_error", "api_error"),
    503: ("server_error", "overloaded_error"),
    504: ("server_error", "timeout_error"),
    529: ("server_error", "overloaded_error"),
}


@pytest.mark.parametrize("status", KINDS)
def test_an_error_has_the_vendors_shape_and_type(status: int) -> None:
    problem = WireProblem(status, "some.code", "No.", "messages[0].role")
    of_openai, of_anthropic = KINDS[status]
    where = {"param": "messages[0].role", "code": "some.code"}
    expected = {"message": "No.", "type": of_openai, **where}
    for name in ("chat_completions", "responses"):
        assert json.loads(wire(name).problem(problem, "req_1")) == {"error": expected}
    assert json.loads(wire("messages").problem(problem, "req_1")) == {
        "type": "error",
        "error": {"type": of_anthropic, "message": "No."},
        "request_id": "req_1",
    }
