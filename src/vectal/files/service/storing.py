"""A content becomes a file, or the next version of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from vectal.files.contracts import ScanState
from vectal.files.errors import FolderNotFoundError, FolderPlaceError, LimitReachedError
from vectal.files.events import FileStored, FileVersionAdded
from vectal.files.limits import VERSIONS_A_FILE
from vectal.files.media import Media
from vectal.files.repository import files, versions
from vectal.files.sealing import Seals
from vectal.files.service.placing import Placer, Shelf
from vectal.files.service.reading import place_of_file
from vectal.files.tables import FileRow, VersionRow
from vectal.platform.clock import Clock
from vectal.platform.db import DataScope, WriteSession
from vectal.platform.events import Event
from vectal.platform.ids import new_id


@dataclass(frozen=True, slots=True)
class NewVersion:
    """`owner_id` is whose key: None is the workspace's. `replaces` names the file it belongs to."""

    name: str = field(repr=False)
    folder_id: UUID | None
    owner_id: UUID | None
    replaces: UUID | None
    blob_id: UUID
    size: int
    media: Media
    scan: ScanState
    threat: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    file_id: UUID
    number: int


@dataclass(frozen=True, slots=True)
class Storer:
    seals: Seals
    placer: Placer
    clock: Clock

    async def store(self, session: WriteSession, scope: DataScope, new: NewVersion) -> Stored:
        """Add the version to the file that it replaces, or make a file of it.

        A folder that is gone by now is no reason to lose what was sent: it goes to the top. So
        does a new version whose file is gone; it becomes a file of its own.
        """
        file = await self._find(session, scope, new)
        if file is not None:
            return await self._add_version(session, scope, new, file)
        return await self._add_file(session, scope, new)

    async def _find(
        self, session: WriteSession, scope: DataScope, new: NewVersion
    ) -> FileRow | None:
        if new.replaces is None:
            return None
        file = await files.find(session, scope, new.replaces, lock=True)
        if file is None or file.trashed_at is not None:
            return None
        is_as_visible = (None if file.is_shared else file.owner_id) == new.owner_id
        return file if is_as_visible else None

    async def _add_version(
        self, session: WriteSession, scope: DataScope, new: NewVersion, file: FileRow
    ) -> Stored:
        if file.versions >= VERSIONS_A_FILE:
            raise LimitReachedError(f"A file has at most {VERSIONS_A_FILE} versions.")
        number = await versions.newest_number(session, scope, file.id) + 1
        await versions.add(session, self._version_row(scope, new, file.id, number))
        await files.change(
            session,
            scope,
            file.id,
            kind=new.media.kind,
            media_type=new.media.type,
            size=new.size,
            number=number,
            versions=file.versions + 1,
            scan=new.scan,
            updated_at=self.clock.now(),
        )
        event = FileVersionAdded(file.id, number, scope.user_id)
        await tell(session, event, None if file.is_shared else file.owner_id)
        return Stored(file.id, number)

    async def _add_file(self, session: WriteSession, scope: DataScope, new: NewVersion) -> Stored:
        folder_id = await self._find_folder(session, scope, new)
        shelf = Shelf(folder_id, new.owner_id)
        name = await self.placer.file_name(session, scope, shelf, new.name)
        file_id, now = new_id(), self.clock.now()
        sealed = await self.seals.name(session, scope, place_of_file(file_id, new.owner_id), name)
        row = FileRow(
            workspace_id=scope.workspace_id,
            id=file_id,
            owner_id=scope.user_id,
            is_shared=new.owner_id is None,
            folder_id=folder_id,
            sealed_name=sealed.sealed,
            name_key=sealed.key,
            words=sealed.words,
            kind=new.media.kind,
            media_type=new.media.type,
            size=new.size,
            number=1,
            scan=new.scan,
            created_at=now,
            updated_at=now,
        )
        await files.add(session, row)
        await versions.add(session, self._version_row(scope, new, file_id, 1))
        await tell(session, FileStored(file_id, 1, scope.user_id), new.owner_id)
        return Stored(file_id, 1)

    async def _find_folder(
        self, session: WriteSession, scope: DataScope, new: NewVersion
    ) -> UUID | None:
        try:
            await self.placer.check_folder(
                session, scope, new.folder_id, is_shared=new.owner_id is None
            )
        except (FolderNotFoundError, FolderPlaceError):
            return None
        return new.folder_id

    def _version_row(
        self, scope: DataScope, new: NewVersion, file_id: UUID, number: int
    ) -> VersionRow:
        return VersionRow(
            workspace_id=scope.workspace_id,
            file_id=file_id,
            number=number,
            blob_id=new.blob_id,
            size=new.size,
            media_type=new.media.type,
            kind=new.media.kind,
            scan=new.scan,
            threat=new.threat,
            created_by=scope.user_id,
            created_at=self.clock.now(),
        )


async def tell(session: WriteSession, event: Event, owner_id: UUID | None) -> None:
    """What is private is told to its owner alone."""
    await session.emit(event, user_id=owner_id)
