"""The end of a batch: its files are written, then it is over, and the journal goes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from vectal.ai.repository import batch_files as files_sql
from vectal.ai.repository import batch_lines as lines_sql
from vectal.ai.service.batches.files import KEEP, FileService
from vectal.ai.service.batches.journal import Journal
from vectal.ai.service.batches.objects import Asked, BatchStatus, LineState, Unanswered
from vectal.ai.service.batches.writing import anthropic_lines, openai_lines
from vectal.ai.tables_batches import BatchFileRow, BatchRow
from vectal.platform.clock import Clock
from vectal.platform.db import Database

_MOST_BYTES: Final = 8 << 30
"""Answers are longer than questions; more than this is no batch of 50,000 lines."""


@dataclass(frozen=True, slots=True)
class Ending:
    """May be done again by another runner: files have the ids that the batch gives them."""

    database: Database
    files: FileService
    clock: Clock
    journal: Journal
    row: BatchRow

    async def end(self, status: BatchStatus, unanswered: Unanswered | None) -> None:
        """End the batch; lines without a result end as `unanswered`."""
        if unanswered is not None:
            await self.journal.end_all(unanswered)
        await self.journal.change(finalizing_at=self.clock.now())
        values: dict[str, Any] = {"status": await self._status(status)}
        if self.row.wire == "anthropic":
            values["output_file_id"] = await self._write("output", anthropic_lines(self.journal))
        else:
            done = openai_lines(self.journal, ("done",))
            values["output_file_id"] = await self._write("output", done)
            failed: tuple[LineState, ...] = ("failed", "expired")
            values["error_file_id"] = await self._write("error", openai_lines(self.journal, failed))
        async with self.database.transaction(self.journal.scope) as session:
            await self.journal.change_in(
                session, **values, ended_at=self.clock.now(), held_until=None
            )
            await lines_sql.delete_lines(session, self.journal.scope, self.row.id)

    async def _status(self, status: BatchStatus) -> BatchStatus:
        """A file without a single request is a failure of the whole.

        A vendor may let lines expire before the day is over.
        """
        if status != "completed":
            return status
        async with self.database.read(self.journal.scope) as session:
            states = await lines_sql.count_states(session, self.journal.scope, self.row.id)
            sent = await lines_sql.count_sent(session, self.journal.scope, self.row.id)
        if states.get("expired"):
            return "expired"
        return status if sent or self.row.wire == "anthropic" else "failed"

    @property
    def _keep(self) -> timedelta:
        wished = msgspec.convert(self.row.asked, Asked).keep_s
        return KEEP if wished is None else min(KEEP, timedelta(seconds=wished))

    async def _write(self, kind: str, lines: AsyncGenerator[bytes]) -> UUID | None:
        """The id of the file; None when there would be nothing in it."""
        scope, file_id = self.journal.scope, uuid5(self.row.id, kind)
        size = await self.files.pieces.write(scope, file_id, lines, _MOST_BYTES)
        if not size:
            return None
        now = self.clock.now()
        file = BatchFileRow(
            workspace_id=scope.workspace_id,
            id=file_id,
            user_id=scope.user_id,
            purpose="batch_output",
            name=f"batch_{self.row.id.hex}_{kind}.jsonl",
            size=size,
            is_whole=True,
            created_at=now,
            expires_at=now + self._keep,
        )
        async with self.database.transaction(scope) as session:
            await files_sql.put_file(session, file)
        return file_id
