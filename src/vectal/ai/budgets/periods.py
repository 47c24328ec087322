"""Periods: the day, the month or the whole time that a cap is for, by the budget's own calendar."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PeriodKind: TypeAlias = Literal["day", "month", "total"]
PERIOD_KINDS: Final[tuple[PeriodKind, ...]] = ("day", "month", "total")

_ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DECEMBER: Final = 12


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open, in UTC. `ends_at` is None for the one that never ends."""

    starts_at: datetime
    ends_at: datetime | None

    def is_over(self, now: datetime) -> bool:
        return self.ends_at is not None and now >= self.ends_at


def find_period(kind: PeriodKind, timezone: str, now: datetime) -> Period:
    """The period that `now` lies in; days of a zone have 23 to 25 hours at times."""
    if kind == "total":
        return Period(_ALWAYS, None)
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    if kind == "day":
        return Period(_midnight(today, zone), _midnight(today + timedelta(days=1), zone))
    first = today.replace(day=1)
    return Period(_midnight(first, zone), _midnight(_next_month(first), zone))


def is_timezone(name: str) -> bool:
    """Whether it is a name of the IANA database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Where clocks skip midnight, the first moment of the day; where it comes twice, the first."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _next_month(first: date) -> date:
    if first.month == _DECEMBER:
        return first.replace(year=first.year + 1, month=1)
    return first.replace(month=first.month + 1)
