"""Files of lines: uploaded, listed, read and deleted by the one who uploaded them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, cast
from uuid import UUID

from vectal.ai.errors import BatchFileNotFoundError, BatchLimitError
from vectal.ai.repository import batch_files as sql
from vectal.ai.service.batches.objects import BatchFile, FilePurpose
from vectal.ai.service.batches.sealed_pieces import SealedPieces
from vectal.ai.tables_batches import BatchFileRow
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope
from vectal.platform.errors import AppError
from vectal.platform.ids import new_id
from vectal.platform.telemetry import get_logger

MAX_FILES: Final = 500
"""Of one person, outputs included."""
KEEP: Final = timedelta(days=30)
_PURGED_A_RUN: Final = 50

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FileService:
    database: Database
    pieces: SealedPieces
    clock: Clock
    max_bytes: int

    async def upload(
        self, principal: DataScope, name: str, chunks: AsyncIterable[bytes], keep: timedelta = KEEP
    ) -> BatchFile:
        """Store a file of lines. Raises ObjectTooLargeError and BatchLimitError."""
        file_id, now = new_id(), self.clock.now()
        async with self.database.transaction(principal) as session:
            if await sql.count_files(session, principal, MAX_FILES) >= MAX_FILES:
                raise BatchLimitError(f"A person has at most {MAX_FILES} files.")
            row = BatchFileRow(
                workspace_id=principal.workspace_id,
                id=file_id,
                user_id=principal.user_id,
                purpose="batch",
                name=name,
                size=0,
                is_whole=False,
                created_at=now,
                expires_at=now + min(keep, KEEP),
            )
            await sql.add_file(session, row)
        try:
            size = await self.pieces.write(principal, file_id, chunks, self.max_bytes)
        except BaseException:
            # Whatever broke it off, it is raised again. The purge would find the rest, but later.
            with suppress(AppError):
                await self.delete(principal, file_id)
            raise
        async with self.database.transaction(principal) as session:
            await sql.complete_file(session, principal, file_id, size)
        row.size = size
        return shown_file(row)

    async def keep(self, principal: DataScope, file: BatchFile, keep: timedelta) -> BatchFile:
        """Let a file end so long after it was made, in bounds."""
        expires_at = file.created_at + min(keep, KEEP)
        if expires_at == file.expires_at:
            return file
        async with self.database.transaction(principal) as session:
            await sql.set_end(session, principal, file.id, expires_at)
        return replace(file, expires_at=expires_at)

    async def get(self, principal: DataScope, file_id: UUID) -> BatchFile:
        async with self.database.read(principal) as session:
            row = await sql.find_file(session, principal, file_id)
        if row is None:
            raise BatchFileNotFoundError
        return shown_file(row)

    async def list_files(
        self,
        principal: DataScope,
        *,
        purpose: str | None = None,
        after: UUID | None = None,
        limit: int = 100,
        newest_first: bool = True,
    ) -> tuple[list[BatchFile], bool]:
        """One page, and whether another follows; raises BatchFileNotFoundError for `after`."""
        async with self.database.read(principal) as session:
            before = await sql.find_file(session, principal, after) if after else None
            if after is not None and before is None:
                raise BatchFileNotFoundError
            rows = await sql.list_files(
                session,
                principal,
                purpose=purpose,
                after=before,
                limit=limit + 1,
                newest_first=newest_first,
            )
        return [shown_file(row) for row in rows[:limit]], len(rows) > limit

    def read(self, principal: DataScope, file: BatchFile) -> AsyncGenerator[bytes]:
        """The bytes of a file that `get` found."""
        return self.pieces.read(principal, file.id, file.size)

    async def delete(self, principal: DataScope, file_id: UUID) -> None:
        """Raises BatchFileNotFoundError."""
        async with self.database.read(principal) as session:
            if not await sql.is_there(session, principal, file_id):
                raise BatchFileNotFoundError
        # Bytes first: a row without bytes is found by the purge, bytes without a row never.
        await self.pieces.remove(principal.workspace_id, file_id)
        async with self.database.transaction(principal) as session:
            await sql.delete_file(session, principal, file_id)

    async def purge(self) -> int:
        """Delete some of the files that have had their time; returns how many."""
        async with self.database.system("ai files purge") as session:
            over = await sql.list_over(session, _PURGED_A_RUN)
        for workspace_id, file_id in over:
            await self.pieces.remove(workspace_id, file_id)
            async with self.database.system("ai files purge") as session:
                await sql.purge_file(session, workspace_id, file_id)
        if over:
            _log.info("ai.files_purged", count=len(over))
        return len(over)


def shown_file(row: BatchFileRow) -> BatchFile:
    purpose = cast("FilePurpose", row.purpose)
    return BatchFile(row.id, purpose, row.name, row.size, row.created_at, row.expires_at)
