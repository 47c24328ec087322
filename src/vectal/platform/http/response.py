"""An answer that is being read: each piece in time, within its size, and decoded."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import httpcore2

from vectal.platform.http.decoding import Decoder, find_decoder
from vectal.platform.http.errors import (
    BadAnswerError,
    ConnectionFailedError,
    HttpTimeoutError,
    TooLargeError,
)
from vectal.platform.http.ledger import Entry
from vectal.platform.http.messages import HttpLimits, HttpResponse

_RATIO_FROM: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Patience:
    """When a call ends at the latest, on the loop's clock."""

    ends_at: float

    def until(self, seconds: float) -> tuple[float, bool]:
        """The end of a phase, and whether it is the end of the call."""
        phase = asyncio.get_running_loop().time() + seconds
        return min(phase, self.ends_at), self.ends_at <= phase


@dataclass
class OpenResponse:
    """Status and headers are here, the body comes; use it within the block that opened it."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; repeated ones are joined by commas."""
    url: str
    _raw: httpcore2.Response = field(repr=False)
    _limits: HttpLimits = field(repr=False)
    _patience: Patience = field(repr=False)
    _entry: Entry = field(repr=False)

    async def chunks(self) -> AsyncGenerator[bytes]:
        """The decoded body as it arrives; raises an `HttpCallError` when it goes wrong."""
        decoder = self._find_decoder()
        total = 0
        async for raw in self._receive():
            for piece in decoder.feed(raw):
                total += len(piece)
                self._judge_size(total)
                yield piece
        self._judge_end(decoder)
        self._entry.outcome = "ok"

    async def read(self) -> bytes:
        """The whole decoded body."""
        return b"".join([piece async for piece in self.chunks()])

    async def to_whole(self) -> HttpResponse:
        return HttpResponse(self.status, self.headers, await self.read(), self.url)

    def _find_decoder(self) -> Decoder:
        try:
            return find_decoder(self.headers.get("content-encoding", ""))
        except BadAnswerError:
            self._entry.outcome = "bad answer: encoding"
            raise

    async def _receive(self) -> AsyncIterator[bytes]:
        stream = self._raw.aiter_stream().__aiter__()
        while True:
            until, is_end = self._patience.until(self._limits.idle_s)
            try:
                async with asyncio.timeout_at(until):
                    chunk = await anext(stream, None)
            except TimeoutError as error:
                self._entry.outcome = "timeout: total" if is_end else "timeout: idle"
                raise HttpTimeoutError("total" if is_end else "idle") from error
            except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
                self._entry.outcome = "cut"
                raise ConnectionFailedError from error
            if chunk is None:
                return
            self._entry.bytes_in += len(chunk)
            yield chunk

    def _judge_size(self, total: int) -> None:
        received = self._entry.bytes_in
        is_bomb = total > _RATIO_FROM and total > received * self._limits.max_ratio
        if total > self._limits.max_bytes or is_bomb:
            self._entry.outcome = "too large: decoded" if is_bomb else "too large"
            raise TooLargeError

    def _judge_end(self, decoder: Decoder) -> None:
        try:
            decoder.finish()
        except BadAnswerError:
            self._entry.outcome = "bad answer: encoding"
            raise
