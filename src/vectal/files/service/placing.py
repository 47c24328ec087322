"""Where a file or folder goes: a folder that is there, under a name that is free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vectal.files.errors import FolderNotFoundError, FolderPlaceError, LimitReachedError
from vectal.files.limits import FOLDER_ENTRIES
from vectal.files.names import numbered
from vectal.files.repository import files, folders, placing
from vectal.files.sealing import Seals
from vectal.files.tables import FolderRow
from vectal.platform.db import DataScope, ReadSession, WriteSession

_FIRST_TRIES: Final = 8
_MORE_TRIES: Final = 500


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder, or the top, for what belongs to one owner of keys (None: the workspace)."""

    folder_id: UUID | None
    owner_id: UUID | None


@dataclass(frozen=True, slots=True)
class Placer:
    seals: Seals

    async def find_folder(
        self, session: ReadSession, scope: DataScope, folder_id: UUID
    ) -> FolderRow:
        """Raises `FolderNotFoundError` for one that is not there, or in the trash."""
        row = await folders.find(session, scope, folder_id)
        if row is None or row.trashed_at is not None:
            raise FolderNotFoundError
        return row

    async def check_folder(
        self, session: ReadSession, scope: DataScope, folder_id: UUID | None, *, is_shared: bool
    ) -> None:
        """Everything in a folder is as visible as the folder is."""
        if folder_id is None:
            return
        row = await self.find_folder(session, scope, folder_id)
        if row.is_shared != is_shared:
            raise FolderPlaceError("What lies in a folder is as private or as shared as it is.")

    async def file_name(
        self, session: WriteSession, scope: DataScope, shelf: Shelf, name: str
    ) -> str:
        """The name, or `name (2)` and so on; nobody else takes it until the transaction ends."""
        await placing.hold_folder(session, scope, shelf.folder_id)
        if await files.count_in(session, scope, shelf.folder_id) >= FOLDER_ENTRIES:
            raise LimitReachedError(f"A folder takes {FOLDER_ENTRIES} files.")
        for first, last in ((1, _FIRST_TRIES), (_FIRST_TRIES + 1, _MORE_TRIES)):
            names = [numbered(name, n) if n > 1 else name for n in range(first, last + 1)]
            keys = await self.seals.name_keys(session, scope, shelf.owner_id, names)
            taken = await files.list_name_keys(session, scope, shelf.folder_id, keys)
            for each, key in zip(names, keys, strict=True):
                if key not in taken:
                    return each
        raise LimitReachedError("The folder holds too many files of this name.")

    async def folder_name(
        self, session: WriteSession, scope: DataScope, shelf: Shelf, name: str
    ) -> str:
        await placing.hold_folder(session, scope, shelf.folder_id)
        names = [numbered(name, n) if n > 1 else name for n in range(1, _MORE_TRIES)]
        keys = await self.seals.name_keys(session, scope, shelf.owner_id, names)
        taken = await folders.list_name_keys(session, scope, shelf.folder_id, keys)
        for each, key in zip(names, keys, strict=True):
            if key not in taken:
                return each
        raise LimitReachedError("There are too many folders of this name.")
