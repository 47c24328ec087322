"""Clients that mean harm, or break: a real server, real sockets, and nobody else notices."""

import asyncio
import gzip
import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.fixtures.servers import Servers, TestDatabase, clone_database, drop_database
from tests.fixtures.tree import Tree
from tests.flows.server import serve
from tests.flows.visitor import Visitor
from tests.platform.http.peer import Answer, Peer, Seen, running_peer
from tests.wire.conftest import CHAT_MODEL, JSON, SCOPES, UPSTREAM_KEY, make_key
from tests.wire.test_passing_on import CHAT, CHAT_STREAM, chat_chunk

PATIENCE_S = 60.0
MIB = 1 << 20
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello"}]
PATHS = {"chat": "/chat/completions", "messages": "/messages", "responses": "/responses"}


@dataclass(frozen=True)
class Fort:
    """A server with little patience, its process, and a vendor behind it."""

    address: str
    key: str
    ada: Visitor
    peer: Peer
    tree: Tree

    def http(self) -> httpx2.AsyncClient:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx2.AsyncClient(
            base_url=f"{self.address}/v1", headers=headers, timeout=PATIENCE_S
        )

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, _, port = self.address.removeprefix("http://").partition(":")
        return await asyncio.open_connection(host, int(port))

    def head(self, *lines: str) -> bytes:
        """The beginning of a call; the caller's lines say how long its body is."""
        said = [f"Authorization: Bearer {self.key}", "Content-Type: application/json", *lines]
        return "\r\n".join(
            ["POST /v1/chat/completions HTTP/1.1", "Host: x", *said, "", ""]
        ).encode()

    async def is_well(self) -> None:
        """Somebody else's call is answered."""
        async with self.http() as http:
            answer = await http.post(
                "/chat/completions", json={"model": "simulator", "messages": HELLO}
            )
        assert answer.status_code == 200, answer.text

    def most_memory(self) -> int:
        """The most that the process has held at once, in bytes."""
        status = Path(f"/proc/{self.tree.pid}/status").read_text("ascii")
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) << 10


@asynccontextmanager
async def _open(
    database: TestDatabase, valkey: str, folder: Path, peer: Peer
) -> AsyncGenerator[Fort]:
    async with (
        serve(
            database, valkey, folder, pace_ms=0,
            VECTAL_EGRESS_ALLOW="127.0.0.1", VECTAL_LOG_LEVEL="error",
            VECTAL_MODEL_BODY_TIMEOUT_S="1.5", VECTAL_MODEL_WRITE_TIMEOUT_S="1.5",
        ) as (address, tree),
        Visitor.set_up(address) as ada,
    ):  # fmt: skip
        key = await make_key(ada, SCOPES)
        model = {"name": CHAT_MODEL, "context_tokens": 100_000, "max_output_tokens": 8_192}
        await ada.post(
            "/ai/providers",
            {
                "kind": "openai_compatible",
                "name": "Vendor",
                "base_url": peer.url("/chat"),
                "key": UPSTREAM_KEY,
                "models": [{**model, "tools": True, "images": True}],
            },
        )
        yield Fort(address, key, ada, peer, tree)


@pytest.fixture(scope="session")
async def fort(
    servers: Servers, worker: str, valkey: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Fort]:
    name = f"test_hostile_{worker}"
    database = await clone_database(servers, name)
    folder = tmp_path_factory.mktemp("hostile")
    async with running_peer() as peer, _open(database, valkey, folder, peer) as opened:
        yield opened
    await drop_database(servers, name)


async def _status(reader: asyncio.StreamReader) -> int:
    async with asyncio.timeout(PATIENCE_S):
        line = await reader.readline()
    return int(line.split(b" ")[1])


# --- bodies -------------------------------------------------------------------------------------


def _call(**members: Any) -> bytes:
    fields = {"model": "simulator", "messages": HELLO, "input": "Hello", "max_tokens": 64}
    return json.dumps({**fields, **members}).encode()


def _deep(levels: int) -> bytes:
    return b'{"model":"simulator","max_tokens":9,"x":' + b"[" * levels + b"]" * levels + b"}"


_TOOL = {"name": "t", "parameters": {"type": "object"}, "input_schema": {"type": "object"}}
TOOLS = [
    {**_TOOL, "name": f"t{n}", "type": "function", "function": {**_TOOL, "name": f"t{n}"}}
    for n in range(10_000)
]
EMPEROR = [{"role": "emperor", "content": "x"}]
BODIES = {
    "cut": _call()[:-9],
    "cut in an escape": _call(model="simulator\u00e4")[:24] + b"\\u00",
    "10,000 deep": _deep(10_000),
    "10,000 deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "no UTF-8": _call().replace(b"Hello", b"\xff\xfe\x80"),
    "overlong UTF-8": _call().replace(b"simulator", b"\xc0\xaf"),
    "lone surrogates": _call().replace(b"Hello", b"\\ud800 \\udfff"),
    "a surrogate in the name": _call().replace(b"simulator", b"\\udc00"),
    "an unknown role": _call(messages=EMPEROR, input=EMPEROR),
    "options without a stream": _call(stream=False, stream_options={"include_usage": True}),
    "options of no kind": _call(stream=True, stream_options="yes"),
    "10,000 tools": _call(tools=TOOLS),
    "a number past all": _call().replace(b"64", b"9" * 5_000),
    "the same member twice": _call()[:-1] + b',"model":"gpt","model":7}',
}
_MAY_PASS = {
    "lone surrogates",
    "options without a stream",
    "options of no kind",
    "10,000 tools",
    "the same member twice",
}
"""What a vendor might take as well: refused or answered, but never an error of ours."""


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("case", BODIES)
async def test_a_hostile_body_is_the_client_s_own_fault(fort: Fort, path: str, case: str) -> None:
    async with fort.http() as http:
        answer = await http.post(path, content=BODIES[case], headers=JSON)
    text = answer.text[:300]
    if answer.status_code == 200:
        assert case in _MAY_PASS, text
        return
    assert 400 <= answer.status_code < 500, text
    assert answer.json()["error"]["message"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
async def test_a_compressed_body_is_refused_by_its_name(fort: Fort, path: str) -> None:
    """Nothing is unpacked, so no bomb goes off, and the client reads what it has to leave out."""
    async with fort.http() as http:
        for coding, body in (("gzip", gzip.compress(_call())), ("gzip", _call()), ("br", b"\x8b")):
            answer = await http.post(
                path, content=body, headers={**JSON, "content-encoding": coding}
            )
            assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")
            assert "Content-Encoding" in answer.json()["error"]["message"]
        plain = await http.post(
            path, content=_call()[:-9], headers={**JSON, "content-encoding": "Identity"}
        )
        assert plain.status_code == 400


async def test_fifty_megabytes_are_refused_and_not_kept(fort: Fort) -> None:
    await fort.is_well()
    before = fort.most_memory()

    async def send() -> int:
        reader, writer = await fort.connect()
        try:
            writer.write(fort.head(f"Content-Length: {50 * MIB}"))
            with suppress(ConnectionError):
                for _ in range(50):
                    writer.write(b" " * MIB)
                    await writer.drain()
            return await _status(reader)
        finally:
            writer.transport.abort()

    # Little of it arrives within the time that a body has, if the machine is slow: 408 then.
    statuses = await asyncio.gather(*(send() for _ in range(4)))
    assert set(statuses) <= {413, 408}
    assert 413 in statuses
    assert fort.most_memory() - before < 32 * MIB
    await fort.is_well()


# --- framing ------------------------------------------------------------------------------------


def _framings() -> dict[str, list[str]]:
    length = f"Content-Length: {len(_call())}"
    chunked = "Transfer-Encoding: chunked"
    return {
        "two lengths that differ": [length, "Content-Length: 3"],
        "a length and chunks": [length, chunked],
        "chunks and a length": [chunked, length],
        "a negative length": ["Content-Length: -5"],
        "a length in words": ["Content-Length: many"],
        "another credential": [length, "Authorization: Bearer another"],
        "another key": [length, "x-api-key: another"],
    }


@pytest.mark.parametrize("case", _framings())
async def test_what_can_be_read_in_two_ways_is_not_read(fort: Fort, case: str) -> None:
    reader, writer = await fort.connect()
    try:
        writer.write(fort.head(*_framings()[case]) + _call())
        assert await _status(reader) in {400, 401}
    finally:
        writer.transport.abort()
    await fort.is_well()


async def test_a_body_that_drips_is_given_up(fort: Fort) -> None:
    opened = [await fort.connect() for _ in range(20)]
    try:
        for _, writer in opened:
            writer.write(fort.head("Content-Length: 1000") + b'{"model": ')
        await fort.is_well()
        for reader, writer in opened:
            writer.write(b" ")
            assert await _status(reader) == 408
    finally:
        for _, writer in opened:
            writer.transport.abort()


# --- readers ------------------------------------------------------------------------------------


class Fountain:
    """A vendor that speaks without end; it counts who still listens."""

    def __init__(self, piece: bytes) -> None:
        self._piece = piece
        self.begun = 0
        self.listening = 0
        self._changed = asyncio.Condition()

    async def __call__(self, request: Seen, writer: asyncio.StreamWriter) -> None:
        del request
        await self._count(1)
        try:
            writer.write(HEAD)
            while True:
                writer.write(self._piece)
                await writer.drain()
                await asyncio.sleep(0)
        finally:
            await self._count(-1)

    async def _count(self, change: int) -> None:
        async with self._changed:
            self.listening += change
            self.begun += max(0, change)
            self._changed.notify_all()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(holds)


def _stream_of(model: str) -> bytes:
    return json.dumps({"model": model, "messages": HELLO, "stream": True}).encode()


async def test_two_hundred_who_never_read_are_let_go(fort: Fort) -> None:
    fountain = Fountain(chat_chunk({"content": "x" * 16_000}))
    fort.peer.answers[CHAT] = fountain
    body = _stream_of(CHAT_MODEL)
    opened = [await fort.connect() for _ in range(200)]
    try:
        for _, writer in opened:
            # Nothing is read from these but what the kernel takes by itself.
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] - a read transport, too
            writer.write(fort.head(f"Content-Length: {len(body)}") + body)
        await fountain.until(lambda: fountain.begun == 200)
        await fort.is_well()
        await fountain.until(lambda: fountain.listening == 0)
        await fort.is_well()
    finally:
        for _, writer in opened:
            writer.transport.abort()


async def _usage(fort: Fort) -> dict[str, Any]:
    found = await fort.ada.get("/ai/usage", group="model")
    nothing: dict[str, Any] = {"calls": 0, "input_tokens": 0, "output_tokens": 0}
    return {row["group"]: row for row in found["items"]}.get(CHAT_MODEL, nothing)


async def _settled_usage(fort: Fort) -> dict[str, Any]:
    """The usage once it has stood still: what other tests did is written each half second."""
    last, now = None, await _usage(fort)
    while now != last:
        await asyncio.sleep(1.2)
        last, now = now, await _usage(fort)
    return now


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await holds():  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.1)


async def test_who_leaves_in_the_middle_ends_the_call_and_is_billed_once(fort: Fort) -> None:
    fountain = Fountain(chat_chunk({"content": "Hi"}))
    fort.peer.answers[CHAT] = fountain
    before = await _settled_usage(fort)
    body = _stream_of(CHAT_MODEL)
    reader, writer = await fort.connect()
    writer.write(fort.head(f"Content-Length: {len(body)}") + body)
    async with asyncio.timeout(PATIENCE_S):
        await reader.readuntil(b'"Hi"')
    writer.transport.abort()
    await fountain.until(lambda: fountain.listening == 0)

    async def is_billed() -> bool:
        return (await _usage(fort))["calls"] > before["calls"]

    await _until(is_billed)
    await asyncio.sleep(1.5)  # a second line would come with the next batches
    after = await _usage(fort)
    assert after["calls"] == before["calls"] + 1
    assert after["output_tokens"] > before["output_tokens"]


# --- the end ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/chat/completions", "/messages"])
async def test_who_leaves_before_the_first_word_ends_the_call_and_pays_for_what_was_read(
    fort: Fort, path: str
) -> None:
    """Passed on and translated: the vendor says that it is there, and nothing else."""
    fountain = Fountain(b": thinking\n\n")
    fort.peer.answers[CHAT] = fountain
    before = await _settled_usage(fort)
    body = json.dumps({**json.loads(_stream_of(CHAT_MODEL)), "max_tokens": 9}).encode()
    _, writer = await fort.connect()
    head = fort.head(f"Content-Length: {len(body)}").replace(b"/chat/completions", path.encode())
    writer.write(head + body)
    await fountain.until(lambda: fountain.listening == 1)
    writer.transport.abort()
    await fountain.until(lambda: fountain.listening == 0)

    async def is_billed() -> bool:
        return (await _usage(fort))["calls"] > before["calls"]

    await _until(is_billed)
    after = await _usage(fort)
    assert after["calls"] == before["calls"] + 1
    assert after["input_tokens"] > before["input_tokens"]
    assert after["output_tokens"] == before["output_tokens"]


def _one_piece() -> Answer:
    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        del request
        writer.write(HEAD + b"".join(CHAT_STREAM[:3]))
        await writer.drain()
        await asyncio.Event().wait()

    return answer


async def test_a_server_that_is_killed_breaks_cleanly_and_its_budgets_are_settled(
    servers: Servers, worker: str, valkey: str, tmp_path: Path
) -> None:
    name = f"test_killed_{worker}"
    database = await clone_database(servers, name)
    async with AsyncExitStack() as stack:
        peer = await stack.enter_async_context(running_peer())
        peer.answers[CHAT] = _one_piece()
        async with _open(database, valkey, tmp_path, peer) as fort:
            budget = {"name": "All", "unit": "tokens", "period": "total", "cap": "100000"}
            await fort.ada.post("/ai/budgets", budget)
            body = json.dumps(
                {"model": CHAT_MODEL, "messages": HELLO, "stream": True, "max_tokens": 500}
            ).encode()
            reader, writer = await fort.connect()
            writer.write(fort.head(f"Content-Length: {len(body)}") + body)
            async with asyncio.timeout(PATIENCE_S):
                await reader.readuntil(b'"Hi"')
            fort.tree.kill()
            async with asyncio.timeout(PATIENCE_S):
                try:
                    rest = await reader.read()
                except ConnectionError:
                    rest = b""
            # It does not look like an answer that has come to its end.
            assert b"[DONE]" not in rest
            assert not rest.endswith(b"0\r\n\r\n")
            writer.transport.abort()
            token = fort.ada.http.headers["Authorization"]
            workspace = fort.ada.http.headers.get("Vectal-Workspace", "")
        async with serve(database, valkey, tmp_path, pace_ms=0) as (address, _):
            headers = {"Authorization": token} | (
                {"Vectal-Workspace": workspace} if workspace else {}
            )
            async with httpx2.AsyncClient(
                base_url=f"{address}/api/v1", headers=headers, timeout=PATIENCE_S
            ) as http:

                async def is_settled() -> bool:
                    answer = await http.get("/ai/budgets")
                    assert answer.status_code == 200, answer.text
                    (found,) = answer.json()["items"]
                    held = [Decimal(str(found[each])) for each in ("held", "in_doubt", "spent")]
                    # What the dead process held is nobody's any more, and may have been used.
                    return held[0] == 0 and held[1] + held[2] >= 500

                await _until(is_settled)
    await drop_database(servers, name)
