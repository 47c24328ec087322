"""Mapping of events and feeds. Row-level security shows an event to its owner, or to all."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, deferred, mapped_column

from vectal.platform.db.tables import Base, TenantTable

SEARCH_WORDS: Final = (
    "to_tsvector('pg_catalog.simple', title || ' ' || place || ' ' || left(notes, 5000))"
)


class EventRow(TenantTable, Base):
    """Whole days lie from midnight to midnight in UTC. `ends_at` is the first moment after it.

    `last_at` is when the last occurrence begins, null where there is no last one.
    """

    __tablename__ = "calendar_events"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        CheckConstraint("length(title) BETWEEN 1 AND 500", name="title"),
        CheckConstraint("length(notes) <= 20000", name="notes"),
        CheckConstraint("length(place) <= 500", name="place"),
        CheckConstraint("visibility IN ('private', 'workspace')", name="visibility"),
        CheckConstraint("ends_at >= starts_at", name="order"),
        CheckConstraint("length(timezone) BETWEEN 1 AND 64", name="timezone"),
        CheckConstraint("length(rule) BETWEEN 1 AND 500", name="rule"),
        CheckConstraint("cardinality(skips) <= 500", name="skips"),
        CheckConstraint("length(uid) BETWEEN 1 AND 300", name="uid"),
        Index("ix_calendar_events_owner_id", "owner_id"),
        Index("ix_calendar_events_start", "workspace_id", "starts_at", "id"),
        Index(
            "ix_calendar_events_rules",
            *("workspace_id", "owner_id", "id"),
            postgresql_where=text("rule IS NOT NULL"),
        ),
        Index("uq_calendar_events_uid", "workspace_id", "owner_id", "uid", unique=True),
        Index("ix_calendar_events_search", "workspace_id", "search", postgresql_using="gin"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str]
    notes: Mapped[str] = mapped_column(server_default="")
    place: Mapped[str] = mapped_column(server_default="")
    visibility: Mapped[str] = mapped_column(server_default="private")
    all_day: Mapped[bool]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    timezone: Mapped[str]
    rule: Mapped[str | None]
    last_at: Mapped[datetime | None]
    skips: Mapped[list[datetime]] = mapped_column(
        ARRAY(DateTime(timezone=True)), server_default=text("'{}'")
    )
    is_imported: Mapped[bool] = mapped_column(server_default=text("false"))
    uid: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    search: Mapped[Any] = deferred(
        mapped_column(TSVECTOR(), Computed(SEARCH_WORDS, persisted=True)), raiseload=True
    )


class FeedRow(TenantTable, Base):
    """A calendar program's subscription; of its secret only the SHA-256 is kept."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name"),
        CheckConstraint("octet_length(secret_sha256) = 32", name="secret_sha256"),
        Index("ix_calendar_feeds_owner_id", "owner_id"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    secret_sha256: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime | None]
