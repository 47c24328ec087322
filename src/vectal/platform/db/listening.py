"""LISTEN: one connection of its own that hears NOTIFY and turns it into a flag.

A hint and no more: whoever waits must look into the tables after each wake-up and after each
timeout, since a notification can be lost with its connection, and a transaction pooler drops all.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Protocol, cast

import asyncpg

from vectal.platform.db.engine import Database
from vectal.platform.telemetry import get_logger

RECONNECT_S = 2.0
PROBE_S = 30.0
PROBE_TIMEOUT_S = 5.0

_log = get_logger(__name__)


class _Listener(Protocol):
    """What is used of asyncpg's connection, which ships no types."""

    async def add_listener(self, channel: str, callback: Callable[..., None]) -> None: ...
    async def fetchval(self, query: str) -> object: ...
    def terminate(self) -> None: ...


class Bell:
    """Rings when somebody notified; `wait` forgets the rings that came before it returned."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, timeout_s: float) -> bool:
        """True when it rang, False after `timeout_s`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._rung.wait()
        rang = self._rung.is_set()
        self._rung.clear()
        return rang


@asynccontextmanager
async def listening(database: Database, channel: str) -> AsyncGenerator[Bell]:
    """A bell that rings on each NOTIFY of `channel`; reconnects until the block ends."""
    bell = Bell()
    task = asyncio.create_task(_keep_listening(database.url, channel, bell), name=f"bell:{channel}")
    try:
        yield bell
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _keep_listening(url: str, channel: str, bell: Bell) -> None:
    while "pgbouncer=true" not in url:
        try:
            await _listen(url, channel, bell)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            _log.warning("listening.interrupted", channel=channel, error=str(error))
        bell.ring()  # what was said meanwhile was not heard
        await asyncio.sleep(RECONNECT_S)


async def _listen(url: str, channel: str, bell: Bell) -> None:
    made = await asyncpg.connect(url, timeout=10, statement_cache_size=0)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - asyncpg ships no types
    connection = cast("_Listener", made)
    try:

        def ring(*_: object) -> None:
            bell.ring()

        await connection.add_listener(channel, ring)
        bell.ring()
        while True:
            await asyncio.sleep(PROBE_S)
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                await connection.fetchval("SELECT 1")
    finally:
        connection.terminate()
