"""Sealed bytes in the object storage: whole contents, and the parts of uploads under way.

A content is one object of segments, so that any range of it opens without the rest. A part is one
object, bound to its place in its upload.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vectal.platform.crypto import StreamCipher
from vectal.platform.crypto.segments import (
    OVERHEAD,
    SEALED_SEGMENT_BYTES,
    SEGMENT_BYTES,
    count_segments,
    sealed_size,
)
from vectal.platform.storage import ObjectStorage, StoredObject

CONTENTS: Final = "files"
PARTS: Final = "file-uploads"
_READ_SEGMENTS: Final = 4
"""Asked of the store at once."""


def content_key_of(workspace_id: UUID, blob_id: UUID) -> str:
    return f"{CONTENTS}/{workspace_id}/{blob_id}"


@dataclass(frozen=True, slots=True)
class SealedContents:
    """Contents by their ids."""

    storage: ObjectStorage

    async def write(
        self, workspace_id: UUID, blob_id: UUID, key: bytes, body: AsyncIterator[bytes]
    ) -> int:
        """Store what comes under the content's own key; returns its size in bytes.

        Raises what `body` raises; nothing is kept then.
        """
        sealing = _Sealing(StreamCipher(key), body)
        await self.storage.put_stream(content_key_of(workspace_id, blob_id), sealing.segments())
        return sealing.size

    async def read(
        self, workspace_id: UUID, blob_id: UUID, key: bytes, size: int, start: int, length: int
    ) -> AsyncGenerator[bytes]:
        """`length` bytes from `start` on, of a content of `size` bytes.

        Raises `UnreadableError` when what is stored was changed, moved or cut.
        """
        if length <= 0:
            return
        cipher, total = StreamCipher(key), count_segments(size)
        number, last = start // SEGMENT_BYTES, (start + length - 1) // SEGMENT_BYTES
        from_byte = number * SEALED_SEGMENT_BYTES
        to_byte = min((last + 1) * SEALED_SEGMENT_BYTES, sealed_size(size))
        stored = self.storage.stream_range(
            content_key_of(workspace_id, blob_id),
            from_byte,
            to_byte - from_byte,
            chunk_bytes=_READ_SEGMENTS * SEALED_SEGMENT_BYTES,
        )
        skip, left = start - number * SEGMENT_BYTES, length
        # A reader may leave in the middle, and then the store is let go at once.
        async with aclosing(stored), aclosing(_in_segments(stored)) as segments:
            async for sealed in segments:
                piece = cipher.open(number, sealed, is_last=number == total - 1)
                number += 1
                shown = piece[skip : skip + left]
                skip, left = 0, left - len(shown)
                yield shown

    async def copy(self, workspace_id: UUID, blob_id: UUID, target: UUID) -> None:
        """The same sealed bytes under another id: their key stays what it is."""
        await self.storage.copy(
            content_key_of(workspace_id, blob_id), content_key_of(workspace_id, target)
        )

    async def describe(self, workspace_id: UUID, blob_id: UUID) -> StoredObject:
        """How it is stored, `sealed_size` of it; raises `ObjectNotFoundError`."""
        return await self.storage.describe(content_key_of(workspace_id, blob_id))

    async def remove(self, workspace_id: UUID, blob_id: UUID) -> None:
        await self.storage.delete(content_key_of(workspace_id, blob_id))


@dataclass(frozen=True, slots=True)
class SealedParts:
    """Parts of uploads, by where they begin and by the request that sent them."""

    storage: ObjectStorage

    async def write(
        self, workspace_id: UUID, upload_id: UUID, start: int, epoch: int, key: bytes, part: bytes
    ) -> None:
        sealed = StreamCipher(key).seal(start, part, is_last=True)
        await self.storage.put(_part_key(workspace_id, upload_id, start, epoch), sealed)

    async def read(
        self, workspace_id: UUID, upload_id: UUID, start: int, epoch: int, key: bytes, size: int
    ) -> bytes:
        sealed = await self.storage.get(
            _part_key(workspace_id, upload_id, start, epoch), max_bytes=size + OVERHEAD
        )
        return StreamCipher(key).open(start, sealed, is_last=True)

    async def remove(self, workspace_id: UUID, upload_id: UUID) -> None:
        """Delete every part, also one that was never journaled."""
        prefix = f"{PARTS}/{workspace_id}/{upload_id}"
        while (page := await self.storage.list_objects(prefix)).objects:
            for each in page.objects:
                await self.storage.delete(each.key)


def _part_key(workspace_id: UUID, upload_id: UUID, start: int, epoch: int) -> str:
    return f"{PARTS}/{workspace_id}/{upload_id}/{start:016}-{epoch}"


class _Sealing:
    """Cuts a body into segments and seals them; the last one is known only when the body ends."""

    def __init__(self, cipher: StreamCipher, body: AsyncIterator[bytes]) -> None:
        self._cipher = cipher
        self._body = body
        self.size = 0

    async def segments(self) -> AsyncGenerator[bytes]:
        waiting, number = bytearray(), 0
        async for chunk in self._body:
            self.size += len(chunk)
            waiting += chunk
            # A full segment waits until something follows it.
            while len(waiting) > SEGMENT_BYTES:
                yield self._cipher.seal(number, bytes(waiting[:SEGMENT_BYTES]), is_last=False)
                del waiting[:SEGMENT_BYTES]
                number += 1
        yield self._cipher.seal(number, bytes(waiting), is_last=True)


async def _in_segments(stored: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    waiting = bytearray()
    async for piece in stored:
        waiting += piece
        while len(waiting) >= SEALED_SEGMENT_BYTES:
            yield bytes(waiting[:SEALED_SEGMENT_BYTES])
            del waiting[:SEALED_SEGMENT_BYTES]
    if waiting:
        yield bytes(waiting)
