"""A vector store's HTTP interface over a real socket. It may be stopped and started again.

Emulators of stores that can't be had here refuse what the real ones refuse; see each of them.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

Reply: TypeAlias = tuple[int, Any]


@dataclass(frozen=True)
class Asked:
    method: str
    path: Sequence[str]
    """Parts of it, without the empty one before the first slash."""
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: Any
    size: int


@dataclass
class StoreEmulator:
    """`broken` is a status that everything is answered with; `seen` are methods and paths."""

    port: int = 0
    broken: int | None = None
    is_hanging: bool = False
    nonsense: Any = None
    """Said with success, whatever was asked."""
    seen: list[str] = field(default_factory=list[str])
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def answer(self, asked: Asked) -> Reply:
        raise NotImplementedError

    async def start(self) -> None:
        """On the port that it had before, when it had one."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """What it keeps stays."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while True:
                    asked = await _read(reader)
                    self.seen.append(f"{asked.method} /{'/'.join(asked.path)}")
                    if self.is_hanging:
                        await asyncio.Event().wait()
                    status, body = self._judge(asked)
                    text = b"" if body is None else json.dumps(body).encode()
                    head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(text)}\r\n\r\n"
                    writer.write(head.encode() + text)
                    await writer.drain()
        finally:
            writer.close()

    def _judge(self, asked: Asked) -> Reply:
        if self.broken is not None:
            return self.broken, {"error": "broken"}
        return self.answer(asked) if self.nonsense is None else (200, self.nonsense)


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    method, target, _ = first.split(" ")
    parts = urlsplit(target)
    path = [unquote(part) for part in parts.path.split("/")[1:]]
    body = json.loads(raw) if raw else None
    return Asked(method, path, parse_qs(parts.query), headers, body, len(raw))


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    return dot / (math.hypot(*one) * math.hypot(*other))
