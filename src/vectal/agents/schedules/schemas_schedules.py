"""Wire shapes of schedules."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BeforeValidator, Field, NaiveDatetime

from vectal.agents.schedules.contracts import (
    MissedPolicy,
    OverlapPolicy,
    Schedule,
    ScheduleTerms,
)
from vectal.agents.schedules.rule import MAX_CHARS
from vectal.agents.schedules.schemas import (
    FiringShape,
    PlannedRunShape,
    RunPlanShape,
    Scopes,
    StarterName,
)
from vectal.auth.principal import Scope
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Moment, Text

_WALL: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?")


def _is_wall(value: object) -> object:
    if not isinstance(value, datetime) and not (isinstance(value, str) and _WALL.fullmatch(value)):
        msg = "must be a time on the wall such as 2027-01-31T09:00"
        raise ValueError(msg)
    return value


WallTime = Annotated[
    NaiveDatetime,
    BeforeValidator(_is_wall),
    Field(
        description="A time on the wall of `timezone`, to the minute",
        examples=["2027-01-31T09:00"],
        json_schema_extra={"format": "local-date-time", "pattern": f"^{_WALL.pattern}$"},
    ),
]
RuleText = Annotated[
    Text,
    Field(
        min_length=1,
        max_length=MAX_CHARS,
        description="RFC 5545: FREQ, INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYDAY, BYHOUR,"
        " BYMINUTE, BYSETPOS, WKST; due each 15 minutes at the most",
        examples=["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"],
    ),
]
Zone = Annotated[Text, Field(min_length=1, max_length=64, examples=["Europe/Berlin"])]
_MISSED: Final = (
    "When nobody was there to begin it: `skip`, `once` for all that were missed, or `each` of"
    " the last ten"
)
_OVERLAP: Final = "When the last run is still open: `skip`, or `queue` until it has ended"


def _never() -> datetime:
    return datetime(2000, 1, 1)  # noqa: DTZ001 - never read: what is not given stays


def _once() -> MissedPolicy:
    return "once"


def _skip() -> OverlapPolicy:
    return "skip"


class NewScheduleShape(Schema):
    name: StarterName
    run: RunPlanShape
    rrule: RuleText
    starts_at: WallTime
    timezone: Zone
    ends_at: Moment | None = None
    missed: Annotated[MissedPolicy, Field(description=_MISSED)] = "once"
    overlap: Annotated[OverlapPolicy, Field(description=_OVERLAP)] = "skip"
    enabled: Flag = True
    scopes: Scopes = None

    def terms(self) -> ScheduleTerms:
        return ScheduleTerms(
            name=self.name,
            plan=self.run.plan(),
            rrule=self.rrule,
            starts_at=self.starts_at,
            timezone=self.timezone,
            ends_at=self.ends_at,
            missed=self.missed,
            overlap=self.overlap,
            enabled=self.enabled,
            scopes=None if self.scopes is None else tuple(self.scopes),
        )


class SchedulePatchShape(Schema):
    """What is left out stays. From then on it has your rights, as far as it had them."""

    name: Annotated[StarterName, Field(default_factory=str)]
    run: RunPlanShape | None = None
    rrule: Annotated[RuleText, Field(default_factory=str)]
    starts_at: Annotated[WallTime, Field(default_factory=_never)]
    timezone: Annotated[Zone, Field(default_factory=str)]
    ends_at: Moment | None = None
    missed: Annotated[MissedPolicy, Field(default_factory=_once, description=_MISSED)]
    overlap: Annotated[OverlapPolicy, Field(default_factory=_skip, description=_OVERLAP)]
    enabled: Annotated[Flag, Field(default_factory=bool)]
    scopes: Scopes = None

    def change(self, had: ScheduleTerms) -> ScheduleTerms:
        given: dict[str, Any] = {
            name: getattr(self, name)
            for name in self.model_fields_set
            if name not in ("run", "scopes")
        }
        if self.run is not None:
            given["plan"] = self.run.plan()
        if "scopes" in self.model_fields_set:
            given["scopes"] = None if self.scopes is None else tuple(self.scopes)
        return replace(had, **given)


class SchedulePreviewShape(Schema):
    """A rule that need not be stored."""

    rrule: RuleText
    starts_at: WallTime
    timezone: Zone
    ends_at: Moment | None = None
    limit: Annotated[int, Field(strict=True, ge=1, le=20)] = 5


class OccurrencesShape(Schema):
    items: Annotated[list[datetime], Field(description="From now on, in their order")]


class ScheduleShape(Schema):
    id: UUID
    name: str
    run: PlannedRunShape
    rrule: str
    starts_at: Annotated[str, Field(description="A time on the wall of `timezone`")]
    timezone: str
    ends_at: datetime | None
    missed: MissedPolicy
    overlap: OverlapPolicy
    enabled: Flag
    off_code: Annotated[
        str | None, Field(description="Why it was switched off by itself: `auth.revoked`")
    ]
    scopes: list[Scope]
    next_at: Annotated[datetime | None, Field(description="Null: never again, or off")]
    upcoming: list[datetime]
    last: FiringShape | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, schedule: Schedule) -> Self:
        terms = schedule.terms
        return cls(
            id=schedule.id,
            name=terms.name,
            run=PlannedRunShape.of(terms.plan),
            rrule=terms.rrule,
            starts_at=terms.starts_at.isoformat(timespec="minutes"),
            timezone=terms.timezone,
            ends_at=terms.ends_at,
            missed=terms.missed,
            overlap=terms.overlap,
            enabled=terms.enabled,
            off_code=schedule.off_code,
            scopes=list(terms.scopes or ()),
            next_at=schedule.next_at,
            upcoming=list(schedule.upcoming),
            last=None if schedule.last is None else FiringShape.of(schedule.last),
            created_at=schedule.created_at,
            updated_at=schedule.updated_at,
        )
