"""The feed: every event as it settles, for realtime, and what a person missed, for resuming.

`tail` follows the Redis Stream while that is whole, and the outbox otherwise; either way each
event comes once and in order. `replay` always asks the outbox, under the person's own policies.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

from redis.asyncio import Redis

from vectal.platform.clock import monotonic
from vectal.platform.db import Database, DataScope
from vectal.platform.events import repository, stream
from vectal.platform.events.contracts import NO_WORKSPACE, Cursor, EventRecord, Replay
from vectal.platform.events.errors import CursorGoneError
from vectal.platform.telemetry import get_logger

BATCH: Final = 500
POLL_PAUSE_S: Final = 0.1
BLOCK_MS: Final = 1_000
REATTACH_S: Final = 2.0
INTERRUPTED_PAUSE_S: Final = 0.5

_log = get_logger(__name__)


@dataclass
class EventFeed:
    """One for each process that serves people."""

    database: Database
    redis: Redis | None
    """Without one the outbox is polled."""

    async def read_present(self) -> Cursor:
        """The place after everything that is settled now."""
        async with self.database.system("event feed") as session:
            return await repository.read_horizon(session)

    async def tail(self, after: Cursor | None = None) -> AsyncGenerator[list[EventRecord]]:
        """Yield batches of all workspaces' events after a place (the present), for ever.

        Outlives a database that goes and comes back, once it has begun.
        """
        reader = _Tail(self, after or await self.read_present())
        while True:
            batch: list[EventRecord] = []
            try:
                batch = await reader.next_batch()
            except Exception as error:  # noqa: BLE001 - the feed lives as long as its process
                _log.warning("events.feed_interrupted", error=repr(error))
                await asyncio.sleep(INTERRUPTED_PAUSE_S)
            if batch:
                yield batch

    async def replay(self, scope: DataScope, after: Cursor, limit: int = BATCH) -> Replay:
        """What `scope` may see after a cursor.

        Raises `CursorGoneError` when the outbox no longer reaches back that far, or when the
        cursor is of a log that a restore has replaced.
        """
        async with self.database.read(scope) as session:
            oldest = await repository.find_offset(session, repository.PURGE)
            horizon = await repository.read_horizon(session)
            if (oldest is not None and after < oldest) or after > horizon:
                raise CursorGoneError
            events, cursor = await repository.list_visible(
                session, after, limit, (scope.workspace_id, NO_WORKSPACE)
            )
        return Replay(events, cursor, complete=len(events) < limit)


@dataclass
class _Tail:
    """Where one reader is: in the log always, in the stream while it is attached."""

    feed: EventFeed
    cursor: Cursor
    entry_id: str | None = None
    retry_at: float = 0.0

    async def next_batch(self) -> list[EventRecord]:
        redis = self.feed.redis
        if redis is None or self.entry_id is None:
            return await self._poll()
        try:
            entries = await stream.read_entries(
                redis, self.entry_id, block_ms=BLOCK_MS, limit=BATCH
            )
        except stream.UNAVAILABLE as error:
            self._detach(error)
            return []
        if not entries:
            return await self._check()
        return await self._take(entries)

    async def _take(self, entries: list[stream.Entry]) -> list[EventRecord]:
        """Drop what was seen; where the chain has a gap, fill it from the outbox."""
        taken: list[EventRecord] = []
        for entry in entries:
            if entry.record.cursor <= self.cursor:
                continue
            if entry.previous > self.cursor:
                taken += await self._read_until(entry.record.cursor)
            else:
                taken.append(entry.record)
                self.cursor = entry.record.cursor
        if self.entry_id is not None:
            self.entry_id = entries[-1].entry_id
        return taken

    async def _read_until(self, target: Cursor) -> list[EventRecord]:
        found: list[EventRecord] = []
        while self.cursor < target:
            batch = await self._read_outbox()
            if not batch:
                self._detach("the stream tells of what the outbox does not hold")
                break
            found += batch
        return found

    async def _read_outbox(self) -> list[EventRecord]:
        async with self.feed.database.system("event feed") as session:
            records, self.cursor = await repository.list_settled(session, self.cursor, BATCH)
        return records

    async def _check(self) -> list[EventRecord]:
        """Look whether the log is as quiet as the stream was."""
        records = await self._read_outbox()
        if records:
            self._detach("the relay is behind")
        return records

    async def _poll(self) -> list[EventRecord]:
        """Read the outbox; try now and then to attach to the stream again."""
        if self.feed.redis is not None and monotonic() >= self.retry_at:
            await self._attach(self.feed.redis)
            return await self._read_outbox()
        records = await self._read_outbox()
        if not records:
            await asyncio.sleep(POLL_PAUSE_S)
        return records

    async def _attach(self, redis: Redis) -> None:
        try:
            self.entry_id = await stream.find_newest(redis)
        except stream.UNAVAILABLE as error:
            self._detach(error)

    def _detach(self, reason: object) -> None:
        if self.entry_id is not None:
            _log.warning("events.feed_polls", reason=repr(reason))
        self.entry_id = None
        self.retry_at = monotonic() + REATTACH_S
