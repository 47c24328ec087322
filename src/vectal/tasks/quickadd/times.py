"""Times of day: 9am, 9.30 pm, 14:30, noon, midnight, at 9."""

import re
from datetime import time, timedelta

from vectal.tasks.quickadd.calendar import Now
from vectal.tasks.quickadd.readings import DueReading, Rule, rule

_HOURS_A_DAY = 24
_HALF_DAY = 12
_MINUTES_AN_HOUR = 60
MIDNIGHT = time(0)

_AT = "(?:due )?(?:at |by )?"
_HALF = r"(?P<half>[ap])\.?m\.?"


def _clock(hour: int, minute: int) -> DueReading | None:
    if hour >= _HOURS_A_DAY or minute >= _MINUTES_AN_HOUR:
        return None
    return DueReading(clock=time(hour, minute))


def _read_half_day(match: re.Match[str], _: Now) -> DueReading | None:
    hour = int(match["hour"])
    if not 1 <= hour <= _HALF_DAY:
        return None
    afternoon = _HALF_DAY if match["half"] == "p" else 0
    return _clock(hour % _HALF_DAY + afternoon, int(match["minute"] or 0))


def _read_full_day(match: re.Match[str], _: Now) -> DueReading | None:
    return _clock(int(match["hour"]), int(match["minute"] or 0))


def _read_noon(_: re.Match[str], __: Now) -> DueReading:
    return DueReading(clock=time(_HALF_DAY))


def _read_midnight(_: re.Match[str], __: Now) -> DueReading:
    """Midnight ends the day that it is said with; the parser moves it to the day after."""
    return DueReading(clock=MIDNIGHT, ends_the_day=True)


TIME_RULES: tuple[Rule, ...] = (
    rule(rf"{_AT}(?P<hour>\d{{1,2}})(?:[:.](?P<minute>\d\d))? ?{_HALF}", _read_half_day),
    rule(rf"{_AT}(?P<hour>\d{{1,2}}):(?P<minute>\d\d)", _read_full_day),
    rule(f"{_AT}(?:noon|midday)", _read_noon),
    rule(f"{_AT}midnight", _read_midnight),
    rule(
        r"(?:due )?at (?P<hour>\d{1,2})(?: o'clock)?(?P<minute>)",
        _read_full_day,
        only_at_the_end=True,
    ),
)
ONE_DAY = timedelta(days=1)
