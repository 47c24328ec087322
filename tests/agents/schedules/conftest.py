"""A person with schedules and triggers over a real database, and a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.fixtures.accounts import MakeUser
from tests.fixtures.agents import (
    EffectBox,
    FakeApprover,
    FakeRights,
    Names,
    ScriptedMind,
    advance_job,
    finish,
    saying,
)

from vectal.agents.contracts import Run
from vectal.agents.ports import AgentPorts
from vectal.agents.schedules.contracts import (
    EventKind,
    Firing,
    RunPlan,
    Schedule,
    ScheduleTerms,
    Subject,
)
from vectal.agents.schedules.service import SchedulingService
from vectal.agents.service import AgentService, RunFilter
from vectal.auth.principal import Principal
from vectal.auth.service import AuthService
from vectal.platform.clock import FixedClock
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.jobs import JobQueue
from vectal.platform.rate_limit import RateLimiter

NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)


def at(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=UTC)


@dataclass
class FakeSubjects:
    """Tasks and files that are there, by id; `hidden` ones are for nobody."""

    known: dict[UUID, Subject] = field(default_factory=dict[UUID, Subject])
    asked: list[Principal] = field(default_factory=list[Principal])

    async def find(self, principal: Principal, kind: EventKind, subject_id: UUID) -> Subject | None:
        del kind
        self.asked.append(principal)
        return self.known.get(subject_id)


@dataclass
class Desk:
    """One person, and one process that begins her runs."""

    me: Principal
    database: Database
    clock: FixedClock
    agents: AgentService
    scheduling: SchedulingService
    subjects: FakeSubjects
    auth: AuthService
    keyring: Keyring
    limiter: RateLimiter
    mind: ScriptedMind

    def terms(self, **given: Any) -> ScheduleTerms:
        terms = ScheduleTerms(
            name="Daily review",
            plan=RunPlan("Look at my tasks."),
            rrule="FREQ=DAILY",
            starts_at=datetime(2027, 3, 1, 9, 0),  # noqa: DTZ001 - a time on the wall
            timezone="UTC",
        )
        return replace(terms, **given)

    async def add(self, **given: Any) -> Schedule:
        return await self.scheduling.schedules.create(self.me, self.terms(**given))

    async def get(self, schedule: Schedule) -> Schedule:
        return await self.scheduling.schedules.get(self.me, schedule.id)

    async def begin(self) -> None:
        await self.scheduling.due.begin_due()

    def set(self, words: str) -> None:
        self.clock.at, self.clock.elapsed = at(words), 0.0

    async def firings(self, schedule: Schedule) -> list[Firing]:
        """Oldest first."""
        page = await self.scheduling.schedules.list_firings(self.me, schedule.id, limit=200)
        return list(page.items)[::-1]

    async def told(self, schedule: Schedule) -> list[tuple[str, str]]:
        """Outcome, and day and time of the occurrence, in its order."""
        found = await self.firings(schedule)
        found.sort(key=lambda each: each.occurrence_at or NOW)
        return [
            (each.outcome, f"{each.occurrence_at:%d %H:%M}") for each in found if each.occurrence_at
        ]

    async def runs(self, schedule: Schedule) -> list[Run]:
        wanted = RunFilter(schedule_id=schedule.id)
        return list((await self.agents.runs.list_recent(self.me, wanted, limit=200)).items)

    async def end_runs(self, schedule: Schedule) -> None:
        for run in await self.runs(schedule):
            if run.ended_at is None:
                await self.agents.moves.cancel(self.me, run.id)

    def another(self, *, agents: AgentService | None = None, stand_ins: Any = None) -> Desk:
        """Another process over the same database."""
        scheduling = SchedulingService.build(
            database=self.database,
            keyring=self.keyring,
            runs=(agents or self.agents).runs,
            stand_ins=stand_ins or self.auth,
            subjects=self.subjects,
            limiter=self.limiter,
            clock=self.clock,
        )
        return replace(self, scheduling=scheduling)


@pytest.fixture
async def quiet(db: Database) -> AsyncGenerator[None]:
    """What other tests have left must not be due in the future that these play in."""
    await _switch_all_off(db)
    yield
    await _switch_all_off(db)


async def _switch_all_off(db: Database) -> None:
    async with db.system("test") as session:
        await session.execute(
            text("UPDATE agent_schedules SET enabled = false, look_at = NULL, next_at = NULL")
        )
        await session.execute(text("UPDATE agent_triggers SET enabled = false"))


MakeDesk: TypeAlias = Callable[[Principal], Desk]


@pytest.fixture
def make_desk(
    db: Database, keyring: Keyring, auth: AuthService, limiter: RateLimiter, quiet: None
) -> MakeDesk:
    del quiet

    def make(me: Principal) -> Desk:
        clock = FixedClock(NOW)
        built: list[AgentService] = []
        jobs = JobQueue([advance_job(lambda: built[0])])
        mind = ScriptedMind(saying([finish()]))
        ports = AgentPorts(mind, EffectBox(db), FakeApprover(), FakeRights(), Names())
        agents = AgentService.build(
            database=db, keyring=keyring, jobs=jobs, ports=ports, clock=clock
        )
        built.append(agents)
        subjects = FakeSubjects()
        scheduling = SchedulingService.build(
            database=db,
            keyring=keyring,
            runs=agents.runs,
            stand_ins=auth,
            subjects=subjects,
            limiter=limiter,
            clock=clock,
        )
        return Desk(me, db, clock, agents, scheduling, subjects, auth, keyring, limiter, mind)

    return make


@pytest.fixture
async def desk(make_desk: MakeDesk, make_user: MakeUser) -> Desk:
    return make_desk((await make_user()).principal)
