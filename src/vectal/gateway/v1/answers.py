"""Writing an answer: a stream ends when its reader stops reading."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vectal.ai.providers.pieces import Pieces
from vectal.ai.proxy.wires.port import WireProblem
from vectal.gateway.drain import STOPPING
from vectal.gateway.faults import ClientStalledError
from vectal.gateway.v1.leaving import StopWatch
from vectal.platform.background import end_tasks

STREAM_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"content-type", b"text/event-stream; charset=utf-8"),
)
WHOLE_HEADERS: Final = ((b"cache-control", b"no-store"), (b"content-type", b"application/json"))


class WholeAnswer(Response):
    """An answer in one piece."""

    def __init__(self, body: bytes, headers: Mapping[str, str]) -> None:
        # What the constructor above comes to, which finds out anew each time what is known here.
        self.status_code, self.background, self.body = 200, None, body
        length = (b"content-length", b"%d" % len(body))
        self.raw_headers = [*_pairs(headers), *WHOLE_HEADERS, length]


class PieceStream(Response):
    """Pieces of a model's answer, closed in every case.

    A client may refuse for `write_s` to take what is written; it may be a quarter more. Then it
    ends with ClientStalledError.
    """

    def __init__(
        self,
        pieces: Pieces[bytes],
        headers: Mapping[str, str],
        write_s: float,
        broken: Callable[[WireProblem], bytes] | None = None,
    ) -> None:
        self.status_code, self.background = 200, None
        self.raw_headers = [*_pairs(headers), *STREAM_HEADERS]
        self._pieces = pieces
        self._write_s = write_s
        self._broken = broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watch, stops = _WriteWatch(self._write_s), StopWatch(scope)
        leaving = asyncio.create_task(watch.wait_for_leaving(receive))
        try:
            async with asyncio.timeout(None) as deadline:
                with watch.guarding(deadline), stops.guarding(deadline):
                    await self._write(send, watch)
        except TimeoutError as error:
            if stops.is_stopping:
                await self._end(send)
            elif not watch.has_left:
                raise ClientStalledError from error
        finally:
            await self._pieces.close()
            await end_tasks([leaving])

    async def _end(self, send: Send) -> None:
        """In the middle: the client is told that nobody goes on."""
        await self._pieces.close()
        last = b"" if self._broken is None else self._broken(STOPPING)
        await send({"type": "http.response.body", "body": last, "more_body": False})

    async def _write(self, send: Send, watch: _WriteWatch) -> None:
        headers = self.raw_headers
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        while (piece := await self._pieces.receive()) is not None:
            watch.waits_since = watch.now()
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            watch.waits_since = None
            if watch.has_left:
                # A write to who is gone is no error and does not wait: what is there already would
                # all be read for nobody, without a turn of the loop for anybody else.
                return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _pairs(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


class _WriteWatch:
    """Looks now and then whether a write waits for too long: a timer for each costs too much."""

    def __init__(self, patience_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._patience_s = patience_s
        self._deadline: asyncio.Timeout | None = None
        self.now = self._loop.time
        self.waits_since: float | None = None
        self.has_left = False

    async def wait_for_leaving(self, receive: Receive) -> None:
        """End the guarded block when the client hangs up."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self.has_left = True
        if self._deadline is not None:
            self._deadline.reschedule(self._loop.time())

    @contextmanager
    def guarding(self, deadline: asyncio.Timeout) -> Generator[None]:
        """The block ends with TimeoutError when a write takes too long."""
        timer: asyncio.TimerHandle
        self._deadline = deadline

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
            self._deadline = None
            timer.cancel()
