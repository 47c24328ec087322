"""SQL of the journal: the hot path of a run at work, so it speaks to the driver.

One statement asks whether the run is ours and where its journal ends, counts what the entries
add to the run, and appends them. Nothing is written when any of it does not hold.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from vectal.agents.contracts import Spend
from vectal.ai.contracts import Taint
from vectal.platform.db import DataScope, ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class SealedEntry:
    seq: int
    kind: str
    version: int
    sealed_body: bytes
    at: datetime


Key = tuple[UUID, int]
"""Run and epoch."""


@dataclass(frozen=True, slots=True)
class Append:
    """What the holder of a lease writes, what it knows of its run, and what the entries add to it.

    With `unless_wanted` nothing is written once a person wants the run to stop. `progress` says
    that the run came further: crashes are counted since then.
    """

    workspace_id: UUID
    run_id: UUID
    owner_id: UUID
    entries: Sequence[SealedEntry]
    epoch: int
    after: int
    unless_wanted: bool
    spend: Spend
    taint: Collection[Taint]
    progress: bool
    tell: bool

    @property
    def key(self) -> Key:
        return self.run_id, self.epoch

    @property
    def last_seq(self) -> int:
        return self.after + len(self.entries)


# A worker that was frozen past its lease writes nothing, also when nobody has taken its run.
# A run may be twice in a batch after it was claimed anew, but never under the same epoch.
_APPEND_HELD: Final = """
WITH asked AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::integer[], $5::boolean[],
        $6::integer[], $7::numeric[], $8::bigint[], $9::integer[], $10::boolean[], $11::boolean[],
        $12::boolean[])
        AS asked (workspace_id, run_id, epoch, after, unless_wanted, entries, cost_usd, tokens,
        steps, untrusted, private, progress)
), held AS (
    UPDATE agent_runs run
    SET last_seq = run.last_seq + asked.entries, cost_usd = run.cost_usd + asked.cost_usd,
        tokens = run.tokens + asked.tokens, steps = run.steps + asked.steps,
        read_untrusted = run.read_untrusted OR asked.untrusted,
        read_private = run.read_private OR asked.private,
        crashes = CASE WHEN asked.progress THEN 0 ELSE run.crashes END
    FROM asked
    WHERE run.workspace_id = asked.workspace_id AND run.id = asked.run_id
        AND run.epoch = asked.epoch AND run.last_seq = asked.after AND run.state = 'running'
        AND run.lease_expires_at > clock_timestamp()
        AND (run.wanted IS NULL OR NOT asked.unless_wanted)
    RETURNING run.workspace_id, run.id, run.owner_id, run.epoch
), added AS (
    INSERT INTO agent_entries (workspace_id, run_id, seq, owner_id, kind, version, sealed_body, at)
    SELECT held.workspace_id, held.id, entry.seq, held.owner_id, entry.kind, entry.version,
        entry.sealed_body, entry.at
    FROM held JOIN unnest($13::uuid[], $14::integer[], $15::integer[], $16::text[],
        $17::integer[], $18::bytea[], $19::timestamptz[])
        AS entry (run_id, epoch, seq, kind, version, sealed_body, at)
        ON entry.run_id = held.id AND entry.epoch = held.epoch
)
SELECT id, epoch FROM held
"""

_ADD: Final = """
INSERT INTO agent_entries (workspace_id, run_id, seq, owner_id, kind, version, sealed_body, at)
SELECT $1, $2, entry.seq, $3, entry.kind, entry.version, entry.sealed_body, entry.at
FROM unnest($4::integer[], $5::text[], $6::integer[], $7::bytea[], $8::timestamptz[])
    AS entry (seq, kind, version, sealed_body, at)
"""

_READ: Final = """
SELECT seq, kind, version, sealed_body, at FROM agent_entries
WHERE workspace_id = $1 AND run_id = $2 AND seq > $3 ORDER BY seq LIMIT $4
"""


async def append_held(session: WriteSession, batch: Sequence[Append]) -> set[Key]:
    """Append for each run as the holder of its lease; returns those for which that was done."""
    connection = await session.connection()
    rows = await connection.fetch(
        _APPEND_HELD,
        [each.workspace_id for each in batch],
        [each.run_id for each in batch],
        [each.epoch for each in batch],
        [each.after for each in batch],
        [each.unless_wanted for each in batch],
        [len(each.entries) for each in batch],
        [each.spend.cost_usd for each in batch],
        [each.spend.tokens for each in batch],
        [each.spend.steps for each in batch],
        ["untrusted" in each.taint for each in batch],
        ["private" in each.taint for each in batch],
        [each.progress for each in batch],
        [each.run_id for each in batch for _ in each.entries],
        [each.epoch for each in batch for _ in each.entries],
        *_columns([entry for each in batch for entry in each.entries]),
    )
    return {(UUID(str(row["id"])), row["epoch"]) for row in rows}


async def add(
    session: WriteSession, scope: DataScope, run_id: UUID, entries: Sequence[SealedEntry]
) -> None:
    """Append in a transaction that has locked the run and counted its `last_seq` up."""
    connection = await session.connection()
    await connection.execute(_ADD, scope.workspace_id, run_id, scope.user_id, *_columns(entries))


async def read(
    session: ReadSession, scope: DataScope, run_id: UUID, *, after: int, limit: int
) -> list[SealedEntry]:
    connection = await session.connection()
    rows = await connection.fetch(_READ, scope.workspace_id, run_id, after, limit)
    return [
        SealedEntry(row["seq"], row["kind"], row["version"], row["sealed_body"], row["at"])
        for row in rows
    ]


def _columns(entries: Sequence[SealedEntry]) -> tuple[list[object], ...]:
    return (
        [entry.seq for entry in entries],
        [entry.kind for entry in entries],
        [entry.version for entry in entries],
        [entry.sealed_body for entry in entries],
        [entry.at for entry in entries],
    )
