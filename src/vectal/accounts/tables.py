"""Mappings of people, workspaces and who belongs where."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, deferred, mapped_column

from vectal.platform.db.tables import Base, TenantTable

_ROLES = "'owner', 'admin', 'member', 'viewer'"


class UserRow(Base):
    """A person. `email` is stored as `service.normalize_email` makes it, so plain UNIQUE holds."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("length(email) BETWEEN 3 AND 254", name="email"),
        CheckConstraint("length(display_name) BETWEEN 1 AND 100", name="display_name"),
        CheckConstraint("length(timezone) BETWEEN 1 AND 64", name="timezone"),
        CheckConstraint("length(locale) BETWEEN 2 AND 35", name="locale"),
        CheckConstraint("length(password_hash) <= 512", name="password_hash"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    # The app's role may not read this column at all; only a system transaction does.
    password_hash: Mapped[str] = deferred(mapped_column(nullable=False), raiseload=True)
    is_admin: Mapped[bool] = mapped_column(server_default="false")
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    locale: Mapped[str] = mapped_column(server_default="en")
    default_workspace_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("workspaces.id", ondelete="SET NULL")
    )
    session_epoch: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    disabled_at: Mapped[datetime | None]


class WorkspaceRow(Base):
    __tablename__ = "workspaces"
    __table_args__ = (CheckConstraint("length(name) BETWEEN 1 AND 100", name="name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    settings: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class MembershipRow(Base):
    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint(f"role IN ({_ROLES})", name="role"),
        Index("ix_memberships_user_id", "user_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class InvitationRow(TenantTable, Base):
    """An offer to join; the link's token is stored only as its SHA-256."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("length(email) BETWEEN 3 AND 254", name="email"),
        CheckConstraint(f"role IN ({_ROLES})", name="role"),
        CheckConstraint("octet_length(token_hash) = 32", name="token_hash"),
    )

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    email: Mapped[str]
    role: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class InstanceSettingRow(Base):
    """A setting of the whole installation. The key `setup` marks that the first account exists."""

    __tablename__ = "instance_settings"
    __table_args__ = (CheckConstraint("length(key) BETWEEN 1 AND 64", name="key"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
