"""What a job is: a name, ids, a handler, and the rule by which it is tried."""

import random
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

_NAME: Final = re.compile(r"[a-z_]+\.[a-z_]+")
_QUEUE: Final = re.compile(r"[a-z_]{1,50}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a handler is told beside the ids."""

    job_id: UUID
    workspace_id: UUID
    name: str
    key: str
    attempt: int
    """1 for the first try."""
    is_last: bool
    """No further try follows this one."""


Handler = Callable[[JobContext, Mapping[str, str]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class JobRule:
    """Where it runs, for how long, and how often it is tried."""

    queue: str = "default"
    attempts: int = 5
    first_pause: timedelta = timedelta(seconds=2)
    longest_pause: timedelta = timedelta(minutes=10)
    timeout: timedelta = timedelta(minutes=5)
    lease: timedelta = timedelta(seconds=30)
    """Renewed while it runs; a worker that vanished loses the job after it."""

    def pause(self, failures: int) -> timedelta:
        """How long to wait after the given number of failures: doubling, with half of it drawn."""
        exact = min(self.first_pause * 2.0 ** min(failures - 1, 30), self.longest_pause)
        return exact * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing


@dataclass(frozen=True, slots=True)
class Job:
    """A registered kind of work."""

    name: str
    handle: Handler
    rule: JobRule = field(default_factory=JobRule)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or not _QUEUE.fullmatch(self.rule.queue):
            raise ValueError(f"job {self.name!r} is named <room>.<verb>, its queue in lower case")


def job(name: str, rule: JobRule | None = None) -> Callable[[Handler], Job]:
    """Make a job of a function `(context, ids)`.

    It may run more than once, after a crash or a cut connection, so its effects are idempotent by
    the context's key or guarded by state of their own.
    """

    def make(handle: Handler) -> Job:
        return Job(name, handle, rule or JobRule())

    return make


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job that is due at multiples of a time since 1970, UTC: each day at 03:00 is (1 d, 3 h).

    Each occurrence runs once, whoever schedules; those missed while nobody did count as one.
    """

    job_name: str
    every: timedelta
    offset: timedelta = timedelta()

    def __post_init__(self) -> None:
        if self.every < timedelta(seconds=1) or not timedelta() <= self.offset < self.every:
            raise ValueError("a schedule repeats after a second or more, its offset lies within")

    def latest(self, now: datetime) -> datetime:
        """The newest occurrence that is not in the future."""
        rounds = (now - _EPOCH - self.offset) // self.every
        return _EPOCH + self.offset + rounds * self.every


@dataclass(frozen=True, slots=True)
class Sweep:
    """Small upkeep that the scheduler itself does now and then; it must not take long."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[object]]
