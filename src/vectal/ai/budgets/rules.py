"""Rules: whom a budget is for and how much it allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from vectal.ai.budgets.amounts import UNITS, Unit
from vectal.ai.budgets.periods import Period, PeriodKind, find_period

SubjectKind: TypeAlias = Literal["workspace", "user", "key", "project", "run"]
SUBJECT_KINDS: Final[tuple[SubjectKind, ...]] = ("workspace", "user", "key", "project", "run")


@dataclass(frozen=True, slots=True)
class Subjects:
    """Whom a call is made for, beside the workspace."""

    user_id: UUID | None = None
    key_id: UUID | None = None
    maker_key_ids: tuple[UUID, ...] = ()
    """Keys that the key was made with: what it uses counts against their budgets, too."""
    project_id: UUID | None = None
    run_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class BudgetRule:
    """A budget that is switched on, as a process knows it. `cap` counts parts of the unit."""

    workspace_id: UUID
    id: UUID
    name: str
    subject_kind: SubjectKind
    subject_id: UUID | None
    unit: Unit
    period_kind: PeriodKind
    timezone: str
    cap: int
    version: int

    @property
    def place(self) -> int:
        """Where `Worst` and `Actual` have this unit."""
        return UNITS.index(self.unit)

    def period(self, now: datetime) -> Period:
        return find_period(self.period_kind, self.timezone, now)
