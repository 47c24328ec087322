"""The journal of runs: sealed entries without gaps, written under a lease or the row's lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Final
from uuid import UUID

from vectal.agents.contracts import Spend
from vectal.agents.entries import (
    CallEnded,
    Entry,
    Settled,
    ThinkEnded,
    decode,
    encode,
    require_known,
)
from vectal.agents.history import spend_of, taint_of
from vectal.agents.repository import entries as sql
from vectal.agents.repository.entries import Append, SealedEntry
from vectal.agents.sealing import Seals, entry_of
from vectal.agents.service.rules import LEASE_S
from vectal.agents.service.writer import JournalWriter
from vectal.ai.contracts import Taint
from vectal.platform.clock import monotonic
from vectal.platform.db import Database, DataScope, ReadSession, Scope, WriteSession

READ_LIMIT: Final = 500
_MARGIN: Final = 0.8
"""The part of a lease after which its holder doubts that it still has it."""


class LeaseLostError(Exception):
    """Another process has the run, or it is gone: stop, and write nothing. Reaches no client."""


@dataclass
class Lease:
    """The right to work at one run, until a higher epoch is granted."""

    scope: Scope
    run_id: UUID
    epoch: int
    attempt: int
    crashes: int = 0
    length_s: float = LEASE_S
    granted_at: float = field(default_factory=monotonic)
    """When it was asked for the last time that it was granted, on this process's clock."""

    @property
    def sure_s(self) -> float:
        """Seconds for which it is surely ours."""
        return max(0.0, self.granted_at + self.length_s * _MARGIN - monotonic())

    @property
    def is_sure(self) -> bool:
        return self.sure_s > 0.0

    def require(self) -> None:
        """Raise `LeaseLostError` when it may be over: whoever froze has no right to an effect."""
        if not self.is_sure:
            raise LeaseLostError


class Journal:
    def __init__(self, database: Database, seals: Seals, writer: JournalWriter) -> None:
        self._database = database
        self._seals = seals
        self._writer = writer

    async def append(
        self,
        lease: Lease,
        written: Sequence[Entry],
        *,
        after: int,
        unless_wanted: bool = True,
        tell: bool = False,
    ) -> bool:
        """Write as the holder of the lease; False when the run has changed since `after`."""
        scope, run_id = lease.scope, lease.run_id
        sealed = self._seal_at_once(scope, run_id, written, after)
        if sealed is None:
            async with self._database.transaction(scope) as session:
                sealed = await self._seal(session, scope, run_id, written, after=after)
        return await self._writer.append(
            Append(
                workspace_id=scope.workspace_id,
                run_id=run_id,
                owner_id=scope.user_id,
                entries=sealed,
                epoch=lease.epoch,
                after=after,
                unless_wanted=unless_wanted,
                spend=spend_in(written),
                taint=taint_in(written),
                progress=is_progress(written),
                tell=tell,
            )
        )

    async def add(
        self,
        session: WriteSession,
        scope: DataScope,
        run_id: UUID,
        written: Sequence[Entry],
        *,
        after: int,
    ) -> None:
        """Write in a transaction that holds the row's lock and counts its `last_seq` up."""
        sealed = await self._seal(session, scope, run_id, written, after=after)
        await sql.add(session, scope, run_id, sealed)

    async def read(self, scope: DataScope, run_id: UUID, *, after: int = 0) -> list[Entry]:
        """All entries after `after`."""
        found: list[Entry] = []
        async with self._database.read(scope) as session:
            while True:
                page = await self.page(session, scope, run_id, after=after + len(found))
                found += [entry for _, entry in page]
                if len(page) < READ_LIMIT:
                    return found

    async def page(
        self,
        session: ReadSession,
        scope: DataScope,
        run_id: UUID,
        *,
        after: int,
        limit: int = READ_LIMIT,
    ) -> list[tuple[int, Entry]]:
        rows = await sql.read(session, scope, run_id, after=after, limit=limit)
        return [(row.seq, await self._open(session, scope, run_id, row)) for row in rows]

    async def _open(
        self, session: ReadSession, scope: DataScope, run_id: UUID, row: SealedEntry
    ) -> Entry:
        require_known(row.kind, row.version)
        place = entry_of(run_id, row.seq)
        body = await self._seals.open(session, scope, place, row.sealed_body)
        return decode(row.kind, row.version, body)

    def _seal_at_once(
        self, scope: DataScope, run_id: UUID, written: Sequence[Entry], after: int
    ) -> list[SealedEntry] | None:
        """Without the database, when the owner's key is in memory."""
        sealed: list[SealedEntry] = []
        for seq, entry in enumerate(written, start=after + 1):
            body = self._seals.seal_at_once(scope, entry_of(run_id, seq), encode(entry))
            if body is None:
                return None
            sealed.append(SealedEntry(seq, entry.KIND, entry.VERSION, body, entry.at))
        return sealed

    async def _seal(
        self,
        session: WriteSession,
        scope: DataScope,
        run_id: UUID,
        written: Sequence[Entry],
        *,
        after: int,
    ) -> list[SealedEntry]:
        return [
            SealedEntry(
                seq,
                entry.KIND,
                entry.VERSION,
                await self._seals.seal(session, scope, entry_of(run_id, seq), encode(entry)),
                entry.at,
            )
            for seq, entry in enumerate(written, start=after + 1)
        ]


def spend_in(written: Sequence[Entry]) -> Spend:
    return reduce(add, map(spend_of, written), Spend(Decimal(0)))


def taint_in(written: Sequence[Entry]) -> frozenset[Taint]:
    return frozenset[Taint]().union(*map(taint_of, written))


def is_progress(written: Sequence[Entry]) -> bool:
    """Whether the run comes further by them: crashes are counted since the last time it did."""
    return any(isinstance(entry, ThinkEnded | CallEnded | Settled) for entry in written)
