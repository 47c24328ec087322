"""SQL of versions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update

from vectal.files.tables import FileRow, VersionRow
from vectal.platform.db import DataScope, ReadSession, WriteSession


async def add(session: WriteSession, row: VersionRow) -> None:
    session.add(row)
    await session.flush()


async def find(
    session: ReadSession, scope: DataScope, file_id: UUID, number: int
) -> VersionRow | None:
    return await session.scalar(_of(scope, file_id).where(VersionRow.number == number))


async def list_versions(
    session: ReadSession, scope: DataScope, file_id: UUID, *, before: int | None, limit: int
) -> Sequence[VersionRow]:
    """The newest first."""
    statement = _of(scope, file_id).order_by(VersionRow.number.desc()).limit(limit)
    if before is not None:
        statement = statement.where(VersionRow.number < before)
    return await session.scalars(statement)


async def newest_number(session: ReadSession, scope: DataScope, file_id: UUID) -> int:
    statement = select(func.max(VersionRow.number)).where(
        VersionRow.workspace_id == scope.workspace_id, VersionRow.file_id == file_id
    )
    return await session.scalar(statement) or 0


async def sum_by_author(
    session: ReadSession, scope: DataScope, file_ids: Collection[UUID]
) -> dict[UUID, int]:
    """Bytes of these files, by the person whose quota they count against."""
    rows = await session.execute(
        select(VersionRow.created_by, func.sum(VersionRow.size))
        .where(VersionRow.workspace_id == scope.workspace_id, VersionRow.file_id.in_(file_ids))
        .group_by(VersionRow.created_by)
    )
    return {row[0]: int(row[1]) for row in rows.all()}


async def list_blobs(
    session: ReadSession, scope: DataScope, file_ids: Collection[UUID]
) -> list[UUID]:
    rows = await session.execute(
        select(VersionRow.blob_id)
        .where(VersionRow.workspace_id == scope.workspace_id, VersionRow.file_id.in_(file_ids))
        .distinct()
    )
    return [row[0] for row in rows.all()]


async def change(
    session: WriteSession, scope: DataScope, file_id: UUID, number: int, **values: Any
) -> bool:
    return (
        await session.change(
            update(VersionRow)
            .where(
                VersionRow.workspace_id == scope.workspace_id,
                VersionRow.file_id == file_id,
                VersionRow.number == number,
            )
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        == 1
    )


async def change_blob(
    session: WriteSession, scope: DataScope, file_id: UUID, old: UUID, new: UUID
) -> None:
    """Let the versions of one file point elsewhere."""
    await session.change(
        update(VersionRow)
        .where(
            VersionRow.workspace_id == scope.workspace_id,
            VersionRow.file_id == file_id,
            VersionRow.blob_id == old,
        )
        .values(blob_id=new)
        .execution_options(synchronize_session=False)
    )


async def remove(session: WriteSession, scope: DataScope, file_id: UUID, number: int) -> None:
    await session.change(
        delete(VersionRow)
        .where(
            VersionRow.workspace_id == scope.workspace_id,
            VersionRow.file_id == file_id,
            VersionRow.number == number,
        )
        .execution_options(synchronize_session=False)
    )


async def list_scanning(
    session: ReadSession, before: datetime, limit: int
) -> list[tuple[UUID, UUID, UUID, int]]:
    """Workspace, owner, file and number of versions that wait for a scan; for the system."""
    rows = await session.execute(
        select(VersionRow.workspace_id, FileRow.owner_id, VersionRow.file_id, VersionRow.number)
        .join(
            FileRow,
            (FileRow.workspace_id == VersionRow.workspace_id) & (FileRow.id == VersionRow.file_id),
        )
        .where(VersionRow.scan == "scanning", VersionRow.created_at < before)
        .order_by(VersionRow.created_at)
        .limit(limit)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows.all()]


def _of(scope: DataScope, file_id: UUID) -> Any:
    return select(VersionRow).where(
        VersionRow.workspace_id == scope.workspace_id, VersionRow.file_id == file_id
    )
