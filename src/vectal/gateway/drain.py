"""Drain: a stopping server stays useful for those it serves, and asks for no new ones."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from vectal.ai.proxy.wires.port import WireProblem
from vectal.platform.telemetry import gauge

_in_flight = gauge("gateway_requests_in_flight", "Requests that are being answered")


STOPPING: Final = WireProblem(503, "server_stopping", "The server stops. Send it again.")
DRAIN: Final = "vectal.drain"
"""In a scope: the drain of its server."""


class Drain:
    """One for each process. `begin()` may be called from a signal handler of the loop."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._count = 0
        self._is_over = False
        self._watchers: set[Callable[[], None]] = set()
        _in_flight.set_function(lambda: self._count)

    @property
    def is_draining(self) -> bool:
        return self._begun.is_set()

    @property
    def in_flight(self) -> int:
        return self._count

    def begin(self) -> None:
        """From now on `/readyz` says no, and keep-alive connections are closed after an answer."""
        self._begun.set()

    async def wait_begun(self) -> None:
        await self._begun.wait()

    async def wait_idle(self, patience_s: float) -> bool:
        """True when nothing was left in flight before the patience ended."""
        try:
            async with asyncio.timeout(patience_s):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    def end(self) -> None:
        """Nobody is waited for any longer: those who watch are told, and have a moment."""
        self._is_over = True
        for tell in list(self._watchers):
            tell()

    @contextmanager
    def watched(self, tell: Callable[[], None]) -> Generator[None]:
        """`tell` is called once when the drain ends within the block."""
        if self._is_over:
            tell()
        self._watchers.add(tell)
        try:
            yield
        finally:
            self._watchers.discard(tell)

    def __enter__(self) -> None:
        self.enter()

    def __exit__(self, *_: object) -> None:
        self.leave()

    def enter(self) -> None:
        """A request is being answered; `leave` when it is."""
        self._count += 1
        self._idle.clear()

    def leave(self) -> None:
        self._count -= 1
        if not self._count:
            self._idle.set()
