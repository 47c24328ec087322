"""SQL of quotas. Each change is one statement whose condition holds the limit, so it is exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from vectal.files.tables import QuotaRow
from vectal.platform.db import DataScope, ReadSession, WriteSession

NO_LIMIT: Final = (1 << 62) - 1


async def find(
    session: ReadSession, scope: DataScope, subjects: Sequence[UUID]
) -> Mapping[UUID, tuple[int, int]]:
    """Bytes used and reserved, of those that have a row."""
    rows = await session.execute(
        select(QuotaRow.subject_id, QuotaRow.used, QuotaRow.reserved).where(
            QuotaRow.workspace_id == scope.workspace_id, QuotaRow.subject_id.in_(subjects)
        )
    )
    return {row[0]: (row[1], row[2]) for row in rows.all()}


async def reserve(
    session: WriteSession, scope: DataScope, subject_id: UUID, size: int, limit: int | None
) -> bool:
    """Hold space for an upload; False when there is not enough."""
    await _open(session, scope, subject_id)
    most = NO_LIMIT if limit is None else limit
    return (
        await session.change(
            update(QuotaRow)
            .where(
                QuotaRow.workspace_id == scope.workspace_id,
                QuotaRow.subject_id == subject_id,
                QuotaRow.used + QuotaRow.reserved + size <= most,
            )
            .values(reserved=QuotaRow.reserved + size)
        )
        == 1
    )


async def settle(
    session: WriteSession, scope: DataScope, subject_id: UUID, *, reserved: int, used: int
) -> None:
    """Give back what was reserved, and count what is used now (negative: no more)."""
    await session.change(
        update(QuotaRow)
        .where(QuotaRow.workspace_id == scope.workspace_id, QuotaRow.subject_id == subject_id)
        .values(reserved=QuotaRow.reserved - reserved, used=QuotaRow.used + used)
    )


async def _open(session: WriteSession, scope: DataScope, subject_id: UUID) -> None:
    known = await session.scalar(
        select(QuotaRow.subject_id).where(
            QuotaRow.workspace_id == scope.workspace_id, QuotaRow.subject_id == subject_id
        )
    )
    if known is None:
        await session.execute(
            insert(QuotaRow)
            .values(workspace_id=scope.workspace_id, subject_id=subject_id)
            .on_conflict_do_nothing()
        )
