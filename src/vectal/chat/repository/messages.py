"""SQL of messages and of the words that find them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select, update

from vectal.chat.tables import MessageRow, WordRow
from vectal.platform.db import DataScope, ReadSession, WriteSession

# Sorted, so that two writers of the same words never wait for each other in a circle.
_ADD_WORDS: Final = """
INSERT INTO message_words (workspace_id, owner_id, message_id, conversation_id, word)
SELECT $1, $2, $3, $4, word FROM unnest($5::bytea[]) AS word
ON CONFLICT DO NOTHING
"""


async def read_skeleton(
    session: ReadSession, scope: DataScope, conversation_id: UUID
) -> Sequence[tuple[UUID, UUID | None, str]]:
    """Id, parent and role of every message, none of its words."""
    statement = select(MessageRow.id, MessageRow.parent_id, MessageRow.role).where(
        MessageRow.workspace_id == scope.workspace_id,
        MessageRow.conversation_id == conversation_id,
    )
    return [(row[0], row[1], row[2]) for row in await session.execute(statement)]


async def find_many(
    session: ReadSession, scope: DataScope, ids: Collection[UUID]
) -> dict[UUID, MessageRow]:
    statement = select(MessageRow).where(
        MessageRow.workspace_id == scope.workspace_id, MessageRow.id.in_(ids)
    )
    return {row.id: row for row in await session.scalars(statement)}


async def change(
    session: WriteSession,
    scope: DataScope,
    message_id: UUID,
    *,
    sealed_content: bytes,
    status: str,
) -> None:
    await session.change(
        update(MessageRow)
        .where(MessageRow.workspace_id == scope.workspace_id, MessageRow.id == message_id)
        .values(sealed_content=sealed_content, status=status)
    )


async def add_words(
    session: WriteSession,
    scope: DataScope,
    *,
    conversation_id: UUID,
    message_id: UUID,
    words: Collection[bytes],
) -> None:
    if not words:
        return
    connection: Any = await session.connection()  # asyncpg is untyped
    await connection.execute(
        _ADD_WORDS,
        scope.workspace_id,
        scope.user_id,
        message_id,
        conversation_id,
        sorted(words),
    )


async def remove_words(session: WriteSession, scope: DataScope, message_id: UUID) -> None:
    await session.change(
        delete(WordRow).where(
            WordRow.workspace_id == scope.workspace_id,
            WordRow.owner_id == scope.user_id,
            WordRow.message_id == message_id,
        )
    )


async def find_by_words(
    session: ReadSession,
    scope: DataScope,
    words: Collection[bytes],
    *,
    before: UUID | None,
    limit: int,
) -> Sequence[tuple[UUID, UUID]]:
    """Message and conversation ids where every word stands, newest first."""
    statement = (
        select(WordRow.message_id, WordRow.conversation_id)
        .where(
            WordRow.workspace_id == scope.workspace_id,
            WordRow.owner_id == scope.user_id,
            WordRow.word.in_(words),
        )
        .group_by(WordRow.message_id, WordRow.conversation_id)
        .having(func.count() == len(words))
        .order_by(WordRow.message_id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(WordRow.message_id < before)
    return [(row[0], row[1]) for row in await session.execute(statement)]
