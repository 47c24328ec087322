"""What takes place in a window of time: occurrences in order, page by page, with a bound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from vectal.auth.principal import Principal
from vectal.calendar.contracts import LONGEST_WINDOW, CalendarEvent, Free, Occurrence, Window
from vectal.calendar.errors import BadEventError
from vectal.calendar.fields import read_timezone
from vectal.calendar.recurring import beginnings, midnight
from vectal.calendar.repository import events
from vectal.calendar.service.rows import event_of, recurrence_of
from vectal.calendar.tables import EventRow
from vectal.platform.db import Database
from vectal.platform.db.paging import InvalidCursorError, Slice, decode_cursor, encode_cursor

_CURSOR: Final = "calendar.occurrences"
_ONE_DAY: Final = timedelta(days=1)
_MOST_RULES: Final = 1_000
"""Recurring events that a listing looks at: one's own first, then what others show."""
_BUSY: Final = 1_000
"""Occurrences that are looked at for free time."""

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Spans:
    """A window as moments, and as days that lie at midnight in UTC."""

    times: Span
    days: Span

    def of(self, row: EventRow) -> Span:
        return self.days if row.all_day else self.times


def spans_of(window: Window) -> Spans:
    """Raises `BadEventError` for a window that is none, or is too long."""
    zone = read_timezone(window.timezone)
    starts_at, ends_at = window.starts_at, window.ends_at
    if not timedelta() < ends_at - starts_at <= LONGEST_WINDOW:
        words = f"`to` is after `from`, within {LONGEST_WINDOW.days} days."
        raise BadEventError(words, pointer="/to")
    try:
        first = starts_at.astimezone(zone).date()
        last = (ends_at - timedelta(microseconds=1)).astimezone(zone).date()
        days = midnight(first), midnight(last) + _ONE_DAY
    except OverflowError as error:
        raise BadEventError("`from` and `to` are out of range.", pointer="/from") from error
    return Spans((starts_at.astimezone(UTC), ends_at.astimezone(UTC)), days)


@dataclass(frozen=True, slots=True)
class Listing:
    database: Database

    async def list_occurrences(
        self,
        principal: Principal,
        window: Window,
        *,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Slice[Occurrence]:
        """In the order of their beginnings, whole days at midnight in UTC."""
        spans = spans_of(window)
        after = None if cursor is None else _read_cursor(cursor)
        first, last = min(spans.times[0], spans.days[0]), max(spans.times[1], spans.days[1])
        async with self.database.read(principal) as session:
            single = await events.list_single(
                session, principal, spans.times, spans.days, after, limit + 1
            )
            recurring = await events.list_recurring(session, principal, first, last, _MOST_RULES)
        found = [(row.starts_at, row.id, row) for row in single]
        for row in recurring:
            from_on = None if after is None else after[0]
            keys = beginnings(recurrence_of(row), *spans.of(row), from_on, limit + 2)
            found += [(key, row.id, row) for key in keys if after is None or (key, row.id) > after]
        found.sort(key=lambda each: each[:2])
        shown = found[:limit]
        more = len(found) > limit
        following = _write_cursor(shown[-1][0], shown[-1][1]) if more else None
        return Slice([occurrence_of(event_of(row), row, key) for key, _, row in shown], following)

    async def find_free_time(
        self,
        principal: Principal,
        window: Window,
        length: timedelta,
        hours: tuple[int, int],
        limit: int,
    ) -> list[Free]:
        """Stretches of at least `length` without an event of one's own, by day between `hours`.

        Whole days of one's own don't count as busy: a birthday takes no hour. Saturdays and
        Sundays are days like others.
        """
        page = await self.list_occurrences(principal, window, limit=_BUSY)
        busy = [
            (each.starts_at, each.ends_at)
            for each in page.items
            if each.event.owner_id == principal.user_id and each.starts_at and each.ends_at
        ]
        end = window.ends_at
        if page.next_cursor is not None:
            end = min(end, page.items[-1].key)
        zone = read_timezone(window.timezone)
        stretches = _days(window.starts_at, end, zone, hours)
        return list(_free(stretches, busy, length))[:limit]


def occurrence_of(event: CalendarEvent, row: EventRow, key: datetime) -> Occurrence:
    end = key + (row.ends_at - row.starts_at)
    if row.all_day:
        return Occurrence(event, key, None, None, key.date(), (end - _ONE_DAY).date())
    return Occurrence(event, key, key, end, None, None)


def _days(
    starts_at: datetime, ends_at: datetime, zone: ZoneInfo, hours: tuple[int, int]
) -> Iterable[Span]:
    """The hours of each day that lie in the window."""
    day = starts_at.astimezone(zone).date()
    while True:
        begin = datetime.combine(day, datetime.min.time(), zone)
        if begin >= ends_at:
            return
        first = begin.replace(hour=hours[0]).astimezone(UTC)
        following = datetime.combine(day + _ONE_DAY, datetime.min.time(), zone)
        last = begin.replace(hour=hours[1]) if hours[1] < 24 else following  # noqa: PLR2004 - of a day
        stretch = max(first, starts_at), min(last.astimezone(UTC), ends_at)
        if stretch[0] < stretch[1]:
            yield stretch
        day += _ONE_DAY


def _free(stretches: Iterable[Span], busy: Sequence[Span], length: timedelta) -> Iterable[Free]:
    ordered = sorted(busy)
    for begin, end in stretches:
        free_from = begin
        for starts_at, ends_at in ordered:
            if ends_at <= free_from or starts_at >= end:
                continue
            if starts_at - free_from >= length:
                yield Free(free_from, starts_at)
            free_from = max(free_from, ends_at)
        if end - free_from >= length:
            yield Free(free_from, end)


def _write_cursor(key: datetime, event_id: UUID) -> str:
    return encode_cursor(_CURSOR, [key.isoformat(), str(event_id)])


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    # Not `decode_place`: events lie before 2000, too.
    key, event_id = decode_cursor(_CURSOR, cursor, length=2)
    try:
        moment, last = datetime.fromisoformat(str(key)), UUID(str(event_id))
    except ValueError as error:
        raise InvalidCursorError from error
    if moment.tzinfo is None or not 1900 <= moment.year <= 9000:  # noqa: PLR2004 - what PostgreSQL and zones take
        raise InvalidCursorError
    return moment, last
