"""Connections over real sockets: what drips in, what is never read, and too many of them."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable, Generator, MutableMapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.testing import capture_logs

from vectal.gateway.connection import (
    LET_GO_AT_ONCE,
    MAX_HEAD_BYTES,
    Connection,
    ConnectionLimits,
    Partings,
    connection_class,
)
from vectal.gateway.faults import log_unexpected
from vectal.gateway.v1.answers import PieceStream
from vectal.platform.background import end_tasks

PATIENT = ConnectionLimits(header_s=300, write_s=300, connections=100)
HASTY = replace(PATIENT, header_s=0.1)
BRISK = replace(PATIENT, header_s=2)
"""Where a head has to arrive in time on a busy machine, too."""
ASK = b"GET /%s HTTP/1.1\r\nhost: here\r\n\r\n"
ENDS_S = 60.0
PIECE = b"x" * 65_536
MUCH = b"x" * (64 << 20)
"""More than the system takes in for a client that does not read."""


class App:
    """Answers with its path; /slow when it is told to, /endless as long as it is listened to."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.asked = asyncio.Event()
        self.left = asyncio.Event()
        self.finished = asyncio.Event()
        self.sent = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.set()
        if scope["path"] == "/slow":
            await self.go_on.wait()
        closes = scope["path"].endswith("close")
        headers = [(b"connection", b"close")] if closes else []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if scope["path"].startswith("/whole"):
            await send({"type": "http.response.body", "body": MUCH})
            self.finished.set()
            return
        if scope["path"] == "/endless":
            await self._talk(receive, send)
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    async def _talk(self, receive: Receive, send: Send) -> None:
        leaving = asyncio.create_task(self._wait_for_leave(receive))
        while not leaving.done():
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
            self.sent += 1
            await asyncio.sleep(0)
        self.left.set()

    async def _wait_for_leave(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


class _Server(uvicorn.Server):
    """Leaves the signals to pytest."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def serving(app: ASGIApp, limits: ConnectionLimits) -> AsyncGenerator[int]:
    """The port of a server with these limits."""
    async with running(app, limits) as (port, _):
        yield port


@asynccontextmanager
async def running(
    app: ASGIApp, limits: ConnectionLimits, partings: Partings | None = None
) -> AsyncGenerator[tuple[int, uvicorn.Server]]:
    listener = socket.create_server(("127.0.0.1", 0))
    accepted = connection_class(limits)
    if partings is not None:
        accepted.partings = partings
    config = uvicorn.Config(
        app,
        lifespan="off",
        http=accepted,
        log_config=None,
        timeout_keep_alive=300,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    work = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn tells by this flag alone
        await asyncio.sleep(0.01)
    try:
        yield int(listener.getsockname()[1]), server
    finally:
        server.should_exit = True
        await asyncio.wait({work}, timeout=5)
        await end_tasks([work])


@asynccontextmanager
async def connected(
    port: int,
) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(ENDS_S):
            yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def said_to_who_drips(port: int, first: bytes, drop: bytes, *, after: bytes = b"") -> bytes:
    """All that the server said. Of bare sockets: a stream forgets what came before a reset.

    `after`: what is asked, and answered, before.
    """
    loop = asyncio.get_running_loop()
    pieces: list[bytes] = []
    with socket.socket() as client:
        client.settimeout(0)
        await loop.sock_connect(client, ("127.0.0.1", port))

        async def write() -> None:
            with suppress(OSError):
                await loop.sock_sendall(client, first)
                while True:
                    await asyncio.sleep(0.01)
                    await loop.sock_sendall(client, drop)

        if after:
            await loop.sock_sendall(client, after)
            pieces.append(await loop.sock_recv(client, 65_536))
        dripping = asyncio.create_task(write())
        with suppress(ConnectionResetError):
            async with asyncio.timeout(ENDS_S):
                while piece := await loop.sock_recv(client, 65_536):
                    pieces.append(piece)
        await end_tasks([dripping])
    return b"".join(pieces)


async def read_answer(reader: asyncio.StreamReader) -> bytes:
    """A chunked answer, whole."""
    return await reader.readuntil(b"\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\n", b"a: b\r\n"),
        (b"G", b"E"),
        (b"", b"\r\n"),
    ],
    ids=["silence", "headers", "method", "empty lines"],
)
async def test_a_head_that_never_ends_is_answered_408(first: bytes, drop: bytes) -> None:
    async with serving(App(), HASTY) as port:
        answer = await said_to_who_drips(port, first, drop)
    assert answer.startswith((b"HTTP/1.1 408 Request Timeout\r\n", b"HTTP/1.1 400 "))
    assert b"connection: close" in answer
    if first != b"G":
        assert answer.startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    ("first", "more"),
    [
        (b"GET / HTTP/1.1\r\n", b"a: " + b"b" * 1_000 + b"\r\n"),
        (b"GET / HTTP/1.1\r\na: ", b"b" * 1_000),
        (b"GET /", b"b" * 1_000),
    ],
    ids=["headers", "one header", "address"],
)
async def test_a_head_has_its_bounds(first: bytes, more: bytes) -> None:
    """What is read of a head is kept until it is whole, for anybody, with a key or without."""
    app = App()
    async with serving(app, PATIENT) as port, connected(port) as (reader, writer):
        writer.write(ASK % b"one" + first)
        assert b"/one" in await read_answer(reader)
        for _ in range(MAX_HEAD_BYTES // len(more) + 2):
            writer.write(more)
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 431 ")


async def test_a_large_body_in_pieces_is_no_head() -> None:
    app = App()
    async with serving(app, PATIENT) as port, connected(port) as (reader, writer):
        writer.write(b"POST /slow HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(8):
            writer.write(b"%x\r\n%b\r\n" % (len(PIECE), PIECE))
            await writer.drain()
            await asyncio.sleep(0.01)
        writer.write(b"0\r\n\r\n")
        app.go_on.set()
        assert b"/slow" in await read_answer(reader)


async def test_a_large_body_before_a_head_is_none_of_it() -> None:
    body = b"x" * (4 * MAX_HEAD_BYTES)
    length = b"content-length: %d\r\n\r\n" % len(body)
    async with serving(App(), PATIENT) as port, connected(port) as (reader, writer):
        writer.write(b"POST /one HTTP/1.1\r\nhost: here\r\n" + length + body + b"GET /two HTTP/1.1")
        assert b"/one" in await read_answer(reader)
        await asyncio.sleep(0.1)
        writer.write(b"\r\nhost: here\r\n\r\n")
        assert b"/two" in await read_answer(reader)


@pytest.mark.parametrize(
    "first",
    [
        ASK % b"slow" + b"GET /next HTTP/1.1\r\na: ",
        b"POST /slow HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\na: ",
    ],
    ids=["next head", "trailer"],
)
async def test_what_has_no_end_behind_a_question_ends_the_connection(first: bytes) -> None:
    app = App()
    async with serving(app, PATIENT) as port, connected(port) as (reader, writer):
        writer.write(first)
        await app.asked.wait()
        for _ in range(4):
            writer.write(b"x" * MAX_HEAD_BYTES)
        with suppress(ConnectionError):
            assert await reader.read() == b""


async def test_a_connection_may_be_idle_between_requests() -> None:
    async with serving(App(), BRISK) as port, connected(port) as (reader, writer):
        for path in (b"one", b"two"):
            writer.write(ASK % path)
            assert path in await read_answer(reader)
            await asyncio.sleep(1.2 * BRISK.header_s)


async def test_a_second_head_has_the_deadline_too() -> None:
    async with serving(App(), BRISK) as port:
        second = (b"GET / HTTP/1.1\r\n", b"a: b\r\n")
        said = await said_to_who_drips(port, *second, after=ASK % b"one")
        assert b"/one" in said
        assert b"HTTP/1.1 408" in said


async def test_half_a_head_does_not_cut_the_answer_before_it() -> None:
    app = App()
    async with serving(app, BRISK) as port, connected(port) as (reader, writer):
        writer.write(ASK % b"slow" + b"GET /next HTTP/1.1\r\n")
        await app.asked.wait()
        await asyncio.sleep(1.2 * BRISK.header_s)
        app.go_on.set()
        assert b"/slow" in await read_answer(reader)
        assert (await reader.read()).startswith(b"HTTP/1.1 408")


async def test_the_rest_of_a_body_that_nobody_reads_keeps_no_connection() -> None:
    head = b"POST /one HTTP/1.1\r\nhost: here\r\ncontent-length: 1000000\r\n\r\n"
    async with serving(App(), BRISK) as port:
        said = await said_to_who_drips(port, b"", b"x", after=head)
        assert b"/one" in said
        assert b"HTTP/1.1 408" in said


async def test_an_answer_may_take_longer_than_a_head() -> None:
    app = App()
    async with serving(app, BRISK) as port, connected(port) as (reader, writer):
        writer.write(ASK % b"slow")
        await app.asked.wait()
        await asyncio.sleep(1.2 * BRISK.header_s)
        app.go_on.set()
        assert b"/slow" in await read_answer(reader)


async def test_more_connections_than_the_limit_are_turned_away() -> None:
    limits = replace(PATIENT, connections=1)
    async with serving(App(), limits) as port, connected(port) as (reader, writer):
        writer.write(ASK % b"first")
        assert b"/first" in await read_answer(reader)
        async with connected(port) as (second, _):
            answer = await second.read()
        assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"retry-after: 1" in answer
        writer.write(ASK % b"again")
        assert b"/again" in await read_answer(reader)


async def test_a_client_that_never_reads_is_let_go_and_held_back_until_then() -> None:
    app = App()
    limits = replace(PATIENT, write_s=0.2)
    async with serving(app, limits) as port:
        with socket.create_connection(("127.0.0.1", port)) as deaf:
            deaf.sendall(ASK % b"endless")
            async with asyncio.timeout(ENDS_S):
                await app.left.wait()
    assert app.sent < 1_000  # what the system's buffers took


@pytest.mark.parametrize("path", [b"whole", b"whole-and-close"])
async def test_an_answer_that_is_over_is_not_kept_for_who_never_reads(path: bytes) -> None:
    """A transport that closes waits for its client; the server would hold it for ever."""
    limits = replace(PATIENT, write_s=0.2)
    app = App()
    async with running(app, limits) as (port, server):
        with socket.create_connection(("127.0.0.1", port)) as deaf:
            deaf.sendall(ASK % path)
            async with asyncio.timeout(ENDS_S):
                await app.finished.wait()
                while server.server_state.connections:  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(0.01)


async def test_little_waits_for_a_client_that_does_not_read() -> None:
    app = App()
    async with running(app, PATIENT) as (port, server):
        with socket.create_connection(("127.0.0.1", port)) as deaf:
            deaf.sendall(ASK % b"endless")
            async with asyncio.timeout(ENDS_S):
                await app.asked.wait()
                held = next(iter(server.server_state.connections))
                assert isinstance(held, Connection)
                while not held.flow.write_paused:  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(0.01)
            assert held.transport.get_write_buffer_size() < 1.1 * len(PIECE)


class HeldPartings(Partings):
    """Lets nobody go by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.held: asyncio.Queue[Callable[[], None]] = asyncio.Queue()

    def add(self, end: Callable[[], None]) -> None:
        self.held.put_nowait(end)


async def test_who_reads_on_before_its_turn_stays() -> None:
    partings = HeldPartings()
    limits = replace(PATIENT, write_s=0.2)
    async with (
        running(App(), limits, partings) as (port, _),
        connected(port) as (reader, writer),
    ):
        writer.write(ASK % b"whole")
        let_go = await partings.held.get()
        answer = bytearray()
        while not answer.endswith(b"\r\n0\r\n\r\n"):
            answer += await reader.read(1 << 20)
        assert len(answer) > len(MUCH)
        let_go()
        writer.write(ASK % b"again")
        assert b"/again" in await read_answer(reader)


async def test_those_that_are_let_go_together_go_a_few_at_a_time() -> None:
    partings, gone = Partings(), list[int]()
    everybody = list(range(5 * LET_GO_AT_ONCE))
    for number in everybody:
        partings.add(partial(gone.append, number))
    assert len(gone) <= LET_GO_AT_ONCE
    async with asyncio.timeout(ENDS_S):
        while gone != everybody:
            before = len(gone)
            await asyncio.sleep(0)  # a turn of the loop
            assert len(gone) - before <= LET_GO_AT_ONCE


async def test_clients_that_stop_reading_together_all_go() -> None:
    app = App()
    limits = replace(PATIENT, write_s=0.2)
    async with running(app, limits) as (port, server):
        deaf = [socket.create_connection(("127.0.0.1", port)) for _ in range(3 * LET_GO_AT_ONCE)]
        for each in deaf:
            each.sendall(ASK % b"endless")
        async with asyncio.timeout(ENDS_S):
            await app.left.wait()
            while server.server_state.connections:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
        for each in deaf:
            each.close()


class ReadyPieces:
    """Pieces that are all here already: to ask for one never waits."""

    MANY = 2_000

    def __init__(self) -> None:
        self.asked = 0
        self.closed = asyncio.Event()

    async def receive(self) -> bytes | None:
        self.asked += 1
        return PIECE if self.asked < self.MANY else None

    async def close(self) -> None:
        self.closed.set()


async def test_nothing_is_read_for_a_client_that_has_gone() -> None:
    """What came ahead for it would else be read to its end, and nobody else served meanwhile."""
    pieces = ReadyPieces()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PieceStream(pieces, {}, PATIENT.write_s)(scope, receive, send)

    async with running(app, replace(PATIENT, write_s=0.2)) as (port, _):
        with socket.create_connection(("127.0.0.1", port)) as deaf:
            deaf.sendall(ASK % b"")
            async with asyncio.timeout(ENDS_S):
                await pieces.closed.wait()
    assert pieces.asked < ReadyPieces.MANY / 2


class LargePieces(ReadyPieces):
    """More than what stands between server and client can hold; others have turns meanwhile."""

    async def receive(self) -> bytes | None:
        await asyncio.sleep(0)
        return await super().receive()


async def test_a_client_that_takes_nothing_is_told_of_in_one_line() -> None:
    lines: list[MutableMapping[str, Any]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with capture_logs() as said:
            try:
                await PieceStream(LargePieces(), {}, 0.2)(scope, receive, send)
            except TimeoutError as error:
                log_unexpected(error, "an-id-of-a-test", "POST", "/v1")
        lines.extend(said)

    async with running(app, PATIENT) as (port, _):
        with socket.create_connection(("127.0.0.1", port)) as deaf:
            deaf.sendall(ASK % b"")
            async with asyncio.timeout(ENDS_S):
                while not lines:  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(0.01)
    assert [line["event"] for line in lines] == ["client_stalled"]
    assert "exc_info" not in lines[0]


def close(connection: Connection) -> None:
    connection.timeout_keep_alive = 0
    connection.timeout_keep_alive_handler()


@pytest.mark.parametrize(
    ("end", "rest"),
    [
        (Connection.eof_received, b""),
        (Connection.shutdown, b""),
        (close, b""),
        (partial(Connection.end_direct, keeps=False), b""),
        (partial(Connection.data_received, data=b"\0 no HTTP\r\n\r\n"), b"HTTP/1.1 400"),
    ],
    ids=["the client has said all", "the server stops", "idle", "the last answer", "garbage"],
)
async def test_what_waits_for_the_end_of_the_turn_is_written_before_it_closes(
    end: Callable[[Connection], None], rest: bytes
) -> None:
    async with running(App(), PATIENT) as (port, server), connected(port) as (reader, writer):
        writer.write(ASK % b"first")
        await read_answer(reader)
        (opened,) = server.server_state.connections
        assert isinstance(opened, Connection)
        opened.writes.write(opened.transport, b"late")
        end(opened)
        opened.transport.close()
        said = await reader.read()
        assert said.startswith(b"late" + rest)
