"""Canonical events as the events of a response, or as a whole one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from vectal.ai.contracts import ReasoningDelta, TextDelta, TokenUsage
from vectal.ai.ports import (
    CitationDelta,
    ModelEvent,
    ModelFinished,
    ReasoningSigned,
    ToolArgumentsDelta,
    ToolCallStarted,
)
from vectal.ai.proxy.wires.lengths import openai_message
from vectal.ai.proxy.wires.port import AnswerHead, ClientCall, Known, WireProblem
from vectal.ai.proxy.wires.replay import replayed
from vectal.ai.proxy.wires.responses.calls import CallItem, CustomItem
from vectal.ai.proxy.wires.responses.frame import ResponseFrame
from vectal.ai.proxy.wires.responses.items import (
    Item,
    MessageItem,
    Place,
    ReasoningItem,
    Status,
)
from vectal.ai.proxy.wires.seals import seal

Json = dict[str, Any]

_encode: Final = msgspec.json.Encoder().encode
_CODES: Final[Mapping[int, str]] = {
    400: "invalid_prompt",
    413: "invalid_prompt",
    422: "invalid_prompt",
    429: "rate_limit_exceeded",
}


class ResponseEncoder:
    """One answer in the words of responses. Items follow one another, each ended."""

    def __init__(self, call: ClientCall, head: AnswerHead) -> None:
        self._head = head
        self._frame = ResponseFrame(head, call.body)
        self._known = call.known
        self._number = 0
        self._items: list[Item] = []
        self._open: Item | None = None
        self._calls: dict[int, CallItem | CustomItem] = {}
        self._refused = False

    def begin(self) -> bytes:
        response = self._frame.filled("in_progress")
        created = self._say("response.created", response=response)
        return created + self._say("response.in_progress", response=response)

    def feed(self, event: ModelEvent) -> bytes:
        if isinstance(event, TextDelta):
            return self._text(event) if event.text else b""
        if isinstance(event, ToolArgumentsDelta):
            return self._arguments(event) if event.text else b""
        if isinstance(event, ReasoningDelta):
            begun, item = self._reasoning()
            return begun + item.add(event.text)
        return self._mark(event)

    def end(self, finished: ModelFinished, usage: TokenUsage) -> bytes:
        out, response = self._ended(finished, usage)
        return out + self._say(f"response.{response['status']}", response=response)

    def fault(self, problem: WireProblem) -> bytes:
        out = self._close("incomplete")
        code = _CODES.get(problem.status, "server_error")
        error: Json = {"code": code, "message": openai_message(problem, "input")}
        output = [item.as_json("incomplete") for item in self._items]
        failed = self._frame.filled("failed", output, error=error)
        return out + self._say("response.failed", response=failed)

    def whole(self, finished: ModelFinished, usage: TokenUsage) -> bytes:
        for event in replayed(finished.message):
            self.feed(event)
        return _encode(self._ended(finished, usage)[1])

    def _ended(self, finished: ModelFinished, usage: TokenUsage) -> tuple[bytes, Json]:
        """The last events of the items, and the response that holds them all."""
        out = b""
        if finished.refusal and not self._refused:
            out += self._text(TextDelta(finished.refusal, refusal=True))
        why = _why_incomplete(finished, refused=self._refused)
        last: Status = "completed" if why is None else "incomplete"
        out += self._close(last)
        output = [item.as_json("completed") for item in self._items]
        if self._items:
            output[-1] = self._items[-1].as_json(last)
        return out, self._frame.filled(last, output, usage, incomplete=why)

    def _mark(self, event: ModelEvent) -> bytes:
        """What begins or ends something, or stands between."""
        if isinstance(event, ToolCallStarted):
            item = self._call(event)
            self._calls[event.index] = item
            return self._begin(item)
        if isinstance(event, ReasoningSigned):
            return self._signed(event)
        if isinstance(event, CitationDelta) and isinstance(self._open, MessageItem):
            return self._open.cite(event.citation)
        return b""

    def _call(self, event: ToolCallStarted) -> CallItem | CustomItem:
        known = self._known.get(event.name) or Known(event.name)
        if known.is_custom:
            return CustomItem(self._place("ctc"), event.call_id, known)
        return CallItem(self._place("fc"), event.call_id, known)

    def _text(self, event: TextDelta) -> bytes:
        begun, item = b"", self._open
        if not isinstance(item, MessageItem):
            item = MessageItem(self._place("msg"))
            begun = self._begin(item)
        self._refused |= event.refusal
        return begun + item.add(event.text, refusal=event.refusal, opens=event.opens)

    def _reasoning(self) -> tuple[bytes, ReasoningItem]:
        if isinstance(self._open, ReasoningItem):
            return b"", self._open
        item = ReasoningItem(self._place("rs"))
        return self._begin(item), item

    def _signed(self, event: ReasoningSigned) -> bytes:
        begun = self._close("completed") if event.redacted else b""
        opened, item = self._reasoning()
        item.seal = seal(event.signature, event.provider, "openai", redacted=event.redacted)
        return begun + opened + self._close("completed")

    def _arguments(self, event: ToolArgumentsDelta) -> bytes:
        item = self._calls.get(event.index)
        return item.add(event.text) if item is not None else b""

    def _place(self, prefix: str) -> Place:
        number = len(self._items)
        return Place(f"{prefix}_{self._head.id}_{number}", number, self._say)

    def _begin(self, item: Item) -> bytes:
        closing = self._close("completed")
        self._open = item
        self._items.append(item)
        return closing + item.begin()

    def _close(self, status: Status) -> bytes:
        item, self._open = self._open, None
        return item.end(status) if item is not None else b""

    def _say(self, kind: str, **members: Any) -> bytes:
        numbered = {"type": kind, "sequence_number": self._number, **members}
        self._number += 1
        return f"event: {kind}\ndata: ".encode() + _encode(numbered) + b"\n\n"


def _why_incomplete(finished: ModelFinished, *, refused: bool) -> str | None:
    if finished.reason == "length":
        return "max_output_tokens"
    # A refusal in words is an answer like any other; one without can only be told this way.
    without_words = finished.reason == "refusal" and not refused
    return "content_filter" if without_words or finished.reason == "content_filter" else None
