"""The fields of an event: cleaned, made whole, compared, and brought to JSON and back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import JsonValue, TypeAdapter, ValidationError

from vectal.calendar.contracts import (
    DEFAULT_LENGTH,
    FIELDS,
    LONGEST,
    LONGEST_RECURRING,
    MAX_SKIPS,
    NOTES,
    PLACE,
    TITLE,
    CalendarEvent,
    EventFields,
    Visibility,
)
from vectal.calendar.errors import BadEventError
from vectal.calendar.recurring import last_beginning, midnight, read
from vectal.platform.printable import to_lines, to_one_line

FIRST_DAY: Final = date(1970, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
WHEN: Final = frozenset(("starts_at", "ends_at", "starts_on", "ends_on", "timezone", "rule"))
"""Fields that only make sense together: if one of them moves, all are compared."""
_TIMES: Final = ("starts_at", "ends_at")
_DAYS: Final = ("starts_on", "ends_on")
_ONE_DAY: Final = timedelta(days=1)
_FIELDS: Final[TypeAdapter[EventFields]] = TypeAdapter(EventFields)


@dataclass(frozen=True, slots=True)
class Settled:
    """An event as a row holds it: whole days from midnight to midnight in UTC."""

    title: str
    notes: str
    place: str
    visibility: Visibility
    all_day: bool
    starts_at: datetime
    ends_at: datetime
    timezone: str
    rule: str | None
    last_at: datetime | None
    skips: list[datetime]


def read_timezone(name: str) -> ZoneInfo:
    """Raises `BadEventError`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        words = "timezone is a name such as Europe/Berlin."
        raise BadEventError(words, pointer="/timezone") from error


def fields_of(event: CalendarEvent) -> EventFields:
    return EventFields(
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
    )


def encode(fields: EventFields) -> dict[str, JsonValue]:
    """The fields as JSON, in a fixed order."""
    dumped: dict[str, JsonValue] = _FIELDS.dump_python(fields, mode="json")
    return {name: dumped[name] for name in FIELDS if name in dumped}


def decode(stored: Mapping[str, Any]) -> EventFields:
    """Fields from JSON; raises `BadEventError` for a value of another type."""
    try:
        return _FIELDS.validate_python({name: stored[name] for name in FIELDS if name in stored})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = "/".join(str(part) for part in first["loc"])
        raise BadEventError(f"{where}: {first['msg']}", pointer=f"/{where}") from error


def with_changes(current: EventFields, changes: EventFields) -> EventFields:
    """The fields after a change. A beginning that moves takes the end along."""
    given = cast("dict[str, Any]", changes)
    for names, others in ((_TIMES, _DAYS), (_DAYS, _TIMES)):
        named = [name for name in names if given.get(name) is not None]
        if named and any(given.get(name) is not None for name in others):
            raise BadEventError("Give times or whole days, not both.", pointer=f"/{named[0]}")
    merged = cast("dict[str, Any]", current | changes)
    for names, others in ((_TIMES, _DAYS), (_DAYS, _TIMES)):
        if any(given.get(name) is not None for name in names):
            merged |= dict.fromkeys(others)
            _take_end_along(merged, cast("dict[str, Any]", current), given, names)
    return cast("EventFields", merged)


def _take_end_along(
    merged: dict[str, Any], current: dict[str, Any], given: dict[str, Any], names: tuple[str, str]
) -> None:
    first, last = names
    if given.get(last) is None and given.get(first) is not None:
        before, end = current.get(first), current.get(last)
        merged[last] = given[first] + (end - before) if before and end else None


def settle(fields: EventFields, timezone: str) -> Settled:
    """All of a new or changed event, checked; `timezone` stands where none is given.

    Raises `BadEventError` for the first thing that is wrong.
    """
    zone_name = fields.get("timezone") or timezone
    zone = read_timezone(zone_name)
    all_day, starts_at, ends_at = _span(fields)
    rule = fields.get("rule") or None
    longest = LONGEST if rule is None else LONGEST_RECURRING
    if not timedelta() <= ends_at - starts_at <= longest:
        words = f"An event ends after it begins, within {longest.days} days."
        raise BadEventError(words, pointer="/ends_on" if all_day else "/ends_at")
    last_at: datetime | None = starts_at
    if rule is not None:
        parsed = read(rule, starts_at, zone, all_day=all_day)
        last_at, rule = last_beginning(parsed, zone, all_day=all_day), rule.strip()
    return Settled(
        title=_line(fields.get("title", ""), "title", 1, TITLE),
        notes=_lines(fields.get("notes", "")),
        place=_line(fields.get("place", ""), "place", 0, PLACE),
        visibility=fields.get("visibility", "private"),
        all_day=all_day,
        starts_at=starts_at,
        ends_at=ends_at,
        timezone=zone_name,
        rule=rule,
        last_at=last_at,
        skips=_skips(fields.get("skips", [])) if rule else [],
    )


def _span(fields: EventFields) -> tuple[bool, datetime, datetime]:
    starts_on, starts_at = fields.get("starts_on"), fields.get("starts_at")
    if (starts_on is None) == (starts_at is None):
        raise BadEventError("An event has starts_at or starts_on.", pointer="/starts_at")
    if starts_on is not None:
        ends_on = fields.get("ends_on") or starts_on
        for name, day in (("starts_on", starts_on), ("ends_on", ends_on)):
            _check_day(name, day)
        if ends_on < starts_on:
            raise BadEventError("An event ends after it begins.", pointer="/ends_on")
        return True, midnight(starts_on), midnight(ends_on) + _ONE_DAY
    first = _moment("starts_at", cast("datetime", starts_at))
    ends_at = fields.get("ends_at")
    last = first + DEFAULT_LENGTH if ends_at is None else _moment("ends_at", ends_at)
    return False, first, last


def _check_day(name: str, day: date) -> None:
    if not FIRST_DAY <= day <= LAST_DAY:
        words = f"{name} lies between {FIRST_DAY} and {LAST_DAY}."
        raise BadEventError(words, pointer=f"/{name}")


def _moment(name: str, moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise BadEventError(f"{name} needs an offset, such as Z.", pointer=f"/{name}")
    try:
        utc = moment.astimezone(UTC).replace(second=0, microsecond=0)
    except OverflowError as error:
        raise BadEventError(f"{name} is out of range.", pointer=f"/{name}") from error
    _check_day(name, utc.date())
    return utc


def _skips(moments: Iterable[datetime]) -> list[datetime]:
    found = sorted({_moment("skips", each) for each in moments})
    if len(found) > MAX_SKIPS:
        words = f"An event has at most {MAX_SKIPS} cancelled occurrences."
        raise BadEventError(words, pointer="/skips")
    return found


def _line(text: str, name: str, least: int, most: int) -> str:
    line = to_one_line(text)
    if not least <= len(line) <= most:
        raise BadEventError(f"{name} takes {least} to {most} characters.", pointer=f"/{name}")
    return line


def _lines(text: str) -> str:
    lines = to_lines(text)
    if len(lines) > NOTES:
        raise BadEventError(f"Notes take up to {NOTES} characters.", pointer="/notes")
    return lines


def differing(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """The fields of `wanted`, as JSON, that `before` does not hold so."""
    return [name for name in wanted if before.get(name) != wanted[name]]


def whole(names: Iterable[str]) -> list[str]:
    """With one field of when it is, all of them."""
    named = set(names)
    return [name for name in FIELDS if name in named or (name in WHEN and named & WHEN)]
