"""Writing an answer: a stream ends when its reader stops reading."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import aclosing, contextmanager
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

_HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}


class PieceStream(StreamingResponse):
    """Pieces of a model's answer, closed in every case.

    A client may refuse for `write_s` to take what is written; it may be a quarter more.
    """

    def __init__(
        self, pieces: AsyncGenerator[bytes], headers: Mapping[str, str], write_s: float
    ) -> None:
        self._pieces = pieces
        self._write_s = write_s
        super().__init__(pieces, headers={**_HEADERS, **headers}, media_type="text/event-stream")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watch = _WriteWatch(self._write_s)

        async def in_time(message: Message) -> None:
            watch.waits_since = watch.now()
            await send(message)
            watch.waits_since = None

        async with aclosing(self._pieces), asyncio.timeout(None) as deadline:
            with watch.guarding(deadline):
                await super().__call__(scope, receive, in_time)


class _WriteWatch:
    """Looks now and then whether a write waits for too long: a timer for each costs too much."""

    def __init__(self, patience_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._patience_s = patience_s
        self.waits_since: float | None = None

    def now(self) -> float:
        return self._loop.time()

    @contextmanager
    def guarding(self, deadline: asyncio.Timeout) -> Generator[None]:
        """The block ends with TimeoutError when a write takes too long."""
        timer: asyncio.TimerHandle

        def look() -> None:
            nonlocal timer
            now = self._loop.time()
            if self.waits_since is not None and now - self.waits_since >= self._patience_s:
                deadline.reschedule(now)
            else:
                timer = self._loop.call_later(self._patience_s / 4, look)

        timer = self._loop.call_later(self._patience_s / 4, look)
        try:
            yield
        finally:
            timer.cancel()
