"""Tables of runs. A run is its owner's alone; its words are sealed under the owner's key."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Numeric,
    Text,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base, TenantTable

_LIVE: Final = text("state IN ('queued', 'running')")
WAITS_FOR_PERSON: Final = text(
    "(agent_runs.review = 'waiting' OR agent_runs.state IN"
    " ('waiting_for_approval', 'waiting_for_input', 'paused', 'needs_review'))"
)
"""In words, not in parameters: only so does the planner know the index by it."""


class RunRow(TenantTable, Base):
    """`epoch` grows with each claim; a write under an older one, or past the lease, is refused.

    `attempt` counts the claims, `crashes` those whose predecessor vanished. `wanted` is what a
    person wants of whoever holds the lease. `last_seq` is the number of the newest journal entry.
    """

    __tablename__ = "agent_runs"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "parent_run_id"], ["agent_runs.workspace_id", "agent_runs.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint(
            "state IN ('queued', 'running', 'waiting_for_approval', 'waiting_for_input',"
            " 'paused', 'succeeded', 'failed', 'cancelled', 'needs_review')",
            name="state",
        ),
        ForeignKeyConstraint(
            ["workspace_id", "follows_run_id"], ["agent_runs.workspace_id", "agent_runs.id"],
            ondelete="SET NULL (follows_run_id)",
        ),
        CheckConstraint("kind IN ('work', 'break_down', 'prioritise')", name="kind"),
        CheckConstraint("review IN ('waiting', 'accepted', 'sent_back')", name="review"),
        CheckConstraint("engine IN ('native', 'n8n')", name="engine"),
        CheckConstraint("wanted IN ('cancel', 'pause')", name="wanted"),
        CheckConstraint(
            "epoch >= 0 AND attempt >= 0 AND crashes >= 0 AND depth >= 0 AND last_seq >= 0"
            " AND tokens >= 0 AND steps >= 0 AND cost_usd >= 0",
            name="counts",
        ),
        CheckConstraint(
            "cost_cap_usd >= 0 AND token_cap >= 0 AND step_cap >= 0", name="caps"
        ),
        CheckConstraint("cardinality(tools) <= 200", name="tools"),
        CheckConstraint(
            "request_key IS NULL OR length(request_key) BETWEEN 1 AND 200", name="request_key"
        ),
        CheckConstraint("octet_length(sealed_brief) <= 262144", name="sealed_brief"),
        CheckConstraint("octet_length(sealed_report) <= 1048576", name="sealed_report"),
        Index("ix_agent_runs_recent", "workspace_id", "owner_id", "id"),
        Index("ix_agent_runs_parent_run_id", "workspace_id", "parent_run_id"),
        Index("ix_agent_runs_task_id", "workspace_id", "task_id",
              postgresql_where=text("task_id IS NOT NULL")),
        Index("ix_agent_runs_conversation_id", "workspace_id", "conversation_id",
              postgresql_where=text("conversation_id IS NOT NULL")),
        # Which runs of a schedule or trigger there are, and whether one of them is open still.
        *(
            index
            for column in ("schedule_id", "trigger_id")
            for index in (
                Index(f"ix_agent_runs_{column}", "workspace_id", column, "id",
                      postgresql_where=text(f"{column} IS NOT NULL")),
                Index(f"ix_agent_runs_open_{column}", "workspace_id", column,
                      postgresql_where=text(f"{column} IS NOT NULL AND ended_at IS NULL")),
            )
        ),
        Index("ix_agent_runs_follows_run_id", "workspace_id", "follows_run_id",
              postgresql_where=text("follows_run_id IS NOT NULL")),
        # A lease, a count or a journal number that changes touches no index (HOT).
        Index("ix_agent_runs_live", "workspace_id", "priority", "queued_at",
              postgresql_where=_LIVE),
        Index("ix_agent_runs_waiting", "workspace_id", "owner_id", "id",
              postgresql_where=WAITS_FOR_PERSON),
        Index("ix_agent_runs_open", "deadline_at", postgresql_where=text("ended_at IS NULL")),
        Index("ix_agent_runs_ended", "ended_at",
              postgresql_where=text("parent_run_id IS NULL AND ended_at IS NOT NULL")),
        Index(
            "uq_agent_runs_request_key", "workspace_id", "owner_id", "request_key",
            unique=True, postgresql_where=text("request_key IS NOT NULL"),
        ),
    )  # fmt: skip

    owner_id: Mapped[UUID]
    sealed_brief: Mapped[bytes]
    choice: Mapped[dict[str, Any]]
    rights: Mapped[dict[str, Any]]
    tools: Mapped[list[str] | None] = mapped_column(ARRAY(Text()))
    priority: Mapped[int]
    task_id: Mapped[UUID | None]
    conversation_id: Mapped[UUID | None]
    project_id: Mapped[UUID | None]
    parent_run_id: Mapped[UUID | None]
    schedule_id: Mapped[UUID | None]
    trigger_id: Mapped[UUID | None]
    depth: Mapped[int]
    kind: Mapped[str] = mapped_column(server_default="work")
    review: Mapped[str | None]
    """Set once a run that was handed over has ended: a person takes its result, or does not."""
    reviewed_at: Mapped[datetime | None]
    follows_run_id: Mapped[UUID | None]
    """The run that was sent back, and that this one does again."""
    cost_cap_usd: Mapped[Decimal] = mapped_column(Numeric(14, 8))
    token_cap: Mapped[int] = mapped_column(BigInteger())
    step_cap: Mapped[int]
    deadline_at: Mapped[datetime]
    engine: Mapped[str]
    state: Mapped[str]
    epoch: Mapped[int]
    attempt: Mapped[int]
    crashes: Mapped[int]
    lease_owner: Mapped[UUID | None]
    lease_expires_at: Mapped[datetime | None]
    wanted: Mapped[str | None]
    wanted_at: Mapped[datetime | None]
    wanted_by: Mapped[UUID | None]
    queued_at: Mapped[datetime] = mapped_column(server_default=func.now())
    not_before: Mapped[datetime] = mapped_column(server_default=func.now())
    approval_expires_at: Mapped[datetime | None]
    cost_usd: Mapped[Decimal] = mapped_column(Numeric(14, 8))
    tokens: Mapped[int] = mapped_column(BigInteger())
    steps: Mapped[int]
    last_seq: Mapped[int]
    read_untrusted: Mapped[bool]
    read_private: Mapped[bool]
    error: Mapped[dict[str, Any] | None]
    sealed_report: Mapped[bytes | None]
    request_key: Mapped[str | None]
    request_digest: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class EntryRow(Base):
    """The journal of a run: only ever appended, by whoever holds the run's row, without gaps."""

    __tablename__ = "agent_entries"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "run_id"],
            ["agent_runs.workspace_id", "agent_runs.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("seq >= 1 AND version >= 1", name="numbers"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID]
    kind: Mapped[str]
    version: Mapped[int]
    sealed_body: Mapped[bytes]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
