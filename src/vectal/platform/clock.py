"""Time: one place to read it, one port to set it in tests."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


def utc_now() -> datetime:
    return datetime.now(UTC)


monotonic = time.monotonic
"""Seconds that never step back; only differences mean anything."""


class Clock(Protocol):
    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...


class SystemClock:
    """Not methods: a model call reads the time forty times."""

    now = staticmethod(utc_now)
    monotonic = staticmethod(time.monotonic)


@dataclass
class FixedClock:
    """A clock that stands still until told to move."""

    at: datetime
    elapsed: float = 0.0

    def now(self) -> datetime:
        return self.at + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    def advance(self, seconds: float) -> None:
        self.elapsed += seconds
