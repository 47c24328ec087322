"""What others see of schedules and triggers: what begins a run, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

from vectal.agents.contracts import Budget, NewRun, Received, Starter
from vectal.agents.run import RunState
from vectal.ai.contracts import AUTO, ModelChoice
from vectal.auth.principal import Scope

MAX_STARTERS: Final = 100
"""Schedules of one person in one workspace, and as many triggers."""
MAX_BODY_BYTES: Final = 256 << 10
DEFAULT_TIME_ALLOWED: Final = timedelta(days=1)
EACH_AT_MOST: Final = 10
"""Missed occurrences that are made up for, and occurrences that wait for the last run to end."""
ON_TIME: Final = timedelta(minutes=10)
"""An occurrence that is begun later than this was missed."""

MissedPolicy: TypeAlias = Literal["skip", "once", "each"]
OverlapPolicy: TypeAlias = Literal["skip", "queue"]
EventKind: TypeAlias = Literal["task_created", "task_completed", "file_added"]
TriggerKind: TypeAlias = Literal["task_created", "task_completed", "file_added", "webhook", "email"]
HOOK_KINDS: Final[frozenset[TriggerKind]] = frozenset(("webhook", "email"))
Outcome: TypeAlias = Literal["begun", "waiting", "missed", "overlapped", "refused"]


@dataclass(frozen=True, slots=True)
class RunPlan:
    """All that a run is to be; its end is `time_allowed` after its beginning."""

    goal: str
    criteria: tuple[str, ...] = ()
    budget: Budget = field(default_factory=Budget)
    time_allowed: timedelta = DEFAULT_TIME_ALLOWED
    tools: tuple[str, ...] | None = None
    choice: ModelChoice = AUTO
    priority: int = 0
    task_id: UUID | None = None
    project_id: UUID | None = None

    def new_run(
        self,
        now: datetime,
        timezone: str,
        starter: Starter,
        received: Received | None = None,
        task_id: UUID | None = None,
    ) -> NewRun:
        return NewRun(
            goal=self.goal,
            criteria=self.criteria,
            budget=self.budget,
            deadline_at=now + self.time_allowed,
            tools=self.tools,
            choice=self.choice,
            priority=self.priority,
            task_id=task_id or self.task_id,
            project_id=self.project_id,
            timezone=timezone,
            starter=starter,
            received=received,
        )


@dataclass(frozen=True, slots=True)
class Firing:
    """One occurrence or delivery. `code` says why it began no run."""

    id: UUID
    outcome: Outcome
    code: str | None
    occurrence_at: datetime | None
    run_id: UUID | None
    run_state: RunState | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ScheduleTerms:
    """What a person decides. `starts_at` is a time on the wall of `timezone`, without a zone.

    `scopes` None gives all that whoever decides has.
    """

    name: str
    plan: RunPlan
    rrule: str
    starts_at: datetime
    timezone: str
    ends_at: datetime | None = None
    missed: MissedPolicy = "once"
    overlap: OverlapPolicy = "skip"
    enabled: bool = True
    scopes: tuple[Scope, ...] | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """`off_code` says why it was switched off by itself; `next_at` None: never again, or off."""

    id: UUID
    owner_id: UUID
    terms: ScheduleTerms
    off_code: str | None
    next_at: datetime | None
    upcoming: tuple[datetime, ...]
    last: Firing | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class TriggerFilter:
    """Each that is given must hold. Names are compared without regard to case."""

    project_id: UUID | None = None
    label: str | None = None
    name_contains: str | None = None
    senders: tuple[str, ...] = ()
    """Of mail: addresses, or domains with an @ before them."""


@dataclass(frozen=True, slots=True)
class TriggerTerms:
    """What a person decides. `scopes` None gives all that whoever decides has."""

    name: str
    kind: TriggerKind
    plan: RunPlan
    filter: TriggerFilter = TriggerFilter()
    per_hour: int = 10
    enabled: bool = True
    scopes: tuple[Scope, ...] | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    id: UUID
    owner_id: UUID
    terms: TriggerTerms
    off_code: str | None
    old_secret_until: datetime | None
    refused_at: datetime | None
    refused_code: str | None
    last: Firing | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class IssuedTrigger:
    """A trigger with its secret, which is told this once; None where nobody calls it."""

    trigger: Trigger
    secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event speaks of, as the owner of a trigger may see it."""

    id: UUID
    name: str
    project_id: UUID | None = None
    labels: tuple[str, ...] = ()
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something happened in a workspace. `run_id` is the run that has brought it about."""

    kind: EventKind
    workspace_id: UUID
    subject_id: UUID
    key: str
    run_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came in at a hook: its head as it was sent, its body as bytes."""

    hook_id: UUID
    kind: Literal["webhook", "email"]
    body: bytes = field(repr=False)
    content_type: str
    timestamp: str
    signature: str = field(repr=False)
    delivery: str | None
