"""When an event takes place: its rule on its own clock, and what lies in a window. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from vectal.calendar.errors import BadEventError
from vectal.platform.recurrence.errors import RuleError
from vectal.platform.recurrence.occurrences import upcoming, with_end
from vectal.platform.recurrence.rule import Frequency, Rule, read_rule

_UTC_ZONE: Final = ZoneInfo("UTC")
_TICK: Final = timedelta(microseconds=1)
_SKEW: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """What expanding an event takes; of a single one, `rule` is None."""

    rule: str | None
    all_day: bool
    starts_at: datetime
    length: timedelta
    zone: ZoneInfo
    last_at: datetime | None
    skips: frozenset[datetime]


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def read(rule: str, starts_at: datetime, zone: ZoneInfo, *, all_day: bool) -> Rule:
    """Raises `BadEventError` for a rule that is none, or that recurs within a day by the hour."""
    zone = _UTC_ZONE if all_day else zone
    try:
        parsed = read_rule(rule, starts_at.astimezone(zone), zone)
    except RuleError as error:
        raise BadEventError(str(error), pointer="/rule") from error
    if parsed.frequency > Frequency.DAILY:
        raise BadEventError("An event recurs each day at the most.", pointer="/rule")
    begins = parsed.start.time()
    if all_day and (parsed.hours, parsed.minutes) != ((begins.hour,), (begins.minute,)):
        raise BadEventError("The rule of whole days has no hours.", pointer="/rule")
    return parsed


def last_beginning(rule: Rule, zone: ZoneInfo, *, all_day: bool) -> datetime | None:
    """When the last occurrence begins; None where there is no last one."""
    ended = with_end(rule)
    if ended.until is None:
        return None
    wall = max(ended.until, ended.start)
    return wall.replace(tzinfo=UTC if all_day else zone, fold=0).astimezone(UTC)


def beginnings(
    what: Recurrence, starts_at: datetime, ends_at: datetime, after: datetime | None, limit: int
) -> list[datetime]:
    """Beginnings of what takes place from `starts_at` to before `ends_at`, at most `limit`.

    `after` leaves those up to it out. The first beginning is one, also where the rule has it not.
    """
    bound = starts_at - what.length - _TICK
    bound = bound if after is None else max(bound, after - _TICK)
    found = [what.starts_at, *_by_rule(what, bound, ends_at, limit + len(what.skips) + 1)]
    fitting = sorted({each for each in found if _lies_in(what, each, starts_at, ends_at)})
    return list(islice((each for each in fitting if after is None or each >= after), limit))


def _by_rule(
    what: Recurrence, bound: datetime, ends_at: datetime, limit: int
) -> Iterable[datetime]:
    if what.rule is None:
        return ()
    zone = _UTC_ZONE if what.all_day else what.zone
    rule = read(what.rule, what.starts_at, zone, all_day=what.all_day)
    if what.last_at is not None:
        # Its end in time was found when it was written: nobody counts again.
        until = what.last_at.astimezone(zone).replace(tzinfo=None)
        rule = replace(rule, count=None, until=until)
    within = max(ends_at - bound, timedelta()) + _SKEW
    return upcoming(rule, zone, bound, limit, within)


def _lies_in(what: Recurrence, begins: datetime, starts_at: datetime, ends_at: datetime) -> bool:
    is_over = begins + what.length <= starts_at and begins < starts_at
    return begins < ends_at and not is_over and begins not in what.skips
