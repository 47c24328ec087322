"""Connections: kept for the next exchange, and only when that is safe."""

import asyncio
from contextlib import suppress

import pytest
from tests.platform.http.conftest import KeptEntries
from tests.platform.http.peer import Answer, Peer, Seen, raw, reply

from vectal.platform.http import (
    Caller,
    ConnectionFailedError,
    HttpClient,
    HttpLimits,
    HttpRequest,
    OpenResponse,
    ending,
)
from vectal.platform.http.connection import MAX_HEAD_BYTES

CALLER = Caller("test")
OK = b"HTTP/1.1 200 OK\r\n"


def kept_open(*pieces: bytes) -> Answer:
    """Send the pieces, and wait for the next request."""

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        del request
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return answer


async def get(client: HttpClient, peer: Peer, method: str = "GET") -> bytes:
    return (await client.send(HttpRequest(method, peer.url()), CALLER)).body


GOOD: dict[str, tuple[bytes, bytes, int]] = {
    "a length": (OK + b"content-length: 2\r\n\r\nhi", b"hi", 1),
    "chunks": (OK + b"transfer-encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n", b"hi", 1),
    "a trailer": (
        OK + b"transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx-sum: 1\r\n\r\n", b"hi", 1,
    ),
    "hints before it": (
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + OK + b"content-length: 2\r\n\r\nhi",
        b"hi", 1,
    ),
    "nothing": (b"HTTP/1.1 204 No Content\r\n\r\n", b"", 1),
    "a wish to close": (OK + b"connection: close\r\ncontent-length: 2\r\n\r\nhi", b"hi", 2),
}  # fmt: skip


@pytest.mark.parametrize("kind", GOOD)
async def test_answers_of_every_kind(client: HttpClient, peer: Peer, kind: str) -> None:
    answer, body, connections = GOOD[kind]
    peer.answers["/"] = kept_open(answer)
    assert [await get(client, peer) for _ in range(2)] == [body, body]
    assert peer.connections == connections


async def test_an_answer_that_lasts_until_the_end(client: HttpClient, peer: Peer) -> None:
    peer.answers["/"] = raw(OK + b"\r\n", b"one", b"two", pause_s=0.01)
    assert [await get(client, peer) for _ in range(2)] == [b"onetwo", b"onetwo"]
    assert peer.connections == 2


async def test_a_head_alone_has_no_body(client: HttpClient, peer: Peer) -> None:
    peer.answers["/"] = kept_open(OK + b"content-length: 5\r\n\r\n")
    assert [await get(client, peer, "HEAD") for _ in range(2)] == [b"", b""]
    assert peer.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"x-long: " + b"x" * (MAX_HEAD_BYTES + 1) + b"\r\n\r\n",
        OK + b"x: y\r\n" * MAX_HEAD_BYTES + b"\r\n",
        OK + b"transfer-encoding: chunked\r\n\r\n0\r\n" + b"x: y\r\n" * MAX_HEAD_BYTES + b"\r\n",
        OK + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\nhi!",
        OK + b"content-length: 9\r\n\r\nhi",
        OK + b"transfer-encoding: chunked\r\n\r\n5\r\nhi",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"",
    ],
    ids=lambda answer: answer[:40].decode() or "nothing",
)
async def test_what_is_no_answer_is_a_failed_connection(
    client: HttpClient, peer: Peer, answer: bytes
) -> None:
    peer.answers["/"] = raw(answer)
    with pytest.raises(ConnectionFailedError):
        await get(client, peer)


@pytest.mark.parametrize("more", [OK + b"\r\nevil", OK, b"HTT", b"evil"])
async def test_who_talks_out_of_turn_is_left(client: HttpClient, peer: Peer, more: bytes) -> None:
    """What comes after an answer, in the same read or later, would else begin the next one."""
    peer.answers["/"] = kept_open(OK + b"content-length: 2\r\n\r\nhi" + more)
    for _ in range(2):
        assert await get(client, peer) == b"hi"
    assert peer.connections == 2


async def test_a_connection_that_the_peer_closed_is_not_used(
    client: HttpClient, peer: Peer
) -> None:
    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        await reply(b"hi")(request, writer)
        writer.close()

    peer.answers["/"] = answer
    for _ in range(3):
        assert await get(client, peer) == b"hi"
        await asyncio.sleep(0.02)
    assert peer.connections == 3


async def test_what_was_not_read_is_not_mistaken(
    client: HttpClient, peer: Peer, kept: KeptEntries
) -> None:
    peer.answers["/"] = reply(b"x" * 3_000_000)
    async with client.open(HttpRequest("GET", peer.url()), CALLER) as response:
        assert await response.receive()
    peer.answers["/"] = reply(b"hi")
    assert await get(client, peer) == b"hi"
    assert [entry.outcome for entry in kept.entries] == ["closed early", "ok"]


async def test_who_knows_the_end_from_the_answer_has_read_all_of_it(
    client: HttpClient, peer: Peer, kept: KeptEntries
) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    peer.answers["/"] = raw(head + b"4\r\ndone\r\n0\r\n\r\n", then_wait=True)
    async with client.open(HttpRequest("GET", peer.url()), CALLER) as response:
        assert await response.receive() == b"done"
    assert [entry.outcome for entry in kept.entries] == ["ok"]


async def test_who_is_told_the_end_need_not_wait_for_the_formal_one(
    client: HttpClient, peer: Peer, kept: KeptEntries
) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    peer.answers["/"] = raw(head + b"4\r\ndone\r\n", then_wait=True)
    async with client.open(HttpRequest("GET", peer.url()), CALLER) as response:
        assert await response.receive() == b"done"
        response.note_whole()
    assert [entry.outcome for entry in kept.entries] == ["ok"]


CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
DONE = b"e\r\ndata: [DONE]\n\n\r\n"


def paused(*pieces: bytes, pause_s: float) -> Answer:
    """Send the pieces with pauses between them, and wait for the next request."""

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        del request
        for number, piece in enumerate(pieces):
            await asyncio.sleep(pause_s if number else 0)
            writer.write(piece)
            await writer.drain()

    return answer


async def read_to_done(client: HttpClient, peer: Peer) -> None:
    """As a reader who knows the end by what it says."""
    async with client.open(HttpRequest("GET", peer.url()), CALLER) as response:
        assert (await response.receive()).endswith(b"[DONE]\n\n")
        response.note_whole()


async def test_a_last_chunk_that_is_late_keeps_the_connection(
    client: HttpClient, peer: Peer, kept: KeptEntries
) -> None:
    is_done, has_ended = asyncio.Event(), asyncio.Event()

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        del request
        writer.write(CHUNKED + DONE)
        await is_done.wait()  # who waited for the end would wait for ever
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        has_ended.set()

    peer.answers["/"] = answer
    for _ in range(3):
        async with asyncio.timeout(30):
            await read_to_done(client, peer)
        is_done.set()
        await has_ended.wait()
        await asyncio.sleep(0.1)
        is_done.clear()
        has_ended.clear()
    assert peer.connections == 1
    assert [entry.outcome for entry in kept.entries] == ["ok"] * 3


async def test_a_last_chunk_in_pieces_keeps_it_too(client: HttpClient, peer: Peer) -> None:
    pieces = (CHUNKED + DONE, b"4\r\n: ", b"x\n\r\n0", b"\r\nx-sum: 1\r\n", b"\r\n")
    peer.answers["/"] = paused(*pieces, pause_s=0.005)
    for _ in range(2):
        await read_to_done(client, peer)
        await asyncio.sleep(0.1)
    assert peer.connections == 1


ENDLESS: dict[str, Answer] = {
    "never ends": paused(CHUNKED + DONE, pause_s=0),
    "goes on": paused(CHUNKED + DONE, *[b"400\r\n" + b"x" * 1_024 + b"\r\n"] * 9, pause_s=0.002),
    "breaks": paused(CHUNKED + DONE, b"zz\r\n", pause_s=0.002),
    "says too much": paused(CHUNKED + DONE, b"0\r\n\r\nHTTP/1.1 200 OK\r\n", pause_s=0.002),
}


@pytest.mark.parametrize("kind", ENDLESS)
async def test_an_end_that_does_not_come_costs_the_connection(
    client: HttpClient, peer: Peer, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(ending, "END_S", 0.05)
    peer.answers["/"] = ENDLESS[kind]
    for _ in range(2):
        await read_to_done(client, peer)
        await asyncio.sleep(0.2)
    assert peer.connections == 2


class Unended:
    """An answer whose formal end never comes, and how long its peer stays to wait for it."""

    def __init__(self) -> None:
        self._was_left = asyncio.Event()

    async def __call__(self, request: Seen, writer: asyncio.StreamWriter) -> None:
        del request
        writer.write(CHUNKED + DONE)
        with suppress(OSError):
            while True:  # who has gone is known by what can't be written to him
                await asyncio.sleep(0.01)
                writer.write(b"1\r\nx\r\n")
                await writer.drain()
        self._was_left.set()

    async def is_left(self, within_s: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._was_left.wait(), within_s)
        return self._was_left.is_set()


async def test_who_leaves_in_the_middle_leaves_at_once(client: HttpClient, peer: Peer) -> None:
    """Whoever still writes has to hear that nobody listens."""
    peer.answers["/"] = unended = Unended()
    async with client.open(HttpRequest("GET", peer.url()), CALLER) as response:
        assert await response.receive()
    assert await unended.is_left(0.3)


async def test_closing_waits_for_no_end(client: HttpClient, peer: Peer) -> None:
    peer.answers["/"] = unended = Unended()
    await read_to_done(client, peer)
    assert not await unended.is_left(0.2)
    await client.close()
    assert await unended.is_left(0.3)


async def test_a_reader_that_is_slow_holds_the_peer_back(client: HttpClient, peer: Peer) -> None:
    sent = 0

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        del request
        writer.write(OK + b"content-length: 64000000\r\n\r\n")
        for _ in range(1_000):
            writer.write(b"x" * 64_000)
            await writer.drain()
            sent += 64_000

    peer.answers["/"] = answer
    request = HttpRequest("GET", peer.url(), limits=HttpLimits(max_bytes=1 << 30))
    async with client.open(request, CALLER) as response:
        got = len(await response.receive())
        await asyncio.sleep(0.2)
        assert sent < 32_000_000
        while piece := await response.receive():
            got += len(piece)
    assert got == 64_000_000


async def test_little_waits_with_a_reader_that_has_stopped(client: HttpClient, peer: Peer) -> None:
    piece, much = b"e\r\ndata: a word\n\n\r\n", asyncio.Event()

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        del request
        writer.write(OK + b"transfer-encoding: chunked\r\n\r\n")
        for number in range(100):
            writer.write(piece * 1_000)
            await writer.drain()
            if number == 30:
                much.set()
        writer.write(b"0\r\n\r\n")

    peer.answers["/"] = answer
    async with client.open(HttpRequest("GET", peer.url()), CALLER) as response:
        await much.wait()
        for _ in range(10):
            await asyncio.sleep(0)  # a turn of the loop, which reads what it may
        waiting = await take_what_waits(response)
        assert 0 < waiting <= 32_000
        rest = [each async for each in response.chunks()]
    assert waiting + sum(map(len, rest)) == 14 * 100_000


async def take_what_waits(response: OpenResponse) -> int:
    """Read as far as one can without waiting; so many bytes."""
    now, taken = asyncio.get_running_loop().time(), 0
    with suppress(TimeoutError):
        while piece := await response.receive(now):
            taken += len(piece)
    return taken
