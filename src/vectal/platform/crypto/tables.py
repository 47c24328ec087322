"""Mapping of the wrapped data keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base, Xid8


class DataKey(Base):
    """A key of one owner. Destroyed, the row stays and tells that it is gone."""

    __tablename__ = "data_keys"
    __table_args__ = (
        CheckConstraint("owner_kind IN ('user', 'workspace')", name="owner_kind"),
        CheckConstraint("purpose IN ('content', 'index')", name="purpose"),
        CheckConstraint("version BETWEEN 1 AND 65535", name="version"),
        CheckConstraint("octet_length(wrapped) <= 4096", name="wrapped"),
        CheckConstraint("length(master_key_id) BETWEEN 1 AND 200", name="master_key_id"),
        CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed"),
        Index("ix_data_keys_master_key_id", "master_key_id"),
    )

    owner_kind: Mapped[str] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes | None]
    master_key_id: Mapped[str]
    created_xid: Mapped[int] = mapped_column(Xid8(), server_default=text("pg_current_xact_id()"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    destroyed_at: Mapped[datetime | None]
