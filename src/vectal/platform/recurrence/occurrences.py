"""When a rule is due, as moments: pure, in the order of time, with a bound on the work.

A rule speaks of the clock on the wall. Where that clock is put forward, a time that it leaves out
happens as far after the last minute before the gap as it was meant to (02:30 at 03:30); where it
is put back, a time that it shows twice happens the first time. Both is what RFC 5545 says. Two
times of a rule that fall on one moment are one occurrence.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from vectal.platform.recurrence.rule import Frequency, Rule

HORIZON: Final = timedelta(days=366 * 40)
"""How far ahead an occurrence is looked for: a 29th of February that is a Friday is that rare."""
NEAR_HORIZON: Final = timedelta(days=366 * 9)
"""The same for rules with many times a day, which cost more to look through."""
_SKEW: Final = timedelta(hours=26)
"""No clock on a wall is put forward or back by more than a day."""
_MONTHS: Final = 12
_LAST_YEAR: Final = 9_990


def next_after(rule: Rule, zone: ZoneInfo, moment: datetime) -> datetime | None:
    """The first occurrence after `moment`; None when there is none within the horizon."""
    return next(iter(upcoming(rule, zone, moment, 1)), None)


def upcoming(
    rule: Rule, zone: ZoneInfo, moment: datetime, limit: int, within: timedelta | None = None
) -> list[datetime]:
    """At most `limit` occurrences after `moment`, in UTC; no further off than `within`."""
    low = _wall(moment, zone) - _SKEW
    last = max(low, rule.start) + (within or _horizon(rule))
    return list(islice(_moments(rule, zone, low, last, moment), limit))


def latest_until(
    rule: Rule, zone: ZoneInfo, first: datetime, moment: datetime, limit: int
) -> list[datetime]:
    """The last `limit` occurrences from `first` to `moment`, both included, oldest first.

    Looks back further and further, so that years of silence cost no more than what they held last.
    """
    reach = timedelta(days=1)
    while True:
        low = max(first, moment - reach)
        found = [
            each
            for each in _moments(
                rule, zone, _wall(low, zone) - _SKEW, _wall(moment, zone) + _SKEW, low, within=True
            )
            if each <= moment
        ]
        if len(found) >= limit or low == first:
            return found[-limit:]
        reach *= 8


def with_end(rule: Rule) -> Rule:
    """The same rule with its COUNT as an end in time, so that nobody has to count again."""
    if rule.count is None:
        return rule
    uncounted = replace(rule, count=None)
    walls = islice(walls_from(uncounted, rule.start, rule.start + _horizon(rule)), rule.count)
    last = max(walls, default=rule.start - timedelta(minutes=1))
    return replace(uncounted, until=last)


def walls_from(rule: Rule, low: datetime, last: datetime) -> Iterator[datetime]:
    """Times on the wall from `low` to `last`, each once, in order."""
    low = max(low, rule.start)
    if rule.until is not None:
        last = min(last, rule.until)
    for period in _periods(rule, low.date(), last.date()):
        for wall in _chosen(rule, period):
            if wall > last:
                return
            if wall >= low:
                yield wall


def _moments(
    rule: Rule,
    zone: ZoneInfo,
    low: datetime,
    last: datetime,
    bound: datetime,
    *,
    within: bool = False,
) -> Iterator[datetime]:
    """Moments after `bound`, or from it on; a gap can turn two of them round, so some wait."""
    waiting: list[datetime] = []
    told = bound - timedelta(microseconds=1) if within else bound
    for wall in walls_from(rule, low, last):
        moment = _moment(wall, zone)
        settled = _moment(wall, zone) - _SKEW
        waiting.append(moment)
        ready = sorted({each for each in waiting if each < settled})
        waiting = [each for each in waiting if each >= settled]
        for each in ready:
            if each > told:
                told = each
                yield each
    for each in sorted(set(waiting)):
        if each > told:
            told = each
            yield each


def _horizon(rule: Rule) -> timedelta:
    return HORIZON if rule.frequency < Frequency.HOURLY else NEAR_HORIZON


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    # In a gap zoneinfo takes the offset before it, in an overlap the first of the two.
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _periods(rule: Rule, low: date, high: date) -> Iterator[list[date]]:
    """The days of each period of the rule that reaches from `low` to `high`."""
    start, step = rule.start.date(), rule.interval
    match rule.frequency:
        case Frequency.YEARLY:
            years = range(_aligned(low.year, start.year, step), high.year + 1, step)
            yield from (_days_of_year(rule, year) for year in years)
        case Frequency.MONTHLY:
            first = _aligned(_month_number(low), _month_number(start), step)
            months = range(first, _month_number(high) + 1, step)
            yield from (_days_of_month(rule, *divmod(number, _MONTHS)) for number in months)
        case Frequency.WEEKLY:
            first = _aligned(_week_of(low, rule), _week_of(start, rule), 7 * step)
            for number in range(first, high.toordinal() + 1, 7 * step):
                week = [date.fromordinal(number + place) for place in range(7)]
                yield [day for day in week if _fits(rule, day) and _fits_week_day(rule, day)]
        case _:
            step = step if rule.frequency is Frequency.DAILY else 1
            first = _aligned(low.toordinal(), start.toordinal(), step)
            for number in range(first, high.toordinal() + 1, step):
                day = date.fromordinal(number)
                yield [day] if _fits(rule, day) and _fits_week_day(rule, day) else []


def _aligned(low: int, start: int, step: int) -> int:
    """The last number up to `low` that is a whole number of steps from `start`."""
    return start + max(0, (low - start) // step) * step


def _month_number(day: date) -> int:
    return day.year * _MONTHS + day.month - 1


def _week_of(day: date, rule: Rule) -> int:
    return day.toordinal() - (day.weekday() - rule.week_start) % 7


def _days_of_year(rule: Rule, year: int) -> list[date]:
    months = sorted(rule.months) or range(1, 13)
    if rule.months or not any(number for number, _ in rule.week_days):
        return [day for month in months for day in _days_of_month(rule, year, month - 1)]
    whole = [date(year, 1, 1) + timedelta(days=n) for n in range(365 + calendar.isleap(year))]
    return [day for day in _numbered(rule, whole) if _fits(rule, day)]


def _days_of_month(rule: Rule, year: int, month: int) -> list[date]:
    if year > _LAST_YEAR or (rule.months and month + 1 not in rule.months):
        return []
    length = calendar.monthrange(year, month + 1)[1]
    days = [date(year, month + 1, number) for number in range(1, length + 1)]
    return [day for day in _numbered(rule, days) if _fits(rule, day)]


def _numbered(rule: Rule, days: list[date]) -> list[date]:
    """Those of a month or a year that are one of the rule's weekdays, counted where it counts."""
    if not rule.week_days:
        return days
    by_day: dict[int, list[date]] = {}
    for day in days:
        by_day.setdefault(day.weekday(), []).append(day)
    found: set[date] = set()
    for number, week_day in rule.week_days:
        line = by_day.get(week_day, [])
        if number == 0:
            found.update(line)
        elif abs(number) <= len(line):
            found.add(line[number - 1 if number > 0 else number])
    return sorted(found)


def _fits(rule: Rule, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    if not rule.month_days:
        return True
    length = calendar.monthrange(day.year, day.month)[1]
    return day.day in rule.month_days or day.day - length - 1 in rule.month_days


def _fits_week_day(rule: Rule, day: date) -> bool:
    return not rule.week_days or (0, day.weekday()) in rule.week_days


def _chosen(rule: Rule, days: list[date]) -> Iterable[datetime]:
    walls = [datetime.combine(day, at) for day in days for at in _times(rule, day)]
    if not rule.positions:
        return walls
    size = len(walls)
    return [
        wall
        for place, wall in enumerate(walls, start=1)
        if place in rule.positions or place - size - 1 in rule.positions
    ]


def _times(rule: Rule, day: date) -> list[time]:
    hours, minutes = rule.hours or range(24), rule.minutes
    if rule.frequency < Frequency.HOURLY:
        return [time(hour, minute) for hour in hours for minute in minutes]
    since = (day - rule.start.date()).days * 24
    if rule.frequency is Frequency.HOURLY:
        return [
            time(hour, minute)
            for hour in hours
            if (since + hour - rule.start.hour) % rule.interval == 0
            for minute in minutes
        ]
    begun = rule.start.hour * 60 + rule.start.minute
    first = (begun - since * 60) % rule.interval
    steps = range(first, 24 * 60, rule.interval)
    return [
        time(*divmod(step, 60))
        for step in steps
        if (not rule.hours or step // 60 in rule.hours) and (not minutes or step % 60 in minutes)
    ]
