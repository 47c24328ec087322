"""SQL of files. Row-level security leaves out what is private to others; so does no query here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    cast,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from vectal.files.contracts import FileFilter, FileSort
from vectal.files.tables import AttachmentRow, FileRow
from vectal.platform.db import DataScope, ReadSession, WriteSession

SORTS: Final[dict[FileSort, Any]] = {
    "created": FileRow.created_at,
    "updated": FileRow.updated_at,
    "size": FileRow.size,
}

_FEW: Final = 1_000


@dataclass(frozen=True, slots=True)
class Page:
    """`after` is the sort value and the id of the last row that was seen."""

    sort: FileSort
    descending: bool
    after: tuple[Any, UUID] | None
    limit: int


async def add(session: WriteSession, row: FileRow) -> None:
    session.add(row)
    await session.flush()


async def find(
    session: ReadSession, scope: DataScope, file_id: UUID, *, lock: bool = False
) -> FileRow | None:
    statement = _own(scope).where(FileRow.id == file_id)
    if lock:
        statement = statement.with_for_update()
    # What this transaction read before may have been changed since, by itself or by others.
    return await session.scalar(statement.execution_options(populate_existing=True))


async def find_many(
    session: ReadSession, scope: DataScope, ids: Collection[UUID]
) -> Sequence[FileRow]:
    return await session.scalars(_own(scope).where(FileRow.id.in_(ids)))


async def list_files(
    session: ReadSession,
    scope: DataScope,
    wanted: FileFilter,
    page: Page,
    words: Sequence[tuple[bytes, ...]],
) -> Sequence[FileRow]:
    """`words`: for each word that the name must have, its forms under the keys that may apply."""
    column = SORTS[page.sort]
    order = (column, FileRow.id)
    statement = _own(scope).where(*_conditions(wanted)).limit(page.limit)
    rare = await _find_rare(session, words)
    if rare is not None:
        statement = statement.where(FileRow.id.in_(rare))
    for forms in words:
        statement = statement.where(or_(*(FileRow.words.contains([form]) for form in forms)))
    if page.after is not None:
        here, place = tuple_(*order), tuple_(*page.after)
        statement = statement.where(here < place if page.descending else here > place)
    return await session.scalars(
        statement.order_by(*(each.desc() if page.descending else each for each in order))
    )


async def _find_rare(
    session: ReadSession, words: Sequence[tuple[bytes, ...]]
) -> Sequence[UUID] | None:
    """Files with the first of the words that few have. None when all of them are common.

    Row security keeps the words from their index, so a rare one would be sought in every file.
    """
    for forms in words:
        asked = select(func.files_matching(cast(list(forms), ARRAY(LargeBinary)), _FEW + 1))
        found: Sequence[UUID] = await session.scalar(asked) or ()
        if len(found) <= _FEW:
            return found
    return None


async def count_in(session: ReadSession, scope: DataScope, folder_id: UUID | None) -> int:
    statement = select(func.count()).where(
        FileRow.workspace_id == scope.workspace_id,
        FileRow.trashed_at.is_(None),
        _is_in(folder_id),
    )
    return await session.scalar(statement) or 0


async def list_name_keys(
    session: ReadSession, scope: DataScope, folder_id: UUID | None, keys: Collection[bytes]
) -> set[bytes]:
    """Those of these keys that names in the folder have."""
    rows = await session.execute(
        select(FileRow.name_key).where(
            FileRow.workspace_id == scope.workspace_id,
            FileRow.trashed_at.is_(None),
            _is_in(folder_id),
            FileRow.name_key.in_(keys),
        )
    )
    return {row[0] for row in rows.all()}


async def change(session: WriteSession, scope: DataScope, file_id: UUID, **values: Any) -> None:
    """Set columns and count the revision up."""
    await session.change(
        update(FileRow)
        .where(FileRow.workspace_id == scope.workspace_id, FileRow.id == file_id)
        .values(revision=FileRow.revision + 1, **values)
        .execution_options(synchronize_session=False)
    )


async def list_below(
    session: ReadSession, scope: DataScope, folders: Collection[UUID], limit: int
) -> Sequence[FileRow]:
    """Files in these folders that are not in the trash."""
    return await session.scalars(
        _own(scope).where(FileRow.folder_id.in_(folders), FileRow.trashed_at.is_(None)).limit(limit)
    )


async def list_trashed_with(
    session: ReadSession, scope: DataScope, root: UUID, limit: int
) -> Sequence[FileRow]:
    return await session.scalars(
        _own(scope).where(FileRow.trash_root == root).order_by(FileRow.id).limit(limit)
    )


async def trash(
    session: WriteSession, scope: DataScope, ids: Collection[UUID], root: UUID, now: datetime
) -> None:
    await session.change(
        update(FileRow)
        .where(FileRow.workspace_id == scope.workspace_id, FileRow.id.in_(ids))
        .values(trashed_at=now, trash_root=root, revision=FileRow.revision + 1)
        .execution_options(synchronize_session=False)
    )


async def remove(session: WriteSession, scope: DataScope, ids: Collection[UUID]) -> int:
    """With their versions and attachments."""
    return await session.change(
        delete(FileRow)
        .where(FileRow.workspace_id == scope.workspace_id, FileRow.id.in_(ids))
        .execution_options(synchronize_session=False)
    )


async def list_over(
    session: ReadSession, before: datetime, limit: int
) -> list[tuple[UUID, UUID, UUID]]:
    """Workspace, owner and id of files whose time in the trash is over; for the system."""
    rows = await session.execute(
        select(FileRow.workspace_id, FileRow.owner_id, FileRow.id)
        .where(FileRow.trashed_at < before)
        .order_by(FileRow.trashed_at)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows.all()]


def _conditions(wanted: FileFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.trashed:
        # What went with a folder comes back with it, and is shown there.
        found.append(FileRow.trash_root == FileRow.id)
    else:
        found.append(FileRow.trashed_at.is_(None))
    if wanted.in_folder:
        found.append(_is_in(wanted.folder_id))
    if wanted.kinds:
        found.append(FileRow.kind.in_(wanted.kinds))
    if wanted.visibility is not None:
        found.append(FileRow.is_shared.is_(wanted.visibility == "workspace"))
    if wanted.attached_id is not None:
        found.append(
            exists().where(
                AttachmentRow.workspace_id == FileRow.workspace_id,
                AttachmentRow.file_id == FileRow.id,
                AttachmentRow.kind == wanted.attached_kind,
                AttachmentRow.target_id == wanted.attached_id,
            )
        )
    return found


def _is_in(folder_id: UUID | None) -> ColumnElement[bool]:
    return FileRow.folder_id.is_(None) if folder_id is None else FileRow.folder_id == folder_id


def _own(scope: DataScope) -> Any:
    return select(FileRow).where(FileRow.workspace_id == scope.workspace_id)
