"""Mappings of the outbox, the offsets of its readers and the deliveries that failed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base, Xid8


class OutboxEvent(Base):
    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("length(type) BETWEEN 3 AND 100", name="type"),
        CheckConstraint("octet_length(payload::text) <= 65536", name="payload"),
        Index("uq_outbox_xid_id", "xid", "id", unique=True),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    xid: Mapped[int] = mapped_column(
        Xid8(), primary_key=True, server_default=text("pg_current_xact_id()")
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None]
    type: Mapped[str]
    payload: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class EventConsumer(Base):
    """How far a reader has come; also the relay (`relay`) and the purge (`purge`)."""

    __tablename__ = "event_consumers"
    __table_args__ = (CheckConstraint("length(name) BETWEEN 1 AND 100", name="name"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    xid: Mapped[int] = mapped_column(Xid8())
    id: Mapped[UUID]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class EventDelivery(Base):
    """An event that a consumer could not take: it waits for a retry, or is parked for a person."""

    __tablename__ = "event_deliveries"
    __table_args__ = (
        CheckConstraint("length(error) <= 2000", name="error"),
        Index(
            "ix_event_deliveries_waiting",
            "consumer",
            "workspace_id",
            "position",
            postgresql_where=text("parked_at IS NULL"),
        ),
        Index("ix_event_deliveries_consumer_parked_at", "consumer", "parked_at"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    consumer: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger(), Identity(always=True))
    xid: Mapped[int] = mapped_column(Xid8())
    user_id: Mapped[UUID | None]
    type: Mapped[str]
    payload: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    attempts: Mapped[int]
    next_at: Mapped[datetime]
    error: Mapped[str]
    parked_at: Mapped[datetime | None]
