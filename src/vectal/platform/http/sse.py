"""Server-sent events, parsed as they come.

The parser takes bytes cut anywhere and gives whole events. It bounds the length of a line and
of an event, so a hostile stream costs a fixed amount of memory.
"""

from __future__ import annotations

from typing import Final, NamedTuple

MAX_EVENT_BYTES: Final = 1 << 20
_DATA: Final = b"data: "
_DATA_BYTES: Final = len(_DATA)
_BOM: Final = b"\xef\xbb\xbf"


class EventTooLargeError(Exception):
    """A line or an event exceeds what one event may hold."""


class SseEvent(NamedTuple):
    """`event` is "message" when the stream names none."""

    event: str
    data: str


class SseParser:
    """Bytes in, events out. One parser a stream."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max = max_event_bytes
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._skip_newline = False
        self._at_start = True
        self._name = ""
        self._data: list[str] = []
        self._data_bytes = 0
        self.lines = 0
        """Complete lines so far, comments included: a sign that the other side lives."""

    @property
    def is_amid_event(self) -> bool:
        """Whether an event has begun that is not whole yet."""
        return bool(self._pending or self._data or self._name)

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """Take some bytes; return the events that they completed."""
        if self._is_one_event(chunk):
            self.lines += 2
            return [SseEvent("message", chunk[_DATA_BYTES:-2].decode("utf-8", "replace"))]
        if self._skip_newline and chunk:
            self._skip_newline = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" in chunk:
            # A lone CR ends a line too; the LF of a pair may only come with the next chunk.
            self._skip_newline = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        first, *rest = chunk.split(b"\n")
        self._keep(first)
        events: list[SseEvent] = []
        for piece in rest:
            self._end_line(events)
            self._keep(piece)
        return events

    def _is_one_event(self, chunk: bytes) -> bool:
        """One whole event in one line: nearly all that models say comes so."""
        return (
            chunk.startswith(_DATA)
            and chunk.find(b"\n") == len(chunk) - 2
            and chunk.endswith(b"\n\n")
            and b"\r" not in chunk
            and len(chunk) <= self._max
            and not (self.is_amid_event or self._skip_newline or self._at_start)
        )

    def _keep(self, piece: bytes) -> None:
        if not piece:
            return
        self._pending_bytes += len(piece)
        if self._pending_bytes > self._max:
            raise EventTooLargeError(f"a line of the stream is longer than {self._max} bytes")
        self._pending.append(piece)

    def _end_line(self, events: list[SseEvent]) -> None:
        line = b"".join(self._pending)
        self._pending.clear()
        self._pending_bytes = 0
        self.lines += 1
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if line:
            self._take_field(line)
        elif self._data:
            events.append(SseEvent(self._name or "message", "\n".join(self._data)))
            self._reset()
        else:
            self._reset()

    def _take_field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data_bytes += len(value) + 1
            if self._data_bytes > self._max:
                raise EventTooLargeError(f"an event of the stream exceeds {self._max} bytes")
            self._data.append(value.decode("utf-8", "replace"))
        elif name == b"event":
            self._name = value.decode("utf-8", "replace")

    def _reset(self) -> None:
        self._name = ""
        self._data.clear()
        self._data_bytes = 0
