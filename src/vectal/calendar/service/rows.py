"""From rows to events, and from what was settled to rows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from vectal.calendar.contracts import CalendarEvent, Visibility
from vectal.calendar.fields import Settled
from vectal.calendar.recurring import Recurrence
from vectal.calendar.tables import EventRow

_ONE_DAY: Final = timedelta(days=1)


def event_of(row: EventRow) -> CalendarEvent:
    days = row.all_day
    return CalendarEvent(
        id=row.id,
        owner_id=row.owner_id,
        title=row.title,
        notes=row.notes,
        place=row.place,
        visibility=cast("Visibility", row.visibility),
        starts_at=None if days else row.starts_at,
        ends_at=None if days else row.ends_at,
        starts_on=row.starts_at.date() if days else None,
        ends_on=(row.ends_at - _ONE_DAY).date() if days else None,
        timezone=row.timezone,
        rule=row.rule,
        skips=tuple(row.skips),
        is_imported=row.is_imported,
        uid=row.uid,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def recurrence_of(row: EventRow) -> Recurrence:
    return Recurrence(
        rule=row.rule,
        all_day=row.all_day,
        starts_at=row.starts_at,
        length=row.ends_at - row.starts_at,
        zone=ZoneInfo(row.timezone),
        last_at=row.last_at,
        skips=frozenset(row.skips),
    )


def values_of(settled: Settled) -> dict[str, Any]:
    return asdict(settled)


def uid_of(event_id: UUID) -> str:
    """The name among calendars of an event that was made here."""
    return f"{event_id}@vectal"
