"""Mapping of tool servers, what their tools say of themselves, and who has consented to what."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from vectal.mcp.contracts import SLUG_PATTERN
from vectal.platform.db.tables import Base, TenantTable


class ToolServerRow(TenantTable, Base):
    __tablename__ = "mcp_servers"
    __table_args__ = (
        CheckConstraint(f"name ~ '{SLUG_PATTERN}' AND length(name) <= 24", name="name"),
        CheckConstraint("length(url) BETWEEN 1 AND 500", name="url"),
        CheckConstraint("length(header) <= 100", name="header"),
        CheckConstraint("octet_length(sealed_secret) <= 8192", name="sealed_secret"),
        CheckConstraint("length(secret_hint) <= 16", name="secret_hint"),
        CheckConstraint("octet_length(test_result::text) <= 4096", name="test_result"),
        Index("uq_mcp_servers_workspace_id_name", "workspace_id", "name", unique=True),
    )

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str]
    url: Mapped[str]
    header: Mapped[str] = mapped_column(server_default="")
    sealed_secret: Mapped[bytes | None]
    secret_hint: Mapped[str] = mapped_column(server_default="")
    enabled: Mapped[bool] = mapped_column(server_default="true")
    test_result: Mapped[dict[str, Any] | None]
    version: Mapped[int] = mapped_column(server_default="1")
    created_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ServerToolRow(TenantTable, Base):
    """A tool as its server has listed it last. `server_id` may be one of the operator's."""

    __tablename__ = "mcp_tools"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 128", name="name"),
        CheckConstraint("octet_length(said::text) <= 262144", name="said"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        CheckConstraint("length(fault) <= 300", name="fault"),
        CheckConstraint("effect IN ('unsafe', 'idempotent', 'pure')", name="effect"),
        Index("uq_mcp_tools_server_id_name", "workspace_id", "server_id", "name", unique=True),
    )

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    server_id: Mapped[UUID]
    name: Mapped[str]
    said: Mapped[dict[str, Any]]
    sha256: Mapped[str]
    fault: Mapped[str] = mapped_column(server_default="")
    effect: Mapped[str] = mapped_column(server_default="unsafe")
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ConsentRow(Base):
    """One person's consent to what a tool said at that time."""

    __tablename__ = "mcp_consents"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "tool_id"],
            ["mcp_tools.workspace_id", "mcp_tools.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        Index("ix_mcp_consents_tool_id", "workspace_id", "tool_id"),
        Index("ix_mcp_consents_user_id", "user_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    tool_id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
