"""Which files are notes, and what stands in them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.files.contracts import File, FileFilter, Folder, UploadDraft
from vectal.files.errors import StoredFileNotFoundError
from vectal.files.service import FileServices
from vectal.notes.contracts import FOLDER, MAX_READ_BYTES, SUFFIX, Note
from vectal.notes.errors import NoteNotFoundError
from vectal.platform.db.paging import Slice

_PAGE: Final = 200
_NOTHING: Final[Slice[File]] = Slice((), None)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folder of notes of whoever asks."""

    files: FileServices

    async def find_folder(self, principal: Principal) -> Folder | None:
        """Names are sealed, so folders at the top are looked through, the oldest first."""
        cursor: str | None = None
        while True:
            page = await self.files.folders.list_folders(principal, cursor=cursor, limit=_PAGE)
            for folder in page.items:
                is_own = folder.owner_id == principal.user_id and folder.visibility == "private"
                if is_own and folder.name.casefold() == FOLDER.casefold():
                    return folder
            cursor = page.next_cursor
            if cursor is None:
                return None

    async def open_folder(self, principal: Principal) -> Folder:
        """The folder, made if it is not there."""
        found = await self.find_folder(principal)
        return found or await self.files.folders.create(principal, FOLDER)

    async def list_notes(
        self, principal: Principal, words: str | None, *, cursor: str | None = None, limit: int = 50
    ) -> Slice[File]:
        """The last changed first; with `words`, those whose names hold them."""
        folder = await self.find_folder(principal)
        if folder is None:
            return _NOTHING
        wanted = FileFilter(in_folder=True, folder_id=folder.id, kinds=("text",), words=words)
        return await self.files.list_files(
            principal, wanted, sort="updated", cursor=cursor, limit=limit
        )

    async def find_named(self, principal: Principal, name: str) -> File | None:
        """The note of this name, whatever its case."""
        folder = await self.find_folder(principal)
        cursor: str | None = None
        while folder is not None:
            wanted = FileFilter(in_folder=True, folder_id=folder.id, kinds=("text",))
            page = await self.files.list_files(principal, wanted, cursor=cursor, limit=_PAGE)
            for file in page.items:
                if file.name.casefold() == name.casefold():
                    return file
            cursor = page.next_cursor
            if cursor is None:
                break
        return None

    async def get_file(self, principal: Principal, file_id: UUID) -> File:
        """Raises `NoteNotFoundError`, also for a file that is no note, or lies in the trash."""
        try:
            file = await self.files.get_file(principal, file_id)
        except StoredFileNotFoundError as error:
            raise NoteNotFoundError from error
        folder = await self.find_folder(principal)
        is_note = folder is not None and file.folder_id == folder.id and file.kind == "text"
        if not is_note or file.trashed_at is not None:
            raise NoteNotFoundError
        return file

    async def read(self, principal: Principal, file_id: UUID) -> Note:
        """The words of the newest version, at most 256 KiB of them.

        Raises `NoteNotFoundError`, and what opening a file raises.
        """
        file = await self.get_file(principal, file_id)
        opened = await self.files.open_version(principal, file.id)
        pieces = [piece async for piece in opened.read(0, MAX_READ_BYTES)]
        text = b"".join(pieces).decode("utf-8", "replace")
        return Note(file, text, opened.size > MAX_READ_BYTES)

    async def write(self, principal: Principal, name: str, text: str, over: File | None) -> File:
        """A new note, or the next version of one."""
        body = text.encode()
        if over is None:
            folder = await self.open_folder(principal)
            draft = UploadDraft(name, len(body), folder.id)
        else:
            draft = UploadDraft(over.name, len(body), over.folder_id, over.visibility, over.id)
        return await self.files.store(principal, draft, _once(body))


def with_suffix(name: str) -> str:
    return name if name.casefold().endswith(SUFFIX) else f"{name}{SUFFIX}"


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body
