"""SQL of folders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from vectal.files.tables import FileRow, FolderRow
from vectal.platform.db import DataScope, ReadSession, WriteSession


async def add(session: WriteSession, row: FolderRow) -> None:
    session.add(row)
    await session.flush()


async def find(
    session: ReadSession, scope: DataScope, folder_id: UUID, *, lock: bool = False
) -> FolderRow | None:
    statement = _own(scope).where(FolderRow.id == folder_id)
    if lock:
        statement = statement.with_for_update()
    # What this transaction read before may have been changed since, by itself or by others.
    return await session.scalar(statement.execution_options(populate_existing=True))


async def list_folders(
    session: ReadSession,
    scope: DataScope,
    *,
    parent_id: UUID | None,
    everywhere: bool,
    trashed: bool,
    after: UUID | None,
    limit: int,
) -> Sequence[FolderRow]:
    """By age; `everywhere` asks for no parent."""
    statement = _own(scope).order_by(FolderRow.id).limit(limit)
    if trashed:
        statement = statement.where(FolderRow.trash_root == FolderRow.id)
    else:
        statement = statement.where(FolderRow.trashed_at.is_(None))
    if not everywhere and not trashed:
        statement = statement.where(_is_in(parent_id))
    if after is not None:
        statement = statement.where(FolderRow.id > after)
    return await session.scalars(statement)


async def count_all(session: ReadSession, scope: DataScope) -> int:
    statement = select(func.count()).where(FolderRow.workspace_id == scope.workspace_id)
    return await session.scalar(statement) or 0


async def list_name_keys(
    session: ReadSession, scope: DataScope, parent_id: UUID | None, keys: Collection[bytes]
) -> set[bytes]:
    rows = await session.execute(
        select(FolderRow.name_key).where(
            FolderRow.workspace_id == scope.workspace_id,
            FolderRow.trashed_at.is_(None),
            _is_in(parent_id),
            FolderRow.name_key.in_(keys),
        )
    )
    return {row[0] for row in rows.all()}


async def list_way_up(
    session: ReadSession, scope: DataScope, folder_id: UUID, limit: int
) -> list[UUID]:
    """The folder and those that it lies in, the nearest first."""
    up = (
        select(FolderRow.id, FolderRow.parent_id)
        .where(FolderRow.workspace_id == scope.workspace_id, FolderRow.id == folder_id)
        .add_columns(func.length("").label("far"))
        .cte("up", recursive=True)
    )
    up = up.union_all(
        select(FolderRow.id, FolderRow.parent_id, up.c.far + 1).where(
            FolderRow.workspace_id == scope.workspace_id,
            FolderRow.id == up.c.parent_id,
            up.c.far < limit,
        )
    )
    rows = await session.execute(select(up.c.id).order_by(up.c.far))
    return [row[0] for row in rows.all()]


async def list_below(
    session: ReadSession, scope: DataScope, folder_id: UUID, limit: int
) -> list[tuple[UUID, int]]:
    """The folder and all live folders in it, each with how deep below it lies."""
    down = (
        select(FolderRow.id, func.length("").label("deep"))
        .where(FolderRow.workspace_id == scope.workspace_id, FolderRow.id == folder_id)
        .cte("down", recursive=True)
    )
    down = down.union_all(
        select(FolderRow.id, down.c.deep + 1).where(
            FolderRow.workspace_id == scope.workspace_id,
            FolderRow.parent_id == down.c.id,
            FolderRow.trashed_at.is_(None),
            down.c.deep < limit,
        )
    )
    rows = await session.execute(select(down.c.id, down.c.deep).limit(limit))
    return [(row[0], row[1]) for row in rows.all()]


async def list_trashed_with(
    session: ReadSession, scope: DataScope, root: UUID
) -> Sequence[FolderRow]:
    """Parents before what lies in them."""
    return await session.scalars(
        _own(scope).where(FolderRow.trash_root == root).order_by(FolderRow.id)
    )


async def change(session: WriteSession, scope: DataScope, folder_id: UUID, **values: Any) -> None:
    await session.change(
        update(FolderRow)
        .where(FolderRow.workspace_id == scope.workspace_id, FolderRow.id == folder_id)
        .values(revision=FolderRow.revision + 1, **values)
        .execution_options(synchronize_session=False)
    )


async def trash(
    session: WriteSession, scope: DataScope, ids: Collection[UUID], root: UUID, now: datetime
) -> None:
    await session.change(
        update(FolderRow)
        .where(FolderRow.workspace_id == scope.workspace_id, FolderRow.id.in_(ids))
        .values(trashed_at=now, trash_root=root, revision=FolderRow.revision + 1)
        .execution_options(synchronize_session=False)
    )


async def remove(session: WriteSession, scope: DataScope, ids: Collection[UUID]) -> None:
    await session.change(
        delete(FolderRow)
        .where(FolderRow.workspace_id == scope.workspace_id, FolderRow.id.in_(ids))
        .execution_options(synchronize_session=False)
    )


async def list_over(
    session: ReadSession, before: datetime, limit: int
) -> list[tuple[UUID, UUID, UUID]]:
    """Workspace, owner and id of folders whose time in the trash is over; for the system."""
    rows = await session.execute(
        select(FolderRow.workspace_id, FolderRow.owner_id, FolderRow.id)
        .where(FolderRow.trashed_at < before, FolderRow.trash_root == FolderRow.id)
        .order_by(FolderRow.trashed_at)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows.all()]


async def holds_files(session: ReadSession, scope: DataScope, ids: Collection[UUID]) -> bool:
    """Whether a live file lies in one of these."""
    found = select(FileRow.id).where(
        and_(FileRow.workspace_id == scope.workspace_id, FileRow.folder_id.in_(ids)),
        or_(FileRow.trashed_at.is_(None)),
    )
    return await session.scalar(found.limit(1)) is not None


def _is_in(parent_id: UUID | None) -> ColumnElement[bool]:
    return FolderRow.parent_id.is_(None) if parent_id is None else FolderRow.parent_id == parent_id


def _own(scope: DataScope) -> Any:
    return select(FolderRow).where(FolderRow.workspace_id == scope.workspace_id)
