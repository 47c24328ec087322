"""Deadlines: a point in time after which nobody waits for the answer any more.

The current one travels with the task and everything it starts or awaits. An inner limit can only
come earlier, so no call outlasts the request that it serves.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Self

from vectal.platform.clock import Clock, SystemClock
from vectal.platform.resilience.errors import DeadlineExceededError

_SYSTEM = SystemClock()


@dataclass(frozen=True, slots=True)
class Deadline:
    at: float
    """On the monotonic clock."""
    clock: Clock = _SYSTEM

    @classmethod
    def after(cls, seconds: float, clock: Clock = _SYSTEM) -> Self:
        return cls(clock.monotonic() + seconds, clock)

    def remaining(self) -> float:
        """Seconds left; 0 when it has passed."""
        return max(0.0, self.at - self.clock.monotonic())

    @property
    def has_passed(self) -> bool:
        return self.remaining() <= 0.0

    def bound(self, seconds: float) -> float:
        """`seconds`, or what is left when that is less."""
        return min(seconds, self.remaining())

    def require(self) -> None:
        """Raise `DeadlineExceededError` when it has passed."""
        if self.has_passed:
            raise DeadlineExceededError


_current: ContextVar[Deadline | None] = ContextVar("vectal_deadline", default=None)


def current_deadline() -> Deadline | None:
    return _current.get()


@asynccontextmanager
async def within(seconds: float) -> AsyncGenerator[Deadline]:
    """Cut the block off after `seconds`, or earlier when the current deadline says so.

    Raises `DeadlineExceededError` for a block that was cut off.
    """
    outer = _current.get()
    clock = _SYSTEM if outer is None else outer.clock
    at = clock.monotonic() + seconds
    deadline = Deadline(at if outer is None else min(at, outer.at), clock)
    deadline.require()
    token = _current.set(deadline)
    limit = asyncio.timeout(deadline.remaining())
    try:
        async with limit:
            yield deadline
    except TimeoutError as error:
        # A timeout that the block itself ran into stays what it is.
        if limit.expired():
            raise DeadlineExceededError from error
        raise
    finally:
        _current.reset(token)
