"""Wire shapes of runs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from vectal.agents.contracts import (
    DEFAULT_COST_USD,
    DEFAULT_STEPS,
    DEFAULT_TOKENS,
    MAX_CRITERIA,
    Budget,
    EngineName,
    JournalEntry,
    NewRun,
    Review,
    Run,
    RunKind,
    StarterKind,
    Wanted,
)
from vectal.agents.run import RunState
from vectal.ai.contracts import ModelChoice, Slot, Taint
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Moment, Text

Words = Annotated[Text, Field(min_length=1, max_length=8_000, pattern=r"^[^\x00]*\S[^\x00]*$")]
Criterion = Annotated[Text, Field(min_length=1, max_length=500)]
ToolName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=["9f" * 32])]


class NewRunBudgetShape(Schema):
    """What a run may use at most; a step is one model call or one tool call."""

    cost_usd: Annotated[Decimal, Field(ge=0, le=1_000, max_digits=12, decimal_places=8)] = (
        DEFAULT_COST_USD
    )
    tokens: Annotated[int, Field(strict=True, ge=1, le=50_000_000)] = DEFAULT_TOKENS
    steps: Annotated[int, Field(strict=True, ge=1, le=10_000)] = DEFAULT_STEPS


class RunBudgetShape(Schema):
    cost_usd: Decimal
    tokens: int
    steps: int


class RunSpendShape(Schema):
    cost_usd: Decimal
    tokens: int
    steps: int


class RunChoiceShape(Schema):
    """A slot, a model by name, or neither: then the router chooses."""

    slot: Slot | None = None
    model: Annotated[Text, Field(min_length=1, max_length=200)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.slot is not None and self.model is not None:
            msg = "choose a slot or a model, not both"
            raise ValueError(msg)
        return self

    def choice(self) -> ModelChoice:
        return ModelChoice(slot=self.slot, model=self.model)


class NewRunShape(Schema):
    goal: Annotated[Words, Field(max_length=20_000)]
    criteria: Annotated[list[Criterion], Field(max_length=MAX_CRITERIA)] = Field(
        default_factory=list[str], description="What has to be true when the run is done"
    )
    budget: NewRunBudgetShape = NewRunBudgetShape()
    deadline_at: Annotated[Moment | None, Field(description="In a week when not given")] = None
    tools: Annotated[
        list[ToolName] | None,
        Field(max_length=200, description="Names of tools; null grants all that you may use"),
    ] = None
    choice: RunChoiceShape = RunChoiceShape()
    priority: Annotated[int, Field(strict=True, ge=-10, le=10)] = 0
    task_id: UUID | None = None
    conversation_id: UUID | None = None
    project_id: UUID | None = None
    engine: Annotated[
        EngineName | None,
        Field(description="Who brings it from step to step; null is what the operator has set"),
    ] = None

    def new_run(self) -> NewRun:
        budget = self.budget
        return NewRun(
            goal=self.goal,
            criteria=tuple(self.criteria),
            budget=Budget(budget.cost_usd, budget.tokens, budget.steps),
            deadline_at=self.deadline_at,
            tools=None if self.tools is None else tuple(self.tools),
            choice=self.choice.choice(),
            priority=self.priority,
            task_id=self.task_id,
            conversation_id=self.conversation_id,
            project_id=self.project_id,
            engine=self.engine,
        )


class RunMessageShape(Schema):
    text: Words


class RunAnswerShape(Schema):
    text: Words


class RunAcceptanceShape(Schema):
    """Without a body, all changes that wait are accepted."""

    item_ids: Annotated[
        list[UUID] | None,
        Field(
            max_length=200,
            description="Changes to accept; the others are rejected. All that wait by default",
        ),
    ] = None


class RunReturnShape(Schema):
    text: Annotated[Words, Field(description="What is missing, or wrong", examples=["Cheaper."])]


class RunDecisionShape(Schema):
    """`sha256` is that of the arguments as they were shown: other ones are not approved by it."""

    sha256: Digest
    approved: Flag
    note: Annotated[Text, Field(max_length=2_000)] = ""


class RunSettlementShape(Schema):
    """What became of the call in doubt; `text` is said to the model."""

    outcome: Annotated[
        Literal["done", "not_done"] | None, Field(description="Null when no call is in doubt")
    ] = None
    result: Annotated[Text, Field(max_length=8_000)] = ""
    text: Annotated[Text, Field(max_length=8_000)] = ""


class RunFaultShape(Schema):
    code: str
    detail: str


class RunStarterShape(Schema):
    """The schedule or trigger that began a run."""

    kind: StarterKind
    id: UUID


class RunShape(Schema):
    id: UUID
    goal: str
    criteria: list[str]
    state: RunState
    wanted: Annotated[Wanted | None, Field(description="What its worker has been asked to do")]
    budget: RunBudgetShape
    spend: RunSpendShape
    deadline_at: datetime
    tools: list[str] | None
    choice: RunChoiceShape
    priority: int
    task_id: UUID | None
    conversation_id: UUID | None
    project_id: UUID | None
    parent_run_id: UUID | None
    started_by: Annotated[
        RunStarterShape | None, Field(description="Null: a person, by themselves or with a key")
    ]
    kind: Annotated[
        RunKind, Field(description="The work, a task to break down, or tasks to put in order")
    ]
    review: Annotated[
        Review | None,
        Field(description="Of a run that was handed over with a task, once it has ended"),
    ]
    reviewed_at: datetime | None
    follows_run_id: Annotated[UUID | None, Field(description="The run that was sent back")]
    engine: Annotated[EngineName, Field(description="Who brings it from step to step now")]
    attempt: Annotated[int, Field(description="How often a worker has taken it")]
    last_seq: Annotated[int, Field(description="The number of the newest journal entry")]
    taint: Annotated[
        list[Taint], Field(description="What it has read: others' words, private things")
    ]
    error: RunFaultShape | None
    report: Annotated[str | None, Field(description="Markdown")]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, run: Run) -> Self:
        spend, fault = run.spend, run.fault
        return cls(
            id=run.id,
            goal=run.goal,
            criteria=list(run.criteria),
            state=run.state,
            wanted=run.wanted,
            budget=RunBudgetShape(
                cost_usd=run.budget.cost_usd, tokens=run.budget.tokens, steps=run.budget.steps
            ),
            spend=RunSpendShape(cost_usd=spend.cost_usd, tokens=spend.tokens, steps=spend.steps),
            deadline_at=run.deadline_at,
            tools=None if run.tools is None else list(run.tools),
            choice=RunChoiceShape(slot=run.choice.slot, model=run.choice.model),
            priority=run.priority,
            task_id=run.task_id,
            conversation_id=run.conversation_id,
            project_id=run.project_id,
            parent_run_id=run.parent_run_id,
            started_by=None
            if run.starter is None
            else RunStarterShape(kind=run.starter.kind, id=run.starter.id),
            kind=run.kind,
            review=run.review,
            reviewed_at=run.reviewed_at,
            follows_run_id=run.follows_run_id,
            engine=run.engine,
            attempt=run.attempt,
            last_seq=run.last_seq,
            taint=sorted(run.taint),
            error=RunFaultShape(code=fault.code, detail=fault.detail) if fault else None,
            report=run.report,
            created_at=run.created_at,
            started_at=run.started_at,
            ended_at=run.ended_at,
        )


class RunEntryShape(Schema):
    """One entry of a journal; which fields `data` has, its kind says."""

    seq: int
    kind: str
    at: datetime
    data: dict[str, Any]

    @classmethod
    def of(cls, entry: JournalEntry) -> Self:
        return cls(seq=entry.seq, kind=entry.kind, at=entry.at, data=dict(entry.data))


class RunJournalShape(Schema):
    """Entries in order. There are more when the last one's `seq` is below `last_seq`."""

    items: list[RunEntryShape]
    last_seq: int
