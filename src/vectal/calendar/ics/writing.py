"""Events as a calendar file that other programs read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Timezone

from vectal.calendar.contracts import CalendarEvent
from vectal.calendar.recurring import midnight

MEDIA_TYPE: Final = "text/calendar"
_ONE_DAY: Final = timedelta(days=1)
_FOLD: Final = 75
"""Bytes of a line."""
_UTC_NAMES: Final = frozenset(("UTC", "Etc/UTC", "GMT"))


def write_head(name: str) -> str:
    return _lines(
        (
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Vectal//Calendar//EN",
            "CALSCALE:GREGORIAN",
            "METHOD:PUBLISH",
            f"X-WR-CALNAME:{_escaped(name)}",
        )
    )


def write_tail() -> str:
    return _lines(("END:VCALENDAR",))


def write_zones(names: Iterable[str]) -> str:
    """The zones that rules are meant in."""
    return "".join(_zone(name) for name in sorted(set(names) - _UTC_NAMES))


def write_event(event: CalendarEvent) -> str:
    return _lines(_event(event))


def zone_needed(event: CalendarEvent) -> str | None:
    """The zone that its rule is meant in; moments alone need none."""
    is_by_clock = event.rule is not None and event.starts_at is not None
    return event.timezone if is_by_clock and event.timezone not in _UTC_NAMES else None


def _event(event: CalendarEvent) -> Iterator[str]:
    zone = zone_needed(event)
    yield "BEGIN:VEVENT"
    yield f"UID:{_escaped(event.uid)}"
    yield f"DTSTAMP:{_utc(event.updated_at)}"
    yield f"CREATED:{_utc(event.created_at)}"
    yield f"LAST-MODIFIED:{_utc(event.updated_at)}"
    yield f"SEQUENCE:{event.version - 1}"
    yield f"SUMMARY:{_escaped(event.title)}"
    if event.starts_on is not None and event.ends_on is not None:
        yield f"DTSTART;VALUE=DATE:{_day(event.starts_on)}"
        yield f"DTEND;VALUE=DATE:{_day(event.ends_on + _ONE_DAY)}"
        yield "TRANSP:TRANSPARENT"
    elif event.starts_at is not None and event.ends_at is not None:
        yield f"DTSTART{_moment(event.starts_at, zone)}"
        yield f"DTEND{_moment(event.ends_at, zone)}"
    if event.place:
        yield f"LOCATION:{_escaped(event.place)}"
    if event.notes:
        yield f"DESCRIPTION:{_escaped(event.notes)}"
    if event.rule:
        yield f"RRULE:{event.rule.upper().removeprefix('RRULE:')}"
    for skip in event.skips:
        is_days = event.starts_on is not None
        yield f"EXDATE{f';VALUE=DATE:{_day(skip.date())}' if is_days else _moment(skip, zone)}"
    yield f"CLASS:{'PUBLIC' if event.visibility == 'workspace' else 'PRIVATE'}"
    yield "END:VEVENT"


@lru_cache(maxsize=64)
def _zone(name: str) -> str:
    first, last = date(2000, 1, 1), date(2051, 1, 1)
    found = Timezone.from_tzinfo(ZoneInfo(name), name, first, last)
    return found.to_ical().decode()


def _moment(moment: datetime, zone: str | None) -> str:
    if zone is None:
        return f":{_utc(moment)}"
    return f";TZID={zone}:{moment.astimezone(ZoneInfo(zone)):%Y%m%dT%H%M%S}"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _day(day: date) -> str:
    return f"{midnight(day):%Y%m%d}"


def _escaped(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return plain.replace("\r\n", "\\n").replace("\n", "\\n")


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _folded(line: str) -> str:
    """At most 75 bytes a line, and no character cut in two."""
    parts: list[str] = []
    part, size = "", 0
    for char in line:
        width = len(char.encode())
        if size + width > _FOLD:
            parts.append(part)
            part, size = " ", 1
        part, size = part + char, size + width
    return "\r\n".join((*parts, part))
