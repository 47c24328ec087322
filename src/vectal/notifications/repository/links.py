"""SQL of links that decide an approval."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from vectal.notifications.tables import ApprovalLinkRow
from vectal.platform.db import DataScope, ReadSession, WriteSession


async def put(
    session: WriteSession, scope: DataScope, mail_id: UUID, token_hash: bytes, **values: Any
) -> None:
    """The link of a mail that may be sent again: made once, and its token once more the same."""
    statement = insert(ApprovalLinkRow).values(
        workspace_id=scope.workspace_id,
        id=mail_id,
        owner_id=scope.user_id,
        token_hash=token_hash,
        **values,
    )
    same = statement.on_conflict_do_update(
        index_elements=["workspace_id", "id"], set_={"token_hash": token_hash}
    )
    await session.change(same)


async def find_by_hash(session: ReadSession, token_hash: bytes) -> ApprovalLinkRow | None:
    """Of all people, as the system role."""
    statement = select(ApprovalLinkRow).where(ApprovalLinkRow.token_hash == token_hash)
    return await session.scalar(statement)


async def use(session: WriteSession, scope: DataScope, link_id: UUID, now: datetime) -> bool:
    """True for the one that comes first, and in time; undone where its transaction is."""
    statement = (
        update(ApprovalLinkRow)
        .where(
            ApprovalLinkRow.workspace_id == scope.workspace_id,
            ApprovalLinkRow.id == link_id,
            ApprovalLinkRow.used_at.is_(None),
            ApprovalLinkRow.expires_at > now,
        )
        .values(used_at=func.now())
    )
    return await session.change(statement) == 1
