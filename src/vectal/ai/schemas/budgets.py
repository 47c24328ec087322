"""Shapes of budgets."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from vectal.ai.budgets.amounts import LARGEST, Unit
from vectal.ai.budgets.periods import PeriodKind
from vectal.ai.budgets.rules import SubjectKind
from vectal.ai.service.budget_doubt import Decision, Settlement
from vectal.ai.service.budget_service import Budget, BudgetChange, BudgetDraft
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Moment

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00]*$"),
    Field(examples=["Everything this month"]),
]
Note = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=500, pattern=r"^[^\x00]*$"),
    Field(examples=["The vendor's invoice has no such call"]),
]
Cap = Annotated[
    Decimal,
    Field(
        gt=0,
        le=LARGEST,
        decimal_places=8,
        description="USD, tokens or requests, as `unit` says",
        examples=["25"],
    ),
]
Amount = Annotated[float, Field(description="USD, tokens or requests, as `unit` says")]


class BudgetInput(Schema):
    """A budget to set: no call is sent that might go past it."""

    name: Name
    subject_kind: SubjectKind = "workspace"
    subject_id: Annotated[UUID | None, Field(description="Null for the workspace itself")] = None
    unit: Unit = "usd"
    period: PeriodKind = "month"
    cap: Cap
    timezone: Annotated[
        str,
        StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$"),
        Field(description="Where days and months begin", examples=["Europe/Berlin"]),
    ] = "UTC"
    enabled: Flag = True

    def draft(self) -> BudgetDraft:
        return BudgetDraft(
            name=self.name,
            subject_kind=self.subject_kind,
            unit=self.unit,
            period=self.period,
            cap=self.cap,
            subject_id=self.subject_id,
            timezone=self.timezone,
            enabled=self.enabled,
        )


class BudgetPatch(Schema):
    """What is left out stays. Whom it is for and how it counts can't change."""

    name: Name | None = None
    cap: Cap | None = None
    enabled: Flag | None = None
    version: Annotated[
        int | None, Field(strict=True, ge=1, description="The version you have seen")
    ] = None

    def change(self) -> BudgetChange:
        return BudgetChange(self.name, self.cap, self.enabled)


class DoubtShape(Schema):
    """What is known of an amount in doubt.

    It was held by processes that died, some seconds of use ahead, and counts as spent until the
    period ends or somebody decides.
    """

    since: Annotated[Moment | None, Field(description="Null where nobody remembers")]
    calls: Annotated[int, Field(description="Of killed processes, as far as they are known")]
    estimated: Annotated[float, Field(description="What these took, by our own count")]


class DoubtDecision(Schema):
    """What became of an amount in doubt: so much was spent, the rest is free again."""

    in_doubt: Annotated[
        Decimal, Field(gt=0, le=LARGEST, decimal_places=8, description="What you have seen")
    ]
    charge: Annotated[
        Decimal,
        Field(
            ge=0,
            le=LARGEST,
            decimal_places=8,
            description="0 releases all of it; `doubt.estimated` is our own count",
            examples=["0"],
        ),
    ]

    note: Annotated[Note, Field(description="Why, for those who look at it later")] = ""

    def decision(self) -> Decision:
        return Decision(self.in_doubt, self.charge, self.note)


class SettlementShape(Schema):
    """Who decided what, in which period, and why if they said it."""

    id: UUID
    user_id: UUID
    user_name: Annotated[str | None, Field(description="Null for somebody who left")]
    at: Moment
    starts_at: Moment
    in_doubt: Amount
    charged: Amount
    note: str

    @classmethod
    def of(cls, made: Settlement, names: Mapping[UUID, str]) -> Self:
        return cls(
            id=made.id,
            user_id=made.user_id,
            user_name=names.get(made.user_id),
            at=made.at,
            starts_at=made.starts_at,
            in_doubt=float(made.in_doubt),
            charged=float(made.charged),
            note=made.note,
        )


class BudgetShape(Schema):
    """A budget and where it stands in its period."""

    id: UUID
    name: str
    subject_kind: SubjectKind
    subject_id: UUID | None
    subject_name: Annotated[
        str | None,
        Field(description="Of the person or key; null for others, and where you may not know it"),
    ]
    unit: Unit
    period: PeriodKind
    timezone: str
    enabled: Flag
    version: int
    created_by: UUID
    created_at: Moment
    updated_at: Moment
    starts_at: Moment
    resets_at: Annotated[Moment | None, Field(description="Null for a total")]
    cap: Amount
    spent: Amount
    held: Annotated[float, Field(description="Set aside for calls under way and soon to come")]
    in_doubt: Annotated[float, Field(description="Held by processes that died; counts as spent")]
    doubt: Annotated[DoubtShape | None, Field(description="Null where nothing is in doubt")]
    settled_at: Annotated[
        Moment | None, Field(description="When somebody last decided of an amount in doubt")
    ]
    overdraft: Annotated[float, Field(description="Of what was spent, beyond what was reserved")]
    left: Amount
    spent_per_hour: Annotated[float, Field(description="In this period so far")]

    @classmethod
    def of(cls, budget: Budget, names: Mapping[UUID, str]) -> Self:
        amounts = ("cap", "spent", "in_doubt", "overdraft", "left", "spent_per_hour")
        told: dict[str, Any] = {name: float(getattr(budget, name)) for name in amounts}
        told["held"] = float(budget.leased)
        told["doubt"] = budget.doubt and DoubtShape(
            since=budget.doubt.since,
            calls=budget.doubt.calls,
            estimated=float(budget.doubt.estimated),
        )
        told["subject_name"] = budget.subject_id and names.get(budget.subject_id)
        for name in cls.model_fields:
            if name not in told:
                told[name] = getattr(budget, name)
        return cls(**told)
