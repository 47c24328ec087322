"""Mapping of presets of runs. Their words are sealed; row-level security hides private ones."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base, TenantTable


class RunPresetRow(TenantTable, Base):
    """`sealed_words` lies under the workspace's key while it is shared, else under its owner's."""

    __tablename__ = "run_presets"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        CheckConstraint("octet_length(sealed_words) <= 262144", name="sealed_words"),
        CheckConstraint("cost_cap_usd >= 0 AND token_cap >= 0 AND step_cap >= 0", name="caps"),
        CheckConstraint("hours BETWEEN 1 AND 2160", name="hours"),
        CheckConstraint("cardinality(tools) <= 200", name="tools"),
        Index("ix_run_presets_recent", "workspace_id", "created_at", "id"),
        Index("ix_run_presets_owner_id", "owner_id"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    is_shared: Mapped[bool]
    sealed_words: Mapped[bytes]
    cost_cap_usd: Mapped[Decimal] = mapped_column(Numeric(14, 8))
    token_cap: Mapped[int] = mapped_column(BigInteger())
    step_cap: Mapped[int]
    hours: Mapped[int]
    tools: Mapped[list[str] | None] = mapped_column(ARRAY(Text()))
    choice: Mapped[dict[str, Any]]
    # No foreign key: a preset outlives the project that its runs count for.
    project_id: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
