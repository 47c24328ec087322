"""Contents: sealed once for each owner of keys, whoever brings them, however often."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from vectal.files.errors import VersionNotFoundError
from vectal.files.repository import blobs
from vectal.files.sealed_objects import SealedContents
from vectal.files.sealing import Seals
from vectal.files.service.reading import place_of_blob
from vectal.files.tables import BlobRow
from vectal.platform.clock import Clock
from vectal.platform.crypto import UnreadableError, new_stream_key
from vectal.platform.db import Database, DataScope, ReadSession, WriteSession
from vectal.platform.ids import new_id
from vectal.platform.storage import StorageUnavailableError


@dataclass(frozen=True, slots=True)
class NewContent:
    """A content whose row is there and whose bytes are to come."""

    id: UUID
    owner_id: UUID | None
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CopiedContent:
    """A content that has its bytes, but is not ready yet."""

    content: NewContent
    size: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Contents:
    seals: Seals
    objects: SealedContents
    clock: Clock

    async def begin(
        self, session: WriteSession, scope: DataScope, owner_id: UUID | None
    ) -> NewContent:
        """A row before the first byte, so that no byte is ever without one."""
        made = NewContent(new_id(), owner_id, new_stream_key())
        await self._add(session, scope, made)
        return made

    async def complete(
        self, session: WriteSession, scope: DataScope, made: NewContent, size: int, digest: bytes
    ) -> UUID:
        """The id to point to: this content's, or that of an equal one that was there before."""
        key = await self.seals.content_key(session, scope, made.owner_id, digest)
        place = place_of_blob(made.id, "sealed_digest", made.owner_id)
        sealed_digest = await self.seals.seal(session, scope, place, digest)
        known = await self._find_equal(session, scope, key, made.owner_id, digest)
        if known is None and await blobs.try_complete(
            session,
            scope,
            made.id,
            size=size,
            content_key=key,
            sealed_digest=sealed_digest,
            now=self.clock.now(),
        ):
            return made.id
        # Another upload of the same bytes may have been faster by a moment.
        known = known or await self._find_equal(session, scope, key, made.owner_id, digest)
        if known is None:
            # A sweep took it for abandoned; whoever asks again begins anew.
            raise StorageUnavailableError
        await blobs.doom(session, scope, [made.id], self.clock.now())
        return known

    async def key_of(self, session: ReadSession, scope: DataScope, row: BlobRow) -> bytes:
        place = place_of_blob(row.id, "sealed_key", row.owner_id)
        return await self.seals.open(session, scope, place, row.sealed_key)

    async def copy_for(
        self, database: Database, scope: DataScope, blob_id: UUID, owner_id: UUID | None
    ) -> CopiedContent:
        """The same content for another owner of keys, to be completed in a transaction to come.

        Sealed bytes are copied as they are: only their key is sealed anew.
        """
        async with database.transaction(scope) as session:
            row = await self.get_ready(session, scope, blob_id)
            place = place_of_blob(row.id, "sealed_digest", row.owner_id)
            digest = await self.seals.open(session, scope, place, row.sealed_digest or b"")
            made = NewContent(new_id(), owner_id, await self.key_of(session, scope, row))
            await self._add(session, scope, made)
        await self.objects.copy(scope.workspace_id, blob_id, made.id)
        return CopiedContent(made, row.size, digest)

    async def complete_copy(
        self, session: WriteSession, scope: DataScope, copied: CopiedContent
    ) -> UUID:
        return await self.complete(session, scope, copied.content, copied.size, copied.digest)

    async def get_ready(self, session: WriteSession, scope: DataScope, blob_id: UUID) -> BlobRow:
        """The blob, which no sweep takes until the transaction ends."""
        row = await blobs.find(session, scope, blob_id, lock=True)
        if row is None or row.state != "ready":
            raise VersionNotFoundError
        return row

    async def _add(self, session: WriteSession, scope: DataScope, made: NewContent) -> None:
        place = place_of_blob(made.id, "sealed_key", made.owner_id)
        row = BlobRow(
            workspace_id=scope.workspace_id,
            id=made.id,
            owner_id=made.owner_id,
            state="writing",
            size=0,
            sealed_key=await self.seals.seal(session, scope, place, made.key),
            changed_at=self.clock.now(),
        )
        await blobs.add(session, row)

    async def _find_equal(
        self,
        session: WriteSession,
        scope: DataScope,
        content_key: bytes,
        owner_id: UUID | None,
        digest: bytes,
    ) -> UUID | None:
        row = await blobs.find_equal(session, scope, content_key)
        if row is None or row.sealed_digest is None:
            return None
        place = place_of_blob(row.id, "sealed_digest", owner_id)
        known = await self.seals.open(session, scope, place, row.sealed_digest)
        if known != digest:
            raise UnreadableError
        return row.id
