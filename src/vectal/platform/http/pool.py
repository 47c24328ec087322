"""The connections that are open: taken for one exchange, kept a while for the next.

Only HTTP/1.1 is spoken. A connection serves the one origin that it was opened for.
"""

import asyncio
import functools
import ssl
from collections import OrderedDict, deque
from typing import Final

from vectal.platform.http.connection import Connection
from vectal.platform.http.ending import Ending
from vectal.platform.http.errors import HttpTimeoutError
from vectal.platform.http.messages import Target
from vectal.platform.http.network import GuardedNetwork, default_tls

CONNECTIONS: Final = 2_000
"""One an open stream; a server may well hold a thousand."""
IDLE_CONNECTIONS: Final = 100
IDLE_S: Final = 60.0
"""Who asks in bursts finds his connections open; one to a vendor takes several times its way there.

What a server closes earlier is noticed when it does. Longer, and a router in between may have
forgotten it and tell nobody.
"""

Origin = tuple[str, str, int]


class _Room:
    """So many places; who comes too late waits in line."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[asyncio.Future[None]] = deque()

    def try_take(self) -> bool:
        if self._free <= 0:
            return False
        self._free -= 1
        return True

    async def take(self) -> None:
        if self.try_take():
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except BaseException:
            if place.done() and not place.cancelled():
                self.release()  # it was given to one who has just gone
            raise

    def release(self) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._free += 1


class ConnectionPool:
    def __init__(self, network: GuardedNetwork, tls: ssl.SSLContext | None = None) -> None:
        self._network = network
        self._tls = tls
        self._room = _Room(CONNECTIONS)
        self._idle: OrderedDict[Origin, deque[Connection]] = OrderedDict()
        self._idle_count = 0
        self._ending: set[Connection] = set()
        self._sweep: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def take(self, target: Target, connect_s: float) -> Connection:
        """A connection to the target, new or used before; `give_back` it in every case.

        Raises an `HttpCallError`.
        """
        if not self._room.try_take():
            await self._wait_for_room(connect_s)
        try:
            found = self._find_idle(self._idle.get(target.origin))
            if found is None:
                tls = self._find_tls() if target.url.scheme == "https" else None
                found = await self._network.connect(target.host, target.port, tls, connect_s)
        except BaseException:
            self._room.release()
            raise
        return found

    def _find_tls(self) -> ssl.SSLContext:
        """Not made before it is needed; a server that has begun to listen makes it in a thread."""
        return self._tls or default_tls()

    def try_take(self, target: Target) -> Connection | None:
        """A connection that is open already; None when one would have to be waited for."""
        waiting = self._idle.get(target.origin)
        if not waiting or not self._room.try_take():
            return None
        found = self._find_idle(waiting)
        if found is None:
            self._room.release()
        return found

    def give_back(self, target: Target, connection: Connection, *, is_whole: bool = False) -> None:
        """Keep it when its exchange is over and it may be used again; else close it.

        `is_whole` says that the exchange is over but for its formal end, which is read in passing.
        """
        connection.listener = None
        self._room.release()
        if is_whole and connection.may_end and self._has_place:
            self._ending.add(connection)
            Ending(connection, functools.partial(self._keep, target))
        else:
            self._keep(target, connection)

    @property
    def _has_place(self) -> bool:
        return not self._is_closed and self._idle_count + len(self._ending) < IDLE_CONNECTIONS

    def _keep(self, target: Target, connection: Connection) -> None:
        self._ending.discard(connection)
        if not connection.is_reusable or not self._has_place:
            connection.close()
            return
        connection.begin_idling()
        waiting = self._idle.get(target.origin)
        if waiting is None:
            waiting = self._idle[target.origin] = deque()
        waiting.append(connection)
        self._idle_count += 1
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(IDLE_S, self._drop_old)

    async def close(self) -> None:
        self._is_closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()
        for connection in self._ending:
            connection.close()
        self._ending.clear()
        await asyncio.sleep(0)  # the loop lets go of their sockets

    async def _wait_for_room(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._room.take()
        except TimeoutError as error:
            raise HttpTimeoutError("connect") from error

    def _find_idle(self, waiting: deque[Connection] | None) -> Connection | None:
        """The one used last, since it is the likeliest to be open still."""
        while waiting:
            connection = waiting.pop()
            self._idle_count -= 1
            if connection.is_reusable and connection.idle_s < IDLE_S:
                return connection
            connection.close()
        return None

    def _drop_old(self) -> None:
        self._sweep = None
        for origin in list(self._idle):
            waiting = self._idle[origin]
            while waiting and (waiting[0].idle_s >= IDLE_S or not waiting[0].is_reusable):
                waiting.popleft().close()
                self._idle_count -= 1
            if not waiting:
                del self._idle[origin]
        if self._idle:
            loop = asyncio.get_running_loop()
            self._sweep = loop.call_later(IDLE_S / 3, self._drop_old)
