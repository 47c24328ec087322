"""The steps of a turn's stream: their names, how they are batched, what they add up to.

Pure: no clock, no store. `turn.text` frames since the last `turn.restarted`, put together, are
byte for byte the text of the stored message, because both are made here from the same drafts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from vectal.chat.contracts import Content, Draft, TextPiece, ToolPiece
from vectal.chat.contracts_sources import Citation, Source
from vectal.realtime.errors import BadCursorError

STARTED: Final = "turn.started"
ROUTED: Final = "turn.routed"
CONTEXT: Final = "turn.context"
SOURCES: Final = "turn.sources"
REASONING: Final = "turn.reasoning"
TEXT: Final = "turn.text"
CITATION: Final = "turn.citation"
TOOL_CALLED: Final = "turn.tool_called"
TOOL_RETURNED: Final = "turn.tool_returned"
RESTARTED: Final = "turn.restarted"
ENDED: Final = "turn.ended"
EVENTS: Final = (
    STARTED, ROUTED, CONTEXT, SOURCES, REASONING, TEXT, CITATION, TOOL_CALLED, TOOL_RETURNED,
    RESTARTED, ENDED,
)  # fmt: skip

_MERGED: Final = frozenset({TEXT, REASONING})

BATCH_S: Final = 0.1
BATCH_BYTES: Final = 2048
_MAX_SEQ_DIGITS: Final = 9


class FrameBatch:
    """Drafts on their way to the journal.

    Neighbouring deltas of one kind become one frame. A batch is due at once when the last one
    left long enough ago, so that a first word never waits; else `BATCH_S` after the last.
    """

    def __init__(self) -> None:
        self._drafts: list[Draft] = []
        self.size = 0
        self._left_at = float("-inf")

    def __len__(self) -> int:
        return len(self._drafts)

    def add(self, draft: Draft) -> None:
        last = self._drafts[-1] if self._drafts else None
        if last is not None and last.event == draft.event and draft.event in _MERGED:
            merged = Draft(draft.event, {"text": last.data["text"] + draft.data["text"]})
            self._drafts[-1] = merged
        else:
            self._drafts.append(draft)
        self.size += len(draft.data["text"]) if draft.event in _MERGED else BATCH_BYTES // 4

    def due_in(self, now: float) -> float:
        """Seconds until the batch should leave; 0 when it should go now."""
        if not self._drafts:
            return float("inf")
        if self.size >= BATCH_BYTES:
            return 0.0
        return max(0.0, self._left_at + BATCH_S - now)

    def take(self, now: float) -> list[Draft]:
        taken, self._drafts = self._drafts, []
        self.size = 0
        self._left_at = now
        return taken


class Transcript:
    """What the frames of a turn add up to."""

    def __init__(self) -> None:
        self._parts: list[TextPiece | ToolPiece] = []
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._sources: tuple[Source, ...] = ()
        self._citations: tuple[Citation, ...] = ()
        self.length = 0
        """Characters of text and reasoning."""

    def apply(self, event: str, data: Mapping[str, Any]) -> None:
        if event == SOURCES:
            self._sources = msgspec.convert(data["sources"], tuple[Source, ...])
        elif event == TEXT:
            self._text.append(data["text"])
            self.length += len(data["text"])
        elif event == REASONING:
            self._reasoning.append(data["text"])
            self.length += len(data["text"])
        elif event == TOOL_CALLED:
            self._close_text()
            self._parts.append(
                ToolPiece(data["call_id"], data["name"], data["title"], data["arguments"])
            )
        elif event == TOOL_RETURNED:
            self._return_tool(data)
        elif event == RESTARTED:
            self._forget()

    def keep_tool_content(self, call_id: str, content: str) -> None:
        """What the model was told by a tool: kept in the message, not in the stream."""
        self._change_tool(call_id, content=content)

    def keep_citations(self, citations: tuple[Citation, ...]) -> None:
        """What the finished text cites, with the verdicts."""
        self._citations = citations

    def content(self) -> Content:
        self._close_text()
        return Content(
            tuple(self._parts),
            "".join(self._reasoning),
            sources=self._sources,
            citations=self._citations,
        )

    def _forget(self) -> None:
        self._parts, self._text, self._reasoning, self.length = [], [], [], 0
        self._sources, self._citations = (), ()

    def _close_text(self) -> None:
        if self._text:
            self._parts.append(TextPiece("".join(self._text)))
            self._text = []

    def _return_tool(self, data: Mapping[str, Any]) -> None:
        changeset = data["changeset_id"]
        self._change_tool(
            data["call_id"],
            ok=data["ok"],
            summary=data["summary"],
            changeset_id=UUID(changeset) if changeset else None,
        )

    def _change_tool(self, call_id: str, **changes: Any) -> None:
        for index in range(len(self._parts) - 1, -1, -1):
            part = self._parts[index]
            if isinstance(part, ToolPiece) and part.call_id == call_id:
                fields = {name: getattr(part, name) for name in part.__struct_fields__}
                self._parts[index] = ToolPiece(**(fields | changes))
                return


def parse_seq(text: str | None) -> int:
    """The number of the last frame that a client has; 0 for none."""
    if text is None or text == "":
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_SEQ_DIGITS):
        raise BadCursorError
    return int(text)
