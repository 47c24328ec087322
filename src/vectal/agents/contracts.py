"""What others see of runs: what is asked of one, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
StarterKind: TypeAlias = Literal["schedule", "trigger"]
RunKind: TypeAlias = Literal["work", "break_down", "prioritise"]
"""What was handed over: the work, a task to cut into steps, or the tasks of today to order."""
Outcome: TypeAlias = Literal["succeeded", "needs_review", "failed"]
Review: TypeAlias = Literal["waiting", "accepted", "sent_back"]
DecidedVia: TypeAlias = Literal["app", "mail_link"]
"""Where a person has decided: signed in, or on the page of a link that was mailed to her."""
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
class Starter:
    """What begins runs when nobody is there to do so."""

    kind: StarterKind
    id: UUID


@dataclass(frozen=True, slots=True)
class Received:
    """What came in and began a run. `reads` says what whoever reads it has read."""

    origin: str
    """What it is, in a few words, for people and models."""
    text: str = field(repr=False)
    reads: frozenset[Taint]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The run that was sent back, its report, what it had read, and the person's words."""

    run_id: UUID
    report: str
    words: str
    taint: frozenset[Taint]


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
    starter: Starter | None = None
    received: Received | None = None
    kind: RunKind = "work"
    earlier: Earlier | None = None
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
    starter: Starter | None
    depth: int
    kind: RunKind
    review: Review | None
    """Of a run that was handed over and has come to an end."""
    reviewed_at: datetime | None
    follows_run_id: UUID | None
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
class PendingApproval:
    """A call that waits for a person, as she has to see it."""

    id: UUID
    tool: str
    title: str
    arguments: str = field(repr=False)
    """JSON text."""
    sha256: str
    why: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """A run with what it waits for; `question` is the id of the call that asks."""

    run: Run
    approvals: tuple[PendingApproval, ...] = ()
    question: str | None = None


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


@dataclass(frozen=True, slots=True)
class ShownCriterion:
    """A criterion, what the run shows for it, and what the check said; None where none was made."""

    criterion: str
    evidence: str
    met: bool | None
    why: str


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What a run leaves on its task when it ends."""

    outcome: Outcome
    report: str
    """Markdown."""
    reason: str
    criteria: tuple[ShownCriterion, ...]
