"""The journal of a batch's jobs at a vendor: each change in one transaction, under the epoch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from vectal.ai.repository import batch_jobs as sql
from vectal.ai.repository import usage as usage_sql
from vectal.ai.repository.providers import find_provider
from vectal.ai.repository.usage import UsageLine
from vectal.ai.service.batches.journal import PAGE, Journal
from vectal.ai.service.batches.objects import BatchRoute, LineResult
from vectal.ai.tables_batches import BatchJobRow
from vectal.platform.crypto import KeyOwner
from vectal.platform.db import ReadSession, WriteSession

_COUNTS: Final = {
    "done": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
    "expired": "expired",
}


@dataclass(frozen=True, slots=True)
class SentEnd:
    """How a line of a job ended. `usage` is its line of the ledger, if it was a call at all."""

    number: int
    state: Literal["done", "failed", "cancelled", "expired"]
    result: LineResult | None = None
    usage: UsageLine | None = None
    units: int = 0
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class JobBook:
    """Methods that write raise HoldLostError."""

    journal: Journal

    async def decide(
        self, route: BatchRoute, jobs: Sequence[tuple[BatchJobRow, list[int]]] = ()
    ) -> None:
        """Write down which way the batch goes, and its jobs, each with the numbers of its lines."""
        async with self._writing() as session:
            for row, numbers in jobs:
                await sql.add_job(session, row, numbers)
            await self.journal.change_in(session, route=route)

    async def list_open(self) -> list[BatchJobRow]:
        async with self.journal.database.read(self.journal.scope) as session:
            return await sql.list_open(session, self.journal.scope, self.journal.batch_id)

    async def list_vendor_ids(self, provider_id: UUID) -> set[str]:
        async with self.journal.database.read(self.journal.scope) as session:
            return await sql.list_vendor_ids(session, self.journal.scope, provider_id)

    async def get(self, number: int) -> BatchJobRow:
        """A job that is there, as it stands now."""
        journal = self.journal
        async with journal.database.read(journal.scope) as session:
            row = await sql.find_job(session, journal.scope, journal.batch_id, number)
        if row is None:
            raise LookupError(number)
        return row

    async def change(self, number: int, **values: Any) -> None:
        async with self._writing() as session:
            await self.journal.lock(session)
            await sql.change_job(session, self.journal.scope, self.journal.batch_id, number, values)

    async def give_up(self, number: int) -> int:
        """Hand the lines that have no result to the queue; tells how many."""
        scope, batch_id = self.journal.scope, self.journal.batch_id
        async with self._writing() as session:
            await self.journal.lock(session)
            await sql.change_job(session, scope, batch_id, number, {"state": "given_up"})
            return await sql.take_back(session, scope, batch_id, number)

    async def list_requests(self, number: int, after: int) -> list[tuple[int, bytes]]:
        """A page of the lines of a job, in their order."""
        journal = self.journal
        async with journal.database.read(journal.scope) as session:
            rows = await sql.list_sent(
                session, journal.scope, journal.batch_id, number, after=after, limit=PAGE
            )
            found = {row.number: row.sealed_request or b"" for row in rows}
            return await self._opened(session, found)

    async def is_provider_gone(self, provider_id: UUID) -> bool:
        """Whether it was deleted; one that is switched off may come back."""
        async with self.journal.database.read(self.journal.scope) as session:
            return await find_provider(session, self.journal.scope, provider_id) is None

    async def fail_rest(self, job: int, why: LineResult) -> None:
        """End the lines of a job that have no result."""
        while page := await self.list_requests(job, 0):
            await self.end_lines(job, [SentEnd(number, "failed", why) for number, _ in page])

    async def find_requests(self, job: int, numbers: Collection[int]) -> dict[int, bytes]:
        """Those among the lines of a job that have no result yet."""
        journal = self.journal
        async with journal.database.read(journal.scope) as session:
            found = await sql.find_sent(session, journal.scope, journal.batch_id, job, numbers)
            return dict(await self._opened(session, found))

    async def end_lines(self, job: int, ends: Sequence[SentEnd]) -> None:
        """Lines have ended: result, count, ledger and cost of each are written, or none of them.

        A line that has ended before is left alone, and costs nothing again.
        """
        journal = self.journal
        scope, batch_id, owner = (
            journal.scope,
            journal.batch_id,
            KeyOwner.user(journal.scope.user_id),
        )
        async with self._writing() as session:
            await journal.lock(session)
            ended: list[SentEnd] = []
            for end in ends:
                sealed = None
                if end.result is not None:
                    text = msgspec.json.encode(end.result)
                    place = journal.place(end.number, "result")
                    sealed = await journal.keyring.seal(session, owner, text, place)
                if await sql.end_sent(session, scope, batch_id, job, end.number, end.state, sealed):
                    ended.append(end)
            counts: dict[str, int] = {}
            for end in ended:
                name = _COUNTS[end.state]
                counts[name] = counts.get(name, 0) + 1
            await journal.lock(session, **counts)
            await usage_sql.add_lines(session, [e.usage for e in ended if e.usage is not None])
            units, tokens = sum(e.units for e in ended), sum(e.tokens for e in ended)
            await sql.charge_job(session, scope, batch_id, job, units, tokens)

    def _writing(self) -> AbstractAsyncContextManager[WriteSession]:
        return self.journal.database.transaction(self.journal.scope)

    async def _opened(
        self, session: ReadSession, sealed: dict[int, bytes]
    ) -> list[tuple[int, bytes]]:
        journal, owner = self.journal, KeyOwner.user(self.journal.scope.user_id)
        return [
            (
                number,
                await journal.keyring.open(session, owner, text, journal.place(number, "request")),
            )
            for number, text in sealed.items()
        ]
