"""SQL of sealed pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update

from vectal.documents.tables import PageRow
from vectal.platform.db import DataScope, ReadSession, WriteSession
from vectal.platform.db.bulk import insert_rows
from vectal.platform.db.tables import Base

_TABLE: Final = Base.metadata.tables[PageRow.__tablename__]
_COLUMNS: Final = ("workspace_id", "document_id", "number", "owner_id", "sealed_page")


async def add(
    session: WriteSession,
    scope: DataScope,
    document_id: UUID,
    owner_id: UUID | None,
    pages: Sequence[tuple[int, bytes]],
) -> None:
    """Pages as number and sealed bytes."""
    rows = [(scope.workspace_id, document_id, number, owner_id, sealed) for number, sealed in pages]
    await insert_rows(session, _TABLE, _COLUMNS, rows)


async def find(
    session: ReadSession, scope: DataScope, document_id: UUID, number: int
) -> PageRow | None:
    statement = select(PageRow).where(
        PageRow.workspace_id == scope.workspace_id,
        PageRow.document_id == document_id,
        PageRow.number == number,
    )
    return await session.scalar(statement)


async def list_from(
    session: ReadSession, scope: DataScope, document_id: UUID, first: int, limit: int
) -> Sequence[PageRow]:
    """In order, from the number `first` on."""
    return await session.scalars(
        select(PageRow)
        .where(
            PageRow.workspace_id == scope.workspace_id,
            PageRow.document_id == document_id,
            PageRow.number >= first,
        )
        .order_by(PageRow.number)
        .limit(limit)
    )


async def list_sealed_otherwise(
    session: ReadSession, scope: DataScope, document_id: UUID, owner_id: UUID | None, limit: int
) -> Sequence[PageRow]:
    """Pages that another key than the one of `owner_id` seals."""
    return await session.scalars(
        select(PageRow)
        .where(
            PageRow.workspace_id == scope.workspace_id,
            PageRow.document_id == document_id,
            PageRow.owner_id.is_distinct_from(owner_id),
        )
        .order_by(PageRow.number)
        .limit(limit)
    )


async def replace(
    session: WriteSession,
    scope: DataScope,
    document_id: UUID,
    number: int,
    *,
    owner_id: UUID | None,
    sealed: bytes,
) -> None:
    await session.change(
        update(PageRow)
        .where(
            PageRow.workspace_id == scope.workspace_id,
            PageRow.document_id == document_id,
            PageRow.number == number,
        )
        .values(owner_id=owner_id, sealed_page=sealed)
        .execution_options(synchronize_session=False)
    )


async def remove(session: WriteSession, scope: DataScope, document_id: UUID) -> None:
    await session.change(
        delete(PageRow)
        .where(PageRow.workspace_id == scope.workspace_id, PageRow.document_id == document_id)
        .execution_options(synchronize_session=False)
    )
