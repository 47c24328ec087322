"""Mapping of the stored answers of idempotent requests."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, false, func
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base


class IdempotencyKey(Base):
    __tablename__ = "idempotency_keys"
    __table_args__ = (
        CheckConstraint("length(key) BETWEEN 1 AND 200", name="key"),
        Index("ix_idempotency_keys_created_at", "created_at"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[bytes | None]
    is_sealed: Mapped[bool] = mapped_column(server_default=false())
    """Of the body; what an older release has stored is not."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
