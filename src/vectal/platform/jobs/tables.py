"""Mappings of queued jobs and of schedules."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base, TenantTable


class QueuedJob(TenantTable, Base):
    """The truth about a job; what Redis holds is only a hint that it is due."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("length(queue) BETWEEN 1 AND 50", name="queue"),
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name"),
        CheckConstraint("length(key) BETWEEN 1 AND 200", name="key"),
        CheckConstraint("octet_length(ids::text) <= 4096", name="ids"),
        CheckConstraint("state IN ('queued', 'running', 'done', 'dead')", name="state"),
        CheckConstraint("length(error) <= 2000", name="error"),
        Index("uq_jobs_id", "id", unique=True),
        Index(
            "uq_jobs_workspace_id_name_key",
            "workspace_id",
            "name",
            "key",
            unique=True,
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
        Index("ix_jobs_due", "run_at", postgresql_where=text("state = 'queued'")),
        Index("ix_jobs_leased", "lease_until", postgresql_where=text("state = 'running'")),
        Index("ix_jobs_ended_at", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
    )

    queue: Mapped[str]
    name: Mapped[str]
    key: Mapped[str]
    ids: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default="queued")
    attempts: Mapped[int] = mapped_column(server_default="0")
    epoch: Mapped[int] = mapped_column(server_default="0")
    run_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    dispatched_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    ended_at: Mapped[datetime | None]


class JobSchedule(Base):
    __tablename__ = "job_schedules"
    __table_args__ = (CheckConstraint("length(name) BETWEEN 1 AND 100", name="name"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    last_at: Mapped[datetime]
