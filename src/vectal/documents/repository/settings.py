"""SQL of what a workspace has decided about its documents."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from vectal.documents.contracts import INDEX_OFF
from vectal.documents.repository.documents import UNDER_WAY
from vectal.documents.tables import DocumentRow, SettingsRow
from vectal.platform.db import DataScope, ReadSession, WriteSession


async def is_indexed(session: ReadSession, scope: DataScope) -> bool:
    """Whether the workspace keeps chunks and vectors; it does until it says otherwise."""
    statement = select(SettingsRow.is_indexed).where(SettingsRow.workspace_id == scope.workspace_id)
    return await session.scalar(statement) is not False


async def save(session: WriteSession, scope: DataScope, *, is_indexed: bool) -> None:
    statement = insert(SettingsRow).values(workspace_id=scope.workspace_id, is_indexed=is_indexed)
    await session.change(
        statement.on_conflict_do_update(
            index_elements=[SettingsRow.workspace_id],
            set_={"is_indexed": is_indexed, "updated_at": func.now()},
        )
    )


async def list_to_withdraw(
    session: ReadSession, limit: int
) -> list[tuple[UUID, UUID | None, UUID]]:
    """Workspace, owner and id of what still has chunks where none should be; for the system."""
    rows = await session.execute(
        select(DocumentRow.workspace_id, DocumentRow.owner_id, DocumentRow.id)
        .where(_switched_off(), or_(DocumentRow.is_searchable, DocumentRow.chunks_total > 0))
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows.all()]


async def list_to_restore(session: ReadSession, limit: int) -> list[tuple[UUID, UUID | None, UUID]]:
    """The same of what was left out and may be found again, the latest of each file."""
    newer = aliased(DocumentRow)
    is_older = exists().where(
        newer.workspace_id == DocumentRow.workspace_id,
        newer.file_id == DocumentRow.file_id,
        or_(
            newer.number > DocumentRow.number,
            and_(newer.number == DocumentRow.number, newer.generation > DocumentRow.generation),
        ),
    )
    rows = await session.execute(
        select(DocumentRow.workspace_id, DocumentRow.owner_id, DocumentRow.id)
        .where(
            DocumentRow.state == "skipped",
            DocumentRow.code == INDEX_OFF,
            ~_switched_off(),
            ~is_older,
        )
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows.all()]


def is_left_out(row: DocumentRow) -> bool:
    """Whether it is found by nobody because its workspace wants no index."""
    return row.state == "skipped" and row.code == INDEX_OFF


def is_in_use(row: DocumentRow) -> bool:
    return row.is_searchable or row.state in UNDER_WAY


def _switched_off() -> ColumnElement[bool]:
    return exists().where(
        SettingsRow.workspace_id == DocumentRow.workspace_id, SettingsRow.is_indexed.is_(False)
    )
