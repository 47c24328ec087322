"""An answer that came as one object, read into the events that a stream of it would be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from vectal.ai.ports import ModelEvent, ProviderFault, ProviderKind
from vectal.ai.providers import openai
from vectal.ai.providers.chat_completions.stream import ChatCompletionsDecoder
from vectal.ai.providers.messages.stream import MessagesDecoder
from vectal.ai.providers.responses.usage import read_response_usage
from vectal.ai.providers.untrusted import as_list, as_object, as_text
from vectal.platform.http.sse import SseEvent


def events_of(kind: ProviderKind, body: bytes) -> list[ModelEvent]:
    """Of an answer of OpenAI's or Anthropic's; raises ProviderFault for what is none."""
    try:
        answer = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ProviderFault("garbage", "The provider's answer is no JSON object.") from error
    is_message = kind == "anthropic"
    decoder = MessagesDecoder() if is_message else ChatCompletionsDecoder(openai.DIALECT)
    if answer.get("object") == "response":
        answer = _as_completion(answer)
    pieces = _message(answer) if is_message else _completion(answer)
    found: list[ModelEvent] = []
    for piece in pieces:
        found += decoder.feed(SseEvent("", msgspec.json.encode(piece).decode()))
    found += decoder.finish()
    return found


def _completion(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for choice in as_list(answer.get("choices")) or ():
        one = as_object(choice)
        message = as_object(one.get("message"))
        calls = [as_object(each) for each in as_list(message.get("tool_calls")) or ()]
        indexed = [{**each, "index": place} for place, each in enumerate(calls)]
        delta = {**message, "tool_calls": indexed or None}
        finish = one.get("finish_reason")
        yield {"choices": [{"index": one.get("index"), "delta": delta, "finish_reason": finish}]}
    yield {"choices": [], "usage": answer.get("usage")}


def _as_completion(answer: dict[str, Any]) -> dict[str, Any]:
    """What an answer of `/v1/responses` says, in the shape of chat completions."""
    said: dict[str, list[str]] = {"output_text": [], "refusal": [], "summary_text": []}
    calls: list[dict[str, Any]] = []
    for each in as_list(answer.get("output")) or ():
        item = as_object(each)
        if item.get("type") == "function_call":
            function = {name: item.get(name) for name in ("name", "arguments")}
            calls.append({"id": item.get("call_id"), "function": function})
        for part in map(as_object, as_list(item.get("content") or item.get("summary")) or ()):
            kind = as_text(part.get("type")) or ""
            if kind in said:
                said[kind].append(as_text(part.get("text") or part.get("refusal")) or "")
    words = {name: "".join(texts) or None for name, texts in said.items()}
    message = {
        "content": words["output_text"],
        "refusal": words["refusal"],
        "reasoning": words["summary_text"],
        "tool_calls": calls,
    }
    choice = {"index": 0, "message": message, "finish_reason": _finish(answer, calls)}
    counts = read_response_usage(as_object(answer.get("usage")))
    usage = counts and {
        "prompt_tokens": counts.input_tokens,
        "completion_tokens": counts.output_tokens,
    }
    return {"choices": [choice], "usage": usage}


def _finish(answer: dict[str, Any], calls: list[dict[str, Any]]) -> str:
    if answer.get("status") == "incomplete":
        reason = as_object(answer.get("incomplete_details")).get("reason")
        return "content_filter" if reason == "content_filter" else "length"
    return "tool_calls" if calls else "stop"


def _message(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"type": "message_start", "message": {"usage": answer.get("usage")}}
    for index, block in enumerate(as_list(answer.get("content")) or ()):
        yield {"type": "content_block_start", "index": index, "content_block": block}
        yield {"type": "content_block_stop", "index": index}
    names = ("stop_reason", "stop_sequence", "stop_details")
    yield {"type": "message_delta", "delta": {name: answer.get(name) for name in names}}
    yield {"type": "message_stop"}
