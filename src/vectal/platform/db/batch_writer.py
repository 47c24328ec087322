"""Rows that wait in memory and are written in batches, off the way of whoever makes them.

A process that is killed loses what it held, one pause at most; one that stops writes it first.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, Generic, TypeVar

from vectal.platform.telemetry import counter, get_logger

Row = TypeVar("Row")

BATCH: Final = 500
ENOUGH: Final = 2_000
"""So many are written before the pause is over."""
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
        self._is_due = asyncio.Event()
        self._writing = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """Rows that are not written down yet."""
        return len(self._waiting)

    def note(self, row: Row) -> None:
        """Remember a row; never waits and never fails. The oldest goes when there are too many."""
        if len(self._waiting) >= ENOUGH:
            self._make_room()
        self._waiting.append(row)

    def _make_room(self) -> None:
        self._is_due.set()
        if len(self._waiting) >= WAITING:
            _lost.labels(self._name).inc()
            self._waiting.popleft()

    async def run(self, stop: asyncio.Event) -> None:
        """Write down what was noted until `stop`, then the rest."""
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self._is_due.set())
        try:
            went_well = True
            while not stop.is_set():
                await self._rest(stop, self._is_due if went_well else stop)
                went_well = await self._try(self._flush_waiting)
        finally:
            stopping.cancel()
        await self._try(self.flush)

    async def _rest(self, stop: asyncio.Event, early: asyncio.Event) -> None:
        """Until the pause is over, or `early`."""
        if len(self._waiting) < ENOUGH and not stop.is_set():
            self._is_due.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pause_s):
                await early.wait()

    async def flush(self) -> None:
        """Write down all that waits; raises what the database raises, and keeps what is left.

        What is being written already is waited for.
        """
        await self._flush_waiting()
        while self._waiting:
            await self._flush_waiting()

    async def _flush_waiting(self) -> None:
        async with self._writing:
            await self._write_waiting()

    async def _write_waiting(self) -> None:
        """Write down what waits now.

        What comes in the meantime waits for the next round: who writes until nothing is left
        writes without end under load, and fewer rows each time.
        """
        left = len(self._waiting)
        while left > 0 and self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH, left, len(self._waiting)))]
            left -= len(batch)
            try:
                await self._write(batch)
            except BaseException:
                self._waiting.extendleft(reversed(batch))
                raise

    async def _try(self, flush: Callable[[], Awaitable[None]]) -> bool:
        try:
            await flush()
        except Exception as error:  # noqa: BLE001 - the next round tries again
            _log.warning("ledger.waits", ledger=self._name, rows=self.waiting, error=repr(error))
            return False
        return True
