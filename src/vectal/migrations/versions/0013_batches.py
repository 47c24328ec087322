"""Batches of calls: their files, their state and the journal of their lines.

Revision ID: 0013_batches
Revises: 0012_key_makers
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from vectal.migrations.policies import system_access, tenant_policies

revision = "0013_batches"
down_revision = "0012_key_makers"
branch_labels = None
depends_on = None

_STATUSES = (
    "status IN ('validating', 'in_progress', 'cancelling', 'finalizing', 'completed', 'failed',"
    " 'expired', 'cancelled')"
)
_STATES = "state IN ('waiting', 'running', 'done', 'failed', 'cancelled', 'expired')"
_COUNTS = ("total", "completed", "failed", "cancelled", "expired", "repeated", "epoch")
_UNDER_WAY = "status IN ('validating', 'in_progress', 'cancelling', 'finalizing')"


def upgrade() -> None:
    _files()
    _batches()
    _lines()
    tenant_policies("ai_files")
    # What has had its time is purged in all workspaces.
    system_access("ai_files", "SELECT, DELETE")
    tenant_policies("ai_batches")
    # A batch whose runner vanished is found by the scheduler.
    system_access("ai_batches", "SELECT, DELETE")
    tenant_policies("ai_batch_lines")


def _id(name: str, *, null: bool = False) -> sa.Column[UUID]:
    return sa.Column(name, sa.Uuid(), nullable=null)


def _text(name: str, default: str | None = None, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null, server_default=default)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _json(name: str, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, JSONB(), nullable=False, server_default=default)


def _time(name: str, default: sa.TextClause | None = None) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=default)


def _later(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True))


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _workspace(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id"],
        ["workspaces.id"],
        name=op.f(f"fk_{table}_workspace_id"),
        ondelete="CASCADE",
    )


def _files() -> None:
    table = "ai_files"
    op.create_table(
        table,
        _id("workspace_id"),
        _id("id"),
        _id("user_id"),
        _text("purpose"),
        _text("name"),
        sa.Column("size", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("is_whole", sa.Boolean(), nullable=False, server_default="false"),
        _time("created_at", sa.text("now()")),
        _time("expires_at"),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f(f"pk_{table}")),
        _workspace(table),
        _check(table, "purpose", "purpose IN ('batch', 'batch_output')"),
        _check(table, "name", "length(name) BETWEEN 1 AND 255"),
        _check(table, "size", "size >= 0"),
    )
    op.create_index(op.f("ix_ai_files_workspace_id_user_id"), table, ["workspace_id", "user_id"])
    op.create_index(op.f("ix_ai_files_expires_at"), table, ["expires_at"])


def _batches() -> None:
    table = "ai_batches"
    op.create_table(
        table,
        _id("workspace_id"),
        _id("id"),
        _id("user_id"),
        _json("asked"),
        _text("wire"),
        _text("endpoint"),
        _text("status", "validating"),
        _id("input_file_id", null=True),
        _id("output_file_id", null=True),
        _id("error_file_id", null=True),
        _json("metadata", "{}"),
        _json("errors", "[]"),
        *map(_count, _COUNTS),
        _later("held_until"),
        _time("created_at", sa.text("now()")),
        _time("expires_at"),
        _later("started_at"),
        _later("finalizing_at"),
        _later("cancelling_at"),
        _later("ended_at"),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f(f"pk_{table}")),
        _workspace(table),
        _check(table, "wire", "wire IN ('openai', 'anthropic')"),
        _check(table, "endpoint", "length(endpoint) BETWEEN 1 AND 60"),
        _check(table, "status", _STATUSES),
        _check(table, "metadata", "octet_length(metadata::text) <= 32768"),
        _check(table, "errors", "octet_length(errors::text) <= 131072"),
        _check(table, "counts", " AND ".join(f"{name} >= 0" for name in _COUNTS)),
    )
    op.create_index(op.f("ix_ai_batches_workspace_id_user_id"), table, ["workspace_id", "user_id"])
    op.create_index(
        op.f("ix_ai_batches_created_at"),
        table,
        ["created_at"],
        postgresql_where=sa.text(_UNDER_WAY),
    )


def _lines() -> None:
    table = "ai_batch_lines"
    op.create_table(
        table,
        _id("workspace_id"),
        _id("batch_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("custom_id", null=True),
        _text("state", "waiting"),
        _count("attempts"),
        _time("ready_at", sa.text("now()")),
        sa.Column("sealed_request", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_result", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "batch_id", "number", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "batch_id"],
            ["ai_batches.workspace_id", "ai_batches.id"],
            name=op.f(f"fk_{table}_workspace_id_batch_id"),
            ondelete="CASCADE",
        ),
        _check(table, "number", "number >= 1"),
        _check(table, "custom_id", "length(custom_id) <= 512"),
        _check(table, "state", _STATES),
        _check(table, "attempts", "attempts >= 0"),
    )
    op.create_index(
        op.f("ix_ai_batch_lines_workspace_id_batch_id_ready_at"),
        table,
        ["workspace_id", "batch_id", "ready_at"],
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )
