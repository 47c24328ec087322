"""Reading: the bytes of a version, whole or a range of them, for whoever may see the file."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from uuid import UUID

from vectal.files.contracts import READABLE, File, FileVersion
from vectal.files.errors import (
    InfectedError,
    NotReadableError,
    StoredFileNotFoundError,
    VersionNotFoundError,
)
from vectal.files.repository import blobs, files, versions
from vectal.files.sealed_objects import SealedContents
from vectal.files.sealing import Seals
from vectal.files.service.contents import Contents
from vectal.files.service.reading import Reader, version_of
from vectal.platform.crypto import UnreadableError
from vectal.platform.db import Database, DataScope


@dataclass(frozen=True, slots=True)
class OpenVersion:
    """A version whose bytes may be read, as often as one likes."""

    file: File
    version: FileVersion
    objects: SealedContents = field(repr=False)
    workspace_id: UUID
    blob_id: UUID
    key: bytes = field(repr=False)

    @property
    def size(self) -> int:
        return self.version.size

    @property
    def etag(self) -> str:
        """Strong: a version never changes."""
        return f'"{self.file.id.hex}-{self.version.number}"'

    def read(self, start: int = 0, length: int | None = None) -> AsyncGenerator[bytes]:
        """The bytes from `start` on, at most `length`, in pieces of up to 256 KiB."""
        most = max(0, self.size - start)
        wanted = most if length is None else min(length, most)
        return self.objects.read(
            self.workspace_id, self.blob_id, self.key, self.size, start, wanted
        )


@dataclass(frozen=True, slots=True)
class ContentService:
    database: Database
    seals: Seals
    contents: Contents
    objects: SealedContents

    async def open_version(
        self, scope: DataScope, file_id: UUID, number: int | None = None, *, judge: bool = True
    ) -> OpenVersion:
        """A version of a file that is not purged; None is the newest.

        Raises `StoredFileNotFoundError` and `VersionNotFoundError`, `NotReadableError` while a
        scan lasts and `InfectedError` after one. `judge` False is for the scan itself.
        """
        async with self.database.read(scope) as session:
            row = await files.find(session, scope, file_id)
            if row is None:
                raise StoredFileNotFoundError
            version = await versions.find(session, scope, file_id, number or row.number)
            if version is None:
                raise VersionNotFoundError
            shown = version_of(version, row.number)
            if judge:
                _judge(shown)
            blob = await blobs.find(session, scope, version.blob_id)
            if blob is None:
                raise UnreadableError
            key = await self.contents.key_of(session, scope, blob)
            file = await Reader(self.seals).file(session, scope, row)
        return OpenVersion(file, shown, self.objects, scope.workspace_id, blob.id, key)


def _judge(version: FileVersion) -> None:
    if version.scan == "infected":
        raise InfectedError(f"It is not given out. What was found: {version.threat}.")
    if version.scan not in READABLE:
        raise NotReadableError("It has not been scanned for viruses yet; try again later.")
