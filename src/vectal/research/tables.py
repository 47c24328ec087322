"""Mappings of researches and of their steps. What was asked, found and written is sealed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base, TenantTable

STATES: Final = "state IN ('queued', 'running', 'done', 'failed', 'cancelled')"
STAGES: Final = (
    "stage IN ('waiting', 'planning', 'searching', 'reading', 'reviewing', 'writing', 'checking',"
    " 'done')"
)
LIMITS: Final = (
    "searches <= searches_most AND pages <= pages_most AND searches >= 0 AND pages >= 0"
    " AND tokens >= 0 AND cost_usd >= 0 AND sources_found >= 0 AND pages_read >= 0 AND epoch >= 0"
)
ROUNDS: Final = "rounds >= 0 AND rounds <= rounds_most AND rounds_most >= 1"
UNDER_WAY: Final = "state IN ('queued', 'running')"


class ResearchRow(TenantTable, Base):
    """`asked` is a snapshot of the caller's rights. Who writes names the `epoch` that it took."""

    __tablename__ = "researches"
    __table_args__ = (
        CheckConstraint(STATES, name="state"),
        CheckConstraint(STAGES, name="stage"),
        CheckConstraint("depth IN ('quick', 'standard', 'deep')", name="depth"),
        CheckConstraint(LIMITS, name="limits"),
        CheckConstraint(ROUNDS, name="rounds"),
        CheckConstraint("length(code) <= 100", name="code"),
        CheckConstraint("octet_length(sealed_question) <= 65536", name="sealed_question"),
        CheckConstraint("octet_length(sealed_detail) <= 65536", name="sealed_detail"),
        CheckConstraint("octet_length(sealed_report) <= 8388608", name="sealed_report"),
        Index("ix_researches_own", "workspace_id", "user_id", "id"),
        Index("ix_researches_under_way", "touched_at", postgresql_where=text(UNDER_WAY)),
    )

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(server_default="queued")
    stage: Mapped[str] = mapped_column(server_default="waiting")
    depth: Mapped[str]
    asked: Mapped[dict[str, Any]]
    searches_most: Mapped[int]
    pages_most: Mapped[int]
    tokens_most: Mapped[int]
    cost_most_usd: Mapped[Decimal] = mapped_column(Numeric(18, 8))
    rounds_most: Mapped[int] = mapped_column(server_default="1")
    searches: Mapped[int] = mapped_column(server_default="0")
    pages: Mapped[int] = mapped_column(server_default="0")
    tokens: Mapped[int] = mapped_column(server_default="0")
    cost_usd: Mapped[Decimal] = mapped_column(Numeric(18, 8), server_default="0")
    rounds: Mapped[int] = mapped_column(server_default="0")
    sources_found: Mapped[int] = mapped_column(server_default="0")
    pages_read: Mapped[int] = mapped_column(server_default="0")
    epoch: Mapped[int] = mapped_column(server_default="0")
    code: Mapped[str | None]
    sealed_question: Mapped[bytes]
    sealed_detail: Mapped[bytes | None]
    sealed_report: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    touched_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deadline_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class StepRow(Base):
    """A step that is done: a plan, a search, a page, the gaps, a draft, a check. Written once."""

    __tablename__ = "research_steps"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "research_id"],
            ["researches.workspace_id", "researches.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("length(key) <= 100", name="key"),
        CheckConstraint("octet_length(sealed_body) <= 8388608", name="sealed_body"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    research_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    sealed_body: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
