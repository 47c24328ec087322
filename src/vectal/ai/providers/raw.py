"""A client's own request, sent on as it is to a provider that speaks the same wire.

Nothing is translated: the vendor's bytes go back to the client untouched. They are read on the
way all the same, since somebody has to count them and to notice when they go wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import msgspec

from vectal.ai.contracts import ReasoningDelta, TextDelta, TokenUsage
from vectal.ai.ports import (
    CallLimits,
    Credentials,
    Egress,
    EgressRequest,
    ProviderFault,
    ProviderKind,
    ToolArgumentsDelta,
)
from vectal.ai.providers import anthropic, compatible, deepseek, openai
from vectal.ai.providers.chat_completions.stream import ChatCompletionsDecoder, read_usage
from vectal.ai.providers.driver import (
    OK,
    StreamDecoder,
    batches_in_time,
    open_answer,
    read_body,
    refusal_of,
)
from vectal.ai.providers.messages.stream import MessagesDecoder
from vectal.ai.providers.messages.usage import read_counts
from vectal.ai.providers.sse import SseEvent
from vectal.ai.providers.untrusted import as_object

RawWire: TypeAlias = Literal["chat_completions", "messages"]

MAX_ANSWER_BYTES: Final = 32 << 20
_WIRES: Final[Mapping[ProviderKind, RawWire]] = {
    "openai": "chat_completions",
    "deepseek": "chat_completions",
    "openai_compatible": "chat_completions",
    "anthropic": "messages",
}
_DIALECTS: Final = {
    "openai": openai.DIALECT,
    "deepseek": deepseek.DIALECT,
    "openai_compatible": compatible.DIALECT,
}
_DONE: Final = "[DONE]"


@dataclass(frozen=True, slots=True)
class RawCall:
    """`body` names the vendor's model already. `headers` are those that a vendor may see."""

    wire: RawWire
    body: bytes = field(repr=False)
    stream: bool
    hide_usage: bool = False
    """The client did not ask for the counts at the end of its stream; we did."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    path: str = "/chat/completions"
    """Below the address of an OpenAI-like provider."""
    max_answer_bytes: int = MAX_ANSWER_BYTES


@dataclass(frozen=True, slots=True)
class RawEnd:
    """The answer was whole. `usage` is None when the vendor reported none."""

    usage: TokenUsage | None


RawItem: TypeAlias = bytes | RawEnd


@dataclass(slots=True)
class Heard:
    """How much of an answer has come, also of one that breaks off: somebody has to pay for it."""

    chars: int = 0


def native_wire(kind: ProviderKind) -> RawWire | None:
    """The wire that a provider speaks itself; None for the Simulator, which speaks none."""
    return _WIRES.get(kind)


def forward(
    egress: Egress,
    kind: ProviderKind,
    credentials: Credentials,
    call: RawCall,
    limits: CallLimits,
    heard: Heard,
) -> AsyncGenerator[RawItem]:
    """The vendor's answer, piece by piece, then `RawEnd`. Raises ProviderFault."""
    request = _request(kind, credentials, call, limits)
    if call.stream:
        return _stream(egress, request, _decoder(kind, credentials.key), call, limits, heard)
    return _whole(egress, request, call, limits)


def _request(
    kind: ProviderKind, credentials: Credentials, call: RawCall, limits: CallLimits
) -> EgressRequest:
    if kind == "anthropic":
        url = f"{anthropic.root(credentials)}/v1/messages"
        headers = anthropic.headers(credentials)
    else:
        url = f"{credentials.base_url.rstrip('/')}{call.path}"
        headers = {"authorization": f"Bearer {credentials.key}"} if credentials.key else {}
    return EgressRequest(
        "POST",
        url,
        {
            **call.headers,
            **headers,
            "content-type": "application/json",
            "accept": "text/event-stream" if call.stream else "application/json",
        },
        call.body,
        limits.deadline_s,
        credentials.key,
        credentials.scope,
    )


def _decoder(kind: ProviderKind, secret: str) -> StreamDecoder:
    dialect = _DIALECTS.get(kind)
    return MessagesDecoder(secret) if dialect is None else ChatCompletionsDecoder(dialect, secret)


async def _stream(
    egress: Egress,
    request: EgressRequest,
    decoder: StreamDecoder,
    call: RawCall,
    limits: CallLimits,
    heard: Heard,
) -> AsyncGenerator[RawItem]:
    ends_at = asyncio.get_running_loop().time() + limits.deadline_s
    response = await open_answer(egress, request, limits, ends_at)
    with closing(response):
        batches = batches_in_time(response, decoder, limits, ends_at, request.secret)
        shown: Callable[[bytes, list[SseEvent]], bytes] = _as_it_came
        if call.hide_usage:
            shown = _without_usage
        try:
            async for chunk, events in batches:
                for event in events:
                    for said in decoder.feed(event):
                        if isinstance(said, TextDelta | ReasoningDelta | ToolArgumentsDelta):
                            heard.chars += len(said.text)
                if piece := shown(chunk, events):
                    yield piece
                if decoder.ended:
                    break
        except ProviderFault:
            # What breaks after the whole answer costs us its usage, not the answer.
            if not decoder.complete:
                raise
        finally:
            await batches.aclose()
        yield RawEnd(_usage_of(decoder))


def _usage_of(decoder: StreamDecoder) -> TokenUsage | None:
    usage: TokenUsage | None = None
    for event in decoder.finish():
        usage = getattr(event, "usage", usage)
    return usage


def _as_it_came(chunk: bytes, events: list[SseEvent]) -> bytes:
    del events
    return chunk


def _without_usage(chunk: bytes, events: list[SseEvent]) -> bytes:
    """Whole events only, so that one can be left out."""
    del chunk
    return b"".join(
        b"data: " + event.data.encode() + b"\n\n" for event in events if not _is_usage(event.data)
    )


def _is_usage(data: str) -> bool:
    if data == _DONE or '"usage"' not in data:
        return False
    try:
        return as_object(msgspec.json.decode(data)).get("choices") == []
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False


async def _whole(
    egress: Egress, request: EgressRequest, call: RawCall, limits: CallLimits
) -> AsyncGenerator[RawItem]:
    ends_at = asyncio.get_running_loop().time() + limits.deadline_s
    response = await open_answer(egress, request, limits, ends_at, patient=True)
    with closing(response):
        if response.status not in OK:
            raise await refusal_of(response, request.secret, ends_at)
        body = await read_body(response, call.max_answer_bytes, ends_at)
    try:
        usage = msgspec.json.decode(body, type=_Counted).usage
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ProviderFault("garbage", "The provider's answer is no JSON object.") from error
    yield body
    yield RawEnd(_counts(call.wire, usage))


class _Counted(msgspec.Struct):
    usage: dict[str, Any] | None = None


def _counts(wire: RawWire, usage: dict[str, Any] | None) -> TokenUsage | None:
    if usage is None:
        return None
    return read_usage(usage) if wire == "chat_completions" else read_counts(usage)
