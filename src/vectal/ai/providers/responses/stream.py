"""The stream of `/responses`, read while it is passed on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from vectal.ai.contracts import ChatMessage, TextDelta, TokenUsage
from vectal.ai.ports import ModelEvent, ModelFinished, ProviderFault
from vectal.ai.providers.faults import fault_from_event
from vectal.ai.providers.responses.usage import (
    charges_of,
    kind_of,
    read_response_usage,
    with_charges,
)
from vectal.ai.providers.untrusted import as_object
from vectal.platform.http.sse import SseEvent

_DONE: Final = "[DONE]"
_DELTA: Final = ".delta"
_FIRST: Final = "response.created"
_ITEM: Final = "response.output_item.done"
_FAILED: Final = "response.failed"
_LAST: Final = frozenset(("response.completed", "response.incomplete"))


class _Response(msgspec.Struct):
    usage: Any = None
    error: Any = None
    output: msgspec.Raw = msgspec.Raw()
    tools: msgspec.Raw = msgspec.Raw()


class _Event(msgspec.Struct):
    type: str = ""
    sequence_number: Any = None
    delta: Any = None
    response: _Response | None = None
    item: msgspec.Raw = msgspec.Raw()
    error: Any = None
    code: Any = None
    message: Any = None


_EVENT: Final = msgspec.json.Decoder(_Event)


class _Delta(msgspec.Struct):
    type: str
    delta: str
    sequence_number: int


_TEXT: Final = msgspec.json.Decoder(_Delta)
"""What most events are; all others are no such thing."""


class ResponsesDecoder:
    """Events of one stream in; out come its pieces of text, and its counts at the end.

    Whatever a model writes is text here: words, thoughts, the arguments of tools. All of it is paid
    for, and nobody looks at it more closely.
    """

    def __init__(self, secret: str = "") -> None:
        self._secret = secret
        self._usage: TokenUsage | None = None
        self._kinds: list[str] = []
        self._tools = b""
        self.next_number = 0
        """Of the event that would follow."""
        self.ended = False
        """The response is over, and nothing follows it."""

    @property
    def complete(self) -> bool:
        return self.ended

    def feed(self, event: SseEvent) -> Iterator[ModelEvent]:
        data = event.data.strip()
        if self.ended or not data or data == _DONE:
            return
        try:
            said = _EVENT.decode(data)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ProviderFault("garbage", "The provider sent an event that is no JSON.") from error
        self._require_well(said)
        if type(said.sequence_number) is int:
            self.next_number = said.sequence_number + 1
        if said.type.endswith(_DELTA) and isinstance(said.delta, str):
            yield TextDelta(said.delta)
        elif said.type == _ITEM:
            self._kinds.append(kind_of(said.item))
        elif said.type == _FIRST and said.response is not None:
            self._tools = bytes(said.response.tools)
        elif said.type in _LAST:
            self.ended = True
            self._count(said.response)

    def count_text(self, event: SseEvent) -> int | None:
        """Take an event that holds nothing but text: its characters. None: `feed` it instead."""
        if self.ended:
            return None
        try:
            said = _TEXT.decode(event.data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        if not said.type.endswith(_DELTA):
            return None
        self.next_number = said.sequence_number + 1
        return len(said.delta)

    def told(self) -> TokenUsage | None:
        """Tokens are not counted before the end; what is charged by the piece is seen."""
        if self._usage is not None:
            return self._usage
        charges = charges_of(self._kinds, self._tools)
        return None if charges is None else TokenUsage(charges=charges)

    def finish(self) -> Iterator[ModelEvent]:
        """The last event, or a fault when the stream ended too early."""
        if not self.ended:
            raise ProviderFault("cut", "The stream of the provider broke off.")
        yield ModelFinished("stop", ChatMessage("assistant", ()), self._usage)

    def _count(self, last: _Response | None) -> None:
        """Note what the last event says was used, of a response that failed as well."""
        if last is not None:
            counts = read_response_usage(as_object(last.usage))
            self._usage = with_charges(counts, last.output, last.tools)

    def _require_well(self, said: _Event) -> None:
        """Raise ProviderFault for an event that tells of a failure, however it is dressed."""
        failed = said.type == _FAILED
        if failed:
            self._count(said.response)
        error = said.response.error if failed and said.response is not None else said.error
        if not failed and said.type != "error" and not error:
            return
        if not isinstance(error, str) and not as_object(error):
            error = {"code": said.code, "message": said.message}
        told = error if isinstance(error, str) else as_object(error)
        raise fault_from_event(told, secret=self._secret)
