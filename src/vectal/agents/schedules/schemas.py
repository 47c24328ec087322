"""Wire shapes that schedules and triggers share: what a run is to be, and what came of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from vectal.agents.contracts import MAX_CRITERIA, Budget
from vectal.agents.run import RunState
from vectal.agents.schedules.contracts import DEFAULT_TIME_ALLOWED, Firing, Outcome, RunPlan
from vectal.agents.schemas import (
    Criterion,
    NewRunBudgetShape,
    RunBudgetShape,
    RunChoiceShape,
    Words,
)
from vectal.auth.principal import Scope
from vectal.platform.web import Schema
from vectal.platform.web.schema import Text

StarterName = Annotated[Text, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*\S[^\x00]*$")]
Scopes = Annotated[
    list[Scope] | None,
    Field(max_length=len(Scope), description="What its runs may do; null gives all that you may"),
]
MAX_SECONDS = 90 * 24 * 3600


class RunPlanShape(Schema):
    """What each run is to be; it has so many seconds from its beginning."""

    goal: Annotated[Words, Field(max_length=20_000)]
    criteria: Annotated[list[Criterion], Field(max_length=MAX_CRITERIA)] = Field(
        default_factory=list[str], description="What has to be true when the run is done"
    )
    budget: NewRunBudgetShape = NewRunBudgetShape()
    time_allowed_s: Annotated[int, Field(strict=True, ge=60, le=MAX_SECONDS)] = int(
        DEFAULT_TIME_ALLOWED.total_seconds()
    )
    tools: Annotated[
        list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]] | None,
        Field(max_length=200, description="Names of tools; null grants all that the scopes allow"),
    ] = None
    choice: RunChoiceShape = RunChoiceShape()
    priority: Annotated[int, Field(strict=True, ge=-10, le=10)] = 0
    task_id: UUID | None = None
    project_id: UUID | None = None

    def plan(self) -> RunPlan:
        return RunPlan(
            goal=self.goal,
            criteria=tuple(self.criteria),
            budget=Budget(self.budget.cost_usd, self.budget.tokens, self.budget.steps),
            time_allowed=timedelta(seconds=self.time_allowed_s),
            tools=None if self.tools is None else tuple(self.tools),
            choice=self.choice.choice(),
            priority=self.priority,
            task_id=self.task_id,
            project_id=self.project_id,
        )


class PlannedRunShape(Schema):
    goal: str
    criteria: list[str]
    budget: RunBudgetShape
    time_allowed_s: int
    tools: list[str] | None
    choice: RunChoiceShape
    priority: int
    task_id: UUID | None
    project_id: UUID | None

    @classmethod
    def of(cls, plan: RunPlan) -> Self:
        budget = plan.budget
        return cls(
            goal=plan.goal,
            criteria=list(plan.criteria),
            budget=RunBudgetShape(
                cost_usd=Decimal(budget.cost_usd), tokens=budget.tokens, steps=budget.steps
            ),
            time_allowed_s=int(plan.time_allowed.total_seconds()),
            tools=None if plan.tools is None else list(plan.tools),
            choice=RunChoiceShape(slot=plan.choice.slot, model=plan.choice.model),
            priority=plan.priority,
            task_id=plan.task_id,
            project_id=plan.project_id,
        )


class FiringShape(Schema):
    """One occurrence, or one thing that came in."""

    id: UUID
    outcome: Annotated[
        Outcome,
        Field(
            description="`waiting`: for the run before it to end. `missed`: nobody was there to"
            " begin it. `overlapped`: the run before it was still open. `refused`: see `code`"
        ),
    ]
    code: str | None
    occurrence_at: Annotated[datetime | None, Field(description="Of schedules: when it was due")]
    run_id: UUID | None
    run_state: RunState | None
    at: datetime

    @classmethod
    def of(cls, firing: Firing) -> Self:
        return cls(
            id=firing.id,
            outcome=firing.outcome,
            code=firing.code,
            occurrence_at=firing.occurrence_at,
            run_id=firing.run_id,
            run_state=firing.run_state,
            at=firing.at,
        )
