"""What a model may ask of the calendar. Times without an offset are on the user's own clock."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from vectal.calendar.contracts import NOTES, PLACE, TITLE, Visibility

_RULE = "RRULE such as FREQ=WEEKLY;BYDAY=MO, each day at the most"


class Input(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ListEvents(Input):
    from_at: Annotated[datetime | None, Field(description="Now when left out")] = None
    to_at: Annotated[datetime | None, Field(description="A week later when left out")] = None
    query: Annotated[
        str | None, Field(max_length=200, description="Words of events, whenever they are")
    ] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class ReadEvent(Input):
    event_id: Annotated[UUID, Field(description="As list_events names it")]


class FindFreeTime(Input):
    from_at: Annotated[datetime | None, Field(description="Now when left out")] = None
    to_at: Annotated[datetime | None, Field(description="A week later when left out")] = None
    minutes: Annotated[int, Field(ge=5, le=1_440, description="How long it has to be free")] = 60
    day_begins: Annotated[int, Field(ge=0, le=23, description="Hour")] = 9
    day_ends: Annotated[int, Field(ge=1, le=24, description="Hour")] = 18
    limit: Annotated[int, Field(ge=1, le=50)] = 10


class _When(Input):
    starts_at: datetime | None = None
    ends_at: Annotated[datetime | None, Field(description="An hour later when left out")] = None
    starts_on: Annotated[date | None, Field(description="For whole days, without times")] = None
    ends_on: Annotated[date | None, Field(description="The last day, included")] = None
    rule: Annotated[str | None, Field(max_length=500, description=_RULE)] = None
    place: Annotated[str | None, Field(max_length=PLACE)] = None
    notes: Annotated[str | None, Field(max_length=NOTES)] = None
    visibility: Annotated[
        Visibility | None, Field(description="private unless the user asks to show it")
    ] = None


class CreateEvent(_When):
    title: Annotated[str, Field(min_length=1, max_length=TITLE)]


class UpdateEvent(_When):
    event_id: Annotated[UUID, Field(description="As list_events names it")]
    title: Annotated[str | None, Field(min_length=1, max_length=TITLE)] = None
    clear: list[Literal["rule", "place", "notes"]] | None = None


class DeleteEvent(Input):
    event_id: Annotated[UUID, Field(description="As list_events names it")]
    occurrence: Annotated[
        datetime | None,
        Field(description="The key of the one occurrence to cancel; all when left out"),
    ] = None
