"""Days and moments in one person's calendar; safe where clocks jump."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_LEAP_SEARCH_YEARS = 9
_DECEMBER = 12
_DAYS_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Now:
    """The moment of reading, as the person's own clock shows it."""

    moment: datetime
    zone: ZoneInfo

    @property
    def local(self) -> datetime:
        return self.moment.astimezone(self.zone)

    @property
    def today(self) -> date:
        return self.local.date()


def to_moment(day: date, clock: time, now: Now) -> datetime:
    """Return the UTC moment of a wall-clock time.

    A time that a clock change skips moves forward by the gap. Of a time that comes twice the
    first is meant, unless it has passed and the second has not.
    """
    wall = datetime.combine(day, clock)
    first = wall.replace(tzinfo=now.zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=now.zone, fold=1).astimezone(UTC)
    return second if first < now.moment <= second else first


def find_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def next_month_day(month: int, day: int, today: date) -> date | None:
    """Return the next such day, today included; the 29th of February may be years away."""
    for year in range(today.year, today.year + _LEAP_SEARCH_YEARS):
        found = find_day(year, month, day)
        if found is not None and found >= today:
            return found
    return None


def next_day_of_month(day: int, today: date) -> date | None:
    """Return the next day with this number, today included; months without it are passed over."""
    year, month = today.year, today.month
    for _ in range(_DECEMBER):
        found = find_day(year, month, day)
        if found is not None and found >= today:
            return found
        year, month = (year + 1, 1) if month == _DECEMBER else (year, month + 1)
    return None


def coming_weekday(weekday: int, today: date) -> date:
    """Return the next such weekday after today."""
    ahead = (weekday - today.weekday() - 1) % _DAYS_A_WEEK + 1
    return today + timedelta(days=ahead)


def start_of_next_week(today: date) -> date:
    return today + timedelta(days=_DAYS_A_WEEK - today.weekday())


def add_months(day: date, months: int) -> date | None:
    """Return the same day some months on, or that month's last day where it has none."""
    index = day.year * _DECEMBER + day.month - 1 + months
    year, month = divmod(index, _DECEMBER)
    if not date.min.year <= year <= date.max.year:
        return None
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
