"""SQL of sessions and API keys."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update

from vectal.auth.contracts import ApiKey, Device, Session
from vectal.auth.principal import Scope
from vectal.auth.tables import ApiKeyRow, SessionRow
from vectal.platform.db import ReadSession, WriteSession

_KNOWN_SCOPES = frozenset(scope.value for scope in Scope)


def _session(row: SessionRow) -> Session:
    return Session(
        id=row.id,
        user_id=row.user_id,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        user_agent=row.user_agent,
        ip=row.ip,
        generation=row.generation,
        refreshed_at=row.refreshed_at,
        revoked_at=row.revoked_at,
    )


def _key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        id=row.id,
        workspace_id=row.workspace_id,
        user_id=row.user_id,
        name=row.name,
        # A scope that a later release has dropped gives nothing.
        scopes=tuple(Scope(scope) for scope in row.scopes if scope in _KNOWN_SCOPES),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        made_with=tuple(row.made_with),
        secret_hash=row.secret_hash,
    )


# --- sessions -------------------------------------------------------------------------------


async def insert_session(
    session: WriteSession,
    session_id: UUID,
    user_id: UUID,
    device: Device,
    at: datetime,
    expires_at: datetime,
) -> None:
    session.add(
        SessionRow(
            id=session_id,
            user_id=user_id,
            created_at=at,
            last_seen_at=at,
            refreshed_at=at,
            expires_at=expires_at,
            ip=device.ip,
            user_agent=device.user_agent,
        )
    )
    await session.flush()


async def find_sessions(session: ReadSession, ids: Collection[UUID]) -> dict[UUID, Session]:
    """As they are now, also when this transaction has read them before."""
    statement = select(SessionRow).where(SessionRow.id.in_(ids))
    rows = await session.scalars(statement.execution_options(populate_existing=True))
    return {row.id: _session(row) for row in rows}


async def advance_session(
    session: WriteSession, session_id: UUID, generation: int, at: datetime, expires_at: datetime
) -> bool:
    """Go from `generation` to the next; False when another request did, or the session ended."""
    statement = (
        update(SessionRow)
        .where(
            SessionRow.id == session_id,
            SessionRow.generation == generation,
            SessionRow.revoked_at.is_(None),
            SessionRow.expires_at > at,
        )
        .values(generation=generation + 1, refreshed_at=at, last_seen_at=at, expires_at=expires_at)
    )
    return await session.change(statement) == 1


async def list_live_sessions(
    session: ReadSession, user_id: UUID, at: datetime, after: UUID | None, limit: int
) -> list[Session]:
    """Newest first."""
    statement = (
        select(SessionRow)
        .where(
            SessionRow.user_id == user_id,
            SessionRow.revoked_at.is_(None),
            SessionRow.expires_at > at,
        )
        .order_by(SessionRow.id.desc())
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(SessionRow.id < after)
    return [_session(row) for row in await session.scalars(statement)]


async def revoke_sessions(
    session: WriteSession,
    user_id: UUID,
    at: datetime,
    reason: str,
    *,
    only: Collection[UUID] | None = None,
    keep: UUID | None = None,
) -> list[UUID]:
    """End the live sessions of a person; returns which."""
    statement = update(SessionRow).where(
        SessionRow.user_id == user_id, SessionRow.revoked_at.is_(None), SessionRow.expires_at > at
    )
    if only is not None:
        statement = statement.where(SessionRow.id.in_(only))
    if keep is not None:
        statement = statement.where(SessionRow.id != keep)
    statement = statement.values(revoked_at=at, revoked_for=reason)
    return list(await session.scalars(statement.returning(SessionRow.id)))


async def touch_session(session: WriteSession, session_id: UUID, at: datetime) -> None:
    await session.change(
        update(SessionRow).where(SessionRow.id == session_id).values(last_seen_at=at)
    )


async def purge_sessions(session: WriteSession, before: datetime) -> int:
    """Forget what ended before then."""
    return await session.change(
        delete(SessionRow).where(
            or_(SessionRow.expires_at < before, SessionRow.revoked_at < before)
        )
    )


# --- API keys -------------------------------------------------------------------------------


async def insert_key(session: WriteSession, key: ApiKey) -> None:
    session.add(
        ApiKeyRow(
            workspace_id=key.workspace_id,
            id=key.id,
            user_id=key.user_id,
            name=key.name,
            secret_hash=key.secret_hash,
            scopes=[scope.value for scope in key.scopes],
            made_with=list(key.made_with),
            created_at=key.created_at,
            expires_at=key.expires_at,
        )
    )
    await session.flush()


async def find_keys(session: ReadSession, ids: Collection[UUID]) -> dict[UUID, ApiKey]:
    rows = await session.scalars(select(ApiKeyRow).where(ApiKeyRow.id.in_(ids)))
    return {row.id: _key(row) for row in rows}


async def find_key_stamp(session: ReadSession, key_id: UUID) -> str | None:
    """Another one whenever the key's row was written; None: there is none."""
    connection = await session.connection()
    stamp = "SELECT xmin::text FROM api_keys WHERE id = $1"
    return cast("str | None", await connection.fetchval(stamp, key_id))


async def lock_keys(session: WriteSession, ids: Collection[UUID]) -> dict[UUID, ApiKey]:
    """As they are now; none of them can be revoked before the transaction ends."""
    statement = select(ApiKeyRow).where(ApiKeyRow.id.in_(ids)).order_by(ApiKeyRow.id)
    # Whoever was read before, and then waited for, is to be seen as it came out.
    fresh = statement.with_for_update(read=True).execution_options(populate_existing=True)
    return {row.id: _key(row) for row in await session.scalars(fresh)}


async def find_own_key(
    session: WriteSession, workspace_id: UUID, user_id: UUID, key_id: UUID
) -> ApiKey | None:
    """One's key as it is now, unless it is revoked; nobody else changes it meanwhile."""
    statement = select(ApiKeyRow).where(
        ApiKeyRow.workspace_id == workspace_id,
        ApiKeyRow.user_id == user_id,
        ApiKeyRow.id == key_id,
        ApiKeyRow.revoked_at.is_(None),
    )
    fresh = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    row = await session.scalar(fresh)
    return None if row is None else _key(row)


async def lock_requests(session: WriteSession, user_id: UUID) -> None:
    """Let the same person's repeated requests pass one at a time, until the transaction ends."""
    number = int.from_bytes(user_id.bytes[8:], "big", signed=True)
    await session.execute(select(func.pg_advisory_xact_lock(number)))


async def list_live_keys(
    session: ReadSession,
    workspace_id: UUID,
    user_id: UUID,
    after: UUID | None,
    limit: int,
) -> Sequence[ApiKey]:
    """Oldest first; an expired key stays on the list until it is revoked."""
    statement = (
        select(ApiKeyRow)
        .where(
            ApiKeyRow.workspace_id == workspace_id,
            ApiKeyRow.user_id == user_id,
            ApiKeyRow.revoked_at.is_(None),
        )
        .order_by(ApiKeyRow.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(ApiKeyRow.id > after)
    return [_key(row) for row in await session.scalars(statement)]


async def list_workspace_keys(
    session: ReadSession,
    workspace_id: UUID,
    *,
    user_id: UUID | None,
    after: UUID | None,
    limit: int,
) -> Sequence[ApiKey]:
    """Everybody's, or one person's, oldest first; as the system."""
    statement = (
        select(ApiKeyRow)
        .where(ApiKeyRow.workspace_id == workspace_id, ApiKeyRow.revoked_at.is_(None))
        .order_by(ApiKeyRow.id)
        .limit(limit)
    )
    if user_id is not None:
        statement = statement.where(ApiKeyRow.user_id == user_id)
    if after is not None:
        statement = statement.where(ApiKeyRow.id > after)
    return [_key(row) for row in await session.scalars(statement)]


async def count_live_keys(session: ReadSession, workspace_id: UUID, user_id: UUID) -> int:
    statement = (
        select(func.count())
        .select_from(ApiKeyRow)
        .where(
            ApiKeyRow.workspace_id == workspace_id,
            ApiKeyRow.user_id == user_id,
            ApiKeyRow.revoked_at.is_(None),
        )
    )
    return await session.scalar(statement) or 0


async def update_key(session: WriteSession, key: ApiKey) -> ApiKey:
    """Write the name and the end of a key as they are in `key`; the key as it is then."""
    statement = (
        update(ApiKeyRow)
        .where(ApiKeyRow.workspace_id == key.workspace_id, ApiKeyRow.id == key.id)
        .values(name=key.name, expires_at=key.expires_at)
        .returning(ApiKeyRow)
        .execution_options(populate_existing=True)
    )
    (row,) = await session.scalars(statement)
    return _key(row)


async def shorten_made_with(
    session: WriteSession, workspace_id: UUID, key_id: UUID, expires_at: datetime
) -> list[UUID]:
    """Let what was made with a key, and with that, end no later than then; returns which did.

    The key itself must be changed before, for the same reason as in `revoke_made_with`.
    """
    statement = (
        update(ApiKeyRow)
        .where(
            ApiKeyRow.workspace_id == workspace_id,
            ApiKeyRow.made_with.contains([key_id]),
            ApiKeyRow.revoked_at.is_(None),
            or_(ApiKeyRow.expires_at.is_(None), ApiKeyRow.expires_at > expires_at),
        )
        .values(expires_at=expires_at)
    )
    return list(await session.scalars(statement.returning(ApiKeyRow.id)))


async def revoke_key(
    session: WriteSession, workspace_id: UUID, user_id: UUID, key_id: UUID, at: datetime
) -> bool:
    statement = (
        update(ApiKeyRow)
        .where(
            ApiKeyRow.workspace_id == workspace_id,
            ApiKeyRow.user_id == user_id,
            ApiKeyRow.id == key_id,
            ApiKeyRow.revoked_at.is_(None),
        )
        .values(revoked_at=at)
    )
    return await session.change(statement) == 1


async def revoke_made_with(
    session: WriteSession, workspace_id: UUID, key_id: UUID, at: datetime
) -> list[UUID]:
    """Revoke what was made with a key, and what was made with that; returns which.

    The key itself must be revoked before, by a statement of its own: that waits for those who are
    making a key with it, and this one then sees what they made.
    """
    statement = (
        update(ApiKeyRow)
        .where(
            ApiKeyRow.workspace_id == workspace_id,
            ApiKeyRow.made_with.contains([key_id]),
            ApiKeyRow.revoked_at.is_(None),
        )
        .values(revoked_at=at)
    )
    return list(await session.scalars(statement.returning(ApiKeyRow.id)))


async def touch_key(
    session: WriteSession, key: ApiKey, at: datetime, at_most_each: timedelta
) -> None:
    """Note its use, unless a sibling process has just done so."""
    await session.change(
        update(ApiKeyRow)
        .where(
            ApiKeyRow.workspace_id == key.workspace_id,
            ApiKeyRow.id == key.id,
            or_(ApiKeyRow.last_used_at.is_(None), ApiKeyRow.last_used_at < at - at_most_each),
        )
        .values(last_used_at=at)
    )
