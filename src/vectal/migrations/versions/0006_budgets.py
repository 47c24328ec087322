"""Budgets, their periods, and the slices that processes hold of them.

Revision ID: 0006_budgets
Revises: 0005_chat
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from vectal.migrations.policies import system_access, tenant_policies

revision = "0006_budgets"
down_revision = "0005_chat"
branch_labels = None
depends_on = None

_SUBJECT = "subject_kind IN ('workspace', 'user', 'key', 'project', 'run')"


def upgrade() -> None:
    _budgets()
    _periods()
    _slices()
    tenant_policies("ai_budgets")
    system_access("ai_budgets", "SELECT")
    # A workspace reads what was spent; only the keepers, which work across tenants, write it.
    tenant_policies("ai_budget_periods", grants="SELECT")
    system_access("ai_budget_periods", "SELECT, INSERT, UPDATE")
    tenant_policies("ai_budget_slices", grants="SELECT")
    system_access("ai_budget_slices")


def _id(name: str) -> sa.Column[UUID]:
    return sa.Column(name, sa.Uuid(), nullable=False)


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _amount(name: str, default: str | None = None) -> sa.Column[Decimal]:
    return sa.Column(name, sa.Numeric(28, 8), nullable=False, server_default=default)


def _time(name: str, default: sa.TextClause | None = None) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=default)


def _later(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True))


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _to(table: str, columns: list[str], target: str, keys: list[str]) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        columns,
        [f"{target}.{key}" for key in keys],
        name=op.f(f"fk_{table}_{'_'.join(columns)}"),
        ondelete="CASCADE",
    )


def _budgets() -> None:
    table = "ai_budgets"
    op.create_table(
        table,
        _id("workspace_id"),
        _id("id"),
        _text("name"),
        _text("subject_kind"),
        sa.Column("subject_id", sa.Uuid()),
        _text("unit"),
        _text("period"),
        _text("timezone", "UTC"),
        _amount("cap"),
        sa.Column("enabled", sa.Boolean(), nullable=False, server_default="true"),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        _id("created_by"),
        _time("created_at", sa.text("now()")),
        _time("updated_at", sa.text("now()")),
        _key(table, "workspace_id", "id"),
        _to(table, ["workspace_id"], "workspaces", ["id"]),
        _check(table, "name", "length(name) BETWEEN 1 AND 80"),
        _check(table, "subject_kind", _SUBJECT),
        _check(table, "subject_id", "(subject_kind = 'workspace') = (subject_id IS NULL)"),
        _check(table, "unit", "unit IN ('usd', 'tokens', 'requests')"),
        _check(table, "period", "period IN ('day', 'month', 'total')"),
        _check(table, "timezone", "length(timezone) BETWEEN 1 AND 64"),
        _check(table, "cap", "cap > 0 AND (unit = 'usd' OR cap = trunc(cap))"),
    )


def _periods() -> None:
    table = "ai_budget_periods"
    op.create_table(
        table,
        _id("workspace_id"),
        _id("budget_id"),
        _time("starts_at"),
        _amount("spent", "0"),
        _amount("leased", "0"),
        _amount("in_doubt", "0"),
        _amount("overdraft", "0"),
        _later("wanted_at"),
        _key(table, "workspace_id", "budget_id", "starts_at"),
        _to(table, ["workspace_id", "budget_id"], "ai_budgets", ["workspace_id", "id"]),
        _check(
            table,
            "amounts",
            "spent >= 0 AND leased >= 0 AND in_doubt >= 0 AND overdraft >= 0",
        ),
    )


def _slices() -> None:
    table = "ai_budget_slices"
    period = ["workspace_id", "budget_id", "starts_at"]
    op.create_table(
        table,
        _id("workspace_id"),
        _id("budget_id"),
        _time("starts_at"),
        _id("holder"),
        _amount("amount"),
        _amount("settled"),
        _amount("overdraft"),
        _time("reported_at"),
        _time("expires_at"),
        _later("reclaimed_at"),
        _key(table, *period, "holder"),
        _to(table, period, "ai_budget_periods", period),
        _check(table, "amounts", "amount >= 0 AND settled >= 0 AND overdraft >= 0"),
    )
    op.create_index(op.f("ix_ai_budget_slices_holder"), table, ["holder"])
