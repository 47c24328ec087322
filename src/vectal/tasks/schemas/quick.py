"""Wire shapes of quick add."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from vectal.platform.web import Schema
from vectal.platform.web.schema import Day, Moment
from vectal.tasks.contracts import LOWEST_PRIORITY, QuickPreview
from vectal.tasks.limits import QUICK_ADD
from vectal.tasks.quickadd.spans import to_utf16
from vectal.tasks.schemas.values import Priority, Timezone

Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=QUICK_ADD, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$"),
    Field(examples=["Pay rent tomorrow 9am p1 #home +Flat"]),
]


class ParseInput(Schema):
    text: Line
    timezone: Timezone | None = None


class QuickInput(Schema):
    """A line of words. What it leaves open is taken from where it was typed."""

    text: Line
    timezone: Timezone | None = None
    project_id: Annotated[UUID | None, Field(description="When the line names no project")] = None
    parent_id: Annotated[UUID | None, Field(description="When the line names no project")] = None
    due_on: Annotated[Day | None, Field(description="When the line names no time")] = None


class NamedProject(Schema):
    name: Annotated[str, Field(examples=["Flat"])]
    id: Annotated[UUID | None, Field(description="Null when it would be made")]


class Span(Schema):
    """A part of the text that was understood; `start` and `end` count UTF-16 units."""

    start: Annotated[int, Field(examples=[9])]
    end: Annotated[int, Field(examples=[17])]
    kind: Literal["date", "time", "priority", "project", "label"]
    value: Annotated[str, Field(examples=["2026-07-16"])]


class Preview(Schema):
    """How quick add reads a line. Words that it does not understand are in the title."""

    title: Annotated[str, Field(examples=["Pay rent"])]
    due_on: Day | None
    due_at: Moment | None
    priority: Priority
    project: NamedProject | None
    labels: list[str]
    spans: list[Span]

    @classmethod
    def of(cls, preview: QuickPreview, text: str) -> Self:
        reading = preview.reading
        named = reading.project
        return cls(
            title=reading.title,
            due_on=reading.due_on,
            due_at=reading.due_at,
            priority=reading.priority or LOWEST_PRIORITY,
            project=NamedProject(name=named, id=preview.project_id) if named else None,
            labels=list(reading.labels),
            spans=[
                Span(
                    start=to_utf16(text, span.start),
                    end=to_utf16(text, span.end),
                    kind=span.kind,
                    value=span.value,
                )
                for span in reading.spans
            ],
        )
