"""Providers with sealed keys, preferences, and the usage ledger.

Revision ID: 0004_ai
Revises: 0003_tasks
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from vectal.migrations.policies import system_access, tenant_policies

revision = "0004_ai"
down_revision = "0003_tasks"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")
_KIND = "kind IN ('openai', 'anthropic', 'deepseek', 'openai_compatible', 'simulator')"
_TASTE = "taste IN ('cheap', 'balanced', 'best')"
_SLOT = "slot IN ('pro', 'reasoning', 'large-context', 'experimental', 'fast')"
_STATUS = "status IN ('ok', 'failed', 'cancelled')"
_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "duration_ms",
    "attempts",
)


def upgrade() -> None:
    _providers()
    _preferences()
    _usage()
    tenant_policies("ai_providers")
    tenant_policies("ai_preferences")
    # What was used stays used: the app adds lines and never changes one.
    tenant_policies("ai_usage", grants="SELECT, INSERT")
    system_access("ai_usage", "SELECT, DELETE")


def _id(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _text(name: str, default: str | None = None, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable, server_default=default)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    default = None if nullable else _NOW
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _integer(name: str, default: str = "0", *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(
        name, sa.Integer(), nullable=nullable, server_default=None if nullable else default
    )


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _workspace(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id"],
        ["workspaces.id"],
        name=op.f(f"fk_{table}_workspace_id"),
        ondelete="CASCADE",
    )


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _providers() -> None:
    table = "ai_providers"
    op.create_table(
        table,
        _id("workspace_id"),
        _id("id"),
        _text("kind"),
        _text("name"),
        _text("base_url"),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        _text("key_hint", ""),
        sa.Column("enabled", sa.Boolean(), nullable=False, server_default="true"),
        sa.Column("models", JSONB(), nullable=False, server_default="[]"),
        _time("tested_at", nullable=True),
        sa.Column("test_result", JSONB(), nullable=True),
        _integer("version", "1"),
        _id("created_by"),
        _time("created_at"),
        _time("updated_at"),
        _key(table, "workspace_id", "id"),
        _workspace(table),
        _check(table, "kind", _KIND),
        _check(table, "name", "length(name) BETWEEN 1 AND 80"),
        _check(table, "base_url", "length(base_url) <= 500"),
        _check(table, "sealed_key", "octet_length(sealed_key) <= 4096"),
        _check(table, "key_hint", "length(key_hint) <= 16"),
        _check(table, "models", "octet_length(models::text) <= 524288"),
        _check(table, "test_result", "octet_length(test_result::text) <= 4096"),
    )
    op.create_index(
        op.f("uq_ai_providers_workspace_id_name"),
        table,
        ["workspace_id", sa.text("lower(name)")],
        unique=True,
    )


def _preferences() -> None:
    table = "ai_preferences"
    op.create_table(
        table,
        _id("workspace_id"),
        _text("taste", "balanced"),
        sa.Column("providers", ARRAY(sa.Text()), nullable=False, server_default="{}"),
        sa.Column("blocked_models", ARRAY(sa.Text()), nullable=False, server_default="{}"),
        sa.Column("slots", ARRAY(sa.Text()), nullable=True),
        _time("updated_at"),
        _key(table, "workspace_id"),
        _workspace(table),
        _check(table, "taste", _TASTE),
        _check(table, "providers", "cardinality(providers) <= 10"),
        _check(table, "blocked_models", "cardinality(blocked_models) <= 200"),
        _check(table, "slots", "cardinality(slots) <= 10"),
    )


def _usage() -> None:
    table = "ai_usage"
    op.create_table(
        table,
        _id("workspace_id"),
        _id("id"),
        _id("user_id"),
        _text("purpose"),
        _id("conversation_id", nullable=True),
        _id("turn_id", nullable=True),
        _text("provider"),
        _text("model"),
        _text("slot", nullable=True),
        sa.Column("route_reason", JSONB(), nullable=False),
        *(_integer(name) for name in _COUNTS),
        _integer("first_token_ms", nullable=True),
        sa.Column("cost_usd", sa.Numeric(18, 8), nullable=True),
        sa.Column("estimated", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("simulated", sa.Boolean(), nullable=False, server_default="false"),
        _text("status"),
        _text("error_code", nullable=True),
        _time("at"),
        _key(table, "workspace_id", "id"),
        _workspace(table),
        _check(table, "purpose", "length(purpose) BETWEEN 1 AND 40"),
        _check(table, "provider", "length(provider) BETWEEN 1 AND 80"),
        _check(table, "model", "length(model) BETWEEN 1 AND 200"),
        _check(table, "slot", _SLOT),
        _check(table, "route_reason", "octet_length(route_reason::text) <= 4096"),
        _check(table, "status", _STATUS),
        _check(table, "error_code", "length(error_code) <= 100"),
        _check(table, "counts", " AND ".join(f"{name} >= 0" for name in _COUNTS)),
        _check(table, "cost_usd", "cost_usd >= 0"),
    )
    op.create_index(op.f("ix_ai_usage_workspace_id_at"), table, ["workspace_id", "at"])
    op.create_index(
        op.f("ix_ai_usage_workspace_id_turn_id"),
        table,
        ["workspace_id", "turn_id"],
        postgresql_where=sa.text("turn_id IS NOT NULL"),
    )
