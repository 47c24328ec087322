"""Mappings of OAuth: programs that have introduced themselves, and what people let them do."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base, TenantTable


class OAuthClientRow(Base):
    """A program that has registered itself; public, so it has no secret. Of no workspace."""

    __tablename__ = "oauth_clients"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name"),
        CheckConstraint("cardinality(redirect_uris) BETWEEN 1 AND 5", name="redirect_uris"),
        Index("ix_oauth_clients_created_at", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    redirect_uris: Mapped[list[str]] = mapped_column(ARRAY[Any](Text()))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class OAuthGrantRow(TenantTable, Base):
    """What one person lets one program do in one workspace.

    It begins with a code that can be redeemed once. `generation` counts the refreshes after that,
    as it does for sessions.
    """

    __tablename__ = "oauth_grants"
    __table_args__ = (
        CheckConstraint("cardinality(scopes) BETWEEN 1 AND 32", name="scopes"),
        CheckConstraint("octet_length(code_hash) = 32", name="code_hash"),
        CheckConstraint("length(challenge) = 43", name="challenge"),
        CheckConstraint("length(redirect_uri) <= 500", name="redirect_uri"),
        Index("ix_oauth_grants_user_id", "user_id"),
        Index("ix_oauth_grants_client_id", "client_id"),
        Index("ix_oauth_grants_expires_at", "expires_at"),
    )

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    client_id: Mapped[UUID] = mapped_column(ForeignKey("oauth_clients.id", ondelete="CASCADE"))
    scopes: Mapped[list[str]] = mapped_column(ARRAY[Any](Text()))
    redirect_uri: Mapped[str]
    code_hash: Mapped[bytes]
    challenge: Mapped[str]
    redeemed_at: Mapped[datetime | None]
    generation: Mapped[int] = mapped_column(server_default="0")
    refreshed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    """Of the code until it is redeemed, then of what may be refreshed."""
    revoked_at: Mapped[datetime | None]
