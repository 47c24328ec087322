"""SQL of OAuth clients and grants."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, func, select, update

from vectal.auth.contracts_oauth import OAuthClient, OAuthGrant
from vectal.auth.principal import Scope
from vectal.auth.tables_oauth import OAuthClientRow, OAuthGrantRow
from vectal.platform.db import ReadSession, WriteSession

_KNOWN_SCOPES = frozenset(scope.value for scope in Scope)


def _client(row: OAuthClientRow) -> OAuthClient:
    return OAuthClient(row.id, row.name, tuple(row.redirect_uris), row.created_at)


def _grant(row: OAuthGrantRow) -> OAuthGrant:
    return OAuthGrant(
        id=row.id,
        workspace_id=row.workspace_id,
        user_id=row.user_id,
        client_id=row.client_id,
        scopes=tuple(Scope(each) for each in row.scopes if each in _KNOWN_SCOPES),
        redirect_uri=row.redirect_uri,
        created_at=row.created_at,
        refreshed_at=row.refreshed_at,
        expires_at=row.expires_at,
        generation=row.generation,
        redeemed_at=row.redeemed_at,
        revoked_at=row.revoked_at,
        code_hash=row.code_hash,
        challenge=row.challenge,
    )


async def insert_client(session: WriteSession, client: OAuthClient) -> None:
    session.add(
        OAuthClientRow(
            id=client.id,
            name=client.name,
            redirect_uris=list(client.redirect_uris),
            created_at=client.created_at,
        )
    )
    await session.flush()


async def find_clients(session: ReadSession, ids: Collection[UUID]) -> dict[UUID, OAuthClient]:
    rows = await session.scalars(select(OAuthClientRow).where(OAuthClientRow.id.in_(ids)))
    return {row.id: _client(row) for row in rows}


async def count_clients(session: ReadSession) -> int:
    return await session.scalar(select(func.count()).select_from(OAuthClientRow)) or 0


async def purge_clients(session: WriteSession, before: datetime) -> int:
    """Forget those that came before then, and that nobody has let do anything."""
    used = exists().where(OAuthGrantRow.client_id == OAuthClientRow.id)
    return await session.change(
        delete(OAuthClientRow).where(OAuthClientRow.created_at < before, ~used)
    )


async def purge_grants(session: WriteSession, before: datetime) -> int:
    """Forget those that ended before then."""
    ended = func.least(OAuthGrantRow.expires_at, OAuthGrantRow.revoked_at)  # the one that is there
    return await session.change(delete(OAuthGrantRow).where(ended < before))


async def insert_grant(session: WriteSession, grant: OAuthGrant) -> None:
    session.add(
        OAuthGrantRow(
            id=grant.id,
            workspace_id=grant.workspace_id,
            user_id=grant.user_id,
            client_id=grant.client_id,
            scopes=[str(scope) for scope in grant.scopes],
            redirect_uri=grant.redirect_uri,
            created_at=grant.created_at,
            refreshed_at=grant.refreshed_at,
            expires_at=grant.expires_at,
            code_hash=grant.code_hash,
            challenge=grant.challenge,
        )
    )
    await session.flush()


async def find_grants(session: ReadSession, ids: Collection[UUID]) -> dict[UUID, OAuthGrant]:
    """As they are now, also when this transaction has read them before."""
    statement = select(OAuthGrantRow).where(OAuthGrantRow.id.in_(ids))
    rows = await session.scalars(statement.execution_options(populate_existing=True))
    return {row.id: _grant(row) for row in rows}


async def list_live_grants(
    session: ReadSession, user_id: UUID, at: datetime, after: UUID | None, limit: int
) -> Sequence[OAuthGrant]:
    """A person's in this workspace, oldest first; not those whose code nobody has redeemed."""
    statement = (
        select(OAuthGrantRow)
        .where(
            OAuthGrantRow.user_id == user_id,
            OAuthGrantRow.redeemed_at.is_not(None),
            OAuthGrantRow.revoked_at.is_(None),
            OAuthGrantRow.expires_at > at,
        )
        .order_by(OAuthGrantRow.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(OAuthGrantRow.id > after)
    return [_grant(row) for row in await session.scalars(statement)]


async def count_open_grants(session: ReadSession, user_id: UUID, at: datetime) -> int:
    """With those whose code waits to be redeemed."""
    statement = (
        select(func.count())
        .select_from(OAuthGrantRow)
        .where(
            OAuthGrantRow.user_id == user_id,
            OAuthGrantRow.revoked_at.is_(None),
            OAuthGrantRow.expires_at > at,
        )
    )
    return await session.scalar(statement) or 0


async def redeem(
    session: WriteSession, grant_id: UUID, code_hash: bytes, at: datetime, expires_at: datetime
) -> bool:
    """Take the code, once; False when it was taken, has run out, or is another's."""
    statement = (
        update(OAuthGrantRow)
        .where(
            OAuthGrantRow.id == grant_id,
            OAuthGrantRow.code_hash == code_hash,
            OAuthGrantRow.redeemed_at.is_(None),
            OAuthGrantRow.revoked_at.is_(None),
            OAuthGrantRow.expires_at > at,
        )
        .values(redeemed_at=at, refreshed_at=at, expires_at=expires_at, generation=1)
    )
    return await session.change(statement) == 1


async def advance_grant(
    session: WriteSession, grant_id: UUID, generation: int, at: datetime, expires_at: datetime
) -> bool:
    """Go from `generation` to the next; False when another request did, or the grant ended."""
    statement = (
        update(OAuthGrantRow)
        .where(
            OAuthGrantRow.id == grant_id,
            OAuthGrantRow.generation == generation,
            OAuthGrantRow.revoked_at.is_(None),
            OAuthGrantRow.expires_at > at,
        )
        .values(generation=generation + 1, refreshed_at=at, expires_at=expires_at)
    )
    return await session.change(statement) == 1


async def revoke_grant(session: WriteSession, grant_id: UUID, at: datetime) -> bool:
    """One that the session may see."""
    statement = (
        update(OAuthGrantRow)
        .where(OAuthGrantRow.id == grant_id, OAuthGrantRow.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    return await session.change(statement) == 1
