"""clamd's INSTREAM command, over TCP or a socket of the machine."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Self
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
                reader, writer = await self._connect()
        except (OSError, TimeoutError) as error:
            raise ScannerUnavailableError(f"clamd can't be reached: {error!r}") from error
        try:
            return await self._ask(reader, writer, body)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.path is not None:
            return await asyncio.open_unix_connection(self.path)
        return await asyncio.open_connection(self.host, self.port)

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: AsyncIterator[bytes]
    ) -> ScanResult:
        writer.write(b"zINSTREAM\0")
        async for piece in body:
            for at in range(0, len(piece), _CHUNK_BYTES):
                chunk = piece[at : at + _CHUNK_BYTES]
                if not await self._write(writer, len(chunk).to_bytes(4, "big") + chunk):
                    # It has heard enough: what it has to say is there already.
                    return await self._read(reader)
        await self._write(writer, bytes(4))
        return await self._read(reader)

    async def _write(self, writer: asyncio.StreamWriter, frame: bytes) -> bool:
        """False when clamd has hung up."""
        try:
            writer.write(frame)
            async with asyncio.timeout(self.write_s):
                await writer.drain()
        except ConnectionError:
            return False
        except TimeoutError as error:
            raise ScannerUnavailableError("clamd stopped reading") from error
        return True

    async def _read(self, reader: asyncio.StreamReader) -> ScanResult:
        try:
            async with asyncio.timeout(self.reply_s):
                reply = await reader.read(_REPLY_BYTES)
        except (ConnectionError, TimeoutError) as error:
            raise ScannerUnavailableError(f"clamd gave no answer: {error!r}") from error
        text = reply.rstrip(b"\0\n").decode("utf-8", "replace")
        if text == "stream: OK":
            return ScanResult(None)
        if found := _FOUND.fullmatch(text):
            return ScanResult(found["threat"])
        if "size limit exceeded" in text:
            raise StreamTooLongError(text)
        raise ScannerUnavailableError(f"clamd said {text[:200]!r}")
