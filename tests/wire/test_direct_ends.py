"""Direct calls that are open when the server stops."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import cast

import httpx2
from tests.fixtures.tree import Tree
from tests.flows.server import until_ready
from tests.flows.visitor import Json
from tests.platform.http.peer import Answer, Seen, reply
from tests.wire.conftest import CHAT_MODEL, JSON, Gateway
from tests.wire.test_direct import (
    STREAM_HEAD,
    TRIES,
    ask_directly,
    body_of,
    chunked,
    count_direct,
)
from tests.wire.test_passing_on import (
    CHAT,
    CHAT_ANSWER,
    CHAT_STREAM,
    chat_chunk,
)

from vectal.platform.embedded.ports import find_free_port

MODEL = f"{CHAT_MODEL}-15"
"""Of the calls that are looked for in the ledger; those beside them ask another."""
WHOLE = body_of(MODEL)
STREAM = body_of(MODEL, stream=True)
BURST = 4
LONGER_THAN_TOLD_S = 3
"""It is written down each second how far calls are."""


@dataclass
class Gate:
    """An upstream that has begun answers, and ends them when it is told to."""

    begun: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def until_begun(self, number: int) -> None:
        async with asyncio.timeout(60):
            while self.begun < number:  # noqa: ASYNC110 - counted by several answers
                await asyncio.sleep(0.01)

    def holds(self, before: bytes, after: bytes) -> Answer:
        async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
            del request
            writer.write(before)
            await writer.drain()
            self.begun += 1
            await self.opened.wait()
            writer.write(after)

        return answer


@dataclass(frozen=True)
class Call:
    """One that is sent in one piece, as only those are that go the direct way for certain."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def send(cls, gateway: Gateway, body: Json, name: str) -> Call:
        host, _, port = gateway.address.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=4_096)
        said = json.dumps(body)
        writer.write(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {gateway.key}\r\nx-request-id: {name}\r\n"
            f"content-length: {len(said)}\r\n\r\n{said}".encode()
        )
        return cls(reader, writer)

    async def read(self, end: bytes = b"") -> bytes:
        """What comes until the other side hangs up, however it does, or has said `end`."""
        told = bytearray()
        async with asyncio.timeout(60):
            with contextlib.suppress(ConnectionError):
                while piece := await self.reader.read(65_536):
                    told += piece
                    if end and told.endswith(end):
                        break
        self.writer.close()
        return bytes(told)


@asynccontextmanager
async def replica(gateway: Gateway, **settings: str) -> AsyncGenerator[tuple[Gateway, Tree]]:
    """One more server of the same installation: the first is there to be asked afterwards."""
    port = find_free_port("127.0.0.1")
    own = {"VECTAL_PORT": str(port), **settings}
    server = await Tree.start({**gateway.settings, **own}, command="serve")
    address = f"http://127.0.0.1:{port}"
    try:
        await until_ready(address)
        yield replace(gateway, address=address), server
    finally:
        server.kill()
        await server.wait()


async def _burst(gateway: Gateway, body: Json, names: Sequence[str]) -> list[Call]:
    """Two rounds of calls: what the first has to look up the second knows without waiting."""
    calls = list[Call]()
    for number, name in enumerate(names):
        calls.append(await Call.send(gateway, body, name))
        if number < BURST:
            await asyncio.sleep(0.1)
    return calls


async def _lines(gateway: Gateway, *request_ids: str) -> list[Json]:
    """Of the ledger, in this order; asked until all of them are there, and once more."""
    found: list[Json] = []
    for _ in range(TRIES):
        calls = await gateway.ada.get("/ai/calls", limit=100, model=MODEL)
        before = len(found)
        found = [each for each in calls["items"] if each["request_id"] in request_ids]
        if len(found) >= len(request_ids) and len(found) == before:
            break
        await asyncio.sleep(0.2)
    return sorted(found, key=lambda each: request_ids.index(each["request_id"]))


async def _until_draining(address: str) -> None:
    async with httpx2.AsyncClient() as http, asyncio.timeout(60):
        while (await http.get(f"{address}/readyz")).status_code == 200:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


async def test_a_server_that_stops_lets_calls_end(gateway: Gateway) -> None:
    whole, stream = Gate(), Gate()
    names = [[f"drained-{kind}-{number}" for number in range(2 * BURST)] for kind in "ws"]
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    ends = b"\r\n\r\n" + CHAT_ANSWER, b"data: [DONE]\n\n\r\n0\r\n\r\n"
    async with replica(gateway, VECTAL_DRAIN_S="60") as (here, server), here.http() as http:
        held = whole.holds(head % len(CHAT_ANSWER) + CHAT_ANSWER[:10], CHAT_ANSWER[10:])
        gateway.peer.answers[CHAT] = held
        asked = await _burst(here, WHOLE, names[0])
        await whole.until_begun(2 * BURST)
        held = stream.holds(STREAM_HEAD + chunked(*CHAT_STREAM[:3]), chunked(*CHAT_STREAM[3:], b""))
        gateway.peer.answers[CHAT] = held
        streamed = await _burst(here, STREAM, names[1])
        await stream.until_begun(2 * BURST)
        begun = await count_direct(here, http)
        ending = asyncio.create_task(server.end())
        await _until_draining(here.address)
        whole.opened.set()
        for each in asked:
            assert (await each.read(ends[0])).endswith(ends[0])
        assert await count_direct(here, http) > begun > 0
        stream.opened.set()
        for each in streamed:
            assert (await each.read(ends[1])).endswith(ends[1])
        assert await ending == 0, server.text
    lines = await _lines(gateway, *names[0], *names[1])
    assert [each["request_id"] for each in lines] == [*names[0], *names[1]]
    told = {(each["status"], each["input_tokens"], each["output_tokens"]) for each in lines}
    assert told == {("ok", 11, 3)}


async def test_a_stream_that_outlasts_the_drain_is_told_so(gateway: Gateway) -> None:
    whole, stream = Gate(), Gate()
    names = [[f"outlasting-{kind}-{number}" for number in range(2 * BURST)] for kind in "ws"]
    async with replica(gateway, VECTAL_DRAIN_S="1") as (here, server), here.http() as http:
        held = stream.holds(STREAM_HEAD + chunked(*CHAT_STREAM[:3]), b"")
        gateway.peer.answers[CHAT] = held
        streamed = await _burst(here, STREAM, names[1])
        await stream.until_begun(2 * BURST)
        assert await count_direct(here, http) > 0
        gateway.peer.answers[CHAT] = whole.holds(b"", b"")
        asked = await _burst(here, WHOLE, names[0])
        await whole.until_begun(2 * BURST)
        assert await server.end() == 0, server.text
        told = [await each.read() for each in streamed]
        refused = [await each.read() for each in asked]
        stream.opened.set()
        whole.opened.set()
    # Some of them went the long way; all end, and all are paid for.
    assert all(each.endswith(b"0\r\n\r\n") and b"server_stopping" in each for each in told)
    assert all(each.startswith(b"HTTP/1.1 503") and b"server_stopping" in each for each in refused)
    lines = await _lines(gateway, *names[1])
    assert [each["request_id"] for each in lines] == names[1]
    assert {each["status"] for each in lines} <= {"cancelled", "failed"}


async def test_a_client_that_stops_reading_is_let_go(gateway: Gateway) -> None:
    left, piece = asyncio.Event(), chunked(*[chat_chunk({"content": "x" * 4_000})] * 8)
    begun = 0

    async def endless(request: Seen, writer: asyncio.StreamWriter) -> None:
        nonlocal begun
        del request
        begun += 1
        writer.write(STREAM_HEAD)
        try:
            while True:
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            left.set()

    name = "stopped-reading"
    async with replica(gateway, VECTAL_MODEL_WRITE_TIMEOUT_S="1") as (here, _), here.http() as http:
        gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
        await ask_directly(here, http, "/chat/completions", body_of(CHAT_MODEL))
        gateway.peer.answers[CHAT] = endless
        call = await Call.send(here, STREAM, name)
        cast("asyncio.ReadTransport", call.writer.transport).pause_reading()
        async with asyncio.timeout(90):
            await left.wait()
        gateway.peer.answers[CHAT] = reply(CHAT_ANSWER, headers=JSON)
        answer = await http.post("/chat/completions", json=body_of(CHAT_MODEL))
        assert answer.status_code == 200, "the others are served"
        call.writer.transport.abort()
        lines = await _lines(gateway, name)
    assert begun == 1
    assert [each["status"] for each in lines] == ["cancelled"]


async def test_calls_of_a_killed_server_have_their_lines(gateway: Gateway) -> None:
    """Another server makes them of what was told last: for a stream, and for one that has none."""
    gate = Gate()
    names = ["killed-w-0", "killed-s-0"]
    async with replica(gateway) as (here, server):
        gateway.peer.answers[CHAT] = gate.holds(b"", b"")
        whole = await Call.send(here, WHOLE, names[0])
        await gate.until_begun(1)
        gateway.peer.answers[CHAT] = gate.holds(STREAM_HEAD + chunked(*CHAT_STREAM[:3]), b"")
        stream = await Call.send(here, STREAM, names[1])
        await stream.reader.readuntil(b"Hi")
        await asyncio.sleep(LONGER_THAN_TOLD_S)
        server.kill()
        for each in (whole, stream):
            await each.read()
    lines = await _lines(gateway, *names)
    assert [each["request_id"] for each in lines] == names
    told = {(each["status"], each["error_code"], each["estimated"]) for each in lines}
    assert told == {("failed", "ai.server_lost", True)}
    assert [each["output_tokens"] for each in lines] == [0, 1]
    assert min(each["input_tokens"] for each in lines) > 0
    left = await gateway.ada.get("/egress", outcome="open", limit=100)
    size = len(json.dumps(WHOLE)), len(json.dumps(STREAM))
    assert {each["bytes_out"] for each in left["items"]} >= {size[0]}, "what left the house"
    assert len(left["items"]) >= len(size)
    assert {each["policy"] for each in left["items"]} == {"opened by operator"}
    gate.opened.set()
