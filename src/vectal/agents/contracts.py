"""What others see of runs: what is asked of one, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from vectal.agents.run import RunState
from vectal.ai.contracts import AUTO, Effect, ModelChoice, Taint

DEFAULT_COST_USD: Final = Decimal(1)
DEFAULT_TOKENS: Final = 500_000
DEFAULT_STEPS: Final = 100
DEFAULT_TIME: Final = timedelta(days=7)
MAX_CRITERIA: Final = 20

Wanted: TypeAlias = Literal["cancel", "pause"]
EngineName: TypeAlias = Literal["native", "n8n"]
"""Who brings a run from step to step."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may use. A step is one model call or one tool call."""

    cost_usd: Decimal = DEFAULT_COST_USD
    tokens: int = DEFAULT_TOKENS
    steps: int = DEFAULT_STEPS


@dataclass(frozen=True, slots=True)
class Spend:
    cost_usd: Decimal = Decimal(0)
    tokens: int = 0
    steps: int = 0

    def __add__(self, other: Spend) -> Spend:
        return Spend(
            self.cost_usd + other.cost_usd, self.tokens + other.tokens, self.steps + other.steps
        )


@dataclass(frozen=True, slots=True)
class NewRun:
    """`tools` None grants all that the caller's scopes allow; `deadline_at` None is in a week."""

    goal: str
    criteria: tuple[str, ...] = ()
    budget: Budget = Budget()
    deadline_at: datetime | None = None
    tools: tuple[str, ...] | None = None
    choice: ModelChoice = AUTO
    priority: int = 0
    """The higher, the sooner; among the runs of one workspace."""
    task_id: UUID | None = None
    conversation_id: UUID | None = None
    project_id: UUID | None = None
    timezone: str | None = None
    engine: EngineName | None = None
    """None is what the operator has set."""


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An Idempotency-Key and a digest of what was asked with it."""

    key: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class RunFault:
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it stands, with its words open."""

    id: UUID
    workspace_id: UUID
    owner_id: UUID
    goal: str
    criteria: tuple[str, ...]
    budget: Budget
    deadline_at: datetime
    tools: tuple[str, ...] | None
    choice: ModelChoice
    priority: int
    task_id: UUID | None
    conversation_id: UUID | None
    project_id: UUID | None
    parent_run_id: UUID | None
    depth: int
    engine: EngineName
    state: RunState
    wanted: Wanted | None
    attempt: int
    crashes: int
    spend: Spend
    last_seq: int
    taint: frozenset[Taint]
    fault: RunFault | None
    report: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CallAsked:
    """A tool call that a model wants. `id` is ours and unique: the call's idempotency key."""

    id: str
    tool: str
    arguments: str
    """The JSON text as the model wrote it."""
    model_call_id: str


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """What the loop has to know of a tool that a run may call."""

    effect: Effect
    title: str = ""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One entry as it is shown; `data` holds the fields of its kind (`agents/entries.py`)."""

    seq: int
    kind: str
    at: datetime
    data: Mapping[str, Any]
