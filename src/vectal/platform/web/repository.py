"""SQL of the stored answers."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from vectal.platform.db import DataScope, ReadSession, WriteSession
from vectal.platform.web.tables import IdempotencyKey


async def claim(session: WriteSession, scope: DataScope, key: str, fingerprint: bytes) -> bool:
    """True when this request is the first; else waits until the first has ended."""
    statement = (
        insert(IdempotencyKey)
        .values(
            workspace_id=scope.workspace_id,
            user_id=scope.user_id,
            key=key,
            fingerprint=fingerprint,
        )
        .on_conflict_do_nothing()
    )
    return await session.change(statement) == 1


async def store(
    session: WriteSession,
    scope: DataScope,
    key: str,
    status: int,
    headers: Mapping[str, str],
    sealed: bytes,
) -> None:
    await session.change(
        update(IdempotencyKey)
        .where(
            IdempotencyKey.workspace_id == scope.workspace_id,
            IdempotencyKey.user_id == scope.user_id,
            IdempotencyKey.key == key,
        )
        .values(status=status, headers=dict(headers), body=sealed, is_sealed=True)
    )


async def find(session: ReadSession, scope: DataScope, key: str) -> IdempotencyKey | None:
    return await session.get(IdempotencyKey, (scope.workspace_id, scope.user_id, key))


async def purge(session: WriteSession, before: datetime) -> int:
    """Forget answers older than `before`; run by the scheduler as the system role."""
    return await session.change(delete(IdempotencyKey).where(IdempotencyKey.created_at < before))
