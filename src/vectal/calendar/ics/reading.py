"""Events of a calendar file. What is read is bounded before a library sees any of it.

Only events and the few of their lines that we keep are handed on, one event at a time: alarms,
attachments, and time zones with rules of their own never are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from icalendar import Event

from vectal.calendar.contracts import MAX_ICS_BYTES, MAX_ICS_EVENTS, NOTES, PLACE, TITLE
from vectal.calendar.contracts import EventFields as Fields
from vectal.calendar.errors import BadCalendarError, BadEventError, CalendarTooLargeError
from vectal.calendar.recurring import midnight
from vectal.platform.printable import to_lines, to_one_line

_KEPT: Final = frozenset(
    ("UID", "SUMMARY", "DESCRIPTION", "LOCATION", "DTSTART", "DTEND", "DURATION", "RRULE",
     "EXDATE", "RECURRENCE-ID", "STATUS")
)  # fmt: skip
_MAX_LINES: Final = 600
"""Of one event: a cancelled occurrence may take one each."""
_MAX_LINE_CHARS: Final = 100_000
_MAX_UID: Final = 200
_MAX_DEPTH: Final = 4
_NO_TITLE: Final = "(no title)"
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """`override_of` is the beginning of the occurrence that it stands for."""

    uid: str
    fields: Fields
    override_of: datetime | None = None
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class ReadCalendar:
    events: tuple[ReadEvent, ...]
    refused: int
    problems: tuple[str, ...]


def read_calendar(content: bytes, timezone: str) -> ReadCalendar:
    """The events of a file; a time without a zone is one on the clock of `timezone`.

    Raises `BadCalendarError` and `CalendarTooLargeError`. An event that can't be read is counted,
    and said in words.
    """
    if len(content) > MAX_ICS_BYTES:
        raise CalendarTooLargeError(f"A calendar has at most {MAX_ICS_BYTES >> 20} MiB.")
    events: list[ReadEvent] = []
    problems: dict[str, None] = {}
    refused = 0
    for number, block in enumerate(_blocks(content.decode("utf-8-sig", "replace"))):
        if number >= MAX_ICS_EVENTS:
            raise CalendarTooLargeError(f"A calendar has at most {MAX_ICS_EVENTS} events.")
        try:
            events.append(_read(block, timezone))
        except BadEventError as error:
            refused += 1
            problems[error.detail] = None
    return ReadCalendar(tuple(events), refused, tuple(problems))


def _blocks(text: str) -> Iterator[list[str]]:
    """The kept lines of each event, without what is inside of other things."""
    within: list[str] = []
    block: list[str] = []
    seen = False
    for line in _unfolded(text):
        name = line.partition(":")[0].partition(";")[0].strip().upper()
        value = line.partition(":")[2].strip().upper()
        if name == "BEGIN":
            within.append(value)
            seen = seen or within == ["VCALENDAR"]
            block = [] if within == ["VCALENDAR", "VEVENT"] else block
        elif name == "END":
            if within == ["VCALENDAR", "VEVENT"]:
                yield block
            if within:
                within.pop()
        elif within == ["VCALENDAR", "VEVENT"] and name in _KEPT:
            block.append(line)
        if len(within) > _MAX_DEPTH:
            raise BadCalendarError("It nests too deep.")
    if not seen:
        raise BadCalendarError("It does not begin with BEGIN:VCALENDAR.")


def _unfolded(text: str) -> Iterator[str]:
    line: list[str] = []
    for raw in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if raw[:1] in {" ", "\t"}:
            line.append(raw[1:])
            continue
        if line:
            yield "".join(line)
        line = [raw] if raw else []
    if line:
        yield "".join(line)


def _read(block: list[str], timezone: str) -> ReadEvent:
    if len(block) > _MAX_LINES or any(len(line) > _MAX_LINE_CHARS for line in block):
        raise BadEventError("An event is longer than any should be.")
    source = "\r\n".join(("BEGIN:VEVENT", *block, "END:VEVENT", ""))
    try:
        parsed = Event.from_ical(source)
    except (ValueError, KeyError, IndexError, TypeError, OverflowError) as error:
        raise BadEventError("An event is not written as RFC 5545 says.") from error
    if parsed.errors:
        name = str(parsed.errors[0][0] or "A line")[:40]
        raise BadEventError(f"{name} of an event can't be read.")
    return _event(_Parsed(cast("dict[str, Any]", parsed), timezone))


@dataclass(frozen=True, slots=True)
class _Parsed:
    """The properties of one event, as the library has read them."""

    properties: dict[str, Any]
    timezone: str

    def text(self, name: str) -> str:
        value = self.properties.get(name)
        return "" if value is None else str(value)

    def when(self, name: str) -> date | None:
        """A day, or a moment with its zone."""
        value: Any = self.properties.get(name)
        if value is None:
            return None
        found: Any = getattr(value, "dt", None)
        if not isinstance(found, date):
            raise BadEventError(f"{name} of an event can't be read.")
        return self.zoned(found)

    def zoned(self, found: date) -> date:
        if isinstance(found, datetime) and found.tzinfo is None:
            return found.replace(tzinfo=ZoneInfo(self.timezone))
        return found

    def length(self) -> timedelta | None:
        found: Any = getattr(self.properties.get("DURATION"), "dt", None)
        return found if isinstance(found, timedelta) else None

    def skips(self) -> list[datetime]:
        value: Any = self.properties.get("EXDATE")
        lists = cast("list[Any]", value if isinstance(value, list) else [value] if value else [])
        return [
            _key(self.zoned(each.dt))
            for one in lists
            for each in getattr(one, "dts", ())
            if isinstance(each.dt, date)
        ]

    def rule(self) -> str | None:
        value: Any = self.properties.get("RRULE")
        if value is None:
            return None
        if isinstance(value, list):
            raise BadEventError("An event has one rule.", pointer="/rule")
        return value.to_ical().decode("utf-8", "replace")


def _event(parsed: _Parsed) -> ReadEvent:
    uid = to_one_line(parsed.text("UID"))
    if not 0 < len(uid) <= _MAX_UID:
        raise BadEventError("An event has no UID that can be kept.")
    begins = parsed.when("DTSTART")
    if begins is None:
        raise BadEventError("An event has no beginning.")
    override = parsed.when("RECURRENCE-ID")
    fields = _when(parsed, begins)
    fields["title"] = to_one_line(parsed.text("SUMMARY"))[:TITLE].strip() or _NO_TITLE
    fields["notes"] = to_lines(parsed.text("DESCRIPTION"))[:NOTES]
    fields["place"] = to_one_line(parsed.text("LOCATION"))[:PLACE].strip()
    if override is None and (rule := parsed.rule()) is not None:
        fields["rule"], fields["skips"] = rule, parsed.skips()
    return ReadEvent(
        uid=uid,
        fields=fields,
        override_of=None if override is None else _key(override),
        is_cancelled=parsed.text("STATUS").upper() == "CANCELLED",
    )


def _when(parsed: _Parsed, begins: date) -> Fields:
    ends, length = parsed.when("DTEND"), parsed.length()
    try:
        if ends is None and length is not None:
            ends = begins + length
        if not isinstance(begins, datetime):
            is_days = ends is not None and not isinstance(ends, datetime) and ends > begins
            last = cast("date", ends) - _ONE_DAY if is_days else begins
            return Fields(starts_on=begins, ends_on=last, timezone=parsed.timezone)
        if not isinstance(ends, datetime) or ends < begins:
            ends = begins
        return Fields(
            starts_at=begins.astimezone(UTC),
            ends_at=ends.astimezone(UTC),
            timezone=_zone_name(begins, parsed.timezone),
        )
    except OverflowError as error:
        raise BadEventError("An event is out of range.") from error


def _zone_name(moment: datetime, timezone: str) -> str:
    """The zone that its rule is meant in."""
    return getattr(moment.tzinfo, "key", None) or timezone


def _key(moment: date) -> datetime:
    try:
        if isinstance(moment, datetime):
            return moment.astimezone(UTC)
        return midnight(moment)
    except OverflowError as error:
        raise BadEventError("An event is out of range.") from error
