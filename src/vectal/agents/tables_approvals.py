"""Mapping of what a workspace has decided about approvals."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, func
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base


class ApprovalRulesRow(Base):
    """None means the defaults. `tools` holds a rule for each tool that has one of its own."""

    __tablename__ = "approval_rules"
    __table_args__ = (
        CheckConstraint("everything IN ('always', 'policy', 'never')", name="everything"),
        CheckConstraint("ask_above_usd >= 0", name="ask_above_usd"),
    )

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    everything: Mapped[str]
    tools: Mapped[dict[str, Any]]
    ask_above_usd: Mapped[Decimal] = mapped_column(Numeric(10, 4))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
