"""Due days and moments as one person's calendar sees them. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vectal.tasks.contracts import View
from vectal.tasks.errors import InvalidFieldError

NO_DUE: Final = datetime(9999, 12, 31)  # noqa: DTZ001  # wall-clock time, sorts after all others
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DueWindow:
    """Due days from `first` to `last`, or moments from `starts_at` to before `ends_at`.

    None leaves a side open.
    """

    first: date | None = None
    last: date | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def within(self, other: "DueWindow") -> "DueWindow":
        """What lies in both."""
        return DueWindow(
            max((one for one in (self.first, other.first) if one), default=None),
            min((one for one in (self.last, other.last) if one), default=None),
            max((one for one in (self.starts_at, other.starts_at) if one), default=None),
            min((one for one in (self.ends_at, other.ends_at) if one), default=None),
        )


def read_timezone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidFieldError(
            "timezone is a name such as Europe/Berlin.", pointer="/timezone"
        ) from error


def order_of(due_on: date | None, due_at: datetime | None, timezone: ZoneInfo) -> datetime:
    """By which a due task sorts: the clock on this person's wall, a mere day at its end."""
    if due_at is not None:
        return due_at.astimezone(timezone).replace(tzinfo=None)
    if due_on is not None:
        return datetime.combine(due_on, time.max)
    return NO_DUE


def start_of(day: date, timezone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, timezone).astimezone(UTC)


def days_between(first: date | None, last: date | None, timezone: ZoneInfo) -> DueWindow:
    return DueWindow(
        first,
        last,
        start_of(first, timezone) if first else None,
        start_of(last + _ONE_DAY, timezone) if last else None,
    )


def overdue(now: datetime, timezone: ZoneInfo) -> DueWindow:
    """Days before today, and moments before now."""
    today = now.astimezone(timezone).date()
    return DueWindow(last=today - _ONE_DAY, ends_at=now)


def window_of(view: View, now: datetime, timezone: ZoneInfo) -> DueWindow | None:
    """`today` holds what is due today or should have been done before; `upcoming` the rest."""
    today = now.astimezone(timezone).date()
    match view:
        case "today":
            return days_between(None, today, timezone)
        case "upcoming":
            return days_between(today + _ONE_DAY, None, timezone)
        case "overdue":
            return overdue(now, timezone)
        case "inbox":
            return None
