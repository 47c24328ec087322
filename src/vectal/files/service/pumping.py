"""What one request sends, cut into parts: each is stored, then journaled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from vectal.files.errors import LimitReachedError, UploadTakenOverError
from vectal.files.limits import PARTS_AN_UPLOAD, UPLOAD_LIFETIME
from vectal.files.repository import uploads
from vectal.files.sealed_objects import SealedParts
from vectal.files.service.streams import Checksum, paced
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope


@dataclass(frozen=True, slots=True)
class Hold:
    """One request's hold on an upload: it writes from `start` on, and has `left` bytes to go."""

    upload_id: UUID
    epoch: int
    key: bytes = field(repr=False)
    start: int
    left: int
    parts: int


@dataclass(slots=True)
class Pump:
    database: Database
    parts: SealedParts
    clock: Clock
    scope: DataScope
    hold: Hold
    part_bytes: int
    checksum: Checksum | None = None
    _waiting: bytearray = field(default_factory=bytearray)
    _stored: list[uploads.Part] = field(default_factory=list[uploads.Part])
    _count: int = 0
    _at: int = 0

    async def run(self, body: AsyncIterator[bytes]) -> None:
        """Store all of it. Raises what is wrong with the body, and `UploadTakenOverError`.

        Without a checksum, what had come before an error is kept; with one, nothing is.
        """
        self._at = self.hold.start
        watched: Any = self.checksum.watch() if self.checksum else None
        try:
            async for chunk in paced(body, self.hold.left):
                self._waiting += chunk
                if watched is not None:
                    watched.update(chunk)
                while len(self._waiting) >= self.part_bytes:
                    await self._keep()
        finally:
            # A sender that leaves has still sent this; only a checksum can't be known any more.
            if self._waiting and self.checksum is None:
                await self._keep()
        if self.checksum is not None:
            self.checksum.check(watched)
            if self._waiting:
                await self._keep()
            if self._stored:
                await self._journal()

    async def _keep(self) -> None:
        if self.hold.parts + self._count >= PARTS_AN_UPLOAD:
            self._waiting.clear()
            raise LimitReachedError("The upload came in too many pieces; send larger ones.")
        hold, part = self.hold, bytes(self._waiting[: self.part_bytes])
        await self.parts.write(
            self.scope.workspace_id, hold.upload_id, self._at, hold.epoch, hold.key, part
        )
        del self._waiting[: len(part)]
        self._stored.append(uploads.Part(self._at, len(part), hold.epoch))
        self._at, self._count = self._at + len(part), self._count + 1
        if self.checksum is None:
            await self._journal()

    async def _journal(self) -> None:
        now = self.clock.now()
        async with self.database.transaction(self.scope) as session:
            moved = await uploads.advance(
                session,
                self.scope,
                self.hold.upload_id,
                self._stored,
                touched_at=now,
                expires_at=now + UPLOAD_LIFETIME,
            )
        if not moved:
            self._waiting.clear()
            raise UploadTakenOverError
        self._stored.clear()
