"""An answer that is being read: each piece in time, within its size, and decoded."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from vectal.platform.http.connection import BrokenExchangeError, Connection
from vectal.platform.http.decoding import Decoder, Identity, find_decoder
from vectal.platform.http.errors import (
    BadAnswerError,
    ConnectionFailedError,
    HttpTimeoutError,
    TooLargeError,
)
from vectal.platform.http.ledger import CLOSED_EARLY, Entry
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


class OpenResponse:
    """Status and headers are here, the body comes; `close` it when it is done with."""

    def __init__(
        self,
        raw: Connection,
        url: str,
        limits: HttpLimits,
        patience: Patience,
        entry: Entry,
        end: Callable[[], None],
    ) -> None:
        self.status = raw.status
        self.headers: Mapping[str, str] = raw.headers
        """Names in lower case; repeated ones are joined by commas."""
        self.url = url
        self._raw = raw
        self._limits = limits
        self._patience = patience
        self._entry = entry
        self._end: Callable[[], None] | None = end
        self._decoder: Decoder | None = None
        self._decoded: Iterator[bytes] = iter(())
        self._total = 0
        self._is_whole = False

    def close(self) -> None:
        """Give the connection back, and write the ledger's row. Once; the rest is not read."""
        if self._end is not None:
            end, self._end = self._end, None
            end()

    def note_whole(self) -> None:
        """Its reader has all of it; only the formal end may be still to come.

        Once it is closed, that is read in passing, so that the connection can be used again.
        """
        if self._entry.outcome == CLOSED_EARLY:
            self._entry.outcome = "ok"

    async def receive(self, until: float | None = None) -> bytes:
        """The next decoded piece; empty at the end. Raises an `HttpCallError` when it goes wrong.

        At `until`, on the loop's clock, it raises TimeoutError, and may be asked again.
        """
        while (piece := self.try_receive()) is None:
            await self._wait(until)
        return piece

    def try_receive(self) -> bytes | None:
        """As `receive`, without waiting: None while nothing has come."""
        while True:
            # One at a time: a small chunk may hold a great many.
            for piece in self._decoded:
                self._total += len(piece)
                self._judge_size()
                return piece
            if self._is_whole:
                return b""
            try:
                chunk = self._raw.try_read()
            except BrokenExchangeError as error:
                self._entry.outcome = "cut"
                raise ConnectionFailedError from error
            if chunk is None:
                return None
            if chunk:
                self._entry.bytes_in += len(chunk)
                if self._decoding().__class__ is Identity:
                    self._total += len(chunk)
                    self._judge_size()
                    return chunk
                self._decoded = iter(self._decoding().feed(chunk))
            else:
                self._judge_end()

    async def chunks(self) -> AsyncGenerator[bytes]:
        """The decoded body as it arrives; raises as `receive` does."""
        while piece := await self.receive():
            yield piece

    async def read(self) -> bytes:
        """The whole decoded body."""
        return b"".join([piece async for piece in self.chunks()])

    async def to_whole(self) -> HttpResponse:
        return HttpResponse(self.status, self.headers, await self.read(), self.url)

    def _decoding(self) -> Decoder:
        if self._decoder is None:
            try:
                self._decoder = find_decoder(self.headers.get("content-encoding", ""))
            except BadAnswerError:
                self._entry.outcome = "bad answer: encoding"
                raise
        return self._decoder

    def note_late(self) -> None:
        """Whoever watches the connection himself waits no longer."""
        self._entry.outcome = "timeout: caller"

    async def _wait(self, asked_until: float | None) -> None:
        until, is_end = self._patience.until(self._limits.idle_s)
        is_asked = asked_until is not None and asked_until < until
        try:
            await self._raw.wait(asked_until if asked_until and is_asked else until)
        except TimeoutError as error:
            if is_asked:
                self._entry.outcome = "timeout: caller"
                raise
            self._entry.outcome = "timeout: total" if is_end else "timeout: idle"
            raise HttpTimeoutError("total" if is_end else "idle") from error

    def _judge_size(self) -> None:
        total, received = self._total, self._entry.bytes_in
        is_bomb = total > _RATIO_FROM and total > received * self._limits.max_ratio
        if total > self._limits.max_bytes or is_bomb:
            self._entry.outcome = "too large: decoded" if is_bomb else "too large"
            raise TooLargeError

    def _judge_end(self) -> None:
        try:
            self._decoding().finish()
        except BadAnswerError:
            self._entry.outcome = "bad answer: encoding"
            raise
        self._is_whole = True
        self._entry.outcome = "ok"
