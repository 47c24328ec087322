"""Mappings of conversations. What people and models say is sealed; ids, states and times are not.

Every row names its owner, and row-level security shows it to nobody else.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Numeric, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base, TenantTable

_REQUEST_KEY = "request_key IS NULL OR length(request_key) BETWEEN 1 AND 200"


def _to_conversation() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", "conversation_id"],
        ["conversations.workspace_id", "conversations.id"],
        ondelete="CASCADE",
    )


class ConversationRow(TenantTable, Base):
    """`request_key` is the Idempotency-Key that made the row, `request_digest` what it asked."""

    __tablename__ = "conversations"
    __table_args__ = (
        CheckConstraint(
            "title_source IN ('none', 'words', 'model', 'person')", name="title_source"
        ),
        CheckConstraint("octet_length(sealed_title) <= 4096", name="sealed_title"),
        CheckConstraint(_REQUEST_KEY, name="request_key"),
        Index(
            "ix_conversations_recent", "workspace_id", "owner_id", "last_message_at", "id",
        ),
        Index(
            "uq_conversations_request_key", "workspace_id", "owner_id", "request_key",
            unique=True, postgresql_where=text("request_key IS NOT NULL"),
        ),
    )  # fmt: skip

    owner_id: Mapped[UUID]
    sealed_title: Mapped[bytes | None]
    title_source: Mapped[str]
    choice: Mapped[dict[str, Any]]
    archived_at: Mapped[datetime | None]
    active_leaf_id: Mapped[UUID | None]
    last_message_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int]
    request_key: Mapped[str | None]
    request_digest: Mapped[bytes | None]


class MessageRow(TenantTable, Base):
    __tablename__ = "messages"
    __table_args__ = (
        _to_conversation(),
        ForeignKeyConstraint(
            ["workspace_id", "parent_id"], ["messages.workspace_id", "messages.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("role IN ('user', 'assistant')", name="role"),
        CheckConstraint(
            "status IN ('complete', 'streaming', 'stopped', 'failed')", name="status"
        ),
        Index("ix_messages_conversation_id", "workspace_id", "conversation_id", "id"),
        Index("ix_messages_parent_id", "workspace_id", "parent_id"),
    )  # fmt: skip

    conversation_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    parent_id: Mapped[UUID | None]
    role: Mapped[str]
    sealed_content: Mapped[bytes]
    status: Mapped[str]
    turn_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TurnRow(TenantTable, Base):
    """`epoch` grows with each process that takes the turn; a write of an older one fails.

    `attempt` counts the times it was begun, `crashes` those that ended with a dead process.
    `asked` holds what the model run needs besides the messages: rights of the caller, focus.
    `last_seq` is known at the end, and outlives the frames. `tainted_by` is written before the
    model is asked, so that no crash leaves a tainted turn without it.
    """

    __tablename__ = "turns"
    __table_args__ = (
        _to_conversation(),
        CheckConstraint(
            "status IN ('queued', 'running', 'completed', 'stopped', 'failed')", name="status"
        ),
        CheckConstraint("mode IN ('ask', 'act')", name="mode"),
        CheckConstraint("attempt >= 1 AND crashes >= 0 AND epoch >= 1", name="counts"),
        CheckConstraint("cardinality(tainted_by) <= 8", name="tainted_by"),
        CheckConstraint(_REQUEST_KEY, name="request_key"),
        Index("ix_turns_conversation_id", "workspace_id", "conversation_id"),
        Index(
            "uq_turns_running", "workspace_id", "conversation_id",
            unique=True, postgresql_where=text("ended_at IS NULL"),
        ),
        # Serves the sweep for expired leases too: open turns are few, and a lease that is not
        # indexed is renewed in place (HOT).
        Index(
            "ix_turns_open", "workspace_id", "owner_id", postgresql_where=text("ended_at IS NULL")
        ),
        Index(
            "ix_turns_unpurged", "ended_at",
            postgresql_where=text("ended_at IS NOT NULL AND frames_purged_at IS NULL"),
        ),
        Index(
            "uq_turns_request_key", "workspace_id", "owner_id", "request_key",
            unique=True, postgresql_where=text("request_key IS NOT NULL"),
        ),
    )  # fmt: skip

    conversation_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    user_message_id: Mapped[UUID]
    assistant_message_id: Mapped[UUID]
    mode: Mapped[str]
    choice: Mapped[dict[str, Any]]
    asked: Mapped[dict[str, Any]]
    status: Mapped[str]
    attempt: Mapped[int]
    crashes: Mapped[int]
    epoch: Mapped[int]
    lease_owner: Mapped[UUID | None]
    lease_expires_at: Mapped[datetime | None]
    stop_requested_at: Mapped[datetime | None]
    last_seq: Mapped[int | None]
    provider: Mapped[str | None]
    model: Mapped[str | None]
    slot: Mapped[str | None]
    simulated: Mapped[bool]
    route: Mapped[dict[str, Any] | None]
    ledger: Mapped[dict[str, Any] | None]
    usage: Mapped[dict[str, Any] | None]
    cost_usd: Mapped[Decimal | None] = mapped_column(Numeric(14, 8))
    first_token_ms: Mapped[int | None]
    duration_ms: Mapped[int | None]
    finish_reason: Mapped[str | None]
    error: Mapped[dict[str, Any] | None]
    tainted_by: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    request_key: Mapped[str | None]
    request_digest: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
    frames_purged_at: Mapped[datetime | None]


class FrameRow(Base):
    """The journal of a turn's stream; one writer at a time, without gaps."""

    __tablename__ = "turn_frames"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "turn_id"], ["turns.workspace_id", "turns.id"], ondelete="CASCADE"
        ),
        CheckConstraint("seq >= 1", name="seq"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    turn_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID]
    event: Mapped[str]
    sealed_data: Mapped[bytes]
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class WordRow(Base):
    """Blind index: keyed hashes of the words of a message.

    The words of a title carry the conversation's own id as `message_id`.
    """

    __tablename__ = "message_words"
    __table_args__ = (
        _to_conversation(),
        CheckConstraint("octet_length(word) BETWEEN 8 AND 32", name="word"),
        Index("ix_message_words_conversation_id", "workspace_id", "conversation_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    word: Mapped[bytes] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
