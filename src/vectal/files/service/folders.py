"""Folders: made, listed, renamed, moved. Everything in one is as private or shared as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.files.contracts import Folder, FolderChange, Visibility
from vectal.files.errors import (
    FolderNotFoundError,
    FolderPlaceError,
    LimitReachedError,
    RevisionConflictError,
)
from vectal.files.events import FolderChanged
from vectal.files.limits import DEPTH, FOLDERS_A_WORKSPACE
from vectal.files.names import clean_name, name_key
from vectal.files.repository import folders
from vectal.files.repository.placing import hold_folders
from vectal.files.sealing import Seals
from vectal.files.service.placing import Placer, Shelf
from vectal.files.service.reading import Reader, owner_of, place_of_folder
from vectal.files.service.storing import tell
from vectal.files.tables import FolderRow
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, ReadSession, WriteSession
from vectal.platform.db.paging import Slice, decode_id, encode_cursor
from vectal.platform.ids import new_id

_CURSOR = "folders"


@dataclass(frozen=True, slots=True)
class FolderService:
    database: Database
    seals: Seals
    placer: Placer
    clock: Clock

    async def create(
        self,
        principal: Principal,
        name: str,
        parent_id: UUID | None = None,
        visibility: Visibility = "private",
    ) -> Folder:
        """Within another folder it is as visible as that one. A taken name gets a number."""
        plain = clean_name(name)
        async with self.database.transaction(principal) as session:
            if await folders.count_all(session, principal) >= FOLDERS_A_WORKSPACE:
                raise LimitReachedError(f"A workspace takes {FOLDERS_A_WORKSPACE} folders.")
            is_shared = visibility == "workspace"
            if parent_id is not None:
                is_shared = (await self.placer.find_folder(session, principal, parent_id)).is_shared
                await self._check_depth(session, principal, parent_id, 1)
            shelf = Shelf(parent_id, None if is_shared else principal.user_id)
            plain = await self.placer.folder_name(session, principal, shelf, plain)
            row_id, now = new_id(), self.clock.now()
            place = place_of_folder(row_id, shelf.owner_id)
            sealed = await self.seals.name(session, principal, place, plain)
            row = FolderRow(
                workspace_id=principal.workspace_id,
                id=row_id,
                owner_id=principal.user_id,
                is_shared=is_shared,
                parent_id=parent_id,
                sealed_name=sealed.sealed,
                name_key=sealed.key,
                revision=1,
                created_at=now,
                updated_at=now,
            )
            await folders.add(session, row)
            await tell(session, FolderChanged(row_id), shelf.owner_id)
            return await Reader(self.seals).folder(session, principal, row)

    async def get(self, principal: Principal, folder_id: UUID) -> Folder:
        async with self.database.read(principal) as session:
            row = await folders.find(session, principal, folder_id)
            if row is None:
                raise FolderNotFoundError
            return await Reader(self.seals).folder(session, principal, row)

    async def get_way(self, principal: Principal, folder_id: UUID) -> list[Folder]:
        """The folders that this one lies in, the topmost first, and itself."""
        async with self.database.read(principal) as session:
            ids = await folders.list_way_up(session, principal, folder_id, DEPTH + 1)
            found = [await folders.find(session, principal, each) for each in reversed(ids)]
            rows = [row for row in found if row is not None]
            if not rows:
                raise FolderNotFoundError
            return [await Reader(self.seals).folder(session, principal, row) for row in rows]

    async def list_folders(
        self,
        principal: Principal,
        *,
        parent_id: UUID | None = None,
        everywhere: bool = False,
        trashed: bool = False,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Slice[Folder]:
        """Of one folder, of the top, or all; by age, since their names are sealed."""
        after = decode_id(_CURSOR, cursor) if cursor else None
        async with self.database.read(principal) as session:
            rows = await folders.list_folders(
                session,
                principal,
                parent_id=parent_id,
                everywhere=everywhere,
                trashed=trashed,
                after=after,
                limit=limit + 1,
            )
            reader = Reader(self.seals)
            items = [await reader.folder(session, principal, row) for row in rows[:limit]]
        more = len(rows) > limit
        return Slice(items, encode_cursor(_CURSOR, [str(items[-1].id)]) if more else None)

    async def change(
        self,
        principal: Principal,
        folder_id: UUID,
        change: FolderChange,
        *,
        revision: int | None = None,
    ) -> Folder:
        """Rename or move it with all that is in it, but not to where others may see it.

        Raises `FolderPlaceError` for a place within itself, too deep, or of another visibility.
        """
        name = None if change.name is None else clean_name(change.name)
        async with self.database.transaction(principal) as session:
            # Two moves at once could make a circle of folders that each of them checked.
            await hold_folders(session, principal)
            row = await self._lock(session, principal, folder_id, revision)
            parent_id = change.parent_id if change.move else row.parent_id
            if parent_id != row.parent_id and parent_id is not None:
                await self._check_place(session, principal, row, parent_id)
            place = place_of_folder(row.id, owner_of(row))
            old = (await self.seals.open(session, principal, place, row.sealed_name)).decode()
            if parent_id == row.parent_id and name in (None, old):
                return await Reader(self.seals).folder(session, principal, row)
            values = await self._place(session, principal, row, parent_id, (old, name or old))
            await folders.change(
                session, principal, folder_id, updated_at=self.clock.now(), **values
            )
            await tell(session, FolderChanged(folder_id), owner_of(row))
            row = await self._lock(session, principal, folder_id, None)
            return await Reader(self.seals).folder(session, principal, row)

    async def _place(
        self,
        session: WriteSession,
        scope: DataScope,
        row: FolderRow,
        parent_id: UUID | None,
        names: tuple[str, str],
    ) -> dict[str, Any]:
        old, name = names
        if parent_id != row.parent_id or name_key(old) != name_key(name):
            shelf = Shelf(parent_id, owner_of(row))
            name = await self.placer.folder_name(session, scope, shelf, name)
        place = place_of_folder(row.id, owner_of(row))
        sealed = await self.seals.name(session, scope, place, name)
        return {"parent_id": parent_id, "sealed_name": sealed.sealed, "name_key": sealed.key}

    async def _check_place(
        self, session: WriteSession, scope: DataScope, row: FolderRow, parent_id: UUID
    ) -> None:
        await self.placer.check_folder(session, scope, parent_id, is_shared=row.is_shared)
        if row.id in await folders.list_way_up(session, scope, parent_id, DEPTH + 1):
            raise FolderPlaceError("A folder can't be in itself.")
        below = await folders.list_below(session, scope, row.id, FOLDERS_A_WORKSPACE)
        await self._check_depth(session, scope, parent_id, 1 + max(deep for _, deep in below))

    async def _check_depth(
        self, session: ReadSession, scope: DataScope, parent_id: UUID, levels: int
    ) -> None:
        way = await folders.list_way_up(session, scope, parent_id, DEPTH + 1)
        if len(way) + levels > DEPTH:
            raise FolderPlaceError(f"Folders are nested at most {DEPTH} deep.")

    async def _lock(
        self, session: WriteSession, scope: DataScope, folder_id: UUID, revision: int | None
    ) -> FolderRow:
        row = await folders.find(session, scope, folder_id, lock=True)
        if row is None or row.trashed_at is not None:
            raise FolderNotFoundError
        if revision is not None and row.revision != revision:
            raise RevisionConflictError(
                f"The newest revision is {row.revision}.", extra={"revision": row.revision}
            )
        return row
