"""SQL of memories."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from vectal.memories.tables import MemoryRow
from vectal.platform.db import DataScope, ReadSession, WriteSession


async def lock_owner(session: WriteSession, scope: DataScope) -> None:
    """One new memory of a person at a time: their number is bounded."""
    statement = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
    await session.execute(statement, {"name": f"memories:{scope.workspace_id}:{scope.user_id}"})


async def count(session: ReadSession, scope: DataScope) -> int:
    return await session.scalar(select(func.count()).select_from(_own(scope).subquery())) or 0


async def find(session: ReadSession, scope: DataScope, memory_id: UUID) -> MemoryRow | None:
    """As it stands in the database now, whatever this session has read before."""
    statement = _own(scope).where(MemoryRow.id == memory_id)
    return await session.scalar(statement.execution_options(populate_existing=True))


async def list_newest(
    session: ReadSession, scope: DataScope, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[MemoryRow]:
    """The newest first; `before` is when the last one seen was written, and its id.

    Ids alone don't tell: that of a note whose writing may be tried again is made of the attempt.
    """
    order = (MemoryRow.created_at.desc(), MemoryRow.id.desc())
    statement = _own(scope).order_by(*order).limit(limit)
    if before is not None:
        statement = statement.where(tuple_(MemoryRow.created_at, MemoryRow.id) < before)
    return list(await session.scalars(statement))


async def add(session: WriteSession, scope: DataScope, values: dict[str, Any]) -> bool:
    """False when it is there already."""
    statement = insert(MemoryRow).values(
        workspace_id=scope.workspace_id, owner_id=scope.user_id, **values
    )
    return await session.change(statement.on_conflict_do_nothing()) == 1


async def change(
    session: WriteSession, scope: DataScope, memory_id: UUID, sealed_text: bytes
) -> None:
    await session.change(
        update(MemoryRow)
        .where(MemoryRow.workspace_id == scope.workspace_id, MemoryRow.id == memory_id)
        .values(sealed_text=sealed_text, updated_at=func.now())
    )


async def remove(session: WriteSession, scope: DataScope, memory_id: UUID) -> bool:
    statement = delete(MemoryRow).where(
        MemoryRow.workspace_id == scope.workspace_id,
        MemoryRow.owner_id == scope.user_id,
        MemoryRow.id == memory_id,
    )
    return await session.change(statement) == 1


def _own(scope: DataScope) -> Select[MemoryRow]:
    return select(MemoryRow).where(
        MemoryRow.workspace_id == scope.workspace_id, MemoryRow.owner_id == scope.user_id
    )
