"""Events: domain facts, stored with the change they tell of and read in the order of commits.

Owns the transactional outbox, its relay to Redis, consumers whose offset moves in the same
transaction as their effect, and the live feed. Refuses to know what any event means, to deliver
anything that has not been committed, and to lose anything when Redis is lost.
"""

from vectal.platform.events.consumers import Consumer, ConsumerRunner, consumer
from vectal.platform.events.contracts import (
    NO_WORKSPACE,
    Cursor,
    EventRecord,
    Replay,
)
from vectal.platform.events.errors import CursorGoneError, InvalidEventCursorError
from vectal.platform.events.event import Event, append, append_for
from vectal.platform.events.feed import EventFeed
from vectal.platform.events.relay import Relay

__all__ = [
    "NO_WORKSPACE",
    "Consumer",
    "ConsumerRunner",
    "Cursor",
    "CursorGoneError",
    "Event",
    "EventFeed",
    "EventRecord",
    "InvalidEventCursorError",
    "Relay",
    "Replay",
    "append",
    "append_for",
    "consumer",
]
