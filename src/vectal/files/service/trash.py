"""The trash: what is deleted stays for a while, comes back as it was, and then goes for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.files.contracts import File, Folder
from vectal.files.errors import (
    FolderNotFoundError,
    LimitReachedError,
    NotTrashedError,
    RevisionConflictError,
    StoredFileNotFoundError,
)
from vectal.files.events import FilePurged, FileRestored, FileTrashed, FolderChanged
from vectal.files.limits import TRASHED_TOGETHER
from vectal.files.repository import blobs, files, folders, versions
from vectal.files.sealing import Seals
from vectal.files.service.placing import Placer, Shelf
from vectal.files.service.reading import Reader, owner_of, place_of_file, place_of_folder
from vectal.files.service.space import SpaceKeeper
from vectal.files.service.storing import tell
from vectal.files.tables import FileRow, FolderRow
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, WriteSession

_PURGED_TOGETHER = 200


@dataclass(frozen=True, slots=True)
class TrashService:
    database: Database
    seals: Seals
    placer: Placer
    space: SpaceKeeper
    clock: Clock

    async def trash_file(
        self, principal: Principal, file_id: UUID, *, revision: int | None = None
    ) -> None:
        async with self.database.transaction(principal) as session:
            row = await files.find(session, principal, file_id, lock=True)
            if row is None or row.trashed_at is not None:
                raise StoredFileNotFoundError
            if revision is not None and row.revision != revision:
                raise RevisionConflictError(f"The newest revision is {row.revision}.")
            await files.trash(session, principal, [file_id], file_id, self.clock.now())
            await tell(session, FileTrashed(file_id), owner_of(row))

    async def trash_folder(self, principal: Principal, folder_id: UUID) -> None:
        """With everything in it, at one moment, so that it comes back together."""
        async with self.database.transaction(principal) as session:
            row = await folders.find(session, principal, folder_id, lock=True)
            if row is None or row.trashed_at is not None:
                raise FolderNotFoundError
            below = await folders.list_below(session, principal, folder_id, TRASHED_TOGETHER)
            ids = [each for each, _ in below]
            inside = await files.list_below(session, principal, ids, TRASHED_TOGETHER + 1)
            if len(inside) > TRASHED_TOGETHER or len(ids) >= TRASHED_TOGETHER:
                raise LimitReachedError(f"More than {TRASHED_TOGETHER} things are in it.")
            now = self.clock.now()
            await files.trash(session, principal, [each.id for each in inside], folder_id, now)
            await folders.trash(session, principal, ids, folder_id, now)
            for each in inside:
                await tell(session, FileTrashed(each.id), owner_of(each))
            await tell(session, FolderChanged(folder_id), owner_of(row))

    async def restore_file(self, principal: Principal, file_id: UUID) -> File:
        """Where it was, or at the top when its folder is gone; under a free name."""
        async with self.database.transaction(principal) as session:
            row = await files.find(session, principal, file_id, lock=True)
            if row is None:
                raise StoredFileNotFoundError
            if row.trashed_at is None:
                raise NotTrashedError
            await self._put_file_back(session, principal, row)
            row = await files.find(session, principal, file_id, lock=True)
            if row is None:
                raise StoredFileNotFoundError
            return await Reader(self.seals).file(session, principal, row)

    async def restore_folder(self, principal: Principal, folder_id: UUID) -> Folder:
        """With what was deleted with it."""
        async with self.database.transaction(principal) as session:
            row = await folders.find(session, principal, folder_id, lock=True)
            if row is None:
                raise FolderNotFoundError
            if row.trash_root != folder_id:
                raise NotTrashedError("It was not deleted by itself; restore what it lies in.")
            gone = await folders.list_trashed_with(session, principal, folder_id)
            for each in _parents_first(gone):
                await self._put_folder_back(session, principal, each)
            inside = await files.list_trashed_with(session, principal, folder_id, TRASHED_TOGETHER)
            for file in inside:
                await self._put_file_back(session, principal, file)
            await tell(session, FolderChanged(folder_id), owner_of(row))
            row = await folders.find(session, principal, folder_id, lock=True)
            if row is None:
                raise FolderNotFoundError
            return await Reader(self.seals).folder(session, principal, row)

    async def purge_file(self, principal: Principal, file_id: UUID) -> None:
        """At once and for good, with all versions. It must be in the trash."""
        async with self.database.transaction(principal) as session:
            row = await files.find(session, principal, file_id, lock=True)
            if row is None:
                raise StoredFileNotFoundError
            if row.trashed_at is None:
                raise NotTrashedError("Delete it first.")
            await self._purge(session, principal, [row])

    async def purge_folder(self, principal: DataScope, folder_id: UUID) -> None:
        """With what was deleted with it."""
        while await self._purge_some(principal, folder_id):
            pass
        async with self.database.transaction(principal) as session:
            row = await folders.find(session, principal, folder_id, lock=True)
            if row is None:
                raise FolderNotFoundError
            if row.trash_root != folder_id:
                raise NotTrashedError("Delete it first.")
            found = await folders.list_trashed_with(session, principal, folder_id)
            await folders.remove(session, principal, [each.id for each in found])
            await tell(session, FolderChanged(folder_id), owner_of(row))

    async def purge_over(self, scope: DataScope, file_id: UUID) -> None:
        """For the sweep: a file whose time is over, unless it was restored meanwhile."""
        async with self.database.transaction(scope) as session:
            row = await files.find(session, scope, file_id, lock=True)
            if row is not None and row.trashed_at is not None:
                await self._purge(session, scope, [row])

    async def _purge_some(self, scope: DataScope, root: UUID) -> bool:
        async with self.database.transaction(scope) as session:
            rows = await files.list_trashed_with(session, scope, root, _PURGED_TOGETHER)
            if rows:
                await self._purge(session, scope, rows)
        return len(rows) == _PURGED_TOGETHER

    async def _purge(
        self, session: WriteSession, scope: DataScope, rows: Sequence[FileRow]
    ) -> None:
        """Rows now; the bytes that nobody else points to are given up, and swept."""
        ids = [row.id for row in rows]
        contents = await versions.list_blobs(session, scope, ids)
        by_person = await versions.sum_by_author(session, scope, ids)
        await files.remove(session, scope, ids)
        await blobs.doom(session, scope, contents, self.clock.now())
        for row in rows:
            await tell(session, FilePurged(row.id), owner_of(row))
        await self.space.free(session, scope, by_person)

    async def _put_file_back(self, session: WriteSession, scope: DataScope, row: FileRow) -> None:
        folder_id = row.folder_id
        if folder_id is not None:
            folder = await folders.find(session, scope, folder_id)
            is_there = folder is not None and folder.trashed_at is None
            folder_id = folder_id if is_there else None
        place = place_of_file(row.id, owner_of(row))
        name = (await self.seals.open(session, scope, place, row.sealed_name)).decode()
        shelf = Shelf(folder_id, owner_of(row))
        name = await self.placer.file_name(session, scope, shelf, name)
        sealed = await self.seals.name(session, scope, place, name)
        values: dict[str, Any] = {
            "folder_id": folder_id,
            "sealed_name": sealed.sealed,
            "name_key": sealed.key,
            "words": sealed.words,
            "trashed_at": None,
            "trash_root": None,
        }
        await files.change(session, scope, row.id, **values)
        await tell(session, FileRestored(row.id), owner_of(row))

    async def _put_folder_back(
        self, session: WriteSession, scope: DataScope, row: FolderRow
    ) -> None:
        parent_id = row.parent_id
        if parent_id is not None:
            parent = await folders.find(session, scope, parent_id, lock=True)
            is_there = parent is not None and parent.trashed_at is None
            parent_id = parent_id if is_there else None
        place = place_of_folder(row.id, owner_of(row))
        name = (await self.seals.open(session, scope, place, row.sealed_name)).decode()
        name = await self.placer.folder_name(session, scope, Shelf(parent_id, owner_of(row)), name)
        sealed = await self.seals.name(session, scope, place, name)
        values: dict[str, Any] = {
            "parent_id": parent_id,
            "sealed_name": sealed.sealed,
            "name_key": sealed.key,
            "trashed_at": None,
            "trash_root": None,
        }
        await folders.change(session, scope, row.id, **values)


def _parents_first(rows: Sequence[FolderRow]) -> list[FolderRow]:
    """A folder may be older than the one that it was moved into."""
    waiting, known = {row.id: row for row in rows}, list[FolderRow]()
    while waiting:
        ready = [row for row in waiting.values() if row.parent_id not in waiting]
        known += ready
        for row in ready:
            del waiting[row.id]
    return known
