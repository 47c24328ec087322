"""Files: found, listed, renamed, moved, shown to the workspace, copied."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.files.contracts import File, FileChange, FileFilter, FileSort
from vectal.files.errors import (
    FolderNotFoundError,
    RevisionConflictError,
    StoredFileNotFoundError,
)
from vectal.files.events import FileChanged
from vectal.files.limits import PAGE, SEARCH
from vectal.files.media import Media
from vectal.files.names import clean_name, name_key
from vectal.files.repository import files, folders, versions
from vectal.files.sealing import Seals
from vectal.files.service.contents import Contents
from vectal.files.service.placing import Placer, Shelf
from vectal.files.service.reading import Reader, owner_of, place_of_file, version_of
from vectal.files.service.sharing import Sharing
from vectal.files.service.space import SpaceKeeper
from vectal.files.service.storing import NewVersion, Storer, tell
from vectal.files.tables import FileRow
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, ReadSession, WriteSession
from vectal.platform.db.paging import (
    CursorValue,
    InvalidCursorError,
    Slice,
    decode_cursor,
    decode_place,
    encode_cursor,
)

_SIZES: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class FileService:
    database: Database
    seals: Seals
    placer: Placer
    storer: Storer
    contents: Contents
    sharing: Sharing
    space: SpaceKeeper
    clock: Clock

    async def get_file(self, principal: Principal, file_id: UUID) -> File:
        """Also one in the trash. Raises `StoredFileNotFoundError`."""
        async with self.database.read(principal) as session:
            row = await self._find(session, principal, file_id)
            return await Reader(self.seals).file(session, principal, row)

    async def find_files(self, scope: DataScope, ids: Collection[UUID]) -> list[File]:
        """Those of these files that the person may see, also in the trash; in no order."""
        async with self.database.read(scope) as session:
            rows = await files.find_many(session, scope, ids)
            return await Reader(self.seals).files(session, scope, rows)

    async def list_ids_below(self, scope: DataScope, folder_id: UUID, limit: int) -> list[UUID]:
        """Files in a folder and in the folders in it, without the trash.

        Raises `FolderNotFoundError`.
        """
        async with self.database.read(scope) as session:
            folder = await folders.find(session, scope, folder_id)
            if folder is None or folder.trashed_at is not None:
                raise FolderNotFoundError
            below = await folders.list_below(session, scope, folder_id, limit)
            inside = await files.list_below(session, scope, [each for each, _ in below], limit)
        return [row.id for row in inside]

    async def list_files(
        self,
        principal: Principal,
        wanted: FileFilter | None = None,
        *,
        sort: FileSort = "created",
        descending: bool = True,
        cursor: str | None = None,
        limit: int = PAGE,
    ) -> Slice[File]:
        """A page of what the person may see. A cursor belongs to its sort."""
        wanted = wanted or FileFilter()
        kind = f"files:{sort}:{descending}"
        page = files.Page(sort, descending, _read_cursor(kind, sort, cursor), limit + 1)
        async with self.database.read(principal) as session:
            text = (wanted.words or "")[:SEARCH]
            words = await self.seals.words(session, principal, text) if text.strip() else []
            if text.strip() and not words:
                return Slice([], None)
            rows = await files.list_files(session, principal, wanted, page, words)
            items = await Reader(self.seals).files(session, principal, rows[:limit])
        if len(rows) <= limit:
            return Slice(items, None)
        return Slice(items, encode_cursor(kind, _place_of(items[-1], sort)))

    async def change(
        self,
        principal: Principal,
        file_id: UUID,
        change: FileChange,
        *,
        revision: int | None = None,
    ) -> File:
        """Rename, move, show to the workspace or take back.

        A name that is taken gets a number: `Plan (2).pdf`. What moves into a folder becomes as
        private or as shared as the folder is; that needs the owner.
        """
        name = None if change.name is None else clean_name(change.name)
        prepared = await self.sharing.prepare(principal, file_id, change)
        async with self.database.transaction(principal) as session:
            row = await self.lock(session, principal, file_id, revision)
            is_shared = row.is_shared if prepared is None else prepared.is_shared
            folder_id = change.folder_id if change.move else row.folder_id
            if prepared is not None and not change.move:
                folder_id = None  # its folder is not as visible as it is now
            await self.placer.check_folder(session, principal, folder_id, is_shared=is_shared)
            old = await self._name(session, principal, row)
            values: dict[str, Any] = {}
            if prepared is not None or folder_id != row.folder_id or name not in (None, old):
                shelf = Shelf(folder_id, None if is_shared else row.owner_id)
                values = await self._place(session, principal, row, shelf, (old, name or old))
            if prepared is not None:
                values["is_shared"] = is_shared
                await self.sharing.apply(session, principal, row, prepared)
            if values:
                values["updated_at"] = self.clock.now()
                await files.change(session, principal, file_id, **values)
                await tell(session, FileChanged(file_id), None if is_shared else row.owner_id)
                row = await self.lock(session, principal, file_id, None)
            return await Reader(self.seals).file(session, principal, row)

    async def copy(self, principal: Principal, file_id: UUID, folder_id: UUID | None) -> File:
        """A file of one's own with the same bytes, in a folder or at the top, where it is private.

        Only the newest version is copied; it counts against the quota like any other.
        """
        async with self.database.read(principal) as session:
            row = await self._find(session, principal, file_id)
            version = await versions.find(session, principal, file_id, row.number)
            if version is None or row.trashed_at is not None:
                raise StoredFileNotFoundError
            name, is_shared = await self._name(session, principal, row), False
            if folder_id is not None:
                folder = await self.placer.find_folder(session, principal, folder_id)
                is_shared = folder.is_shared
        owner_id, copied = None if is_shared else principal.user_id, None
        if owner_id != owner_of(row):
            copied = await self.contents.copy_for(
                self.database, principal, version.blob_id, owner_id
            )
        async with self.database.transaction(principal) as session:
            if copied is None:
                blob_id = (await self.contents.get_ready(session, principal, version.blob_id)).id
            else:
                blob_id = await self.contents.complete_copy(session, principal, copied)
            shown = version_of(version, version.number)
            new = NewVersion(
                name=name,
                folder_id=folder_id,
                owner_id=owner_id,
                replaces=None,
                blob_id=blob_id,
                size=version.size,
                media=Media(shown.media_type, shown.kind),
                scan=shown.scan,
                threat=shown.threat,
            )
            stored = await self.storer.store(session, principal, new)
            await self.space.reserve(session, principal, version.size)
            await self.space.settle(session, principal, version.size, version.size)
            made = await self._find(session, principal, stored.file_id)
            return await Reader(self.seals).file(session, principal, made)

    async def lock(
        self, session: WriteSession, scope: DataScope, file_id: UUID, revision: int | None
    ) -> FileRow:
        """A file that is not in the trash, ours until the transaction ends."""
        row = await files.find(session, scope, file_id, lock=True)
        if row is None or row.trashed_at is not None:
            raise StoredFileNotFoundError
        if revision is not None and row.revision != revision:
            raise RevisionConflictError(
                f"The newest revision is {row.revision}.", extra={"revision": row.revision}
            )
        return row

    async def _find(self, session: ReadSession, scope: DataScope, file_id: UUID) -> FileRow:
        row = await files.find(session, scope, file_id)
        if row is None:
            raise StoredFileNotFoundError
        return row

    async def _name(self, session: ReadSession, scope: DataScope, row: FileRow) -> str:
        place = place_of_file(row.id, owner_of(row))
        return (await self.seals.open(session, scope, place, row.sealed_name)).decode()

    async def _place(
        self,
        session: WriteSession,
        scope: DataScope,
        row: FileRow,
        shelf: Shelf,
        names: tuple[str, str],
    ) -> dict[str, Any]:
        """What the row needs to lie on the shelf; `names` are the old one and the new one."""
        old, name = names
        is_same = shelf == Shelf(row.folder_id, owner_of(row)) and name_key(old) == name_key(name)
        if not is_same:  # a name may change its case in its place
            name = await self.placer.file_name(session, scope, shelf, name)
        place = place_of_file(row.id, shelf.owner_id)
        sealed = await self.seals.name(session, scope, place, name)
        return {
            "folder_id": shelf.folder_id,
            "sealed_name": sealed.sealed,
            "name_key": sealed.key,
            "words": sealed.words,
        }


def _place_of(last: File, sort: FileSort) -> list[CursorValue]:
    value = {
        "created": last.created_at.isoformat(),
        "updated": last.updated_at.isoformat(),
        "size": last.size,
    }[sort]
    return [value, str(last.id)]


def _read_cursor(kind: str, sort: FileSort, cursor: str | None) -> tuple[Any, UUID] | None:
    if cursor is None:
        return None
    if sort != "size":
        return decode_place(kind, cursor)
    size, row_id = decode_cursor(kind, cursor, length=2)
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < _SIZES:
        raise InvalidCursorError
    try:
        return size, UUID(str(row_id))
    except ValueError as error:
        raise InvalidCursorError from error
