"""An HTTP peer that misbehaves on demand, and a network that tells where it was asked to go."""

import asyncio
import gzip
import ssl
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address

from vectal.platform.http.addresses import Address
from vectal.platform.http.connection import Connection
from vectal.platform.http.network import SystemDialer

Answer = Callable[["Seen", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Seen:
    """A request as the peer received it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Peer:
    """Answers each path with its own handler; keeps what it saw."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    seen: list[Seen] = field(default_factory=list[Seen])
    connections: int = 0

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while True:
                    request = await _read(reader)
                    self.seen.append(request)
                    await self.answers[request.path.partition("?")[0]](request, writer)
                    await writer.drain()
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    pairs = (line.partition(": ") for line in lines if line)
    headers = {name.lower(): value for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, path, _ = first.split(" ")
    return Seen(method, path, headers, body)


@asynccontextmanager
async def running_peer() -> AsyncGenerator[Peer]:
    peer = Peer()
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(peer.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def reply(
    body: bytes = b"", *, status: str = "200 OK", headers: Mapping[str, str] | None = None
) -> Answer:
    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        del request
        fields = {"Content-Length": str(len(body)), **(headers or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        writer.write(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body)

    return answer


def redirect(location: str, status: str = "302 Found") -> Answer:
    return reply(status=status, headers={"Location": location})


def raw(*pieces: bytes, pause_s: float = 0.0, then_wait: bool = False) -> Answer:
    """Send pieces as they are, with pauses, then close or wait for ever."""

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        del request
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)
        if then_wait:
            await asyncio.Event().wait()
        writer.close()

    return answer


async def endless(request: Seen, writer: asyncio.StreamWriter) -> None:
    del request
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


def bomb(megabytes: int) -> Answer:
    packer = zlib.compressobj(9, wbits=31)
    body = b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()
    return reply(body, headers={"Content-Encoding": "gzip"})


def zipped(body: bytes, **headers: str) -> Answer:
    return reply(gzip.compress(body), headers={"Content-Encoding": "gzip", **headers})


@dataclass
class RecordingNetwork:
    """Notes every address; leads all of them to one local peer, or refuses."""

    peer_port: int | None = None
    asked: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    async def dial(
        self, address: str, port: int, tls: ssl.SSLContext | None, name: str
    ) -> Connection:
        self.asked.append((address, port))
        if self.peer_port is None:
            raise ConnectionRefusedError("nobody is there")
        return await SystemDialer().dial("127.0.0.1", self.peer_port, tls, name)


@dataclass
class FakeNames:
    """A resolver whose answers change from one question to the next."""

    answers: dict[str, list[Sequence[str]]]
    asked: list[str] = field(default_factory=list[str])

    async def resolve(self, host: str, port: int) -> Sequence[Address]:
        del port
        self.asked.append(host)
        answers = self.answers.get(host.rstrip("."))
        if not answers:
            raise OSError("no such host")
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [ip_address(text) for text in found]
