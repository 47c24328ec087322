"""Writes that wait for the end of the loop's turn, and then go out one behind the other.

In one turn the loop reads from all connections that have something. A write wakes whoever waits
for it. Written one at a time between reads, each wakes a process that has gone to sleep again
meanwhile; that costs a call of a model as much as all that the system does for it otherwise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol
from weakref import WeakKeyDictionary

from vectal.platform.telemetry import get_logger

_log = get_logger(__name__)

MOST: Final = 8
"""What waits is written when it is so many: the first is not to wait for a long turn."""


class Transport(Protocol):
    """The part of `asyncio.Transport` that is asked here."""

    def write(self, data: bytes) -> None: ...

    def writelines(self, list_of_data: Sequence[bytes]) -> None: ...

    def is_closing(self) -> bool: ...

    def abort(self) -> None: ...


class TurnWrites:
    """One a loop; see `writes_of`. Whoever writes past it to the same transport flushes before."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[tuple[Transport, bytes | tuple[bytes, ...]]] = []

    def write(self, transport: Transport, data: bytes | tuple[bytes, ...]) -> None:
        """Write when the turn ends; nothing, if the transport is closed by then."""
        waiting = self._waiting
        if not waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        waiting.append((transport, data))
        if len(waiting) >= MOST:
            self.flush()

    def flush(self) -> None:
        """Write what waits, in its order."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        for transport, data in waiting:
            if transport.is_closing():
                continue
            try:
                if isinstance(data, bytes):
                    transport.write(data)
                else:
                    transport.writelines(data)
            except Exception:  # noqa: BLE001 - the others' writes are not to be lost with it
                _log.exception("write_failed")
                transport.abort()


_by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, TurnWrites] = WeakKeyDictionary()


def writes_of(loop: asyncio.AbstractEventLoop) -> TurnWrites:
    found = _by_loop.get(loop)
    if found is None:
        found = _by_loop[loop] = TurnWrites()
    return found
