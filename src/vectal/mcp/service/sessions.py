"""Sessions that are kept for a while: a server may remember within one what was done before.

A session serves one run of one person at one server, so that nothing of one reaches another.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vectal.mcp.wire.session import Session
from vectal.platform.background import end_tasks
from vectal.platform.clock import monotonic
from vectal.platform.telemetry import get_logger

MAX_IDLE: Final = 32
IDLE_S: Final = 300.0
_SWEEP_S: Final = 30.0

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SessionKey:
    """`work` is the run, or the person where there is none."""

    workspace_id: UUID
    user_id: UUID
    server_id: UUID
    version: int
    work: UUID


@dataclass(frozen=True, slots=True)
class _Idle:
    session: Session
    since: float


class SessionPool:
    """Holds idle sessions, the oldest of which give way; `close` it with the process."""

    def __init__(self, *, most: int = MAX_IDLE, idle_s: float = IDLE_S) -> None:
        self._most = most
        self._idle_s = idle_s
        self._idle: OrderedDict[SessionKey, _Idle] = OrderedDict()
        self._sweeping: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def use(
        self, key: SessionKey, open_one: Callable[[], Awaitable[Session]]
    ) -> AsyncGenerator[Session]:
        """A session for this block alone; after a failure it is closed, else kept."""
        idle = self._idle.pop(key, None)
        session = await open_one() if idle is None else idle.session
        try:
            yield session
        except BaseException:
            self._let_go([session])  # whoever was cancelled does not wait for it
            raise
        self._keep(key, session)

    async def close(self) -> None:
        if self._sweeping is not None:
            await end_tasks([self._sweeping])
        self._drop(list(self._idle))
        if self._closing:
            await asyncio.wait(self._closing)

    def _keep(self, key: SessionKey, session: Session) -> None:
        if key in self._idle:  # two calls at once had one each
            self._let_go([session])
            return
        self._idle[key] = _Idle(session, monotonic())
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.create_task(self._sweep())
        self._drop(list(self._idle)[: max(0, len(self._idle) - self._most)])

    async def _sweep(self) -> None:
        while self._idle:
            await asyncio.sleep(min(_SWEEP_S, self._idle_s))
            latest = monotonic() - self._idle_s
            self._drop([key for key, each in self._idle.items() if each.since <= latest])

    def _drop(self, keys: list[SessionKey]) -> None:
        self._let_go([self._idle.pop(key).session for key in keys])

    def _let_go(self, sessions: list[Session]) -> None:
        """Close them beside all else."""
        for session in sessions:
            task = asyncio.create_task(_close(session))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


async def _close(session: Session) -> None:
    try:
        await session.close()
    except Exception as error:  # noqa: BLE001 - it is let go of in any case
        _log.warning("mcp.session_not_closed", error=repr(error))
