"""Mappings of budgets, their periods, and the slices that processes hold of them."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base, TenantTable

_SUBJECT = "subject_kind IN ('workspace', 'user', 'key', 'project', 'run')"
# Of USD, tokens or requests; in the process the same amounts are whole numbers.
_AMOUNT = Numeric(28, 8)


class BudgetRow(TenantTable, Base):
    """A cap for a subject. The amount is in USD, tokens or requests."""

    __tablename__ = "ai_budgets"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 80", name="name"),
        CheckConstraint(_SUBJECT, name="subject_kind"),
        CheckConstraint("(subject_kind = 'workspace') = (subject_id IS NULL)", name="subject_id"),
        CheckConstraint("unit IN ('usd', 'tokens', 'requests')", name="unit"),
        CheckConstraint("period IN ('day', 'month', 'total')", name="period"),
        CheckConstraint("length(timezone) BETWEEN 1 AND 64", name="timezone"),
        CheckConstraint("cap > 0 AND (unit = 'usd' OR cap = trunc(cap))", name="cap"),
    )

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID | None]
    unit: Mapped[str]
    period: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    cap: Mapped[Decimal] = mapped_column(_AMOUNT)
    enabled: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(server_default="1")
    created_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class BudgetPeriodRow(Base):
    """What one period of a budget has seen. Spent, leased and in doubt never exceed the cap.

    Only an overdraft may: what calls took beyond their worst case. `wanted_at` asks processes to
    give back what they don't use.
    """

    __tablename__ = "ai_budget_periods"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "budget_id"],
            ["ai_budgets.workspace_id", "ai_budgets.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint(
            "spent >= 0 AND leased >= 0 AND in_doubt >= 0 AND overdraft >= 0", name="amounts"
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    budget_id: Mapped[UUID] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    spent: Mapped[Decimal] = mapped_column(_AMOUNT, server_default="0")
    leased: Mapped[Decimal] = mapped_column(_AMOUNT, server_default="0")
    in_doubt: Mapped[Decimal] = mapped_column(_AMOUNT, server_default="0")
    overdraft: Mapped[Decimal] = mapped_column(_AMOUNT, server_default="0")
    wanted_at: Mapped[datetime | None]


class BudgetSliceRow(Base):
    """What one process (`holder`) holds of a period, and the last that it reported of it."""

    __tablename__ = "ai_budget_slices"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "budget_id", "starts_at"],
            [
                "ai_budget_periods.workspace_id",
                "ai_budget_periods.budget_id",
                "ai_budget_periods.starts_at",
            ],
            ondelete="CASCADE",
        ),
        CheckConstraint("amount >= 0 AND settled >= 0 AND overdraft >= 0", name="amounts"),
        Index("ix_ai_budget_slices_holder", "holder"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    budget_id: Mapped[UUID] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    holder: Mapped[UUID] = mapped_column(primary_key=True)
    amount: Mapped[Decimal] = mapped_column(_AMOUNT)
    settled: Mapped[Decimal] = mapped_column(_AMOUNT)
    overdraft: Mapped[Decimal] = mapped_column(_AMOUNT)
    reported_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    reclaimed_at: Mapped[datetime | None]


class BudgetSettlementRow(TenantTable, Base):
    """That somebody settled what was in doubt of a period. Nobody changes it.

    Of `in_doubt` so much was `charged`; the rest was free again.
    """

    __tablename__ = "ai_budget_settlements"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "budget_id"],
            ["ai_budgets.workspace_id", "ai_budgets.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("charged >= 0 AND charged <= in_doubt", name="charged"),
        CheckConstraint("char_length(note) <= 500", name="note"),
        Index(
            "ix_ai_budget_settlements_workspace_id_budget_id_at",
            "workspace_id",
            "budget_id",
            "at",
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    budget_id: Mapped[UUID]
    starts_at: Mapped[datetime]
    user_id: Mapped[UUID]
    at: Mapped[datetime]
    in_doubt: Mapped[Decimal] = mapped_column(_AMOUNT)
    charged: Mapped[Decimal] = mapped_column(_AMOUNT)
    note: Mapped[str] = mapped_column(server_default="")
