"""A client's own request, sent on as it is to a provider that speaks the same wire.

Nothing is translated: the vendor's bytes go back to the client untouched. They are read on the
way all the same, since somebody has to count them and to notice when they go wrong.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import msgspec

from vectal.ai.catalog.offers import ProviderSpec
from vectal.ai.contracts import ReasoningDelta, TextDelta, TokenUsage
from vectal.ai.ports import (
    CallLimits,
    Credentials,
    Egress,
    EgressRequest,
    EgressResponse,
    ProviderFault,
    ProviderKind,
    ToolArgumentsDelta,
)
from vectal.ai.providers import anthropic, compatible, deepseek, openai
from vectal.ai.providers.chat_completions.stream import (
    ChatCompletionsDecoder,
    plain_counts,
    read_usage,
)
from vectal.ai.providers.driver import (
    OK,
    EventReader,
    StreamDecoder,
    open_answer,
    read_body,
    refusal_of,
    require_events,
)
from vectal.ai.providers.faults import fault_from_event
from vectal.ai.providers.messages.stream import MessagesDecoder
from vectal.ai.providers.messages.usage import read_counts
from vectal.ai.providers.openings import is_opening
from vectal.ai.providers.pieces import Pieces
from vectal.ai.providers.responses.stream import ResponsesDecoder
from vectal.ai.providers.responses.usage import read_response_usage, with_charges
from vectal.ai.providers.untrusted import as_object
from vectal.platform.http.sse import SseEvent

RawWire: TypeAlias = Literal["chat_completions", "messages", "responses"]

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
_PATHS: Final[Mapping[RawWire, str]] = {
    "chat_completions": "/chat/completions",
    "responses": "/responses",
    "messages": "/v1/messages",
}
_DONE: Final = "[DONE]"
_LONGEST_OPENING: Final = 64 << 10
_BLANK_LINES: Final = (b"\n\n", b"\r\n\r\n", b"\r\r")
_BLANK_LINE: Final = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_SAID: Final = (TextDelta, ReasoningDelta, ToolArgumentsDelta)


@dataclass(frozen=True, slots=True)
class RawCall:
    """`body` names the vendor's model already. `headers` are those that a vendor may see."""

    wire: RawWire
    body: bytes = field(repr=False)
    stream: bool
    hide_usage: bool = False
    """The client did not ask for the counts at the end of its stream; we did."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    path: str = ""
    """Below the address of the provider; empty for that of the wire."""
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
    decoder: StreamDecoder | None = None
    """Who reads it, where it is a stream that is passed on: he may know what the vendor counted."""


def speaks(provider: ProviderSpec, wire: RawWire) -> bool:
    """Whether a request of this wire may be sent to the provider as it is."""
    if wire == "responses":
        return provider.responses == "vendor" and _WIRES.get(provider.kind) == "chat_completions"
    return _WIRES.get(provider.kind) == wire


def forward(
    egress: Egress,
    kind: ProviderKind,
    credentials: Credentials,
    call: RawCall,
    limits: CallLimits,
    heard: Heard,
) -> Pieces[RawItem]:
    """The vendor's answer, piece by piece, then `RawEnd`."""
    request = request_of(kind, credentials, call, limits)
    if call.stream:
        decoder = decoder_of(kind, call.wire, credentials.key)
        return _Stream(egress, request, decoder, call, limits, heard)
    return _Whole(egress, request, call, limits)


def request_of(
    kind: ProviderKind, credentials: Credentials, call: RawCall, limits: CallLimits
) -> EgressRequest:
    """The request as it is sent."""
    path = call.path or _PATHS[call.wire]
    if kind == "anthropic":
        url = f"{anthropic.root(credentials)}{path}"
        # Whoever speaks an older version of the wire is answered in it.
        headers = {**anthropic.headers(credentials), **call.headers}
    else:
        url = f"{credentials.base_url.rstrip('/')}{path}"
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


def decoder_of(kind: ProviderKind, wire: RawWire, secret: str) -> StreamDecoder:
    """Who reads the provider's stream."""
    if wire == "responses":
        return ResponsesDecoder(secret)
    dialect = _DIALECTS.get(kind)
    if dialect is None:
        return MessagesDecoder(secret, keeps=False)
    return ChatCompletionsDecoder(dialect, secret, keeps=False)


class _Stream:
    """An answer in events; it is sent when the first piece is asked for."""

    __slots__ = (
        "_call", "_decoder", "_egress", "_ended", "_heard", "_limits", "_reader", "_request",
        "_response",
    )  # fmt: skip

    def __init__(
        self,
        egress: Egress,
        request: EgressRequest,
        decoder: StreamDecoder,
        call: RawCall,
        limits: CallLimits,
        heard: Heard,
    ) -> None:
        self._egress = egress
        self._request = request
        self._decoder = decoder
        self._call = call
        self._limits = limits
        self._heard = heard
        self._response: EgressResponse | None = None
        self._reader: EventReader | None = None
        self._ended = False

    async def receive(self) -> RawItem | None:
        reader, decoder = self._reader, self._decoder
        if reader is None:
            reader = await self._open()
        try:
            while not decoder.ended and (chunk := await reader.receive()):
                piece = digest(reader, decoder, chunk, self._heard, self._call.hide_usage)
                if piece:
                    return piece
            if reader.tail:
                tail, reader.tail = reader.tail, b""
                return tail
        except ProviderFault:
            # What breaks after the whole answer costs us its usage, not the answer.
            if not decoder.complete:
                raise
        if self._ended:
            return None
        end = RawEnd(usage_of(decoder))
        self._ended = True
        await self.close()
        return end

    async def close(self) -> None:
        if self._response is not None:
            if self._decoder.ended:
                self._response.note_whole()
            self._response.close()
            self._response = None

    async def _open(self) -> EventReader:
        ends_at = asyncio.get_running_loop().time() + self._limits.deadline_s
        request = self._request
        self._response = await open_answer(self._egress, request, self._limits, ends_at)
        await require_events(self._response, request.secret, ends_at)
        self._heard.decoder = self._decoder
        self._reader = EventReader(self._response, self._decoder, self._limits, ends_at)
        return self._reader


def digest(
    reader: EventReader,
    decoder: StreamDecoder,
    chunk: bytes,
    heard: Heard,
    hides_usage: bool,  # noqa: FBT001 - as the call says
) -> bytes:
    """Count what the reader has just read; returns what of it is for the client."""
    for event in reader.events:
        chars = decoder.count_text(event)
        if chars is not None:
            heard.chars += chars
            continue
        try:
            for said in decoder.feed(event):
                if isinstance(said, _SAID):
                    heard.chars += len(said.text)
        except ProviderFault as fault:
            came = reader.tail + chunk
            before = _before(reader.events, event, came, hides_usage) if heard.chars else b""
            reader.events.clear()
            if not before:
                raise
            reader.fault = fault  # the client first gets what it is to pay for
            return before if reader.opening is None else reader.opening + before
    piece = _without_usage(reader.events) if hides_usage else _whole_events(reader, chunk)
    if reader.opening is not None:
        piece = _opened(reader, piece)
    # Several times as large as the piece, which may wait long for its client.
    reader.events.clear()
    return piece


def _whole_events(reader: EventReader, chunk: bytes) -> bytes:
    """What has come up to the end of an event; the rest is kept back.

    Whatever else the client is told, that its stream broke say, would be read as a part of half an
    event.
    """
    if reader.tail:
        chunk, reader.tail = reader.tail + chunk, b""
    if not reader.is_amid_event:
        return chunk
    end = max(
        (at + len(blank) for blank in _BLANK_LINES if (at := chunk.rfind(blank)) >= 0), default=0
    )
    reader.tail = chunk[end:]
    return chunk[:end]


def _opened(reader: EventReader, piece: bytes) -> bytes:
    """The piece with what came before it; nothing as long as nothing is said.

    Whoever fails until then can be replaced, as if he had not begun.
    """
    said = (reader.opening or b"") + piece
    if len(said) <= _LONGEST_OPENING and all(map(is_opening, reader.events)):
        reader.opening = said
        return b""
    reader.opening = None
    return said


def _before(
    events: list[SseEvent],
    wrong: SseEvent,
    chunk: bytes,
    hides_usage: bool,  # noqa: FBT001 - as the call says
) -> bytes:
    """What came whole in front of an event that can't be passed on."""
    if hides_usage:
        return _without_usage(events[: events.index(wrong)])
    found = chunk.rfind(wrong.data.encode())
    ends = [0, *(each.end() for each in _BLANK_LINE.finditer(chunk, 0, max(0, found)))]
    return chunk[: ends[-1]]


def usage_of(decoder: StreamDecoder) -> TokenUsage | None:
    """What a stream that has ended says of itself; raises the fault of one that broke off."""
    usage: TokenUsage | None = None
    for event in decoder.finish():
        usage = getattr(event, "usage", usage)
    return usage


def _without_usage(events: list[SseEvent]) -> bytes:
    """Whole events only, so that one can be left out."""
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


class _Whole:
    """An answer in one piece; it is sent when that is asked for."""

    __slots__ = ("_call", "_egress", "_end", "_limits", "_request")

    def __init__(
        self, egress: Egress, request: EgressRequest, call: RawCall, limits: CallLimits
    ) -> None:
        self._egress = egress
        self._request: EgressRequest | None = request
        self._call = call
        self._limits = limits
        self._end: RawEnd | None = None

    async def receive(self) -> RawItem | None:
        request = self._request
        if request is None:
            end, self._end = self._end, None
            return end
        self._request = None
        ends_at = asyncio.get_running_loop().time() + self._limits.deadline_s
        response = await open_answer(self._egress, request, self._limits, ends_at, patient=True)
        try:
            if response.status not in OK:
                raise await refusal_of(response, request.secret, ends_at)
            body = await read_body(response, self._call.max_answer_bytes, ends_at)
        finally:
            response.close()
        self._end = RawEnd(counted(self._call.wire, body, request.secret))
        return body

    async def close(self) -> None:
        """Nothing is open between two pieces."""


class _Counted(msgspec.Struct):
    usage: dict[str, Any] | None = None
    status: Any = None
    error: Any = None
    output: msgspec.Raw = msgspec.Raw()
    tools: msgspec.Raw = msgspec.Raw()


_FAILED: Final = "failed"
_COUNTED: Final = msgspec.json.Decoder(_Counted)
_READERS: Final[Mapping[RawWire, Callable[[dict[str, Any]], TokenUsage | None]]] = {
    "chat_completions": read_usage,
    "messages": read_counts,
    "responses": read_response_usage,
}


def counted(wire: RawWire, body: bytes, secret: str) -> TokenUsage | None:
    """The counts of an answer in one piece; raises ProviderFault for what is no answer.

    Proxies in front of vendors put errors into a 200: those have no counts.
    """
    plain = plain_counts(body) if wire == "chat_completions" else None
    if plain is not None:
        return plain
    try:
        answer = _COUNTED.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as caught:
        raise ProviderFault("garbage", "The provider's answer is no JSON object.") from caught
    usage = answer.usage
    if usage is None or (wire == "responses" and answer.status == _FAILED):
        error = answer.error if isinstance(answer.error, str) else as_object(answer.error)
        if error:
            raise fault_from_event(error, secret=secret)
    if usage is None:
        return None
    counts = _READERS[wire](usage)
    return with_charges(counts, answer.output, answer.tools) if wire == "responses" else counts
