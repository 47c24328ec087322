"""Writing an answer to the journal while it is spoken: in batches, never faster than it stores."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from vectal.chat.contracts import Draft
from vectal.chat.frames import BATCH_BYTES, FrameBatch
from vectal.chat.journal import Journal, Lease
from vectal.platform.clock import monotonic
from vectal.platform.db.patience import through_outage

MAX_PENDING: Final = 64 * 1024
"""What may wait for a slow database before the model has to wait too."""


class AnswerWriter:
    """The only writer of a turn's frames while its lease holds.

    `run()` stores batches until cancelled; `close()` ends that and hands out what is left.
    """

    def __init__(self, journal: Journal, lease: Lease, *, after: int) -> None:
        self.seq = after
        self._journal = journal
        self._lease = lease
        self._batch = FrameBatch()
        self._filled = asyncio.Event()
        self._full = asyncio.Event()
        self._stored = asyncio.Event()
        self._writing = asyncio.Lock()

    async def add(self, drafts: Sequence[Draft]) -> None:
        """Take drafts; waits only while far too much is pending."""
        for draft in drafts:
            self._batch.add(draft)
        if drafts:
            self._filled.set()
        if self._batch.size >= BATCH_BYTES:
            self._full.set()
        while self._batch.size > MAX_PENDING:
            self._stored.clear()
            await self._stored.wait()

    async def run(self) -> None:
        """Raises `LeaseLostError` when the turn is no longer ours."""
        while True:
            await self._filled.wait()
            if (pause := self._batch.due_in(monotonic())) > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._full.wait()
            async with self._writing:
                await self._store()

    async def close(self) -> list[Draft]:
        """What is not stored yet, once no write is under way."""
        async with self._writing:
            return self._batch.take(monotonic())

    async def _store(self) -> None:
        drafts = self._batch.take(monotonic())
        self._filled.clear()
        self._full.clear()
        if drafts:
            after = self.seq
            self.seq = await through_outage(
                lambda: self._journal.write(self._lease, drafts, after=after)
            )
        self._stored.set()
