"""Exchanges that nobody awaits: who listens hears of what comes, of its end, and of lateness."""

import asyncio
import math
from collections.abc import Callable

from tests.platform.http.peer import Peer, raw, reply, running_peer

from vectal.platform.http.connection import BrokenExchangeError, Connection

ASK = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


class Ear:
    """Hears of the connection; waits until something is as it should be."""

    def __init__(self, connection: Connection) -> None:
        self._heard = asyncio.Event()
        self.times = 0
        connection.listener = self.hear

    def hear(self) -> None:
        self.times += 1
        self._heard.set()

    async def wait_until(self, is_so: Callable[[], object]) -> None:
        while not is_so():
            self._heard.clear()
            await self._heard.wait()


async def connect(peer: Peer) -> Connection:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, "127.0.0.1", peer.port)
    return connection


async def test_an_answer_is_heard_and_read_without_waiting() -> None:
    async with running_peer() as peer:
        peer.answers["/"] = reply(b"hello")
        connection = await connect(peer)
        ear = Ear(connection)
        connection.begin(ASK, b"")
        assert not connection.has_head()
        assert connection.try_read() is None
        pieces: list[bytes] = []

        def is_whole() -> bool:
            while piece := connection.try_read():
                pieces.append(piece)
            return connection.has_head() and connection.is_reusable

        await ear.wait_until(is_whole)
        assert (connection.status, b"".join(pieces)) == (200, b"hello")
        connection.close()


async def test_a_break_is_heard() -> None:
    async with running_peer() as peer:
        peer.answers["/"] = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")
        connection = await connect(peer)
        ear = Ear(connection)
        connection.begin(ASK, b"")
        broken: list[BrokenExchangeError] = []

        def is_broken() -> bool:
            try:
                while connection.try_read():
                    pass
            except BrokenExchangeError as error:
                broken.append(error)
            return bool(broken)

        await ear.wait_until(is_broken)
        connection.close()
        assert not connection.is_reusable


async def test_silence_is_heard_when_it_is_watched_for() -> None:
    async with running_peer() as peer:
        peer.answers["/"] = raw(then_wait=True)
        connection = await connect(peer)
        ear, loop = Ear(connection), asyncio.get_running_loop()
        connection.begin(ASK, b"")
        connection.watch(math.inf)
        until = loop.time() + 0.05
        connection.watch(until)
        await ear.wait_until(lambda: loop.time() >= until)
        assert ear.times
        connection.watch(math.inf)
        connection.close()
