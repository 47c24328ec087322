"""Wire shapes of the calendar."""

from __future__ import annotations

from typing import Annotated, Self, cast
from uuid import UUID

from pydantic import Field, StringConstraints

from vectal.calendar import contracts
from vectal.calendar.contracts import (
    FEED_NAME,
    MAX_SKIPS,
    NOTES,
    PLACE,
    TITLE,
    AgendaKind,
    CalendarEvent,
    EventFields,
    Visibility,
)
from vectal.platform.web import Schema
from vectal.platform.web.schema import Day, Flag, Moment, Text

_VISIBLE = r"^[^\x00]*[^\s\x00][^\x00]*$"

Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=TITLE, pattern=_VISIBLE),
    Field(examples=["Board meeting"]),
]
Notes = Annotated[Text, Field(max_length=NOTES)]
Where = Annotated[Text, Field(max_length=PLACE, examples=["Room 4"])]
Timezone = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$"),
    Field(description="Your own by default", examples=["Europe/Berlin"]),
]
RuleText = Annotated[
    Text,
    Field(
        min_length=1,
        max_length=500,
        description="An RRULE of RFC 5545, each day at the most, on the clock of `timezone`",
        examples=["FREQ=WEEKLY;BYDAY=MO"],
    ),
]
Version = Annotated[
    int,
    Field(
        strict=True,
        ge=1,
        le=2_147_483_647,
        description="The version you have seen; a newer one answers 412",
    ),
]
Skips = Annotated[
    tuple[Moment, ...],
    Field(max_length=MAX_SKIPS, description="Beginnings of cancelled occurrences"),
]


class Event(Schema):
    """Something that takes place: at times, or on whole days of which the last is included."""

    id: UUID
    owner_id: UUID
    title: Title
    notes: str
    place: str
    visibility: Annotated[Visibility, Field(description="Who sees it; its owner changes it")]
    starts_at: Moment | None
    ends_at: Moment | None
    starts_on: Day | None
    ends_on: Day | None
    timezone: str
    rule: str | None
    skips: list[Moment]
    is_imported: Annotated[Flag, Field(description="Its words came from outside")]
    version: int
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, event: CalendarEvent) -> Self:
        return cls(
            id=event.id,
            owner_id=event.owner_id,
            title=event.title,
            notes=event.notes,
            place=event.place,
            visibility=event.visibility,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            starts_on=event.starts_on,
            ends_on=event.ends_on,
            timezone=event.timezone,
            rule=event.rule,
            skips=list(event.skips),
            is_imported=event.is_imported,
            version=event.version,
            created_at=event.created_at,
            updated_at=event.updated_at,
        )


class Occurrence(Schema):
    """One time that an event takes place."""

    key: Annotated[Moment, Field(description="Names it among those of its event; sorts all")]
    starts_at: Moment | None
    ends_at: Moment | None
    starts_on: Day | None
    ends_on: Day | None
    event: Event

    @classmethod
    def of(cls, occurrence: contracts.Occurrence) -> Self:
        return cls(
            key=occurrence.key,
            starts_at=occurrence.starts_at,
            ends_at=occurrence.ends_at,
            starts_on=occurrence.starts_on,
            ends_on=occurrence.ends_on,
            event=Event.of(occurrence.event),
        )


class _Changes(Schema):
    notes: Annotated[Notes, Field(default_factory=str)]
    place: Annotated[Where, Field(default_factory=str)]
    visibility: Visibility = "private"
    starts_at: Moment | None = None
    ends_at: Annotated[Moment | None, Field(description="An hour after it begins by default")] = (
        None
    )
    starts_on: Annotated[Day | None, Field(description="In the place of times: whole days")] = None
    ends_on: Annotated[Day | None, Field(description="The last day, included")] = None
    timezone: Annotated[Timezone, Field(default_factory=str)]
    rule: RuleText | None = None

    def fields(self) -> EventFields:
        given = self.model_dump(exclude_unset=True, exclude={"version"})
        return cast("EventFields", given)


class NewEvent(_Changes):
    title: Title


class EventPatch(_Changes):
    """What is left out stays as it is. A beginning that moves takes the end along."""

    title: Annotated[Title, Field(default_factory=str)]
    skips: Annotated[Skips, Field(default_factory=tuple)]
    version: Version | None = None


class AgendaEntry(Schema):
    """An occurrence, a task by when it is due, or the next beginning of a scheduled run."""

    kind: AgendaKind
    id: Annotated[UUID, Field(description="Of the event, the task or the schedule")]
    title: str
    starts_at: Moment | None
    ends_at: Moment | None
    starts_on: Day | None
    ends_on: Day | None
    is_done: Annotated[Flag, Field(description="A task that is done")]
    occurrence: Occurrence | None

    @classmethod
    def of(cls, entry: contracts.AgendaEntry) -> Self:
        return cls(
            kind=entry.kind,
            id=entry.id,
            title=entry.title,
            starts_at=entry.starts_at,
            ends_at=entry.ends_at,
            starts_on=entry.starts_on,
            ends_on=entry.ends_on,
            is_done=entry.is_done,
            occurrence=None if entry.occurrence is None else Occurrence.of(entry.occurrence),
        )


class Agenda(Schema):
    """In the order of time, at most 200 of each kind."""

    entries: list[AgendaEntry]
    has_more: Annotated[list[AgendaKind], Field(description="Kinds of which there are more")]
    not_allowed: Annotated[
        list[AgendaKind], Field(description="Kinds that your credential does not reach")
    ]

    @classmethod
    def of(cls, agenda: contracts.Agenda) -> Self:
        return cls(
            entries=[AgendaEntry.of(each) for each in agenda.entries],
            has_more=list(agenda.has_more),
            not_allowed=list(agenda.not_allowed),
        )


class CalendarImport(Schema):
    """What came of a calendar file. Taking it again brings its events up to date."""

    created: int
    updated: int
    unchanged: int
    refused: int
    problems: Annotated[list[str], Field(description="Why some were refused, each reason once")]

    @classmethod
    def of(cls, imported: contracts.Imported) -> Self:
        return cls(
            created=imported.created,
            updated=imported.updated,
            unchanged=imported.unchanged,
            refused=imported.refused,
            problems=list(imported.problems),
        )


class NewFeed(Schema):
    name: Annotated[
        str,
        StringConstraints(min_length=1, max_length=FEED_NAME, pattern=_VISIBLE),
        Field(examples=["Phone"]),
    ]


class Feed(Schema):
    """An address that calendar programs subscribe to."""

    id: UUID
    name: str
    created_at: Moment
    used_at: Annotated[Moment | None, Field(description="When it was last read, to the hour")]

    @classmethod
    def of(cls, feed: contracts.Feed) -> Self:
        return cls(id=feed.id, name=feed.name, created_at=feed.created_at, used_at=feed.used_at)


class FeedList(Schema):
    """There are at most ten, so they come at once."""

    items: list[Feed]


class IssuedFeed(Schema):
    feed: Feed
    path: Annotated[
        str, Field(description="Behind the address of the installation. It is shown this once")
    ]
