"""Mapping of the egress ledger."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.clock import utc_now
from vectal.platform.db.tables import Base, TenantTable

OPEN: Final = "open"
"""How a request ended that has not, as far as is known."""
LOST: Final = "lost"
"""The same of one that can't be open any more: its process was killed."""
LONGEST: Final = timedelta(hours=2)
"""Of a request: the longest stream takes one."""


class EgressEntry(TenantTable, Base):
    """One outgoing request: who, what for, where to, how it went.

    One that takes long is there while it is open, and is written anew when it ends.
    """

    __tablename__ = "egress_ledger"
    __table_args__ = (
        CheckConstraint("length(purpose) BETWEEN 1 AND 100", name="purpose"),
        CheckConstraint("length(method) <= 20", name="method"),
        CheckConstraint("length(host) <= 300", name="host"),
        CheckConstraint("length(outcome) <= 100", name="outcome"),
        CheckConstraint("length(policy) <= 100", name="policy"),
        Index("ix_egress_ledger_at", "at", postgresql_using="brin"),
        Index("ix_egress_ledger_newest", "workspace_id", "at", "id"),
    )

    user_id: Mapped[UUID | None]
    purpose: Mapped[str]
    method: Mapped[str]
    host: Mapped[str]
    status: Mapped[int | None]
    outcome: Mapped[str]
    policy: Mapped[str]
    bytes_out: Mapped[int] = mapped_column(BigInteger())
    bytes_in: Mapped[int] = mapped_column(BigInteger())
    duration_ms: Mapped[int]
    at: Mapped[datetime]

    @property
    def ending(self) -> str:
        """How it ended, as far as can be known by now."""
        is_lost = self.outcome == OPEN and self.at < utc_now() - LONGEST
        return LOST if is_lost else self.outcome
