"""SQL of feeds. A feed is its owner's alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update

from vectal.calendar.tables import FeedRow
from vectal.platform.db import DataScope, ReadSession, WriteSession


async def count(session: ReadSession, scope: DataScope) -> int:
    statement = select(func.count()).select_from(FeedRow).where(*_own(scope))
    return await session.scalar(statement) or 0


async def find(session: ReadSession, scope: DataScope, feed_id: UUID) -> FeedRow | None:
    return await session.scalar(select(FeedRow).where(*_own(scope), FeedRow.id == feed_id))


async def list_newest(session: ReadSession, scope: DataScope, limit: int) -> Sequence[FeedRow]:
    statement = select(FeedRow).where(*_own(scope)).order_by(FeedRow.id.desc()).limit(limit)
    return await session.scalars(statement)


async def mark_used(session: WriteSession, scope: DataScope, feed_id: UUID, at: datetime) -> None:
    await session.change(
        update(FeedRow).where(*_own(scope), FeedRow.id == feed_id).values(used_at=at)
    )


async def remove(session: WriteSession, scope: DataScope, feed_id: UUID) -> bool:
    statement = delete(FeedRow).where(*_own(scope), FeedRow.id == feed_id)
    return await session.change(statement) == 1


def _own(scope: DataScope) -> tuple[Any, ...]:
    return FeedRow.workspace_id == scope.workspace_id, FeedRow.owner_id == scope.user_id
