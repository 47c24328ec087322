"""Bytes in the object storage that nobody reads there: in pieces, each sealed for its owner.

A piece is bound to its file and place, so that none can be moved, and small enough to be held in
memory whatever the size of the file.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vectal.platform.crypto import Aad, KeyOwner, Keyring
from vectal.platform.db import Database, DataScope
from vectal.platform.storage import ObjectStorage, ObjectTooLargeError

PIECE_BYTES: Final = 2 << 20
_SEALED_BYTES: Final = PIECE_BYTES + (1 << 10)
_PLACES: Final = 6


@dataclass(frozen=True, slots=True)
class SealedPieces:
    storage: ObjectStorage
    database: Database
    keyring: Keyring

    async def write(
        self, scope: DataScope, file_id: UUID, body: AsyncIterable[bytes], max_bytes: int
    ) -> int:
        """Store what comes and return its size.

        Raises `ObjectTooLargeError` past `max_bytes`, and what `body` raises; pieces that were
        written by then stay until `remove`.
        """
        waiting, size, count = bytearray(), 0, 0
        async for chunk in body:
            size += len(chunk)
            if size > max_bytes:
                raise ObjectTooLargeError
            waiting += chunk
            while len(waiting) >= PIECE_BYTES:
                await self._put(scope, file_id, count, bytes(waiting[:PIECE_BYTES]))
                del waiting[:PIECE_BYTES]
                count += 1
        if waiting:
            await self._put(scope, file_id, count, bytes(waiting))
        return size

    async def read(self, scope: DataScope, file_id: UUID, size: int) -> AsyncGenerator[bytes]:
        """The `size` bytes of a whole file, piece by piece."""
        for place in range(-(-size // PIECE_BYTES)):
            key = _key(scope.workspace_id, file_id, place)
            sealed = await self.storage.get(key, max_bytes=_SEALED_BYTES)
            async with self.database.read(scope) as session:
                owner, aad = KeyOwner.user(scope.user_id), _aad(scope, file_id, place)
                piece = await self.keyring.open(session, owner, sealed, aad)
            yield piece

    async def remove(self, workspace_id: UUID, file_id: UUID) -> None:
        """Delete every piece, also of a file that was never whole."""
        prefix = _prefix(workspace_id, file_id)
        while (page := await self.storage.list_objects(prefix)).objects:
            for each in page.objects:
                await self.storage.delete(each.key)

    async def _put(self, scope: DataScope, file_id: UUID, place: int, piece: bytes) -> None:
        async with self.database.transaction(scope) as session:
            owner, aad = KeyOwner.user(scope.user_id), _aad(scope, file_id, place)
            sealed = await self.keyring.seal(session, owner, piece, aad)
        await self.storage.put(_key(scope.workspace_id, file_id, place), sealed)


def _prefix(workspace_id: UUID, file_id: UUID) -> str:
    return f"batches/{workspace_id}/{file_id}"


def _key(workspace_id: UUID, file_id: UUID, place: int) -> str:
    return f"{_prefix(workspace_id, file_id)}/{place:0{_PLACES}}"


def _aad(scope: DataScope, file_id: UUID, place: int) -> Aad:
    return Aad("ai_files", "piece", f"{file_id}/{place}", scope.workspace_id)
