"""A recurrence rule of RFC 5545, read as what a stranger wrote: short, exact, and bounded.

What can't be bounded or would run more often than each quarter of an hour is refused here, so
that whoever computes occurrences later need not ask.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from enum import IntEnum
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from vectal.platform.recurrence.errors import RuleError

MAX_CHARS: Final = 500
MIN_GAP_MINUTES: Final = 15
MAX_COUNT: Final = 1_000
MAX_INTERVAL: Final = (10, 120, 520, 3_650, 8_760, 10_080)
"""By frequency: what is due more seldom than that is no recurrence."""
_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY_MINUTES: Final = 24 * 60
_BYDAY: Final = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,5}")
_UNTIL: Final = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z?))?")
_UNTAKEN: Final = frozenset(("BYSECOND", "BYYEARDAY", "BYWEEKNO"))

NthDay: TypeAlias = tuple[int, int]
"""Which one, 0 for each, and of which weekday, Monday is 0."""


class Frequency(IntEnum):
    """The finer, the higher."""

    YEARLY = 0
    MONTHLY = 1
    WEEKLY = 2
    DAILY = 3
    HOURLY = 4
    MINUTELY = 5


@dataclass(frozen=True, slots=True)
class Rule:
    """Times are those of the clock on the wall where it is due; `until` is the last."""

    frequency: Frequency
    start: datetime
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    week_days: frozenset[NthDay] = frozenset()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    positions: frozenset[int] = frozenset()
    week_start: int = 0


def read_rule(text: str, start: datetime, zone: ZoneInfo) -> Rule:
    """The rule from `start` on, a time on the wall of `zone` to the minute.

    Raises `RuleError`, which says in words what can't be taken.
    """
    parts = _split(text)
    frequency = _frequency(parts)
    rule = Rule(
        frequency=frequency,
        start=start.replace(second=0, microsecond=0, tzinfo=None, fold=0),
        interval=_one(parts, "INTERVAL", 1, MAX_INTERVAL[frequency]) or 1,
        count=_one(parts, "COUNT", 1, MAX_COUNT),
        until=_until(parts, zone),
        months=frozenset(_numbers(parts, "BYMONTH", 1, 12)),
        month_days=frozenset(_signed(parts, "BYMONTHDAY", 31)),
        week_days=_week_days(parts, frequency),
        hours=tuple(sorted(set(_numbers(parts, "BYHOUR", 0, 23)))),
        minutes=tuple(sorted(set(_numbers(parts, "BYMINUTE", 0, 59)))),
        positions=frozenset(_signed(parts, "BYSETPOS", 366)),
        week_start=_week_start(parts),
    )
    if parts:
        raise RuleError(f"{min(parts)} is no part of a rule.")
    _check(rule)
    return _settled(rule)


def _split(text: str) -> dict[str, str]:
    if len(text) > MAX_CHARS:
        raise RuleError(f"A rule has at most {MAX_CHARS} characters.")
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").removesuffix(";").split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise RuleError("A rule is parts such as FREQ=DAILY, with a semicolon between them.")
        if name in parts:
            raise RuleError(f"{name} is there twice.")
        if name in _UNTAKEN:
            raise RuleError(f"{name} is not taken.")
        parts[name] = value
    return parts


def _frequency(parts: dict[str, str]) -> Frequency:
    name = parts.pop("FREQ", "")
    if name == "SECONDLY":
        raise RuleError(f"It is due each {MIN_GAP_MINUTES} minutes at the most.")
    if name not in Frequency.__members__:
        raise RuleError("FREQ is YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY or MINUTELY.")
    return Frequency[name]


def _numbers(parts: dict[str, str], name: str, least: int, most: int) -> list[int]:
    text = parts.pop(name, None)
    if text is None:
        return []
    found: list[int] = []
    for each in text.split(","):
        if not _NUMBER.fullmatch(each) or not least <= int(each) <= most:
            raise RuleError(f"{name} takes numbers from {least} to {most}.")
        found.append(int(each))
    return found


def _one(parts: dict[str, str], name: str, least: int, most: int) -> int | None:
    found = _numbers(parts, name, least, most)
    if len(found) > 1:
        raise RuleError(f"{name} takes one number.")
    return found[0] if found else None


def _signed(parts: dict[str, str], name: str, most: int) -> list[int]:
    """Numbers that count from the end where they are below zero."""
    found = _numbers(parts, name, -most, most)
    if 0 in found:
        raise RuleError(f"{name} does not take 0.")
    return found


def _week_days(parts: dict[str, str], frequency: Frequency) -> frozenset[NthDay]:
    text = parts.pop("BYDAY", None)
    if text is None:
        return frozenset()
    most = {Frequency.YEARLY: 53, Frequency.MONTHLY: 5}.get(frequency, 0)
    found: set[NthDay] = set()
    for each in text.split(","):
        match = _BYDAY.fullmatch(each)
        number = int(match[1] or 0) if match else 0
        if match is None or (match[1] and number == 0):
            raise RuleError("BYDAY takes days such as MO or -1FR.")
        if abs(number) > most:
            raise RuleError("A numbered day such as 2MO needs FREQ=MONTHLY or FREQ=YEARLY.")
        found.add((number, _DAYS.index(match[2])))
    return frozenset(found)


def _week_start(parts: dict[str, str]) -> int:
    text = parts.pop("WKST", "MO")
    if text not in _DAYS:
        raise RuleError("WKST is a day such as MO.")
    return _DAYS.index(text)


def _until(parts: dict[str, str], zone: ZoneInfo) -> datetime | None:
    """The last moment as the clock on the wall shows it; a day ends with its last minute."""
    text = parts.pop("UNTIL", None)
    if text is None:
        return None
    match, words = _UNTIL.fullmatch(text), "UNTIL is a time such as 20271231T235900Z."
    if match is None:
        raise RuleError(words)
    try:
        day = date(int(match[1][:4]), int(match[1][4:6]), int(match[1][6:]))
        if match[2] is None:
            return datetime.combine(day, time(23, 59))
        clock = time(int(match[2][:2]), int(match[2][2:4]), int(match[2][4:]))
        moment = datetime.combine(day, clock)
        if match[3]:
            moment = moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise RuleError(words) from error
    return moment


def _check(rule: Rule) -> None:
    """What the RFC forbids, and what would be due too often."""
    frequency = rule.frequency
    if rule.count is not None and rule.until is not None:
        raise RuleError("A rule ends by COUNT or by UNTIL, not by both.")
    if rule.month_days and frequency is Frequency.WEEKLY:
        raise RuleError("BYMONTHDAY does not go with FREQ=WEEKLY.")
    if rule.positions and frequency > Frequency.DAILY:
        raise RuleError("BYSETPOS needs FREQ=DAILY or one above it.")
    if frequency is Frequency.MINUTELY and rule.interval < MIN_GAP_MINUTES:
        raise RuleError(f"It is due each {MIN_GAP_MINUTES} minutes at the most.")
    if len(rule.minutes) > 1 and _least_gap(rule) < MIN_GAP_MINUTES:
        raise RuleError(f"It is due each {MIN_GAP_MINUTES} minutes at the most.")


def _least_gap(rule: Rule) -> int:
    """The shortest pause between two times of any two days, in minutes."""
    hours = rule.hours or (range(24) if rule.frequency >= Frequency.HOURLY else (0,))
    times = [60 * hour + minute for hour in hours for minute in rule.minutes]
    after = [*times[1:], times[0] + _DAY_MINUTES]
    return min(late - early for early, late in zip(times, after, strict=True))


def _settled(rule: Rule) -> Rule:
    """With what the RFC takes from the start where the rule does not say it."""
    frequency, start = rule.frequency, rule.start
    if not rule.month_days and not rule.week_days:
        if frequency is Frequency.YEARLY:
            months = rule.months or frozenset((start.month,))
            rule = replace(rule, months=months, month_days=frozenset((start.day,)))
        elif frequency is Frequency.MONTHLY:
            rule = replace(rule, month_days=frozenset((start.day,)))
        elif frequency is Frequency.WEEKLY:
            rule = replace(rule, week_days=frozenset(((0, start.weekday()),)))
    if frequency < Frequency.HOURLY:
        rule = replace(rule, hours=rule.hours or (start.hour,))
    if frequency < Frequency.MINUTELY:
        rule = replace(rule, minutes=rule.minutes or (start.minute,))
    return rule
