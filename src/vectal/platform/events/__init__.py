"""Events: domain facts, stored with the change they tell of and read in the order of commits.

Owns the transactional outbox, its relay to Redis, consumers whose offset moves in the same
transaction as their effect, and the live feed. Refuses to know what any event means, to deliver
anything that has not been committed, and to lose anything when Redis is lost.

What is named here is for whoever tells of something. Who listens takes `consumers`, `feed` or
`relay`: a server answers calls of models before it has loaded them.
"""

from vectal.platform.events.contracts import (
    NO_WORKSPACE,
    Cursor,
    EventRecord,
    Replay,
)
from vectal.platform.events.errors import CursorGoneError, InvalidEventCursorError
from vectal.platform.events.event import Event, append, append_for

__all__ = [
    "NO_WORKSPACE",
    "Cursor",
    "CursorGoneError",
    "Event",
    "EventRecord",
    "InvalidEventCursorError",
    "Replay",
    "append",
    "append_for",
]
