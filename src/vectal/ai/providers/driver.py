"""The conversation over HTTP: one request, one stream, every way that it may go wrong.

The adapters say what to send and how to read events; this says when to stop waiting. Silence,
trickle, cuts and floods all end in a `ProviderFault` of their own kind.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any, Final, Protocol

import msgspec

from vectal.ai.contracts import TokenUsage
from vectal.ai.ports import (
    CallLimits,
    Egress,
    EgressRequest,
    EgressResponse,
    ModelEvent,
    ProviderFault,
)
from vectal.ai.providers.faults import fault_from_event, fault_from_response
from vectal.platform.http.sse import EventTooLargeError, SseEvent, SseParser

MAX_STREAM_BYTES: Final = 32 << 20
_MAX_BODY_BYTES: Final = 4 << 20
_MAX_ERROR_BYTES: Final = 64 << 10
_TAIL_S: Final = 5.0
"""How long a whole answer waits for its usage and formal end."""
OK: Final = range(200, 300)


class Headed(Protocol):
    """Anything with the headers of an answer, in lower case."""

    @property
    def headers(self) -> Mapping[str, str]: ...


class StreamDecoder(Protocol):
    """Reads the events of one stream of one vendor."""

    @property
    def complete(self) -> bool:
        """The answer is whole, whatever the stream still does."""
        ...

    @property
    def ended(self) -> bool:
        """The stream said that nothing follows."""
        ...

    def feed(self, event: SseEvent) -> Iterator[ModelEvent]: ...

    def count_text(self, event: SseEvent) -> int | None:
        """Take an event that holds nothing but text: its characters. None: `feed` it instead.

        For who passes answers on, and only wants to know how long they are.
        """
        ...

    def told(self) -> TokenUsage | None:
        """What the vendor has counted so far; None where it has said nothing of it."""
        ...

    def finish(self) -> Iterator[ModelEvent]: ...


async def stream_events(
    egress: Egress, request: EgressRequest, decoder: StreamDecoder, limits: CallLimits
) -> AsyncGenerator[ModelEvent]:
    """Send `request` and yield what `decoder` reads from the answer."""
    ends_at = asyncio.get_running_loop().time() + limits.deadline_s
    response = await open_answer(egress, request, limits, ends_at)
    with closing(response):
        await require_events(response, request.secret, ends_at)
        reader = EventReader(response, decoder, limits, ends_at)
        try:
            while not decoder.ended and await reader.receive():
                for event in reader.events:
                    for decoded in decoder.feed(event):
                        reader.opening = None
                        yield decoded
        except ProviderFault:
            # What breaks after the whole answer costs us its usage, not the answer.
            if not decoder.complete:
                raise
        if decoder.ended:
            response.note_whole()
        for decoded in decoder.finish():
            yield decoded


def written(body: dict[str, Any]) -> bytes:
    """The body as JSON; what JSON can't hold, half a surrogate say, is a fault of the request."""
    try:
        return msgspec.json.encode(body)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise ProviderFault("invalid_request", "The request can't be written as JSON.") from error


async def failing(fault: ProviderFault) -> AsyncGenerator[ModelEvent]:
    """The stream of a request that can't be sent: it fails when it is read, as others do."""
    for event in ():
        yield event
    raise fault


async def fetch_json(egress: Egress, request: EgressRequest, limits: CallLimits) -> dict[str, Any]:
    """Send `request` and return the JSON object that answers it."""
    ends_at = asyncio.get_running_loop().time() + limits.deadline_s
    with closing(await open_answer(egress, request, limits, ends_at)) as response:
        if response.status not in OK:
            raise await refusal_of(response, request.secret, ends_at)
        body = await read_body(response, _MAX_BODY_BYTES, ends_at)
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ProviderFault("garbage", "The provider's answer is no JSON object.") from error


async def open_answer(
    egress: Egress,
    request: EgressRequest,
    limits: CallLimits,
    ends_at: float,
    *,
    patient: bool = False,
) -> EgressResponse:
    """The answer as soon as its head is here; `close` it.

    A `patient` call waits for as long as it may take: the vendor writes nothing before its
    answer is whole.
    """
    soon = asyncio.get_running_loop().time() + limits.first_word_s
    if not patient and soon < ends_at:
        request = replace(request, answer_by=soon)
    return await egress.send(request)


class EventReader:
    """Bytes as they come, and in `events` those that they completed.

    Only whole lines count as life: a trickle of bytes is silence.
    """

    __slots__ = (
        "_alive_at", "_ends_at", "_limits", "_lines", "_loop", "_parser", "_received",
        "_response", "decoder", "events", "fault", "opening", "tail",
    )  # fmt: skip

    def __init__(
        self,
        response: EgressResponse | None,
        decoder: StreamDecoder,
        limits: CallLimits,
        ends_at: float,
    ) -> None:
        """Without a response the bytes are brought by `take`."""
        self._response = response
        self.decoder = decoder
        self._limits = limits
        self._ends_at = ends_at
        self._loop = asyncio.get_running_loop()
        self._parser = SseParser()
        self._received = self._lines = 0
        self._alive_at = self._loop.time()
        self.events: list[SseEvent] = []
        self.fault: ProviderFault | None = None
        """What came behind the events that were read last."""
        self.opening: bytes | None = b""
        """What a stream that is passed on begins with, kept back; None once it has said more."""
        self.tail = b""
        """What has come of an event that is not whole yet; it is not passed on."""

    async def receive(self) -> bytes:
        """What has come; empty at the end. Raises ProviderFault."""
        if self.fault is not None:
            raise self.fault
        if self._response is None:
            return b""
        chunk = await _receive(self._response, self.patience(), self._ends_at)
        self.take(chunk)
        return chunk

    @property
    def is_amid_event(self) -> bool:
        return self._parser.is_amid_event

    def patience(self) -> float:
        """Until when the next bytes may be waited for, on the loop's clock."""
        patience = min(self._alive_at + self._silence_s(), self._ends_at)
        if self.decoder.complete:
            patience = min(patience, self._loop.time() + _TAIL_S)
        return patience

    def too_late(self) -> ProviderFault:
        """Why nothing is waited for any more."""
        return too_late(self._ends_at)

    def take(self, chunk: bytes) -> None:
        """Read the bytes into `events`; raises ProviderFault."""
        if not chunk:
            self.events = []
            return
        self._received += len(chunk)
        if self._received > MAX_STREAM_BYTES:
            raise ProviderFault("too_large", "The provider's answer has no end.")
        parser = self._parser
        try:
            self.events = parser.feed(chunk)
        except EventTooLargeError as error:
            raise ProviderFault("too_large", "The provider sent a line without an end.") from error
        if parser.lines > self._lines:
            self._lines = parser.lines
            self._alive_at = self._loop.time()

    def _silence_s(self) -> float:
        """How long it may be silent from its last line on.

        What a stream begins with is no word: a model may have said it, and think.
        """
        limits = self._limits
        if self.opening is None:
            return limits.idle_s
        # Before anything has come, and behind its frame.
        return limits.first_word_s if not self._lines else max(limits.idle_s, limits.first_word_s)


async def require_events(response: EgressResponse, secret: str, ends_at: float) -> None:
    """Raise the fault of an answer that is something else than a stream of events."""
    if response.status not in OK or not is_event_stream(response):
        raise await refusal_of(response, secret, ends_at)


async def _receive(response: EgressResponse, until: float, ends_at: float) -> bytes:
    try:
        return await response.receive(until)
    except TimeoutError as error:
        raise too_late(ends_at) from error


def too_late(ends_at: float) -> ProviderFault:
    """Why nothing more of an answer is waited for."""
    late = asyncio.get_running_loop().time() >= ends_at
    words = "took too long" if late else "fell silent"
    return ProviderFault("timeout", f"The provider {words}.", gave_up=True)


def no_answer() -> ProviderFault:
    """It did not begin to answer in time."""
    return ProviderFault("timeout", "The provider did not answer in time.", gave_up=True)


def is_event_stream(response: Headed) -> bool:
    """Whether the answer is a stream of events, by its headers."""
    return response.headers.get("content-type", "").lower().startswith("text/event-stream")


async def refusal_of(response: EgressResponse, secret: str, ends_at: float) -> ProviderFault:
    """Why there is no stream: an error status, or something else in its place."""
    try:
        body = await read_body(response, _MAX_ERROR_BYTES, ends_at)
    except ProviderFault:
        body = b""
    if response.status not in OK:
        return fault_from_response(response.status, response.headers, body, secret=secret)
    try:
        error = msgspec.json.decode(body, type=dict[str, Any]).get("error")
    except (msgspec.DecodeError, ValueError, RecursionError):
        error = None
    if isinstance(error, (dict, str)):
        return fault_from_event(error, secret=secret)  # pyright: ignore[reportUnknownArgumentType]
    return ProviderFault("garbage", "The provider answered with something else than a stream.")


async def read_body(response: EgressResponse, limit: int, ends_at: float) -> bytes:
    """The whole body; more than `limit` bytes are a fault."""
    body = bytearray()
    try:
        while chunk := await _receive(response, ends_at, ends_at):
            body += chunk
            if len(body) > limit:
                raise ProviderFault("too_large", "The provider's answer is too large.")
        return bytes(body)
    finally:
        # An error keeps the frames that it came through until somebody collects them.
        body.clear()
