"""Use cases of files. `FileServices` bundles them, by noun."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.files.contracts import File, FileFilter, FileSort, Upload, UploadDraft
from vectal.files.errors import LengthError, UploadGoneError
from vectal.files.limits import PAGE
from vectal.files.ports import Scanner, Standing, Targets
from vectal.files.sealed_objects import SealedContents, SealedParts
from vectal.files.sealing import Seals
from vectal.files.service.attachments import AttachmentService
from vectal.files.service.content import ContentService, OpenVersion
from vectal.files.service.contents import Contents
from vectal.files.service.files import FileService
from vectal.files.service.finishing import Finisher
from vectal.files.service.folders import FolderService
from vectal.files.service.links import LinkService
from vectal.files.service.placing import Placer
from vectal.files.service.rules import FileRules
from vectal.files.service.scans import ScanService
from vectal.files.service.sharing import Sharing
from vectal.files.service.space import SpaceKeeper
from vectal.files.service.storing import Storer
from vectal.files.service.streams import StreamSlots
from vectal.files.service.sweeping import Sweeper
from vectal.files.service.trash import TrashService
from vectal.files.service.uploads import UploadService
from vectal.files.service.versions import VersionService
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, DataScope
from vectal.platform.db.paging import Slice
from vectal.platform.storage import ObjectStorage

__all__ = ["FileRules", "FileServices", "OpenVersion"]


@dataclass(frozen=True, slots=True)
class FileServices:
    """What doors and modules above hold."""

    uploads: UploadService
    files: FileService
    folders: FolderService
    versions: VersionService
    content: ContentService
    links: LinkService
    attachments: AttachmentService
    scans: ScanService
    trash: TrashService
    space: SpaceKeeper
    sweeper: Sweeper

    @classmethod
    def build(
        cls,
        *,
        database: Database,
        keyring: Keyring,
        storage: ObjectStorage,
        rules: FileRules,
        standing: Standing,
        targets: Targets,
        scanner: Scanner | None = None,
        clock: Clock | None = None,
    ) -> Self:
        clock, seals = clock or SystemClock(), Seals(keyring)
        objects, parts = SealedContents(storage), SealedParts(storage)
        placer, space = Placer(seals), SpaceKeeper(database, rules)
        contents, storer = Contents(seals, objects, clock), Storer(seals, placer, clock)
        finisher = Finisher(
            database, seals, parts, objects, contents, storer, space, clock, scanner
        )
        uploads = UploadService(
            database, seals, parts, space, placer, finisher, rules, clock, StreamSlots()
        )
        trash = TrashService(database, seals, placer, space, clock)
        sharing = Sharing(database, placer, contents, clock)
        content = ContentService(database, seals, contents, objects)
        versions = VersionService(database, seals, contents, space, clock)
        return cls(
            uploads=uploads,
            files=FileService(database, seals, placer, storer, contents, sharing, space, clock),
            folders=FolderService(database, seals, placer, clock),
            versions=versions,
            content=content,
            links=LinkService(database, seals, content, standing, clock),
            attachments=AttachmentService(database, targets, clock),
            scans=ScanService(database, content, versions, clock, scanner),
            trash=trash,
            space=space,
            sweeper=Sweeper(database, storage, objects, uploads, trash, rules, clock),
        )

    async def get_file(self, principal: Principal, file_id: UUID) -> File:
        """Raises `StoredFileNotFoundError`."""
        return await self.files.get_file(principal, file_id)

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
        """A page of what the person may see, by folder, kind, words and more."""
        return await self.files.list_files(
            principal, wanted, sort=sort, descending=descending, cursor=cursor, limit=limit
        )

    async def store(
        self,
        principal: Principal,
        draft: UploadDraft,
        body: AsyncIterator[bytes],
        *,
        is_exact: bool = True,
    ) -> File:
        """A file, or a version of one, in one go; what can't be stored leaves nothing behind.

        `is_exact` False says that the draft's length is the most that may come.

        Raises what `UploadService.create` and `append` raise, `LengthError` for a body that is
        shorter than was said, and what ended the upload as failed.
        """
        upload = await self.uploads.create(principal, draft)
        try:
            if upload.state != "done":
                upload = await self.uploads.append(principal, upload.id, 0, body)
            if upload.file_id is None and not is_exact:
                upload = await self.uploads.shorten(principal, upload.id)
            return await self.files.get_file(principal, _file_of(upload))
        finally:
            await self.uploads.end(principal, upload.id)

    async def open_version(
        self, scope: DataScope, file_id: UUID, number: int | None = None
    ) -> OpenVersion:
        """A version and its bytes: `size`, and `read(start, length)` as an async stream."""
        return await self.content.open_version(scope, file_id, number)


def _file_of(upload: Upload) -> UUID:
    if upload.file_id is not None:
        return upload.file_id
    if upload.problem is not None:
        raise UploadGoneError(f"It has failed: {upload.problem}.")
    raise LengthError(f"Only {upload.offset} of {upload.length} bytes came.")
