"""Conversations, messages, turns, the journal of their streams, and the blind index.

Revision ID: 0005_chat
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from vectal.migrations.policies import system_access, tenant_policies

revision = "0005_chat"
down_revision = "0004_ai"
branch_labels = None
depends_on = None

_REQUEST_KEY = "request_key IS NULL OR length(request_key) BETWEEN 1 AND 200"
_TURN_STATUS = "status IN ('queued', 'running', 'completed', 'stopped', 'failed')"


def upgrade() -> None:
    _conversations()
    _messages()
    _turns()
    _frames()
    _words()


def _time(name: str) -> sa.Column[datetime]:
    """A time that the database sets."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def _later(name: str) -> sa.Column[datetime]:
    """A time that comes later, or never."""
    return sa.Column(name, sa.DateTime(timezone=True))


def _tenant_key() -> list[sa.Column[UUID]]:
    return [
        sa.Column("workspace_id", sa.Uuid(), primary_key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
    ]


def _to(table: str, *columns: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", *columns],
        [f"{target}.workspace_id", f"{target}.id"],
        name=op.f(f"fk_{table}_workspace_id_{'_'.join(columns)}"),
        ondelete="CASCADE",
    )


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _conversations() -> None:
    op.create_table(
        "conversations",
        *_tenant_key(),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_title", sa.LargeBinary()),
        sa.Column("title_source", sa.Text(), nullable=False),
        sa.Column("choice", JSONB(), nullable=False),
        _later("archived_at"),
        sa.Column("active_leaf_id", sa.Uuid()),
        _time("last_message_at"),
        _time("created_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("request_key", sa.Text()),
        sa.Column("request_digest", sa.LargeBinary()),
        _check(
            "conversations",
            "title_source",
            "title_source IN ('none', 'words', 'model', 'person')",
        ),
        _check("conversations", "sealed_title", "octet_length(sealed_title) <= 4096"),
        _check("conversations", "request_key", _REQUEST_KEY),
    )
    op.create_index(
        "ix_conversations_recent",
        "conversations",
        ["workspace_id", "owner_id", "last_message_at", "id"],
    )
    _request_key_index("conversations")
    tenant_policies("conversations", owner="owner_id")


def _request_key_index(table: str) -> None:
    op.create_index(
        f"uq_{table}_request_key",
        table,
        ["workspace_id", "owner_id", "request_key"],
        unique=True,
        postgresql_where=sa.text("request_key IS NOT NULL"),
    )


def _messages() -> None:
    op.create_table(
        "messages",
        *_tenant_key(),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("turn_id", sa.Uuid()),
        _time("created_at"),
        _to("messages", "conversation_id", target="conversations"),
        _to("messages", "parent_id", target="messages"),
        _check("messages", "role", "role IN ('user', 'assistant')"),
        _check("messages", "status", "status IN ('complete', 'streaming', 'stopped', 'failed')"),
    )
    op.create_index(
        "ix_messages_conversation_id", "messages", ["workspace_id", "conversation_id", "id"]
    )
    op.create_index("ix_messages_parent_id", "messages", ["workspace_id", "parent_id"])
    tenant_policies("messages", owner="owner_id")


def _turns() -> None:
    op.create_table(
        "turns",
        *_tenant_key(),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("user_message_id", sa.Uuid(), nullable=False),
        sa.Column("assistant_message_id", sa.Uuid(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("choice", JSONB(), nullable=False),
        sa.Column("asked", JSONB(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.Uuid()),
        _later("lease_expires_at"),
        _later("stop_requested_at"),
        sa.Column("last_seq", sa.Integer()),
        *_outcome_columns(),
        sa.Column("request_key", sa.Text()),
        sa.Column("request_digest", sa.LargeBinary()),
        _time("created_at"),
        _later("ended_at"),
        _later("frames_purged_at"),
        _to("turns", "conversation_id", target="conversations"),
        _check("turns", "status", _TURN_STATUS),
        _check("turns", "mode", "mode IN ('ask', 'act')"),
        _check("turns", "counts", "attempt >= 1 AND crashes >= 0 AND epoch >= 1"),
        _check("turns", "request_key", _REQUEST_KEY),
    )
    op.create_index("ix_turns_conversation_id", "turns", ["workspace_id", "conversation_id"])
    still_open = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_turns_running",
        "turns",
        ["workspace_id", "conversation_id"],
        unique=True,
        postgresql_where=still_open,
    )
    op.create_index(
        "ix_turns_open", "turns", ["workspace_id", "owner_id"], postgresql_where=still_open
    )
    op.create_index(
        "ix_turns_unpurged",
        "turns",
        ["ended_at"],
        postgresql_where=sa.text("ended_at IS NOT NULL AND frames_purged_at IS NULL"),
    )
    _request_key_index("turns")
    tenant_policies("turns", owner="owner_id")
    system_access("turns", "SELECT, UPDATE")


def _outcome_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("provider", sa.Text()),
        sa.Column("model", sa.Text()),
        sa.Column("slot", sa.Text()),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("route", JSONB()),
        sa.Column("ledger", JSONB()),
        sa.Column("usage", JSONB()),
        sa.Column("cost_usd", sa.Numeric(14, 8)),
        sa.Column("first_token_ms", sa.Integer()),
        sa.Column("duration_ms", sa.Integer()),
        sa.Column("finish_reason", sa.Text()),
        sa.Column("error", JSONB()),
    ]


def _frames() -> None:
    op.create_table(
        "turn_frames",
        sa.Column("workspace_id", sa.Uuid(), primary_key=True),
        sa.Column("turn_id", sa.Uuid(), primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("sealed_data", sa.LargeBinary(), nullable=False),
        _time("at"),
        _to("turn_frames", "turn_id", target="turns"),
        _check("turn_frames", "seq", "seq >= 1"),
    )
    tenant_policies("turn_frames", owner="owner_id")
    system_access("turn_frames", "SELECT, DELETE")


def _words() -> None:
    op.create_table(
        "message_words",
        sa.Column("workspace_id", sa.Uuid(), primary_key=True),
        sa.Column("owner_id", sa.Uuid(), primary_key=True),
        sa.Column("word", sa.LargeBinary(), primary_key=True),
        sa.Column("message_id", sa.Uuid(), primary_key=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        _to("message_words", "conversation_id", target="conversations"),
        _check("message_words", "word", "octet_length(word) BETWEEN 8 AND 32"),
    )
    op.create_index(
        "ix_message_words_conversation_id", "message_words", ["workspace_id", "conversation_id"]
    )
    tenant_policies("message_words", owner="owner_id")
