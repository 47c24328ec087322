"""Mappings of sessions and API keys. No secret is stored, only a key's SHA-256."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base, TenantTable


class SessionRow(Base):
    """A sign-in on one device; ends when revoked, or at `expires_at`.

    `generation` counts its refreshes: the token of the current one is good, the one before for a
    moment more, and any older one is a copy in wrong hands.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("length(user_agent) <= 400", name="user_agent"),
        CheckConstraint("length(ip) <= 64", name="ip"),
        Index("ix_sessions_user_id_id", "user_id", "id"),
        Index("ix_sessions_expires_at", "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    generation: Mapped[int] = mapped_column(server_default="1")
    refreshed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    user_agent: Mapped[str] = mapped_column(server_default="")
    ip: Mapped[str] = mapped_column(server_default="")
    revoked_at: Mapped[datetime | None]
    revoked_for: Mapped[str | None]


class ApiKeyRow(TenantTable, Base):
    """A key of one person in one workspace."""

    __tablename__ = "api_keys"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name"),
        CheckConstraint("octet_length(secret_hash) = 32", name="secret_hash"),
        CheckConstraint("cardinality(scopes) <= 32", name="scopes"),
        CheckConstraint("cardinality(made_with) <= 8", name="made_with"),
        Index("ix_api_keys_user_id", "user_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    secret_hash: Mapped[bytes]
    scopes: Mapped[list[str]] = mapped_column(ARRAY[Any](Text()))
    made_with: Mapped[list[UUID]] = mapped_column(ARRAY[Any](Uuid()), server_default="{}")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
