"""The end of an upload: its parts become one sealed content, and that a file or a version.

It may be cut off anywhere and begun anew: whoever begins takes the upload's next epoch, and what
an older one still finishes is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from vectal.files.contracts import ScanState
from vectal.files.errors import UploadNotFoundError
from vectal.files.limits import UPLOAD_LIFETIME
from vectal.files.media import HEAD_BYTES, Media, media_of
from vectal.files.ports import Scanner, Verdict
from vectal.files.repository import blobs, uploads
from vectal.files.sealed_objects import SealedContents, SealedParts
from vectal.files.sealing import Seals
from vectal.files.service.contents import Contents, NewContent
from vectal.files.service.reading import place_of_upload
from vectal.files.service.space import SpaceKeeper
from vectal.files.service.storing import NewVersion, Storer
from vectal.files.tables import UploadRow
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope
from vectal.platform.errors import AppError
from vectal.platform.telemetry import get_logger

UNSCANNED: Final = Verdict("unscanned")
_PERMANENT: Final = 500
"""Below this status an error will be the same at the next try."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Taken:
    """An upload that this call finishes."""

    row: UploadRow
    epoch: int
    key: bytes = field(repr=False)
    name: str = field(repr=False)
    parts: Sequence[uploads.Part]
    content: NewContent

    @property
    def owner_id(self) -> UUID | None:
        return None if self.row.is_shared else self.row.user_id


@dataclass(slots=True)
class _Seen:
    """What is learnt of a content while it passes."""

    digest: Any = field(default_factory=hashlib.sha256)
    head: bytearray = field(default_factory=bytearray)
    size: int = 0

    def take(self, piece: bytes) -> None:
        self.digest.update(piece)
        self.size += len(piece)
        if len(self.head) < HEAD_BYTES:
            self.head += piece[: HEAD_BYTES - len(self.head)]


@dataclass(frozen=True, slots=True)
class Finisher:
    database: Database
    seals: Seals
    parts: SealedParts
    objects: SealedContents
    contents: Contents
    storer: Storer
    space: SpaceKeeper
    clock: Clock
    scanner: Scanner | None

    async def finish(self, scope: DataScope, upload_id: UUID) -> None:
        """Make a file of a complete upload; does nothing when that is done, or not yet possible.

        An error that would come again at every try ends the upload as failed.
        """
        taken = await self._take(scope, upload_id)
        if taken is None:
            return
        try:
            seen = await self._assemble(scope, taken)
            verdict = await self._scan(scope, taken)
            done = await self._store(scope, taken, seen, verdict)
        except AppError as error:
            if error.status >= _PERMANENT:
                raise
            _log.warning("files.upload_failed", upload_id=str(upload_id), code=error.code)
            done = await self._fail(scope, taken, error.code)
        if done:
            await self.parts.remove(scope.workspace_id, upload_id)

    async def _take(self, scope: DataScope, upload_id: UUID) -> _Taken | None:
        async with self.database.transaction(scope) as session:
            row = await uploads.find(session, scope, upload_id, lock=True)
            if row is None:
                raise UploadNotFoundError
            if row.received < row.length:
                return None
            now = self.clock.now()
            epoch = await uploads.take(session, scope, upload_id, "finishing", now)
            if epoch is None:
                return None
            opened = [
                await self.seals.open(
                    session, scope, place_of_upload(row.id, column, row.user_id), value
                )
                for column, value in (
                    ("sealed_key", row.sealed_key),
                    ("sealed_name", row.sealed_name),
                )
            ]
            parts = await uploads.list_parts(session, scope, upload_id)
            owner_id = None if row.is_shared else row.user_id
            content = await self.contents.begin(session, scope, owner_id)
        return _Taken(row, epoch, opened[0], opened[1].decode(), parts, content)

    async def _assemble(self, scope: DataScope, taken: _Taken) -> _Seen:
        seen = _Seen()

        async def watched() -> AsyncGenerator[bytes]:
            async for piece in self._pieces(scope, taken):
                seen.take(piece)
                yield piece

        content = taken.content
        await self.objects.write(scope.workspace_id, content.id, content.key, watched())
        return seen

    async def _pieces(self, scope: DataScope, taken: _Taken) -> AsyncGenerator[bytes]:
        for part in taken.parts:
            yield await self.parts.read(
                scope.workspace_id, taken.row.id, part.start, part.epoch, taken.key, part.size
            )

    async def _scan(self, scope: DataScope, taken: _Taken) -> Verdict:
        if self.scanner is None:
            return UNSCANNED
        pieces: AsyncIterator[bytes] = self._pieces(scope, taken)
        return await self.scanner.scan(pieces)

    async def _store(self, scope: DataScope, taken: _Taken, seen: _Seen, verdict: Verdict) -> bool:
        """False when a newer call has taken over."""
        media = media_of(bytes(seen.head), taken.name, seen.size)
        async with self.database.transaction(scope) as session:
            row = await uploads.find(session, scope, taken.row.id, lock=True)
            if row is None or row.epoch != taken.epoch or row.state != "finishing":
                await blobs.doom(session, scope, [taken.content.id], self.clock.now())
                return False
            blob_id = await self.contents.complete(
                session, scope, taken.content, seen.size, seen.digest.digest()
            )
            stored = await self.storer.store(
                session, scope, _version(taken, seen, media, verdict, blob_id)
            )
            await self.space.settle(session, scope, row.length, seen.size)
            await uploads.change(
                session,
                scope,
                row.id,
                state="done",
                file_id=stored.file_id,
                number=stored.number,
                expires_at=self.clock.now() + UPLOAD_LIFETIME,
            )
        return True

    async def _fail(self, scope: DataScope, taken: _Taken, code: str) -> bool:
        async with self.database.transaction(scope) as session:
            await blobs.doom(session, scope, [taken.content.id], self.clock.now())
            row = await uploads.find(session, scope, taken.row.id, lock=True)
            if row is None or row.epoch != taken.epoch or row.state != "finishing":
                return False
            await self.space.settle(session, scope, row.length, 0)
            await uploads.change(session, scope, row.id, state="failed", problem=code)
        return True


def _version(
    taken: _Taken, seen: _Seen, media: Media, verdict: Verdict, blob_id: UUID
) -> NewVersion:
    scan: ScanState = verdict.state
    return NewVersion(
        name=taken.name,
        folder_id=taken.row.folder_id,
        owner_id=taken.owner_id,
        replaces=taken.row.replaces,
        blob_id=blob_id,
        size=seen.size,
        media=media,
        scan=scan,
        threat=verdict.threat,
    )
