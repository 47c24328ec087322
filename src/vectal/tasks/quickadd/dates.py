"""Days in words: today, next monday, in 3 days, 24 dec, 2026-12-24, the 24th."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from vectal.tasks.quickadd.calendar import (
    Now,
    add_months,
    coming_weekday,
    end_of_month,
    find_day,
    next_day_of_month,
    next_month_day,
    start_of_next_week,
)
from vectal.tasks.quickadd.readings import DueReading, Rule, rule

YEARS = range(1970, 2200)
_CENTURY = 2000
_DECEMBER = 12
_FRIDAY, _SATURDAY = 4, 5
_NOON_MONTH = 12
END_OF_DAY = time(17)
LAST_MINUTE = time(23, 59)
DAY_PARTS = {
    "morning": time(9),
    "afternoon": time(15),
    "evening": time(18),
    "night": time(20),
}
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            ("monday", "mon"),
            ("tuesday", "tues", "tue"),
            ("wednesday", "weds", "wed"),
            ("thursday", "thurs", "thur", "thu"),
            ("friday", "fri"),
            ("saturday", "sat"),
            ("sunday", "sun"),
        ),
    )
    for name in names
}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sept", "sep"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}
_NUMBERS = {
    name: number
    for number, name in enumerate(
        (
            *("one", "two", "three", "four", "five", "six"),
            *("seven", "eight", "nine", "ten", "eleven", "twelve"),
        ),
        start=1,
    )
} | {"a": 1, "an": 1, "a couple of": 2}
_MINUTES_AN_HOUR = 60

_ON = "(?:due )?(?:on |by )?(?:the )?"
_WEEKDAY = "|".join(_WEEKDAYS)
_MONTH = "|".join(_MONTHS)
_PART = "(?: (?:in the )?(?P<part>morning|afternoon|evening|night))?"
_NAMED = f"(?:(?:{_WEEKDAY}),? )?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,? (?P<year>\d{4}))?"
_COUNT = rf"(?P<count>\d{{1,4}}|{'|'.join(_NUMBERS)})"
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d)(?::\d\d(?:\.\d+)?)?(?P<offset>z|[+-]\d\d:?\d\d)?"


def _on(day: date | None, part: str | None = None) -> DueReading | None:
    if day is None or day.year not in YEARS:
        return None
    return DueReading(day=day, clock=DAY_PARTS[part] if part else None)


def _days_ahead(days: int) -> Callable[[re.Match[str], Now], DueReading | None]:
    return lambda match, now: _on(now.today + timedelta(days=days), match["part"])


def _read_tonight(_: re.Match[str], now: Now) -> DueReading | None:
    return _on(now.today, "night")


def _read_this_part(match: re.Match[str], now: Now) -> DueReading | None:
    return _on(now.today, match["part"])


def _read_weekday(match: re.Match[str], now: Now) -> DueReading | None:
    weekday = _WEEKDAYS[match["weekday"]]
    if match["which"] == "next":
        return _on(start_of_next_week(now.today) + timedelta(days=weekday), match["part"])
    return _on(coming_weekday(weekday, now.today), match["part"])


def _read_next(match: re.Match[str], now: Now) -> DueReading | None:
    if match["unit"] == "week":
        return _on(start_of_next_week(now.today))
    if match["unit"] == "month":
        return _on(end_of_month(now.today) + timedelta(days=1))
    return _on(date(now.today.year + 1, 1, 1))


def _read_weekend(match: re.Match[str], now: Now) -> DueReading | None:
    if match["which"] == "next":
        return _on(start_of_next_week(now.today) + timedelta(days=_SATURDAY))
    if now.today.weekday() >= _SATURDAY:
        return _on(now.today)
    return _on(coming_weekday(_SATURDAY, now.today))


def _read_end(match: re.Match[str], now: Now) -> DueReading | None:
    today = now.today
    match match["unit"][0]:
        case "d":
            passed = now.local.time() >= END_OF_DAY
            return DueReading(day=today, clock=LAST_MINUTE if passed else END_OF_DAY)
        case "w":
            is_friday = today.weekday() == _FRIDAY
            return _on(today if is_friday else coming_weekday(_FRIDAY, today))
        case "m":
            return _on(end_of_month(today))
        case _:
            return _on(date(today.year, _DECEMBER, 31))


def _read_in(match: re.Match[str], now: Now) -> DueReading | None:
    count = _count(match["count"])
    unit = match["unit"]
    if unit.startswith("mo"):
        return _on(add_months(now.today, count))
    if unit.startswith("y"):
        return _on(add_months(now.today, count * _NOON_MONTH))
    if unit.startswith(("d", "w")):
        days = count * (7 if unit.startswith("w") else 1)
        return _on(now.today + timedelta(days=days))
    minutes = count * (_MINUTES_AN_HOUR if unit.startswith("h") else 1)
    return _after(minutes, now)


def _read_half_an_hour(_: re.Match[str], now: Now) -> DueReading | None:
    return _after(_MINUTES_AN_HOUR // 2, now)


def _after(minutes: int, now: Now) -> DueReading:
    """Elapsed time is counted in UTC, so that a clock change does not stretch it."""
    moment = now.moment.astimezone(UTC) + timedelta(minutes=minutes)
    return DueReading(moment=moment.replace(second=0, microsecond=0))


def _count(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word]


def _read_month_day(match: re.Match[str], now: Now) -> DueReading | None:
    month, day, year = _MONTHS[match["month"]], int(match["day"]), match["year"]
    if year:
        return _on(find_day(int(year), month, day))
    return _on(next_month_day(month, day, now.today))


def _read_ordinal(match: re.Match[str], now: Now) -> DueReading | None:
    return _on(next_day_of_month(int(match["day"]), now.today))


def _read_numeric(match: re.Match[str], now: Now) -> DueReading | None:
    day, month, year = int(match["day"]), int(match["month"]), match["year"]
    if not year:
        return _on(next_month_day(month, day, now.today))
    full = int(year) + (_CENTURY if len(year) == len("26") else 0)
    return _on(find_day(full, month, day))


def _read_slashed(match: re.Match[str], _: Now) -> DueReading | None:
    """Day and month have no agreed order here; take the only one that makes a date."""
    first, second, year = int(match["first"]), int(match["second"]), int(match["year"])
    found = {find_day(year, second, first), find_day(year, first, second)} - {None}
    return _on(found.pop()) if len(found) == 1 else None


def _read_iso_moment(match: re.Match[str], _: Now) -> DueReading | None:
    day = find_day(int(match["year"]), int(match["month"]), int(match["day"]))
    hour, minute = int(match["hour"]), int(match["minute"])
    if day is None or day.year not in YEARS or hour >= len(range(24)) or minute >= _MINUTES_AN_HOUR:
        return None
    clock = time(hour, minute)
    offset = match["offset"]
    if not offset:
        return DueReading(day=day, clock=clock)
    moment = datetime.fromisoformat(f"{day}T{clock}{offset.upper()}")
    return DueReading(moment=moment.astimezone(UTC))


DATE_RULES: tuple[Rule, ...] = (
    rule(f"{_ON}(?:today|tod){_PART}", _days_ahead(0)),
    rule(f"{_ON}(?:tomorrow|tmrw|tmr|tmw){_PART}", _days_ahead(1)),
    rule(f"{_ON}day after tomorrow{_PART}", _days_ahead(2)),
    rule("(?:due )?(?:by )?tonight", _read_tonight),
    rule("(?:due )?(?:by )?this (?P<part>morning|afternoon|evening)", _read_this_part),
    rule(f"{_ON}(?:(?P<which>this|next|coming) )?(?P<weekday>{_WEEKDAY}){_PART}", _read_weekday),
    rule("(?:due )?(?:by )?next (?P<unit>week|month|year)", _read_next),
    rule("(?:due )?(?:on |by |at )?(?:the |this |(?P<which>next) )weekend", _read_weekend),
    rule("(?:due )?(?:by |at )?(?:the )?end of (?:the )?(?P<unit>day|week|month|year)", _read_end),
    rule("(?:due )?(?:by )?eo(?P<unit>[dwmy])", _read_end),
    rule(f"(?:due )?in {_COUNT} (?P<unit>(?:min|minute|hour|day|week|month|year)s?)", _read_in),
    rule(r"(?:due )?in (?P<count>\d{1,4}) ?(?P<unit>mins?|h|hrs?|d|w|mo|y)", _read_in),
    rule("(?:due )?in half an hour", _read_half_an_hour),
    rule(f"{_ON}{_NAMED}{_DAY} (?:of )?(?P<month>{_MONTH}){_YEAR}", _read_month_day),
    rule(f"{_ON}{_NAMED}(?P<month>{_MONTH}) (?:the )?{_DAY}{_YEAR}", _read_month_day),
    rule(rf"(?:due |on |by )+(?:the )?{_NAMED}(?P<day>\d{{1,2}})(?:st|nd|rd|th)", _read_ordinal),
    rule(
        rf"(?:the )?{_NAMED}(?P<day>\d{{1,2}})(?:st|nd|rd|th)",
        _read_ordinal,
        only_at_the_end=True,
    ),
    rule(
        rf"{_ON}{_NAMED}(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}}|\d\d)?",
        _read_numeric,
    ),
    rule(
        rf"{_ON}{_NAMED}(?P<year>\d{{4}})[-/](?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}})",
        _read_numeric,
    ),
    rule(
        rf"{_ON}{_NAMED}(?P<first>\d{{1,2}})/(?P<second>\d{{1,2}})/(?P<year>\d{{4}})",
        _read_slashed,
    ),
    rule(
        rf"{_ON}(?P<year>\d{{4}})-(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}})t{_CLOCK}",
        _read_iso_moment,
    ),
)
