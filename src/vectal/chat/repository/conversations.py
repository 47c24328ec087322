"""SQL of conversations."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_, update

from vectal.chat.tables import ConversationRow
from vectal.platform.db import DataScope, ReadSession, WriteSession


async def find(
    session: ReadSession, scope: DataScope, conversation_id: UUID, *, lock: bool = False
) -> ConversationRow | None:
    """With `lock`, other writers of this conversation wait until the transaction ends."""
    statement = _own(scope).where(ConversationRow.id == conversation_id)
    if lock:
        statement = statement.with_for_update(key_share=True)
    return await session.scalar(statement)


async def find_by_request_key(
    session: ReadSession, scope: DataScope, key: str
) -> ConversationRow | None:
    return await session.scalar(_own(scope).where(ConversationRow.request_key == key))


async def find_many(
    session: ReadSession, scope: DataScope, ids: Collection[UUID]
) -> Sequence[ConversationRow]:
    return await session.scalars(_own(scope).where(ConversationRow.id.in_(ids)))


async def count(session: ReadSession, scope: DataScope) -> int:
    statement = select(func.count()).select_from(_own(scope).subquery())
    return await session.scalar(statement) or 0


async def list_recent(
    session: ReadSession,
    scope: DataScope,
    *,
    archived: bool,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[ConversationRow]:
    """The most recently used first; `before` is the place of the last one seen."""
    place = tuple_(ConversationRow.last_message_at, ConversationRow.id)
    archived_at = ConversationRow.archived_at
    statement = (
        _own(scope)
        .where(archived_at.is_not(None) if archived else archived_at.is_(None))
        .order_by(ConversationRow.last_message_at.desc(), ConversationRow.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(place < before)
    return await session.scalars(statement)


async def change(
    session: WriteSession, scope: DataScope, conversation_id: UUID, **values: Any
) -> ConversationRow:
    """Set columns and count the version up; the row must exist."""
    statement = (
        update(ConversationRow)
        .where(
            ConversationRow.workspace_id == scope.workspace_id,
            ConversationRow.id == conversation_id,
        )
        .values(version=ConversationRow.version + 1, **values)
        .returning(ConversationRow)
        .execution_options(populate_existing=True)
    )
    return cast("ConversationRow", await session.scalar(statement))


async def change_title(
    session: WriteSession,
    scope: DataScope,
    conversation_id: UUID,
    *,
    sealed_title: bytes,
    source: str,
    over: Collection[str],
) -> bool:
    """Set the title unless it came from elsewhere than `over` meanwhile."""
    statement = (
        update(ConversationRow)
        .where(
            ConversationRow.workspace_id == scope.workspace_id,
            ConversationRow.id == conversation_id,
            ConversationRow.title_source.in_(over),
        )
        .values(sealed_title=sealed_title, title_source=source, version=ConversationRow.version + 1)
    )
    return await session.change(statement) == 1


async def remove(session: WriteSession, scope: DataScope, conversation_id: UUID) -> bool:
    """Messages, turns, frames and words go with it."""
    statement = delete(ConversationRow).where(
        ConversationRow.workspace_id == scope.workspace_id, ConversationRow.id == conversation_id
    )
    return await session.change(statement) == 1


def _own(scope: DataScope) -> Any:
    """Row-level security says the same; saying it here lets the planner use the index."""
    return select(ConversationRow).where(
        ConversationRow.workspace_id == scope.workspace_id,
        ConversationRow.owner_id == scope.user_id,
    )
