"""SQL of events. What one may see, row-level security decides too; what one may change, here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from vectal.calendar.tables import EventRow
from vectal.platform.db import DataScope, ReadSession, WriteSession

Place = tuple[datetime, UUID]
"""When the last one seen begins or was changed, and its id."""


async def lock_owner(session: WriteSession, scope: DataScope) -> None:
    """One new event of a person at a time: their number is bounded."""
    statement = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
    await session.execute(statement, {"name": f"calendar:{scope.workspace_id}:{scope.user_id}"})


async def count(session: ReadSession, scope: DataScope) -> tuple[int, int]:
    """How many events a person has, and how many of them recur."""
    statement = select(func.count(), func.count(EventRow.rule)).where(*_own(scope))
    every, recurring = (await session.execute(statement)).one()
    return every, recurring


async def find(
    session: ReadSession, scope: DataScope, event_id: UUID, *, lock: bool = False
) -> EventRow | None:
    """As it stands in the database now. `lock` finds only one's own, and keeps it."""
    statement = _visible(scope).where(EventRow.id == event_id)
    if lock:
        statement = statement.where(EventRow.owner_id == scope.user_id).with_for_update()
    return await session.scalar(statement.execution_options(populate_existing=True))


async def list_single(
    session: ReadSession,
    scope: DataScope,
    window: tuple[datetime, datetime],
    days: tuple[datetime, datetime],
    after: Place | None,
    limit: int,
) -> Sequence[EventRow]:
    """Events without a rule in a window, by beginning. `days` is the window for whole days."""
    statement = (
        _visible(scope)
        .where(
            EventRow.rule.is_(None),
            EventRow.starts_at < func.greatest(window[1], days[1]),
            or_(
                EventRow.all_day.is_(True) & _within(days),
                EventRow.all_day.is_(False) & _within(window),
            ),
        )
        .order_by(EventRow.starts_at, EventRow.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(tuple_(EventRow.starts_at, EventRow.id) > after)
    return await session.scalars(statement)


def _within(window: tuple[datetime, datetime]) -> Any:
    begins, ends = EventRow.starts_at, EventRow.ends_at
    return (begins < window[1]) & ((ends > window[0]) | (begins >= window[0]))


async def list_recurring(
    session: ReadSession, scope: DataScope, first: datetime, last: datetime, limit: int
) -> Sequence[EventRow]:
    """Events with a rule that may have an occurrence between the two."""
    length = EventRow.ends_at - EventRow.starts_at
    statement = (
        _visible(scope)
        .where(
            EventRow.rule.is_not(None),
            EventRow.starts_at < last,
            or_(EventRow.last_at.is_(None), EventRow.last_at + length >= first),
        )
        .order_by(EventRow.owner_id != scope.user_id, EventRow.id)
        .limit(limit)
    )
    return await session.scalars(statement)


async def search(
    session: ReadSession, scope: DataScope, words: str, before: Place | None, limit: int
) -> Sequence[EventRow]:
    """Events that hold words with these beginnings, the last changed first; `words` is a query."""
    statement = (
        _visible(scope)
        .where(EventRow.search.op("@@")(func.to_tsquery("pg_catalog.simple", words)))
        .order_by(EventRow.updated_at.desc(), EventRow.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(tuple_(EventRow.updated_at, EventRow.id) < before)
    return await session.scalars(statement)


async def list_own(
    session: ReadSession, scope: DataScope, after: UUID | None, limit: int
) -> Sequence[EventRow]:
    """Events of the person's own by id."""
    statement = select(EventRow).where(*_own(scope)).order_by(EventRow.id).limit(limit)
    return await session.scalars(
        statement if after is None else statement.where(EventRow.id > after)
    )


async def find_by_uid(
    session: ReadSession, scope: DataScope, uids: Collection[str]
) -> dict[str, EventRow]:
    statement = select(EventRow).where(*_own(scope), EventRow.uid.in_(uids))
    return {row.uid: row for row in await session.scalars(statement)}


async def add(session: WriteSession, scope: DataScope, values: Sequence[dict[str, Any]]) -> int:
    """How many were not there yet."""
    rows = [
        {"workspace_id": scope.workspace_id, "owner_id": scope.user_id, **each} for each in values
    ]
    return await session.change(insert(EventRow).values(rows).on_conflict_do_nothing())


async def change(
    session: WriteSession, scope: DataScope, event_id: UUID, values: dict[str, Any]
) -> None:
    await session.change(
        update(EventRow)
        .where(*_own(scope), EventRow.id == event_id)
        .values(**values, version=EventRow.version + 1)
    )


async def remove(session: WriteSession, scope: DataScope, event_id: UUID) -> None:
    await session.change(delete(EventRow).where(*_own(scope), EventRow.id == event_id))


def _own(scope: DataScope) -> tuple[Any, ...]:
    return EventRow.workspace_id == scope.workspace_id, EventRow.owner_id == scope.user_id


def _visible(scope: DataScope) -> Select[EventRow]:
    return select(EventRow).where(
        EventRow.workspace_id == scope.workspace_id,
        or_(EventRow.owner_id == scope.user_id, EventRow.visibility == "workspace"),
    )
