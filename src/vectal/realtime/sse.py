"""Server-sent events: how an update looks on the wire (WHATWG HTML, section 9.2)."""

from __future__ import annotations

from typing import Final

MEDIA_TYPE: Final = "text/event-stream"
HEARTBEAT: Final = b": heartbeat\n\n"
HEADERS: Final = {
    "Cache-Control": "no-store",
    # nginx and its kin must pass each event on at once.
    "X-Accel-Buffering": "no",
}


def render(update_id: str, event: str, data: bytes) -> bytes:
    """One event. JSON holds no bare line break, so `data` is always a single line."""
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (update_id.encode(), event.encode(), data)


def render_retry(retry_ms: int) -> bytes:
    """How long a browser's EventSource waits before it comes back."""
    return b"retry: %d\n\n" % retry_ms
