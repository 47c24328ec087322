"""Answers whose readers have all that they wanted: only their formal end is still to come.

A stream of events says itself that it is over, and some servers write the last, empty chunk a
moment later. Nobody waits for it; whoever reads it in passing saves the next call a handshake.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from vectal.platform.http.connection import BrokenExchangeError, Connection

END_S: Final = 1.0
"""How long the formal end is waited for."""
END_BYTES: Final = 4 << 10
"""Of the body; who has more to say has not ended."""


class Ending:
    """Reads what is left of an exchange without a task, and calls `done` once, when that is over.

    Over is also what took too long or came to too much: `Connection.is_reusable` tells.
    """

    __slots__ = ("_connection", "_done", "_read_bytes", "_until")

    def __init__(self, connection: Connection, done: Callable[[Connection], None]) -> None:
        self._connection = connection
        self._done = done
        self._read_bytes = 0
        self._until = asyncio.get_running_loop().time() + END_S
        connection.listener = self._look
        connection.watch(self._until)

    def _look(self) -> None:
        if self._is_over():
            self._connection.listener = None
            self._done(self._connection)

    def _is_over(self) -> bool:
        connection = self._connection
        try:
            while piece := connection.try_read():
                self._read_bytes += len(piece)
        except BrokenExchangeError:
            return True
        is_late = asyncio.get_running_loop().time() >= self._until
        return not connection.may_end or is_late or self._read_bytes > END_BYTES
