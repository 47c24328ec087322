"""clamd's INSTREAM command, over TCP or a socket of the machine."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

_CHUNK_BYTES: Final = 256 << 10
_REPLY_BYTES: Final = 4 << 10
_FOUND: Final = re.compile(r"stream: (?P<threat>.{1,200}?)(?:\([0-9a-f]+:\d+\))? FOUND")
_DEFAULT_PORT: Final = 3310


class ScannerUnavailableError(Exception):
    """clamd does not answer, or not in a way that we know."""


class StreamTooLongError(Exception):
    """It is longer than clamd's `StreamMaxLength`."""


@dataclass(frozen=True, slots=True)
class ScanResult:
    """`threat` is the name of what was found; None is clean."""

    threat: str | None


@dataclass(frozen=True, slots=True)
class Clamd:
    """Where clamd listens. A connection is made for each stream and asks one question."""

    host: str | None
    port: int
    path: str | None
    connect_s: float = 5.0
    write_s: float = 30.0
    reply_s: float = 120.0

    @classmethod
    def parse(cls, url: str) -> Self:
        """From `tcp://host:port` or `unix:///path`; raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme == "tcp" and parts.hostname:
            return cls(parts.hostname, parts.port or _DEFAULT_PORT, None)
        if parts.scheme == "unix" and parts.path and not parts.netloc:
            return cls(None, 0, unquote(parts.path))
        raise ValueError("VECTAL_CLAMAV_URL must be tcp://<host>:<port> or unix:///<path>")

    async def scan(self, body: AsyncIterator[bytes]) -> ScanResult:
        """Raises `ScannerUnavailableError`, `StreamTooLongError`, and what `body` raises."""
        try:
            async with asyncio.timeout(self.connect_s):
                line = await self._connect()
        except (OSError, TimeoutError) as error:
            raise ScannerUnavailableError(f"clamd can't be reached: {error!r}") from error
        with line:
            await self._tell(line, body)
            return _read(await self._hear(line))

    async def _connect(self) -> socket.socket:
        """A plain socket: a stream of asyncio forgets what it was told once it can't write."""
        if self.path is not None:
            return await _reach(socket.AF_UNIX, self.path)
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        for family, _, _, _, address in found[:-1]:
            with suppress(OSError):
                return await _reach(family, address)
        return await _reach(found[-1][0], found[-1][4])

    async def _tell(self, line: socket.socket, body: AsyncIterator[bytes]) -> None:
        """The stream, unless clamd hangs up because it has heard enough."""
        if not await self._write(line, b"zINSTREAM\0"):
            return
        async for piece in body:
            for at in range(0, len(piece), _CHUNK_BYTES):
                chunk = piece[at : at + _CHUNK_BYTES]
                if not await self._write(line, len(chunk).to_bytes(4, "big") + chunk):
                    return
        await self._write(line, bytes(4))

    async def _write(self, line: socket.socket, frame: bytes) -> bool:
        """False when clamd has hung up."""
        try:
            async with asyncio.timeout(self.write_s):
                await asyncio.get_running_loop().sock_sendall(line, frame)
        except ConnectionError:
            return False
        except TimeoutError as error:
            raise ScannerUnavailableError("clamd stopped reading") from error
        return True

    async def _hear(self, line: socket.socket) -> bytes:
        heard, loop = bytearray(), asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.reply_s):
                while len(heard) < _REPLY_BYTES and not heard.endswith(b"\0"):
                    piece = await loop.sock_recv(line, _REPLY_BYTES)
                    if not piece:
                        break
                    heard += piece
        except (ConnectionError, TimeoutError) as error:
            raise ScannerUnavailableError(f"clamd gave no answer: {error!r}") from error
        return bytes(heard)


async def _reach(family: int, address: Any) -> socket.socket:
    line = socket.socket(family, socket.SOCK_STREAM)
    try:
        line.setblocking(False)  # noqa: FBT003 - the name of the method says it
        await asyncio.get_running_loop().sock_connect(line, address)
    except BaseException:
        # Cancelled by its deadline, most of all: nobody else knows of the socket.
        line.close()
        raise
    return line


def _read(reply: bytes) -> ScanResult:
    text = reply.rstrip(b"\0\n").decode("utf-8", "replace")
    if text == "stream: OK":
        return ScanResult(None)
    if found := _FOUND.fullmatch(text):
        return ScanResult(found["threat"])
    if "size limit exceeded" in text:
        raise StreamTooLongError(text)
    raise ScannerUnavailableError(f"clamd said {text[:200]!r}")
