"""Mapping of the egress ledger."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base, TenantTable


class EgressEntry(TenantTable, Base):
    """One outgoing request: who, what for, where to, how it went."""

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
