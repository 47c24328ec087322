"""Mappings of notifications. They hold ids only: words are read from the run when they are shown.

Row-level security shows each to its owner.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base, TenantTable

_KINDS = "'approval', 'question', 'review', 'failed'"


class _Owned(TenantTable):
    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))


class NotificationRow(_Owned, Base):
    __tablename__ = "notifications"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "run_id"],
            ["agent_runs.workspace_id", "agent_runs.id"],
            name="fk_notifications_workspace_id_run_id",
            ondelete="CASCADE",
        ),
        UniqueConstraint("workspace_id", "run_id", "kind", "subject"),
        CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
        CheckConstraint("length(subject) <= 200", name="subject"),
        Index("ix_notifications_owner_id", "owner_id"),
        Index("ix_notifications_recent", "workspace_id", "owner_id", "at", "id"),
        Index(
            "ix_notifications_unread",
            "workspace_id",
            "owner_id",
            postgresql_where=text("read_at IS NULL"),
        ),
        Index("ix_notifications_at", "at"),
    )

    kind: Mapped[str]
    run_id: Mapped[UUID]
    subject: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    read_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class NotificationSettingsRow(Base):
    """Without a row every kind is mailed."""

    __tablename__ = "notification_settings"
    __table_args__ = (
        CheckConstraint(
            f"unmailed <@ ARRAY[{_KINDS}] AND cardinality(unmailed) <= 4", name="unmailed"
        ),
        Index("ix_notification_settings_owner_id", "owner_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    owner_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    unmailed: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class MailRow(_Owned, Base):
    """The outbox. `attempts` grows with each claim; a write under an older one is refused.

    What the mail says is made when it is sent, from what is true then.
    """

    __tablename__ = "notification_mails"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "notification_id"],
            ["notifications.workspace_id", "notifications.id"],
            name="fk_notification_mails_workspace_id_notification_id",
            ondelete="CASCADE",
        ),
        CheckConstraint("state IN ('queued', 'sent', 'dropped', 'dead')", name="state"),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("length(code) <= 100", name="code"),
        CheckConstraint("(state = 'queued') = (ended_at IS NULL)", name="ended"),
        Index("ix_notification_mails_owner_id", "owner_id"),
        Index("ix_notification_mails_recent", "workspace_id", "owner_id", "created_at"),
        Index("ix_notification_mails_notification_id", "workspace_id", "notification_id", "id"),
        Index("ix_notification_mails_due", "due_at", postgresql_where=text("state = 'queued'")),
    )

    notification_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(server_default=text("'queued'"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    lease_expires_at: Mapped[datetime | None]
    code: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]


class ApprovalLinkRow(_Owned, Base):
    """The link of the mail with the same id; its token is stored only as its SHA-256."""

    __tablename__ = "approval_links"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "id"],
            ["notification_mails.workspace_id", "notification_mails.id"],
            name="fk_approval_links_workspace_id_id",
            ondelete="CASCADE",
        ),
        CheckConstraint("octet_length(token_hash) = 32", name="token_hash"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
        Index("ix_approval_links_owner_id", "owner_id"),
    )

    token_hash: Mapped[bytes] = mapped_column(unique=True)
    run_id: Mapped[UUID]
    approval_id: Mapped[UUID]
    sha256: Mapped[str]
    session_epoch: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
