"""Use cases of schedules and triggers.

`SchedulingService` is what doors and processes hold: what people do to schedules and triggers,
what the scheduler begins, and what comes in from outside.
"""

from dataclasses import dataclass
from typing import Self

from vectal.agents.schedules.ports import StandIns, Subjects
from vectal.agents.schedules.service.beginning import Beginner
from vectal.agents.schedules.service.due import DueSchedules
from vectal.agents.schedules.service.events import EventTriggers
from vectal.agents.schedules.service.hooks import Hooks
from vectal.agents.schedules.service.making import Maker
from vectal.agents.schedules.service.schedules import Schedules
from vectal.agents.schedules.service.triggers import Triggers
from vectal.agents.sealing import Seals
from vectal.agents.service.runs import Runs
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.rate_limit import RateLimiter

__all__ = ["SchedulingService"]


@dataclass(frozen=True, slots=True)
class SchedulingService:
    schedules: Schedules
    triggers: Triggers
    due: DueSchedules
    events: EventTriggers
    hooks: Hooks

    @classmethod
    def build(
        cls,
        *,
        database: Database,
        keyring: Keyring,
        runs: Runs,
        stand_ins: StandIns,
        subjects: Subjects,
        limiter: RateLimiter,
        clock: Clock | None = None,
    ) -> Self:
        clock = clock or SystemClock()
        seals = Seals(keyring)
        maker = Maker(seals)
        beginner = Beginner(database, runs, stand_ins, maker, clock)
        return cls(
            schedules=Schedules(database, maker, clock),
            triggers=Triggers(database, maker, seals, clock),
            due=DueSchedules(database, beginner, clock),
            events=EventTriggers(database, beginner, subjects, clock),
            hooks=Hooks(database, beginner, seals, limiter, clock),
        )
