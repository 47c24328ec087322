"""An answer that came as one object, read into the events that a stream of it would be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from vectal.ai.ports import ModelEvent, ProviderFault, ProviderKind
from vectal.ai.providers import openai
from vectal.ai.providers.chat_completions.stream import ChatCompletionsDecoder
from vectal.ai.providers.messages.stream import MessagesDecoder
from vectal.ai.providers.untrusted import as_list, as_object
from vectal.platform.http.sse import SseEvent


def events_of(kind: ProviderKind, body: bytes) -> list[ModelEvent]:
    """Of an answer of OpenAI's or Anthropic's; raises ProviderFault for what is none."""
    try:
        answer = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ProviderFault("garbage", "The provider's answer is no JSON object.") from error
    is_message = kind == "anthropic"
    decoder = MessagesDecoder() if is_message else ChatCompletionsDecoder(openai.DIALECT)
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


def _message(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"type": "message_start", "message": {"usage": answer.get("usage")}}
    for index, block in enumerate(as_list(answer.get("content")) or ()):
        yield {"type": "content_block_start", "index": index, "content_block": block}
        yield {"type": "content_block_stop", "index": index}
    names = ("stop_reason", "stop_sequence", "stop_details")
    yield {"type": "message_delta", "delta": {name: answer.get(name) for name in names}}
    yield {"type": "message_stop"}
