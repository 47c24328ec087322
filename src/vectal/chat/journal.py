"""The journal of a turn's stream: one writer, frames without gaps, sealed, then told.

A frame is told to listeners only after it is stored, so that whatever anyone has heard can be
read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from vectal.chat.contracts import Draft, Frame
from vectal.chat.errors import LeaseLostError
from vectal.chat.repository import frames
from vectal.chat.sealing import Seals, frame_of
from vectal.platform.db import Database, DataScope, ReadSession, Scope, WriteSession
from vectal.realtime.contracts import Update
from vectal.realtime.ports import Herald

READ_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write one turn, until a higher epoch is granted."""

    scope: Scope
    turn_id: UUID
    conversation_id: UUID
    epoch: int
    attempt: int = 1


def turn_topic(turn_id: UUID) -> str:
    return f"turn:{turn_id}"


class Journal:
    def __init__(self, database: Database, seals: Seals, herald: Herald) -> None:
        self._database = database
        self._seals = seals
        self._herald = herald

    async def append(
        self, session: WriteSession, lease: Lease, drafts: Sequence[Draft], *, after: int
    ) -> list[Frame]:
        """Store `drafts` as the frames after `after`; raise `LeaseLostError` when not ours."""
        numbered = [
            Frame(seq, draft.event, msgspec.json.encode(draft.data))
            for seq, draft in enumerate(drafts, start=after + 1)
        ]
        sealed = [
            frames.SealedFrame(
                frame.seq,
                frame.event,
                await self._seals.seal(
                    session, lease.scope, frame_of(lease.turn_id, frame.seq), frame.data
                ),
            )
            for frame in numbered
        ]
        if not await frames.append(session, lease.scope, lease.turn_id, sealed, epoch=lease.epoch):
            raise LeaseLostError
        return numbered

    async def write(self, lease: Lease, drafts: Sequence[Draft], *, after: int) -> int:
        """Store and tell `drafts` in a transaction of their own; returns the last number."""
        async with self._database.transaction(lease.scope) as session:
            written = await self.append(session, lease, drafts, after=after)
        self.tell(lease.turn_id, written)
        return written[-1].seq

    def tell(self, turn_id: UUID, written: Sequence[Frame]) -> None:
        """Tell listeners of frames that are stored."""
        topic = turn_topic(turn_id)
        for frame in written:
            self._herald.publish(topic, Update(str(frame.seq), frame.event, frame.data))

    async def read(
        self, scope: DataScope, turn_id: UUID, *, after: int, limit: int = READ_LIMIT
    ) -> list[Frame]:
        async with self._database.read(scope) as session:
            stored = await frames.read(session, scope, turn_id, after=after, limit=limit)
            return [
                Frame(
                    row.seq,
                    row.event,
                    await self._seals.open(
                        session, scope, frame_of(turn_id, row.seq), row.sealed_data
                    ),
                )
                for row in stored
            ]

    async def last_seq(self, session: ReadSession, lease: Lease) -> int:
        return await frames.last_seq(session, lease.scope, lease.turn_id)
