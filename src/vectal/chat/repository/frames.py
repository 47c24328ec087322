"""SQL of the frame journal: the hot path of a running turn, so it speaks to the driver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_, update

from vectal.chat.tables import FrameRow, TurnRow
from vectal.platform.db import DataScope, ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class SealedFrame:
    seq: int
    event: str
    sealed_data: bytes


# The lock makes the journal's writer the only one; the epoch makes it the right one. A batch
# that is written again after a broken connection finds its rows and leaves them.
_APPEND: Final = """
WITH held AS (
    SELECT workspace_id, id, owner_id FROM turns
    WHERE workspace_id = $1 AND id = $2 AND epoch = $3 AND ended_at IS NULL
    FOR NO KEY UPDATE
), added AS (
    INSERT INTO turn_frames (workspace_id, turn_id, seq, owner_id, event, sealed_data)
    SELECT held.workspace_id, held.id, frame.seq, held.owner_id, frame.event, frame.sealed_data
    FROM held, unnest($4::integer[], $5::text[], $6::bytea[]) AS frame (seq, event, sealed_data)
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM held
"""

_READ: Final = """
SELECT seq, event, sealed_data FROM turn_frames
WHERE workspace_id = $1 AND turn_id = $2 AND seq > $3 ORDER BY seq LIMIT $4
"""


async def append(
    session: WriteSession,
    scope: DataScope,
    turn_id: UUID,
    frames: Sequence[SealedFrame],
    *,
    epoch: int,
) -> bool:
    """Add frames to the journal; False when the turn is no longer ours or has ended."""
    connection: Any = await session.connection()  # asyncpg is untyped
    held = await connection.fetchval(
        _APPEND,
        scope.workspace_id,
        turn_id,
        epoch,
        [frame.seq for frame in frames],
        [frame.event for frame in frames],
        [frame.sealed_data for frame in frames],
    )
    return cast("int", held) == 1


async def read(
    session: ReadSession, scope: DataScope, turn_id: UUID, *, after: int, limit: int
) -> list[SealedFrame]:
    connection: Any = await session.connection()  # asyncpg is untyped
    rows = await connection.fetch(_READ, scope.workspace_id, turn_id, after, limit)
    return [SealedFrame(row["seq"], row["event"], row["sealed_data"]) for row in rows]


async def last_seq(session: ReadSession, scope: DataScope, turn_id: UUID) -> int:
    statement = select(func.coalesce(func.max(FrameRow.seq), 0)).where(
        FrameRow.workspace_id == scope.workspace_id, FrameRow.turn_id == turn_id
    )
    return await session.scalar(statement) or 0


async def purge(session: WriteSession, *, ended_before: datetime, limit: int) -> int:
    """Forget the frames of turns that ended long ago, as the system role; returns the turns."""
    statement = (
        select(TurnRow.workspace_id, TurnRow.id)
        .where(TurnRow.ended_at < ended_before, TurnRow.frames_purged_at.is_(None))
        .order_by(TurnRow.ended_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    turns = [(row[0], row[1]) for row in await session.execute(statement)]
    if not turns:
        return 0
    await session.change(
        delete(FrameRow).where(tuple_(FrameRow.workspace_id, FrameRow.turn_id).in_(turns))
    )
    await session.change(
        update(TurnRow)
        .where(tuple_(TurnRow.workspace_id, TurnRow.id).in_(turns))
        .values(frames_purged_at=func.now())
    )
    return len(turns)
