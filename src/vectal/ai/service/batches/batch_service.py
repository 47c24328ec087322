"""Batches as their makers handle them: made, looked at, cancelled, deleted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID

import msgspec

from vectal.ai.errors import (
    BatchConflictError,
    BatchFileNotFoundError,
    BatchLimitError,
    BatchNotFoundError,
    BatchRefusedError,
)
from vectal.ai.policy import sees_every_batch
from vectal.ai.repository import batch_files as files_sql
from vectal.ai.repository import batch_lines as lines_sql
from vectal.ai.repository import batches as sql
from vectal.ai.service.batches.files import FileService
from vectal.ai.service.batches.journal import line_row
from vectal.ai.service.batches.objects import (
    MAX_LINES,
    MESSAGES,
    OPENAI_ENDPOINTS,
    WINDOW,
    Asked,
    BadLine,
    Batch,
    BatchDraft,
    BatchRoute,
    BatchStatus,
    BatchWire,
    Line,
    LineCounts,
)
from vectal.ai.service.batches.reading import LineReader, MessageRequest
from vectal.ai.service.batches.runner import BatchRunner
from vectal.ai.tables_batches import BatchRow
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, ReadSession, Scope, WriteSession
from vectal.platform.ids import new_id
from vectal.platform.jobs import JobQueue

JOB: Final = "ai.run_batch"
MAX_UNDER_WAY: Final = 50
"""Of one person."""
_CHUNK: Final = 500
_END_S: Final = 1.5
_BAD_NAMES: Final = frozenset(("invalid_custom_id", "duplicate_custom_id"))


@dataclass(frozen=True, slots=True)
class Page:
    batches: list[Batch]
    has_more: bool


@dataclass(frozen=True, slots=True)
class BatchService:
    database: Database
    keyring: Keyring
    files: FileService
    jobs: JobQueue
    runner: BatchRunner
    clock: Clock

    async def create(
        self,
        principal: Principal,
        draft: BatchDraft,
        project_id: UUID | None = None,
        run_id: UUID | None = None,
    ) -> Batch:
        """Take a file of lines. Its lines are read later; here only the whole is judged.

        Raises BatchRefusedError, BatchFileNotFoundError and BatchLimitError.
        """
        check_endpoint(draft.endpoint)
        asked = Asked.by(principal, project_id, run_id, draft.keep_s)
        row = self._row(principal, "openai", draft.endpoint, asked)
        row.input_file_id, row.metadata_ = draft.input_file_id, dict(draft.metadata)
        async with self.database.transaction(principal) as session:
            file = await files_sql.find_file(session, principal, draft.input_file_id)
            if file is None or file.purpose != "batch":
                raise BatchFileNotFoundError
            await self._begin(session, principal, row)
        return shown(row)

    async def create_messages(
        self,
        principal: Principal,
        requests: Sequence[MessageRequest],
        project_id: UUID | None = None,
        run_id: UUID | None = None,
    ) -> Batch:
        """Take the requests of one of Anthropic's batches, which come with it.

        Raises BatchRefusedError for names that are no names; other mistakes end their line alone.
        """
        if not 1 <= len(requests) <= MAX_LINES:
            raise BatchRefusedError(f"requests: a batch has 1 to {MAX_LINES} of them.")
        # Of a hundred thousand it takes a second, in which this process answers others.
        lines = await asyncio.to_thread(_read, requests)
        bad = [line for line in lines if isinstance(line, BadLine)]
        misnamed = next((line for line in bad if line.code in _BAD_NAMES), None)
        if misnamed is not None:
            at = f"requests.{misnamed.number - 1}.custom_id"
            raise BatchRefusedError(f"{at}: {misnamed.message}")
        row = self._row(principal, "anthropic", MESSAGES, Asked.by(principal, project_id, run_id))
        row.status, row.started_at = "in_progress", self.clock.now()
        row.total, row.failed = len(lines), len(bad)
        async with self.database.transaction(principal) as session:
            await self._begin(session, principal, row)
            for start in range(0, len(lines), _CHUNK):
                rows = [
                    await line_row(session, self.keyring, principal, row.id, line)
                    for line in lines[start : start + _CHUNK]
                ]
                await lines_sql.put_lines(session, rows)
        return shown(row)

    async def get(self, principal: Principal, batch_id: UUID, wire: BatchWire) -> Batch:
        """Raises BatchNotFoundError."""
        async with self.database.read(principal) as session:
            return shown(await self._find(session, principal, batch_id, wire))

    async def list_batches(
        self,
        principal: Principal,
        wire: BatchWire,
        *,
        after: UUID | None = None,
        before: UUID | None = None,
        limit: int = 20,
    ) -> Page:
        """The newest first; raises BatchNotFoundError for a place that is none."""
        async with self.database.read(principal) as session:
            later = await self._find(session, principal, after, wire) if after else None
            earlier = await self._find(session, principal, before, wire) if before else None
            rows = await sql.list_batches(
                session,
                principal,
                user_id=None if sees_every_batch(principal) else principal.user_id,
                wire=wire,
                after=later,
                before=earlier,
                limit=limit + 1,
            )
        page = [shown(row) for row in rows[:limit]]
        return Page(page if earlier is None else page[::-1], len(rows) > limit)

    async def cancel(self, principal: Principal, batch_id: UUID, wire: BatchWire) -> Batch:
        """Ask the runner to stop, or end what has none; the rest is done by then or soon after.

        Raises BatchNotFoundError, BatchConflictError when it is over.
        """
        async with self.database.transaction(principal) as session:
            row = await self._find(session, principal, batch_id, wire)
            if row.status != "cancelling":
                if not await sql.ask_to_cancel(session, principal, batch_id):
                    raise BatchConflictError("The batch has ended, or is about to.")
                row = await self._find(session, principal, batch_id, wire)
            await self._enqueue(session, row)
        # All workers may be busy with other batches, and nobody should have to wait for them.
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_S):
                await self.runner.run(Scope(row.workspace_id, row.user_id), batch_id)
        return await self.get(principal, batch_id, wire)

    async def delete(self, principal: Principal, batch_id: UUID, wire: BatchWire) -> None:
        """Delete a batch that has ended, with its results; its maker alone may."""
        batch = await self._get_own(principal, batch_id, wire)
        if not batch.is_over:
            raise BatchConflictError("The batch has not ended; cancel it first.")
        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id is not None:
                await self._delete_file(principal, file_id)
        async with self.database.transaction(principal) as session:
            await sql.delete_batch(session, principal, batch_id)

    async def results(
        self, principal: Principal, batch_id: UUID, wire: BatchWire
    ) -> AsyncGenerator[bytes]:
        """The lines of the output file; raises BatchConflictError before there is one."""
        batch = await self._get_own(principal, batch_id, wire)
        if not batch.is_over:
            raise BatchConflictError("The batch has not ended; there are no results yet.")
        if batch.output_file_id is None:
            raise BatchNotFoundError("The batch has no results.")
        file = await self.files.get(principal, batch.output_file_id)
        return self.files.read(principal, file)

    async def _get_own(self, principal: Principal, batch_id: UUID, wire: BatchWire) -> Batch:
        batch = await self.get(principal, batch_id, wire)
        if batch.user_id != principal.user_id:
            raise BatchNotFoundError
        return batch

    async def _delete_file(self, principal: Principal, file_id: UUID) -> None:
        try:
            await self.files.delete(principal, file_id)
        except BatchFileNotFoundError:
            return  # somebody was quicker

    async def _begin(self, session: WriteSession, principal: Principal, row: BatchRow) -> None:
        if await sql.count_under_way(session, principal, MAX_UNDER_WAY) >= MAX_UNDER_WAY:
            raise BatchLimitError(f"A person has at most {MAX_UNDER_WAY} batches under way.")
        await sql.add_batch(session, row)
        await self._enqueue(session, row)

    async def _enqueue(self, session: WriteSession, row: BatchRow) -> None:
        # An administrator may cancel a batch; it runs on behalf of its maker all the same.
        maker = Scope(row.workspace_id, row.user_id)
        await queue_batch(self.jobs, session, maker, row.id)

    def _row(self, principal: Principal, wire: BatchWire, endpoint: str, asked: Asked) -> BatchRow:
        now = self.clock.now()
        return BatchRow(
            workspace_id=principal.workspace_id,
            id=new_id(),
            user_id=principal.user_id,
            asked=msgspec.to_builtins(asked),
            wire=wire,
            endpoint=endpoint,
            status="validating",
            metadata_={},
            errors=[],
            total=0,
            completed=0,
            failed=0,
            cancelled=0,
            expired=0,
            repeated=0,
            epoch=0,
            created_at=now,
            expires_at=now + WINDOW,
        )

    async def _find(
        self, session: ReadSession, principal: Principal, batch_id: UUID, wire: BatchWire
    ) -> BatchRow:
        row = await sql.find_batch(session, principal, batch_id)
        if row is None or row.wire != wire:
            raise BatchNotFoundError
        if row.user_id != principal.user_id and not sees_every_batch(principal):
            raise BatchNotFoundError
        return row


def check_endpoint(endpoint: str) -> None:
    """Raises BatchRefusedError for an endpoint that no line of a file can have."""
    if endpoint not in OPENAI_ENDPOINTS:
        text = f"endpoint: it is one of {', '.join(OPENAI_ENDPOINTS)}."
        raise BatchRefusedError(text, extra={"param": "endpoint"})


async def queue_batch(
    jobs: JobQueue,
    session: WriteSession,
    maker: Scope,
    batch_id: UUID,
    key: str = "",
    pause: timedelta = timedelta(),
) -> None:
    """Queue a stretch of a batch, unless one of the same key waits or runs."""
    await jobs.enqueue(
        session,
        JOB,
        key or str(batch_id),
        delay=pause,
        workspace_id=maker.workspace_id,
        user_id=maker.user_id,
        batch_id=batch_id,
    )


def shown(row: BatchRow) -> Batch:
    return Batch(
        id=row.id,
        user_id=row.user_id,
        wire=cast("BatchWire", row.wire),
        endpoint=row.endpoint,
        status=cast("BatchStatus", row.status),
        counts=LineCounts(
            row.total, row.completed, row.failed, row.cancelled, row.expired, row.repeated
        ),
        input_file_id=row.input_file_id,
        output_file_id=row.output_file_id,
        error_file_id=row.error_file_id,
        metadata=cast("dict[str, str]", row.metadata_),
        errors=cast("list[dict[str, Any]]", row.errors),
        created_at=row.created_at,
        expires_at=row.expires_at,
        started_at=row.started_at,
        finalizing_at=row.finalizing_at,
        cancelling_at=row.cancelling_at,
        ended_at=row.ended_at,
        route=cast("BatchRoute | None", row.route),
    )


def _read(requests: Sequence[MessageRequest]) -> list[Line | BadLine]:
    return list(LineReader(MESSAGES).read_messages(requests))
