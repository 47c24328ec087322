"""Mappings of batches, their lines, and the files that they read and write."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base, TenantTable

_STATUSES = (
    "status IN ('validating', 'in_progress', 'cancelling', 'finalizing', 'completed', 'failed',"
    " 'expired', 'cancelled')"
)
_STATES = "state IN ('waiting', 'running', 'sent', 'done', 'failed', 'cancelled', 'expired')"
_JOB_STATES = "state IN ('planned', 'submitting', 'running', 'ended', 'given_up')"
_COUNTS = ("total", "completed", "failed", "cancelled", "expired", "repeated", "epoch")
_UNDER_WAY = "status IN ('validating', 'in_progress', 'cancelling', 'finalizing')"


class BatchFileRow(TenantTable, Base):
    """A file of lines. Its bytes lie in pieces in the object storage, sealed for `user_id`."""

    __tablename__ = "ai_files"
    __table_args__ = (
        CheckConstraint("purpose IN ('batch', 'batch_output')", name="purpose"),
        CheckConstraint("length(name) BETWEEN 1 AND 255", name="name"),
        CheckConstraint("size >= 0", name="size"),
        Index("ix_ai_files_workspace_id_user_id", "workspace_id", "user_id"),
        Index("ix_ai_files_expires_at", "expires_at"),
    )

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID]
    purpose: Mapped[str]
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger(), server_default="0")
    is_whole: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]


class BatchRow(TenantTable, Base):
    """A batch. `asked` holds whose rights it acts with; `epoch` fences off an older runner.

    `route` is unset until it is decided; `wake_at` says when a vendor is to be asked again.
    """

    __tablename__ = "ai_batches"
    __table_args__ = (
        CheckConstraint("wire IN ('openai', 'anthropic')", name="wire"),
        CheckConstraint("length(endpoint) BETWEEN 1 AND 60", name="endpoint"),
        CheckConstraint(_STATUSES, name="status"),
        CheckConstraint("route IN ('queue', 'vendor')", name="route"),
        CheckConstraint("octet_length(metadata::text) <= 32768", name="metadata"),
        CheckConstraint("octet_length(errors::text) <= 131072", name="errors"),
        CheckConstraint(" AND ".join(f"{name} >= 0" for name in _COUNTS), name="counts"),
        Index("ix_ai_batches_workspace_id_user_id", "workspace_id", "user_id"),
        Index("ix_ai_batches_created_at", "created_at", postgresql_where=text(_UNDER_WAY)),
    )

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID]
    asked: Mapped[dict[str, Any]]
    wire: Mapped[str]
    endpoint: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="validating")
    input_file_id: Mapped[UUID | None]
    output_file_id: Mapped[UUID | None]
    error_file_id: Mapped[UUID | None]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", server_default="{}")
    errors: Mapped[list[Any]] = mapped_column(server_default="[]")
    total: Mapped[int] = mapped_column(server_default="0")
    completed: Mapped[int] = mapped_column(server_default="0")
    failed: Mapped[int] = mapped_column(server_default="0")
    cancelled: Mapped[int] = mapped_column(server_default="0")
    expired: Mapped[int] = mapped_column(server_default="0")
    repeated: Mapped[int] = mapped_column(server_default="0")
    epoch: Mapped[int] = mapped_column(server_default="0")
    held_until: Mapped[datetime | None]
    route: Mapped[str | None]
    wake_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finalizing_at: Mapped[datetime | None]
    cancelling_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class BatchLineRow(Base):
    """The journal of one line, kept until the batch's files are written."""

    __tablename__ = "ai_batch_lines"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "batch_id"],
            ["ai_batches.workspace_id", "ai_batches.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("length(custom_id) <= 512", name="custom_id"),
        CheckConstraint(_STATES, name="state"),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index(
            "ix_ai_batch_lines_workspace_id_batch_id_ready_at",
            "workspace_id",
            "batch_id",
            "ready_at",
            postgresql_where=text("state IN ('waiting', 'running')"),
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    custom_id: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default="waiting")
    attempts: Mapped[int] = mapped_column(server_default="0")
    ready_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sealed_request: Mapped[bytes | None]
    sealed_result: Mapped[bytes | None]
    job: Mapped[int | None]
    """The vendor's job that it is part of."""


class BatchJobRow(Base):
    """A part of a batch at a vendor's own batch endpoint.

    `holder` owns its reservation in the budgets. `cost_units` (1e-8 USD) and `tokens` add up as
    results are read; `worst_units` is unset when nobody knows the price.
    """

    __tablename__ = "ai_batch_jobs"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "batch_id"],
            ["ai_batches.workspace_id", "ai_batches.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("kind IN ('openai', 'anthropic')", name="kind"),
        CheckConstraint("length(model) BETWEEN 1 AND 200", name="model"),
        CheckConstraint(_JOB_STATES, name="state"),
        CheckConstraint("length(vendor_id) <= 200", name="vendor_id"),
        CheckConstraint(
            "total >= 1 AND worst_units >= 0 AND worst_tokens >= 0 AND cost_units >= 0"
            " AND tokens >= 0 AND looks >= 0",
            name="counts",
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    provider_id: Mapped[UUID]
    kind: Mapped[str]
    model: Mapped[str]
    holder: Mapped[UUID]
    state: Mapped[str] = mapped_column(server_default="planned")
    vendor_id: Mapped[str | None]
    total: Mapped[int]
    worst_units: Mapped[int | None] = mapped_column(BigInteger())
    worst_tokens: Mapped[int] = mapped_column(BigInteger())
    cost_units: Mapped[int] = mapped_column(BigInteger(), server_default="0")
    tokens: Mapped[int] = mapped_column(BigInteger(), server_default="0")
    looks: Mapped[int] = mapped_column(server_default="0")
    submitted_at: Mapped[datetime | None]
