"""Rows into contracts: names are opened on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from vectal.files.contracts import (
    File,
    FileKind,
    FileVersion,
    Folder,
    ScanState,
    Upload,
    UploadState,
    Visibility,
)
from vectal.files.sealing import Place, Seals
from vectal.files.tables import FileRow, FolderRow, UploadRow, VersionRow
from vectal.platform.db import DataScope, ReadSession


def owner_of(row: FileRow | FolderRow) -> UUID | None:
    """Whose key seals the row's name: None is the workspace's."""
    return None if row.is_shared else row.owner_id


def place_of_file(file_id: UUID, owner_id: UUID | None) -> Place:
    return Place("files", "sealed_name", file_id, owner_id)


def place_of_folder(folder_id: UUID, owner_id: UUID | None) -> Place:
    return Place("folders", "sealed_name", folder_id, owner_id)


def place_of_upload(row_id: UUID, column: str, user_id: UUID) -> Place:
    return Place("file_uploads", column, row_id, user_id)


def place_of_blob(blob_id: UUID, column: str, owner_id: UUID | None) -> Place:
    return Place("file_blobs", column, blob_id, owner_id)


def visibility_of(*, is_shared: bool) -> Visibility:
    return "workspace" if is_shared else "private"


class Reader:
    def __init__(self, seals: Seals) -> None:
        self._seals = seals

    async def file(self, session: ReadSession, scope: DataScope, row: FileRow) -> File:
        place = place_of_file(row.id, owner_of(row))
        name = await self._seals.open(session, scope, place, row.sealed_name)
        return File(
            id=row.id,
            name=name.decode(),
            folder_id=row.folder_id,
            owner_id=row.owner_id,
            visibility=visibility_of(is_shared=row.is_shared),
            kind=cast("FileKind", row.kind),
            media_type=row.media_type,
            size=row.size,
            number=row.number,
            versions=row.versions,
            scan=cast("ScanState", row.scan),
            revision=row.revision,
            created_at=row.created_at,
            updated_at=row.updated_at,
            trashed_at=row.trashed_at,
        )

    async def files(
        self, session: ReadSession, scope: DataScope, rows: Sequence[FileRow]
    ) -> list[File]:
        return [await self.file(session, scope, row) for row in rows]

    async def folder(self, session: ReadSession, scope: DataScope, row: FolderRow) -> Folder:
        place = place_of_folder(row.id, owner_of(row))
        name = await self._seals.open(session, scope, place, row.sealed_name)
        return Folder(
            id=row.id,
            name=name.decode(),
            parent_id=row.parent_id,
            owner_id=row.owner_id,
            visibility=visibility_of(is_shared=row.is_shared),
            revision=row.revision,
            created_at=row.created_at,
            updated_at=row.updated_at,
            trashed_at=row.trashed_at,
        )

    async def upload(self, session: ReadSession, scope: DataScope, row: UploadRow) -> Upload:
        place = place_of_upload(row.id, "sealed_name", row.user_id)
        name = await self._seals.open(session, scope, place, row.sealed_name)
        return Upload(
            id=row.id,
            name=name.decode(),
            length=row.length,
            offset=row.received,
            state=cast("UploadState", row.state),
            folder_id=row.folder_id,
            visibility=visibility_of(is_shared=row.is_shared),
            file_id=row.file_id,
            number=row.number,
            problem=row.problem,
            created_at=row.created_at,
            expires_at=row.expires_at,
        )


def version_of(row: VersionRow, current: int) -> FileVersion:
    return FileVersion(
        file_id=row.file_id,
        number=row.number,
        size=row.size,
        media_type=row.media_type,
        kind=cast("FileKind", row.kind),
        scan=cast("ScanState", row.scan),
        threat=row.threat,
        created_by=row.created_by,
        created_at=row.created_at,
        is_current=row.number == current,
    )
