"""Rows that wait in memory and are written in batches, off the way of whoever makes them.

A process that is killed loses what it held, one pause at most; one that stops writes it first.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from vectal.platform.telemetry import counter, get_logger

Row = TypeVar("Row")

BATCH: Final = 500
WAITING: Final = 20_000

_log = get_logger(__name__)
_lost = counter("ledger_rows_lost_total", "Rows dropped for want of the database.", ["ledger"])


class BatchWriter(Generic[Row]):
    """`write` stores one batch, all of it or none. Run `run()` for as long as the process lives."""

    def __init__(
        self, name: str, write: Callable[[Sequence[Row]], Awaitable[None]], pause_s: float
    ) -> None:
        self._name = name
        self._write = write
        self._pause_s = pause_s
        self._waiting: deque[Row] = deque()

    @property
    def waiting(self) -> int:
        """Rows that are not written down yet."""
        return len(self._waiting)

    def note(self, row: Row) -> None:
        """Remember a row; never waits and never fails. The oldest goes when there are too many."""
        if len(self._waiting) >= WAITING:
            _lost.labels(self._name).inc()
            self._waiting.popleft()
        self._waiting.append(row)

    async def run(self, stop: asyncio.Event) -> None:
        """Write down what was noted until `stop`, then the rest."""
        while not stop.is_set():
            try:
                async with asyncio.timeout(self._pause_s):
                    await stop.wait()
            except TimeoutError:
                await self._try_flush()
        await self._try_flush()

    async def flush(self) -> None:
        """Write down all that waits; raises what the database raises, and keeps what is left."""
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            try:
                await self._write(batch)
            except BaseException:
                self._waiting.extendleft(reversed(batch))
                raise

    async def _try_flush(self) -> None:
        try:
            await self.flush()
        except Exception as error:  # noqa: BLE001 - the next round tries again
            _log.warning("ledger.waits", ledger=self._name, rows=self.waiting, error=repr(error))
