"""SQL that schedules and triggers share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import Select, delete, func, select, text, update

from vectal.agents.schedules.tables import ScheduleRow, TriggerRow
from vectal.platform.db import DataScope, ReadSession, WriteSession

StarterT = TypeVar("StarterT", ScheduleRow, TriggerRow)
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


async def lock_owner(session: WriteSession, scope: DataScope) -> None:
    """One new schedule or trigger of a person at a time: their number is bounded."""
    await session.execute(_LOCK, {"name": f"starters:{scope.workspace_id}:{scope.user_id}"})


async def count(session: ReadSession, scope: DataScope, table: type[StarterT]) -> int:
    rows = _own(table, scope).subquery()
    return await session.scalar(select(func.count()).select_from(rows)) or 0


async def find(
    session: ReadSession,
    scope: DataScope,
    table: type[StarterT],
    row_id: UUID,
    *,
    lock: bool = False,
) -> StarterT | None:
    """With `lock`, nobody else changes or fires it until the transaction ends."""
    statement = _own(table, scope).where(table.id == row_id)
    if lock:
        statement = statement.with_for_update()
    return await session.scalar(statement.execution_options(populate_existing=True))


async def find_by_request_key(
    session: ReadSession, scope: DataScope, table: type[StarterT], key: str
) -> StarterT | None:
    return await session.scalar(_own(table, scope).where(table.request_key == key))


async def list_recent(
    session: ReadSession,
    scope: DataScope,
    table: type[StarterT],
    *,
    before: UUID | None,
    limit: int,
) -> Sequence[StarterT]:
    """The newest first; `before` is the last one seen."""
    statement = _own(table, scope).order_by(table.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(table.id < before)
    return await session.scalars(statement)


async def change(
    session: WriteSession, scope: DataScope, table: type[StarterT], row_id: UUID, **values: Any
) -> None:
    await session.change(
        update(table)
        .where(table.workspace_id == scope.workspace_id, table.id == row_id)
        .values(**values)
    )


async def remove(
    session: WriteSession, scope: DataScope, table: type[StarterT], row_id: UUID
) -> bool:
    statement = delete(table).where(
        table.workspace_id == scope.workspace_id,
        table.owner_id == scope.user_id,
        table.id == row_id,
    )
    return await session.change(statement) == 1


def _own(table: type[StarterT], scope: DataScope) -> Select[StarterT]:
    """Row-level security says the same; saying it here lets the planner use the index."""
    return select(table).where(
        table.workspace_id == scope.workspace_id, table.owner_id == scope.user_id
    )
