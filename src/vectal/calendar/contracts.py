"""What others, and this module's own layers, say about events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

from typing_extensions import TypedDict

TITLE: Final = 500
NOTES: Final = 20_000
PLACE: Final = 500
FEED_NAME: Final = 100
SEARCH: Final = 200
MAX_EVENTS: Final = 20_000
"""Of one person in one workspace."""
MAX_RECURRING: Final = 500
"""Events with a rule, of one person in one workspace: a listing looks at each of them."""
MAX_SKIPS: Final = 500
"""Cancelled occurrences of one event."""
MAX_FEEDS: Final = 10
LONGEST: Final = timedelta(days=366)
LONGEST_RECURRING: Final = timedelta(days=31)
LONGEST_WINDOW: Final = timedelta(days=400)
DEFAULT_LENGTH: Final = timedelta(hours=1)
MAX_ICS_BYTES: Final = 1 << 20
MAX_ICS_EVENTS: Final = 2_000

Visibility: TypeAlias = Literal["private", "workspace"]


class EventFields(TypedDict, total=False):
    """The fields that people and models change.

    An event has times (`starts_at`, `ends_at`) or whole days (`starts_on` to `ends_on`, the last
    included). `rule` is an RRULE on the clock of `timezone`. `skips` are the beginnings of
    cancelled occurrences; that of a whole day is its midnight in UTC.
    """

    title: str
    notes: str
    place: str
    visibility: Visibility
    starts_at: datetime | None
    ends_at: datetime | None
    starts_on: date | None
    ends_on: date | None
    timezone: str
    rule: str | None
    skips: list[datetime]


FIELDS: Final = (
    "title",
    "notes",
    "place",
    "visibility",
    "starts_at",
    "ends_at",
    "starts_on",
    "ends_on",
    "timezone",
    "rule",
    "skips",
)


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """`is_imported`: its words came from outside. `uid` is its name among calendars."""

    id: UUID
    owner_id: UUID
    title: str = field(repr=False)
    notes: str = field(repr=False)
    place: str = field(repr=False)
    visibility: Visibility
    starts_at: datetime | None
    ends_at: datetime | None
    starts_on: date | None
    ends_on: date | None
    timezone: str
    rule: str | None
    skips: tuple[datetime, ...]
    is_imported: bool
    uid: str
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that an event takes place; whole days have `starts_on` and the last, `ends_on`.

    `key` names it among those of its event, also to cancel it; it sorts all occurrences.
    """

    event: CalendarEvent
    key: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Window:
    """From `starts_at` to before `ends_at`; whole days are those of `timezone`."""

    starts_at: datetime
    ends_at: datetime
    timezone: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a calendar; `problems` says in words why some of it was left out."""

    created: int
    updated: int
    unchanged: int
    refused: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    id: UUID
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class IssuedFeed:
    """A feed with its token, which is told this once."""

    feed: Feed
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Free:
    """A stretch of time without an event."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ComingRun:
    """When a schedule is due next, and some times after that."""

    schedule_id: UUID
    name: str = field(repr=False)
    at: datetime


AgendaKind: TypeAlias = Literal["event", "task", "run"]


@dataclass(frozen=True, slots=True)
class AgendaEntry:
    """An occurrence, a task by when it is due, or the next beginning of a scheduled run.

    `id` is that of the event, the task or the schedule.
    """

    kind: AgendaKind
    id: UUID
    title: str = field(repr=False)
    key: datetime
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    is_done: bool = False
    occurrence: Occurrence | None = None


@dataclass(frozen=True, slots=True)
class Agenda:
    """In the order of time; `has_more` names the kinds of which there are more than it holds."""

    entries: Sequence[AgendaEntry]
    has_more: tuple[AgendaKind, ...]
    not_allowed: tuple[AgendaKind, ...]
