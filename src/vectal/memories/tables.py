"""Mapping of memories. What they say is sealed; row-level security shows them to their owner."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base, TenantTable


class MemoryRow(TenantTable, Base):
    __tablename__ = "memories"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        CheckConstraint("octet_length(sealed_text) <= 8192", name="sealed_text"),
        Index("ix_memories_owner", "workspace_id", "owner_id", "id"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    sealed_text: Mapped[bytes]
    # No foreign keys: a note outlives what it came from.
    run_id: Mapped[UUID | None]
    turn_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
