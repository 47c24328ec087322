"""Showing a private file to the workspace, and taking it back: its contents change their keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.files.contracts import FileChange
from vectal.files.errors import NotYoursError, RevisionConflictError, StoredFileNotFoundError
from vectal.files.policy import can_set_visibility
from vectal.files.repository import blobs, files, versions
from vectal.files.service.contents import Contents, CopiedContent
from vectal.files.service.placing import Placer
from vectal.files.tables import FileRow
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Rehoming:
    """What was prepared for one revision of a file; of another it is worth nothing."""

    revision: int
    is_shared: bool
    copies: Mapping[UUID, CopiedContent]


@dataclass(frozen=True, slots=True)
class Sharing:
    database: Database
    placer: Placer
    contents: Contents
    clock: Clock

    async def prepare(
        self, principal: Principal, file_id: UUID, change: FileChange
    ) -> Rehoming | None:
        """Copies of all contents for whoever is to hold their keys; None when nobody else is.

        Raises `NotYoursError` unless the principal owns the file.
        """
        async with self.database.read(principal) as session:
            row = await files.find(session, principal, file_id)
            if row is None or row.trashed_at is not None:
                raise StoredFileNotFoundError
            is_shared = await self._wanted(session, principal, row, change)
            if is_shared == row.is_shared:
                return None
            if not can_set_visibility(principal, row.owner_id):
                raise NotYoursError("Only its owner shows a file to others, or takes it back.")
            old = await versions.list_blobs(session, principal, [file_id])
        owner_id = None if is_shared else row.owner_id
        copies = {
            blob_id: await self.contents.copy_for(self.database, principal, blob_id, owner_id)
            for blob_id in old
        }
        return Rehoming(row.revision, is_shared, copies)

    async def apply(
        self, session: WriteSession, scope: DataScope, row: FileRow, prepared: Rehoming
    ) -> None:
        """Let the versions point to the copies, and give the old contents up."""
        if row.revision != prepared.revision:
            raise RevisionConflictError("The file was changed at the same moment; try again.")
        for old, copied in prepared.copies.items():
            new = await self.contents.complete_copy(session, scope, copied)
            await versions.change_blob(session, scope, row.id, old, new)
        await blobs.doom(session, scope, list(prepared.copies), self.clock.now())

    async def _wanted(
        self, session: ReadSession, scope: DataScope, row: FileRow, change: FileChange
    ) -> bool:
        """A folder that is named decides; else what is asked for."""
        if change.move and change.folder_id is not None:
            return (await self.placer.find_folder(session, scope, change.folder_id)).is_shared
        if change.visibility is None:
            return row.is_shared
        return change.visibility == "workspace"
