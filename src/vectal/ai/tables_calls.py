"""The mapping of calls that are under way."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base, TenantTable


class CallUnderWayRow(TenantTable, Base):
    """How far a call has come, in case that its process does not live to write its line.

    `line` is what the usage ledger then says of it. `holder` is the process; it renews the lease
    that ends at `expires_at`.
    """

    __tablename__ = "ai_calls_under_way"
    __table_args__ = (
        CheckConstraint("octet_length(line::text) <= 16384", name="line"),
        Index("ix_ai_calls_under_way_holder", "holder"),
        Index("ix_ai_calls_under_way_expires_at", "expires_at"),
    )

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    holder: Mapped[UUID]
    expires_at: Mapped[datetime]
    line: Mapped[dict[str, Any]]
