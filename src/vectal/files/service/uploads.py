"""Uploads: announced with their length, sent in as many requests as it takes, journaled.

What a part of an upload is journaled for is stored. A server that dies in the middle loses the
part that it held in memory, and the sender goes on from the last one that was journaled. Of two
requests that send to one upload the newer one writes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.files.contracts import Upload, UploadDraft
from vectal.files.errors import (
    FileTooLargeError,
    LengthError,
    LimitReachedError,
    OffsetConflictError,
    StoredFileNotFoundError,
    UploadGoneError,
    UploadNotFoundError,
)
from vectal.files.limits import (
    PART_BYTES,
    UPLOAD_LIFETIME,
    UPLOADS_A_PERSON,
    VERSIONS_A_FILE,
)
from vectal.files.names import made_clean
from vectal.files.repository import files, uploads
from vectal.files.sealed_objects import SealedParts
from vectal.files.sealing import Seals
from vectal.files.service.finishing import Finisher
from vectal.files.service.placing import Placer
from vectal.files.service.pumping import Hold, Pump
from vectal.files.service.reading import Reader, place_of_upload
from vectal.files.service.rules import FileRules
from vectal.files.service.space import SpaceKeeper
from vectal.files.service.streams import Checksum, StreamSlots
from vectal.files.tables import UploadRow
from vectal.platform.clock import Clock
from vectal.platform.crypto import new_stream_key
from vectal.platform.db import Database, DataScope, ReadSession, WriteSession
from vectal.platform.ids import new_id

_LISTED: Final = 200


@dataclass(frozen=True, slots=True)
class UploadService:
    database: Database
    seals: Seals
    parts: SealedParts
    space: SpaceKeeper
    placer: Placer
    finisher: Finisher
    rules: FileRules
    clock: Clock
    slots: StreamSlots
    part_bytes: int = PART_BYTES

    async def create(self, principal: Principal, draft: UploadDraft) -> Upload:
        """Announce an upload and reserve its space.

        Raises `FileTooLargeError`, `QuotaExceededError`, `LimitReachedError` and what a place that
        is not there raises.
        """
        if draft.length > self.rules.max_bytes:
            raise FileTooLargeError(f"A file may have at most {self.rules.max_bytes} bytes.")
        async with self.database.transaction(principal) as session:
            if await uploads.count_open(session, principal) >= UPLOADS_A_PERSON:
                raise LimitReachedError(f"A person has at most {UPLOADS_A_PERSON} open uploads.")
            row = await self._make_row(session, principal, draft)
            await self.space.reserve(session, principal, draft.length)
            await uploads.add(session, row)
        if draft.length == 0:
            await self.finisher.finish(principal, row.id)
        return await self.get(principal, row.id)

    async def get(self, principal: DataScope, upload_id: UUID) -> Upload:
        """Raises `UploadNotFoundError`, `UploadGoneError` once its time is over."""
        async with self.database.read(principal) as session:
            row = await self._find(session, principal, upload_id)
            return await Reader(self.seals).upload(session, principal, row)

    async def list_uploads(self, principal: Principal) -> list[Upload]:
        """The newest of the person, for a page that goes on with them after a reload."""
        async with self.database.read(principal) as session:
            rows = await uploads.list_mine(session, principal, _LISTED)
            return [await Reader(self.seals).upload(session, principal, row) for row in rows]

    async def append(
        self,
        principal: Principal,
        upload_id: UUID,
        offset: int,
        body: AsyncIterator[bytes],
        *,
        length: int | None = None,
        checksum: Checksum | None = None,
    ) -> Upload:
        """Store what comes from `offset` on; `length` is how much the sender says it is.

        With a checksum all of it is kept or nothing; without one, what had come by the time the
        sender left is kept. The request that brings the last byte makes the file.
        """
        with self.slots.take(principal):
            hold = await self._take(principal, upload_id, offset, length)
            if hold is not None:
                pump = Pump(
                    self.database,
                    self.parts,
                    self.clock,
                    principal,
                    hold,
                    self.part_bytes,
                    checksum,
                )
                await pump.run(body)
            found = await self.get(principal, upload_id)
            if found.offset == found.length and found.state in {"open", "finishing"}:
                await self.finisher.finish(principal, upload_id)
                found = await self.get(principal, upload_id)
        return found

    async def shorten(self, principal: Principal, upload_id: UUID) -> Upload:
        """Say that nothing more comes: the upload is as long as what is there, and is finished."""
        async with self.database.transaction(principal) as session:
            row = await self._find(session, principal, upload_id, lock=True)
            await self.space.settle(session, principal, row.length - row.received, 0)
            await uploads.change(session, principal, upload_id, length=row.received)
        await self.finisher.finish(principal, upload_id)
        return await self.get(principal, upload_id)

    async def end(self, principal: DataScope, upload_id: UUID) -> None:
        """Forget an upload with what it has brought; a file that was made of it stays."""
        async with self.database.transaction(principal) as session:
            row = await uploads.find(session, principal, upload_id, lock=True)
            if row is None:
                raise UploadNotFoundError
            # Whoever still writes is fenced off before the bytes go.
            await uploads.change(session, principal, upload_id, epoch=row.epoch + 1)
        await self.parts.remove(principal.workspace_id, upload_id)
        async with self.database.transaction(principal) as session:
            row = await uploads.find(session, principal, upload_id, lock=True)
            if row is None:
                return
            if row.state in {"open", "finishing"}:
                await self.space.settle(session, principal, row.length, 0)
            await uploads.remove(session, principal, upload_id)

    async def _make_row(
        self, session: WriteSession, principal: Principal, draft: UploadDraft
    ) -> UploadRow:
        is_shared, folder_id = draft.visibility == "workspace", draft.folder_id
        if draft.replaces is not None:
            file = await files.find(session, principal, draft.replaces)
            if file is None or file.trashed_at is not None:
                raise StoredFileNotFoundError
            if file.versions >= VERSIONS_A_FILE:
                raise LimitReachedError(f"A file has at most {VERSIONS_A_FILE} versions.")
            is_shared, folder_id = file.is_shared, file.folder_id
        elif folder_id is not None:
            is_shared = (await self.placer.find_folder(session, principal, folder_id)).is_shared
        row_id, name = new_id(), made_clean(draft.name)
        sealed = {
            column: await self.seals.seal(
                session, principal, place_of_upload(row_id, column, principal.user_id), value
            )
            for column, value in (("sealed_name", name.encode()), ("sealed_key", new_stream_key()))
        }
        now = self.clock.now()
        return UploadRow(
            workspace_id=principal.workspace_id,
            id=row_id,
            user_id=principal.user_id,
            is_shared=is_shared,
            folder_id=folder_id,
            replaces=draft.replaces,
            length=draft.length,
            received=0,
            parts=0,
            epoch=0,
            state="open",
            created_at=now,
            touched_at=now,
            expires_at=now + UPLOAD_LIFETIME,
            **sealed,
        )

    async def _find(
        self, session: ReadSession, scope: DataScope, upload_id: UUID, *, lock: bool = False
    ) -> UploadRow:
        row = await uploads.find(session, scope, upload_id, lock=lock)
        if row is None:
            raise UploadNotFoundError
        if row.expires_at < self.clock.now():
            raise UploadGoneError("Nothing came for too long.")
        return row

    async def _take(
        self, principal: Principal, upload_id: UUID, offset: int, length: int | None
    ) -> Hold | None:
        """Become the one who writes, before the first byte is read; None when all is there."""
        async with self.database.transaction(principal) as session:
            row = await self._find(session, principal, upload_id, lock=True)
            if row.state == "failed":
                raise UploadGoneError(f"It has failed: {row.problem}.")
            if row.received != offset:
                raise OffsetConflictError(
                    f"The next byte is number {row.received}.", extra={"offset": row.received}
                )
            left = row.length - row.received
            if length is not None and length > left:
                raise LengthError(f"The upload takes {left} bytes more.")
            if not left:
                return None
            epoch = await uploads.take(session, principal, upload_id, "open", self.clock.now())
            if epoch is None:
                raise UploadGoneError
            place = place_of_upload(row.id, "sealed_key", row.user_id)
            key = await self.seals.open(session, principal, place, row.sealed_key)
        return Hold(row.id, epoch, key, offset, left, row.parts)
