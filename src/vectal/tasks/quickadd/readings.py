"""What a phrase can mean, and the shape of a rule that reads one."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time

from vectal.tasks.quickadd.calendar import Now


@dataclass(frozen=True, slots=True)
class DueReading:
    """A day, a clock time, a day with its usual hour ("tonight"), or one fixed moment."""

    day: date | None = None
    clock: time | None = None
    moment: datetime | None = None
    ends_the_day: bool = False
    """The clock shows midnight, and means the one that ends the day."""

    @property
    def is_time_alone(self) -> bool:
        return self.day is None and self.moment is None


type_of_reader = Callable[[re.Match[str], Now], DueReading | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern over a lower-case phrase, and what a match of it means."""

    pattern: re.Pattern[str]
    read: type_of_reader
    only_at_the_end: bool = False
    """The words mean a due date only where nothing but marks and times follow."""


def rule(pattern: str, read: type_of_reader, *, only_at_the_end: bool = False) -> Rule:
    compiled = re.compile(rf"(?:{pattern})(?= |$)", re.ASCII)
    return Rule(compiled, read, only_at_the_end)
