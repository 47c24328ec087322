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


@dataclass(frozen=True, slots=True)
class Held:
    """What the holder of a lease knows of its run, and what its entries add to it.

    With `unless_wanted` nothing is written once a person wants the run to stop. `progress` says
    that the run came further: crashes are counted since then.
    """

    epoch: int
    after: int
    unless_wanted: bool
    spend: Spend
    taint: Collection[Taint]
    progress: bool


# A worker that was frozen past its lease writes nothing, also when nobody has taken its run.
_APPEND_HELD: Final = """
WITH held AS (
    UPDATE agent_runs
    SET last_seq = last_seq + cardinality($6::integer[]), cost_usd = cost_usd + $11,
        tokens = tokens + $12, steps = steps + $13,
        read_untrusted = read_untrusted OR $14, read_private = read_private OR $15,
        crashes = CASE WHEN $16 THEN 0 ELSE crashes END
    WHERE workspace_id = $1 AND id = $2 AND epoch = $3 AND last_seq = $4 AND state = 'running'
        AND lease_expires_at > clock_timestamp() AND (wanted IS NULL OR NOT $5)
    RETURNING workspace_id, id, owner_id
), added AS (
    INSERT INTO agent_entries (workspace_id, run_id, seq, owner_id, kind, version, sealed_body, at)
    SELECT held.workspace_id, held.id, entry.seq, held.owner_id, entry.kind, entry.version,
        entry.sealed_body, entry.at
    FROM held, unnest($6::integer[], $7::text[], $8::integer[], $9::bytea[], $10::timestamptz[])
        AS entry (seq, kind, version, sealed_body, at)
)
SELECT count(*) FROM held
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


async def append_held(
    session: WriteSession,
    scope: DataScope,
    run_id: UUID,
    entries: Sequence[SealedEntry],
    held: Held,
) -> bool:
    """Append as the holder of the lease; False when the run is not as the holder knows it."""
    connection = await session.connection()
    found = await connection.fetchval(
        _APPEND_HELD,
        scope.workspace_id,
        run_id,
        held.epoch,
        held.after,
        held.unless_wanted,
        *_columns(entries),
        held.spend.cost_usd,
        held.spend.tokens,
        held.spend.steps,
        "untrusted" in held.taint,
        "private" in held.taint,
        held.progress,
    )
    return bool(found)


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
