"""SQL of invitations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from vectal.accounts.contracts import Invitation, Role
from vectal.accounts.tables import InvitationRow
from vectal.platform.db import ReadSession, WriteSession


def _invitation(row: InvitationRow) -> Invitation:
    return Invitation(
        id=row.id,
        workspace_id=row.workspace_id,
        email=row.email,
        role=Role(row.role),
        invited_by=row.invited_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def _open(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        InvitationRow.accepted_at.is_(None),
        InvitationRow.revoked_at.is_(None),
        InvitationRow.expires_at > at,
    )


async def insert_invitation(
    session: WriteSession, invitation: Invitation, token_hash: bytes
) -> None:
    session.add(
        InvitationRow(
            workspace_id=invitation.workspace_id,
            id=invitation.id,
            email=invitation.email,
            role=invitation.role.value,
            token_hash=token_hash,
            invited_by=invitation.invited_by,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
        )
    )
    await session.flush()


async def list_open_invitations(
    session: ReadSession, workspace_id: UUID, at: datetime, after: UUID | None, limit: int
) -> list[Invitation]:
    statement = (
        select(InvitationRow)
        .where(InvitationRow.workspace_id == workspace_id, *_open(at))
        .order_by(InvitationRow.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(InvitationRow.id > after)
    return [_invitation(row) for row in await session.scalars(statement)]


async def count_open_invitations(session: ReadSession, workspace_id: UUID, at: datetime) -> int:
    statement = select(func.count()).select_from(InvitationRow)
    statement = statement.where(InvitationRow.workspace_id == workspace_id, *_open(at))
    return await session.scalar(statement) or 0


async def revoke_invitation(
    session: WriteSession, workspace_id: UUID, invitation_id: UUID, at: datetime
) -> bool:
    """False when there is no such open invitation."""
    statement = (
        update(InvitationRow)
        .where(
            InvitationRow.workspace_id == workspace_id,
            InvitationRow.id == invitation_id,
            *_open(at),
        )
        .values(revoked_at=at)
    )
    return await session.change(statement) == 1


async def revoke_invitations_for(
    session: WriteSession, workspace_id: UUID, email: str, at: datetime
) -> None:
    """A new invitation takes the place of older ones for the same address."""
    await session.change(
        update(InvitationRow)
        .where(
            InvitationRow.workspace_id == workspace_id,
            InvitationRow.email == email,
            *_open(at),
        )
        .values(revoked_at=at)
    )


async def find_open_invitation(
    session: ReadSession, token_hash: bytes, at: datetime
) -> Invitation | None:
    """By its link, across workspaces; as the system role."""
    statement = select(InvitationRow).where(InvitationRow.token_hash == token_hash, *_open(at))
    row = await session.scalar(statement)
    return None if row is None else _invitation(row)


async def find_by_token(
    session: ReadSession, workspace_id: UUID, token_hash: bytes
) -> Invitation | None:
    """Open or not, in one workspace."""
    statement = select(InvitationRow).where(
        InvitationRow.workspace_id == workspace_id, InvitationRow.token_hash == token_hash
    )
    row = await session.scalar(statement)
    return None if row is None else _invitation(row)


async def find_accepted(session: ReadSession, token_hash: bytes, email: str) -> UUID | None:
    """The workspace that this address has joined by this link."""
    return await session.scalar(
        select(InvitationRow.workspace_id).where(
            InvitationRow.token_hash == token_hash,
            InvitationRow.email == email,
            InvitationRow.accepted_at.is_not(None),
        )
    )


async def take_invitation(
    session: WriteSession, token_hash: bytes, at: datetime
) -> Invitation | None:
    """Mark it accepted; None when another took it first, or it is not open."""
    statement = (
        update(InvitationRow)
        .where(InvitationRow.token_hash == token_hash, *_open(at))
        .values(accepted_at=at)
        .returning(InvitationRow)
    )
    row = (await session.execute(statement)).scalar_one_or_none()
    return None if row is None else _invitation(row)
