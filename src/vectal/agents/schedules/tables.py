"""Tables of schedules, triggers and what they began. Each row is its owner's alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    func,
    text,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from vectal.platform.db.tables import Base, TenantTable


def _common(table: str) -> tuple[ForeignKeyConstraint | CheckConstraint | Index, ...]:
    return (
        ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        CheckConstraint("octet_length(sealed_words) <= 262144", name="sealed_words"),
        CheckConstraint("length(request_key) BETWEEN 1 AND 200", name="request_key"),
        Index(f"ix_{table}_owner_id", "owner_id"),
        Index(f"ix_{table}_recent", "workspace_id", "owner_id", "id"),
        Index(
            f"uq_{table}_request_key", "workspace_id", "owner_id", "request_key",
            unique=True, postgresql_where=text("request_key IS NOT NULL"),
        ),
    )  # fmt: skip


class StarterTable(TenantTable):
    """What schedules and triggers share.

    `sealed_words` holds what a person wrote, `asked` the rest of what a run is to be, `rights`
    those that it acts with. `off_code` says why it was switched off by itself.
    """

    @declared_attr
    @classmethod
    def owner_id(cls) -> Mapped[UUID]:
        return mapped_column(ForeignKey("users.id", ondelete="CASCADE"))

    sealed_words: Mapped[bytes]
    asked: Mapped[dict[str, Any]]
    rights: Mapped[dict[str, Any]]
    enabled: Mapped[bool]
    off_code: Mapped[str | None]
    request_key: Mapped[str | None]
    request_digest: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ScheduleRow(StarterTable, Base):
    """When and how; `starts_at` is a time on the wall of `timezone`.

    `next_at` is the next occurrence. The scheduler looks at the row from `look_at` on, which is
    later only after a failure.
    """

    __tablename__ = "agent_schedules"
    __table_args__ = (
        *_common("agent_schedules"),
        CheckConstraint("length(rrule) BETWEEN 1 AND 500", name="rrule"),
        CheckConstraint("missed IN ('skip', 'once', 'each')", name="missed"),
        CheckConstraint("overlap IN ('skip', 'queue')", name="overlap"),
        CheckConstraint("enabled OR look_at IS NULL", name="look_at"),
        Index("ix_agent_schedules_due", "look_at", postgresql_where=text("look_at IS NOT NULL")),
    )

    rrule: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(DateTime())
    ends_at: Mapped[datetime | None]
    timezone: Mapped[str]
    missed: Mapped[str]
    overlap: Mapped[str]
    next_at: Mapped[datetime | None]
    look_at: Mapped[datetime | None]


class TriggerRow(StarterTable, Base):
    """`refused_code` says why the last thing that came in began nothing."""

    __tablename__ = "agent_triggers"
    __table_args__ = (
        *_common("agent_triggers"),
        CheckConstraint(
            "kind IN ('task_created', 'task_completed', 'file_added', 'webhook', 'email')",
            name="kind",
        ),
        CheckConstraint("per_hour BETWEEN 1 AND 60", name="per_hour"),
        CheckConstraint("octet_length(sealed_secret) <= 4096", name="sealed_secret"),
        CheckConstraint("octet_length(sealed_old_secret) <= 4096", name="sealed_old_secret"),
        CheckConstraint(
            "(kind IN ('webhook', 'email')) = (sealed_secret IS NOT NULL)", name="secret"
        ),
        CheckConstraint(
            "(sealed_old_secret IS NULL) = (old_secret_until IS NULL)", name="old_secret"
        ),
        Index(
            "ix_agent_triggers_listening", "workspace_id", "kind", postgresql_where=text("enabled")
        ),
    )

    kind: Mapped[str]
    per_hour: Mapped[int]
    sealed_secret: Mapped[bytes | None]
    sealed_old_secret: Mapped[bytes | None]
    old_secret_until: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    refused_code: Mapped[str | None]


class FiringRow(TenantTable, Base):
    """One occurrence of a schedule, or one thing that came to a trigger, and what came of it."""

    __tablename__ = "agent_firings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "schedule_id"],
            ["agent_schedules.workspace_id", "agent_schedules.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["workspace_id", "trigger_id"],
            ["agent_triggers.workspace_id", "agent_triggers.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("length(key) BETWEEN 1 AND 200", name="key"),
        CheckConstraint("length(delivery) BETWEEN 1 AND 200", name="delivery"),
        CheckConstraint(
            "outcome IN ('begun', 'waiting', 'missed', 'overlapped', 'refused')", name="outcome"
        ),
        CheckConstraint(
            "(schedule_id IS NULL) = (occurrence_at IS NULL)"
            " AND (trigger_id IS NULL) = (key IS NULL)"
            " AND (schedule_id IS NULL) <> (trigger_id IS NULL)",
            name="starter",
        ),
        CheckConstraint("(outcome = 'begun') = (run_id IS NOT NULL)", name="run_id"),
        *(
            Index(
                f"uq_agent_firings_{'_'.join(columns)}", "workspace_id", *columns,
                unique=True, postgresql_where=text(rule),
            )
            for columns, rule in (
                (("schedule_id", "occurrence_at"), "schedule_id IS NOT NULL"),
                (("trigger_id", "key"), "trigger_id IS NOT NULL"),
                (("trigger_id", "delivery"), "delivery IS NOT NULL"),
            )
        ),
        *(
            Index(
                f"ix_agent_firings_{column}", "workspace_id", column, "id",
                postgresql_where=text(f"{column} IS NOT NULL"),
            )
            for column in ("schedule_id", "trigger_id")
        ),
        Index(
            "ix_agent_firings_waiting", "workspace_id", "schedule_id",
            postgresql_where=text("outcome = 'waiting'"),
        ),
        Index("ix_agent_firings_at", "at"),
    )  # fmt: skip

    owner_id: Mapped[UUID]
    schedule_id: Mapped[UUID | None]
    trigger_id: Mapped[UUID | None]
    occurrence_at: Mapped[datetime | None]
    key: Mapped[str | None]
    delivery: Mapped[str | None]
    outcome: Mapped[str]
    code: Mapped[str | None]
    run_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
