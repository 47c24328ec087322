"""The runner: takes a batch in hand, brings it one stretch further, lets go.

A stretch is bounded, so that many batches share few workers. What a runner leaves that was killed,
the next one takes up: lines under way are sent again, and counted as repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from vectal.ai.errors import BatchFileNotFoundError
from vectal.ai.ports import ProviderKind
from vectal.ai.providers.batches.port import VendorBatches
from vectal.ai.repository import batch_lines as lines_sql
from vectal.ai.repository import batches as sql
from vectal.ai.service.batches.ending import Ending
from vectal.ai.service.batches.files import FileService
from vectal.ai.service.batches.journal import LEASE, HoldLostError, Journal
from vectal.ai.service.batches.objects import Asked, BadLine, Line, Unanswered
from vectal.ai.service.batches.reading import LineReader, split_lines
from vectal.ai.service.batches.sending import LineSender
from vectal.ai.service.batches.sending_loop import SendingLoop
from vectal.ai.service.batches.vendor.book import JobBook
from vectal.ai.service.batches.vendor.calls import LineCalls
from vectal.ai.service.batches.vendor.planning import Planner
from vectal.ai.service.batches.vendor.run import VendorPace, VendorRun
from vectal.ai.service.budget_holds import BudgetHolds
from vectal.ai.service.gateway.embedding_gateway import EmbeddingGateway
from vectal.ai.service.gateway.model_gateway import ModelGateway
from vectal.ai.tables_batches import BatchRow
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, Scope
from vectal.platform.storage import ObjectNotFoundError
from vectal.platform.telemetry import get_logger

STRETCH_S: Final = 120.0
STALE: Final = timedelta(seconds=20)
KEEP_ENDED: Final = timedelta(days=90)
_WATCH_S: Final = 0.5
_CHUNK: Final = 200
_TOLD_ERRORS: Final = 50
_PURGED: Final = 200
_REVOKED: Final = "credential_revoked"
_EMPTY: Final = {"code": "empty_file", "message": "The file has no lines.", "line": None}
_GONE: Final = {
    "code": "file_not_found",
    "message": "The file was deleted before it was read to its end.",
    "line": None,
}

StillValid = Callable[[Collection[Principal]], Awaitable[frozenset[UUID]]]
"""Ids of the sessions and keys among these principals that have lost their right."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NextStretch:
    """That there is one; it may begin after the pause."""

    epoch: int
    pause_s: float


@dataclass(frozen=True, slots=True)
class BatchRunner:
    database: Database
    keyring: Keyring
    files: FileService
    models: ModelGateway
    embeddings: EmbeddingGateway
    still_valid: StillValid
    clock: Clock
    concurrency: int
    vendors: dict[ProviderKind, VendorBatches]
    holds: BudgetHolds
    stretch_s: float = STRETCH_S
    pace: VendorPace = field(default_factory=VendorPace)

    async def run(self, scope: Scope, batch_id: UUID) -> NextStretch | None:
        """Bring a batch one stretch further; None when there is no more to do."""
        async with self.database.transaction(scope) as session:
            row = await sql.hold(session, scope, batch_id, LEASE)
            if row is None:
                return None
            again = await lines_sql.recall(session, scope, batch_id)
            if again:
                await sql.add_to_counts(session, scope, batch_id, row.epoch, repeated=again)
        journal = Journal(self.database, self.keyring, scope, batch_id, row.epoch)
        try:
            pause_s = await self._advance(journal, row)
        except HoldLostError:
            _log.warning("ai.batch_lost", batch_id=str(batch_id))
            return None
        except BaseException:
            # The job is tried again, here or elsewhere: nobody should have to wait for the lease.
            await journal.let_go()
            raise
        return None if pause_s is None else NextStretch(row.epoch, pause_s)

    async def list_stale(self, limit: int = 50) -> list[sql.Stale]:
        """Batches that no runner holds: theirs was killed, or its job was lost."""
        async with self.database.system("ai batches") as session:
            return await sql.list_stale(session, STALE, limit)

    async def purge(self) -> None:
        """Delete what has had its time, some at a time."""
        async with self.database.system("ai batches purge") as session:
            await sql.purge(session, KEEP_ENDED, _PURGED)
        await self.files.purge()

    async def _advance(self, journal: Journal, row: BatchRow) -> float | None:
        """Seconds until the next stretch; None when the batch is over."""
        async with _watched(journal, lambda: self._is_revoked(row)) as watch:
            pause_s = await self._run_stretch(journal, row, watch)
        if pause_s is not None:
            # Not while somebody holds on: a sign of life on its way would hold it for nobody.
            await journal.rest(pause_s)
        return pause_s

    async def _run_stretch(self, journal: Journal, row: BatchRow, watch: _Watch) -> float | None:
        if row.status == "validating":
            await self._read_lines(journal, row, watch)
        calls, pause_s = self._calls(row), None
        if row.route is None and self._may_go_on(row, watch):
            planner = Planner(journal, calls, self.vendors, self.clock)
            if await planner.decide(lambda: not self._may_go_on(row, watch)):
                row.route = "vendor"
        if row.route == "vendor":
            pause_s = await self._vendor_run(journal, row, watch, calls).advance()
        has_more = self._may_go_on(row, watch) and await self._send_lines(journal, row, watch)
        may_go_on = self._may_go_on(row, watch)
        if has_more and may_go_on:
            return 0.0
        if watch.revoked:
            await self._tell_of_revocation(journal, row)
        if pause_s is None:
            await self._end(journal, row, watch)
            return None
        return pause_s if may_go_on else min(pause_s, self.pace.first_s)

    def _may_go_on(self, row: BatchRow, watch: _Watch) -> bool:
        return not watch.must_end and not self._is_expired(row)

    def _calls(self, row: BatchRow) -> LineCalls:
        asked = msgspec.convert(row.asked, Asked)
        principal = asked.principal(row.workspace_id, row.user_id)
        return LineCalls(self.models, self.embeddings, principal, asked, row.id, row.endpoint)

    def _vendor_run(
        self, journal: Journal, row: BatchRow, watch: _Watch, calls: LineCalls
    ) -> VendorRun:
        stop: Unanswered | None = None
        if not self._may_go_on(row, watch):
            stop = "cancelled" if watch.must_end else "expired"
        return VendorRun(
            JobBook(journal),
            calls,
            self.vendors,
            self.holds,
            self.clock,
            self.pace,
            row,
            stop,
        )

    async def _is_revoked(self, row: BatchRow) -> bool:
        """A batch acts with a key or a session, and ends with it."""
        principal = msgspec.convert(row.asked, Asked).principal(row.workspace_id, row.user_id)
        return bool(await self.still_valid([principal]))

    async def _tell_of_revocation(self, journal: Journal, row: BatchRow) -> None:
        if all(each.get("code") != _REVOKED for each in row.errors):
            error = {"code": _REVOKED, "message": "Its key was revoked.", "line": None}
            await journal.change(errors=[*row.errors, error][-_TOLD_ERRORS:])

    async def _end(self, journal: Journal, row: BatchRow, watch: _Watch) -> None:
        ending = Ending(self.database, self.files, self.clock, journal, row)
        if watch.must_end:
            await ending.end("cancelled", "cancelled")
        elif self._is_expired(row):
            await ending.end("expired", "expired")
        else:
            await ending.end("completed", None)

    async def _read_lines(self, journal: Journal, row: BatchRow, watch: _Watch) -> None:
        """Write the lines of the input file into the journal, the bad ones with their verdict."""
        reader, waiting, told = LineReader(row.endpoint), list[Line | BadLine](), list[BadLine]()
        total, bad, is_gone = 0, 0, False
        try:
            async for number, text in self._lines_of(journal.scope, row):
                line = reader.read(number, text)
                total += 1
                if isinstance(line, BadLine):
                    bad += 1
                    told = [*told, line][:_TOLD_ERRORS]
                waiting.append(line)
                if len(waiting) == _CHUNK:
                    await journal.add(waiting)
                    waiting.clear()
                if watch.must_end or (isinstance(line, BadLine) and line.code == "too_many_lines"):
                    break
        except (BatchFileNotFoundError, ObjectNotFoundError):
            is_gone = True
        if waiting:
            await journal.add(waiting)
        errors = [_told(line) for line in told]
        if is_gone:
            errors = [{**_GONE}, *errors[: _TOLD_ERRORS - 1]]
        elif not total:
            errors = [{**_EMPTY}]
        row.errors = errors  # more may come in the same stretch
        await journal.change(total=total, failed=bad, errors=errors)
        await journal.begin(self.clock.now())

    async def _lines_of(self, scope: Scope, row: BatchRow) -> AsyncGenerator[tuple[int, bytes]]:
        """Raises BatchFileNotFoundError and ObjectNotFoundError when the file is gone."""
        if row.input_file_id is None:
            raise BatchFileNotFoundError
        file = await self.files.get(scope, row.input_file_id)
        async for line in split_lines(self.files.read(scope, file)):
            yield line

    async def _send_lines(self, journal: Journal, row: BatchRow, watch: _Watch) -> bool:
        """Whether lines are still to be sent."""
        asked = msgspec.convert(row.asked, Asked)
        principal = asked.principal(row.workspace_id, row.user_id)
        sender = LineSender(self.models, self.embeddings, principal, asked, row.id, row.endpoint)
        loop = SendingLoop(journal, sender, self.concurrency)
        sending = asyncio.create_task(loop.run())
        ending = asyncio.create_task(watch.ended.wait())
        try:
            left_s = (row.expires_at - self.clock.now()).total_seconds()
            stretch_s = min(self.stretch_s, max(0.0, left_s))
            await asyncio.wait(
                {sending, ending}, timeout=stretch_s, return_when=asyncio.FIRST_COMPLETED
            )
            loop.stop.set()
            if not watch.must_end and not self._is_expired(row):
                # What is under way may end; whoever cancels waits for nothing.
                await asyncio.wait({sending, ending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            is_cut = not sending.done()
            for task in (sending, ending):
                task.cancel()
            await asyncio.wait({sending, ending})
            if is_cut:
                await journal.pay(loop.cost_of_unwritten())
        return True if is_cut else sending.result()

    def _is_expired(self, row: BatchRow) -> bool:
        return row.expires_at <= self.clock.now()


@dataclass(slots=True)
class _Watch:
    """What the watcher has seen."""

    ended: asyncio.Event
    status: str = ""
    revoked: bool = False

    @property
    def must_end(self) -> bool:
        return self.revoked or self.status == "cancelling"


@asynccontextmanager
async def _watched(
    journal: Journal, is_revoked: Callable[[], Awaitable[bool]]
) -> AsyncGenerator[_Watch]:
    """Hold the batch while the block runs, and see when it has to end.

    A hold that is lost cancels the block and raises HoldLostError.
    """
    watch = _Watch(asyncio.Event(), await journal.keep(), await is_revoked())
    lost = False
    block = asyncio.current_task()

    async def look() -> None:
        nonlocal lost
        try:
            while True:
                await asyncio.sleep(_WATCH_S)
                watch.status = await journal.keep()
                watch.revoked = watch.revoked or await is_revoked()
                if watch.must_end:
                    watch.ended.set()
        except HoldLostError:
            lost = True
            if block is not None:
                block.cancel()

    looking = asyncio.create_task(look())
    try:
        yield watch
    except asyncio.CancelledError:
        if not lost:
            raise
        if block is not None:
            block.uncancel()
        raise HoldLostError from None
    finally:
        looking.cancel()
        await asyncio.wait({looking})


def _told(line: BadLine) -> dict[str, Any]:
    return {"code": line.code, "message": line.message, "line": line.number}
