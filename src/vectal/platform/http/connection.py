"""One HTTP/1.1 connection: the parser's callbacks on one side, a caller's awaits on the other.

A connection has one exchange at a time. Waiting costs no timer of its own: one timer a connection
moves with what is waited for.
"""

import asyncio
import math
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, cast

import httptools

from vectal.platform.turn_writes import writes_of

MAX_HEAD_BYTES: Final = 64 << 10
"""Of status line, headers and trailers."""
_BUFFERED_BYTES: Final = 8 << 10
"""The peer is held back when its reader has more before it."""
_TAKEN_BYTES: Final = 16 << 10
"""Of one read, about: what is made of it is several times as large, and waits with its reader."""
_ROOM_BYTES: Final = 16 << 10
"""What the loop hands over at once, so what may come before the peer is held back."""
_ENCODING: Final = b"content-encoding"
_ENCODING_CHARS: Final = len(_ENCODING)
_INFORMATIONAL: Final = range(100, 200)
_SWITCHING: Final = 101


class BrokenExchangeError(Exception):
    """The peer broke off, or does not speak HTTP/1.1."""


class _Room(threading.local):
    """Where bytes arrive before the parser copies them: one place for all connections of a loop.

    They are parsed before the loop reads anything else. Without it the loop hands over 250 kB at
    a time, which a reader that has stopped then holds.
    """

    def __init__(self) -> None:
        self.view = memoryview(bytearray(_ROOM_BYTES))


_room = _Room()


class Connection(asyncio.BufferedProtocol):
    """`begin` an exchange, `wait_head`, `read` to the end; then `is_reusable` tells.

    Or without waiting: `has_head` and `try_read` say what is here, and `listener` is called after
    each read that brought something, when the exchange breaks, and when what is watched for is
    late.
    """

    def __init__(self) -> None:
        self._room = _room.view
        self._loop = asyncio.get_running_loop()
        self._writes = writes_of(self._loop)
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._until = 0.0
        self._pieces: deque[bytes] = deque()
        self._buffered = 0
        self._is_paused = False
        self._failure: Exception | None = None
        self.listener: Callable[[], None] | None = None
        self._has_news = False
        self._idle_since = 0.0
        self._reset()
        self._is_over = True

    def _reset(self) -> None:
        self.status = 0
        self._fields: list[tuple[bytes, bytes]] = []
        self.is_encoded = False
        """Whether the body is to be decoded, as far as the answer says."""
        self._headers: dict[str, str] | None = None
        self._head_bytes = self._unread_bytes = 0
        self._has_head = False
        self._is_over = False
        self._is_bodiless = False
        self._keeps_alive = False

    @property
    def headers(self) -> dict[str, str]:
        """Of the answer; names in lower case, repeated ones joined by commas."""
        found = self._headers
        if found is None:
            found = self._headers = {}
            for name, value in self._fields:
                key, text = name.decode("latin-1").lower(), value.decode("latin-1").strip()
                known = found.get(key)
                found[key] = text if known is None else f"{known}, {text}"
        return found

    # What the pool and the client ask for.

    def begin(self, head: bytes, content: bytes, *, is_bodiless: bool = False) -> None:
        """Send a request; `is_bodiless` when its answer has no body whatever its headers say."""
        self._reset()
        self._is_bodiless = is_bodiless
        if self._transport is None or self._transport.is_closing():
            self._fail(BrokenExchangeError("The connection was closed."))
        else:
            self._writes.write(self._transport, (head, content) if content else head)

    async def wait_head(self, until: float) -> None:
        """Until status and headers are there; raises TimeoutError at `until` (loop's clock)."""
        while not self.has_head():
            await self.wait(until)

    def has_head(self) -> bool:
        """Whether status and headers are there; raises what ended the exchange before."""
        if not self._has_head and self._failure is not None:
            raise self._failure
        return self._has_head

    def watch(self, until: float) -> None:
        """Call the listener at `until` at the latest (loop's clock); a later call moves it.

        Infinity is no time to be called at.
        """
        self._until = until
        if until != math.inf and (self._timer is None or self._timer.when() > until):
            self._set_timer(until)

    def try_read(self) -> bytes | None:
        """What has come of the body; empty at its end, None while there is nothing yet."""
        pieces = self._pieces
        if not pieces:
            if self._is_over:
                return b""
            if self._failure is not None:
                raise self._failure
            return None
        if len(pieces) == 1:
            found = pieces.popleft()
        elif self._buffered <= _TAKEN_BYTES:
            found = b"".join(pieces)
            pieces.clear()
        else:
            found = self._take_some()
        self._buffered -= len(found)
        if self._is_paused and not pieces and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
        return found

    def take_whole(self) -> bytes | None:
        """A body that is here to its end, all of it; None while it is not."""
        if not self._is_over or self._failure is not None or self._is_paused:
            return None
        pieces = self._pieces
        found = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self._buffered = 0
        return found

    def _take_some(self) -> bytes:
        taken, size = list[bytes](), 0
        while self._pieces and size < _TAKEN_BYTES:
            taken.append(self._pieces.popleft())
            size += len(taken[-1])
        return b"".join(taken)

    @property
    def is_read(self) -> bool:
        """Whether the answer has come to its end, and nothing of it is left to be taken."""
        return self._is_over and not self._pieces and self._failure is None

    @property
    def may_end(self) -> bool:
        """Whether it would be reusable, were the answer only at its end."""
        return (
            self._has_head
            and not self.is_read
            and self._keeps_alive
            and self._failure is None
            and self._transport is not None
            and not self._transport.is_closing()
        )

    @property
    def is_reusable(self) -> bool:
        """Whether another request may be sent."""
        return (
            self.is_read
            and self._keeps_alive
            and self._transport is not None
            and not self._transport.is_closing()
        )

    def begin_idling(self) -> None:
        """Nobody uses it from now on, until it is begun with again."""
        self._idle_since = self._loop.time()

    @property
    def idle_s(self) -> float:
        return self._loop.time() - self._idle_since

    def close(self) -> None:
        """At once; what was not read is lost."""
        self.listener = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._failure is None:
            self._failure = BrokenExchangeError("The connection was closed.")
        if self._transport is not None:
            self._transport.abort()

    # What the loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        if self._is_over or self._failure is not None:
            # Nobody asked: whoever talks now can't be trusted with the next request.
            self._fail(BrokenExchangeError("The peer spoke out of turn."))
            self._break_off()
            self._tell()
            return
        try:
            self._parser.feed_data(self._room[:nbytes])
        except (httptools.HttpParserError, httptools.HttpParserUpgrade, BrokenExchangeError):
            self._fail(BrokenExchangeError("The peer does not speak HTTP/1.1."))
            self._break_off()
        else:
            if not self._has_head:
                self._unread_bytes += nbytes
                if self._unread_bytes > MAX_HEAD_BYTES:
                    self._fail(BrokenExchangeError("The answer's head has no end."))
                    self._break_off()
        if self._has_news:
            self._tell()

    def eof_received(self) -> bool:
        self._end_of_stream()
        self._tell()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._end_of_stream()
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._tell()

    def _break_off(self) -> None:
        """Close, and still say so."""
        listener = self.listener
        self.close()
        self.listener = listener

    def _tell(self) -> None:
        self._has_news = False
        if self.listener is not None:
            self.listener()

    def _end_of_stream(self) -> None:
        self._keeps_alive = False
        if self._is_over:
            return
        lengths = {"content-length", "transfer-encoding"}
        if self._has_head and lengths.isdisjoint(self.headers):
            self._is_over = True  # the body lasts until the connection ends
            self._wake()
        else:
            self._fail(BrokenExchangeError("The peer broke off."))

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self._is_over:
            # It came with the answer before it, and nobody asked: its head would begin the next.
            raise BrokenExchangeError

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > MAX_HEAD_BYTES:
            raise BrokenExchangeError
        if self._has_head:
            return  # a trailer; nobody here reads them
        self._fields.append((name, value))
        if len(name) == _ENCODING_CHARS and name.lower() == _ENCODING:
            self.is_encoded = True

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if self.status in _INFORMATIONAL:
            if self.status == _SWITCHING:
                raise BrokenExchangeError
            return
        self._keeps_alive = self._parser.should_keep_alive()
        self._has_head = True
        if self._is_bodiless:
            # The parser waits for a body all the same, so it can't read another answer.
            self._is_over = True
            self._keeps_alive = False
        self._wake()

    def on_body(self, body: bytes) -> None:
        if self._is_over:
            return
        self._pieces.append(body)
        self._buffered += len(body)
        if self._buffered > _BUFFERED_BYTES and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def on_message_complete(self) -> None:
        if self.status in _INFORMATIONAL:
            self.status, self._fields, self._headers, self.is_encoded = 0, [], None, False
            return
        self._is_over = True
        self._wake()

    # Waiting.

    async def wait(self, until: float) -> None:
        """Until something has come or went wrong; raises TimeoutError at `until` (loop's clock)."""
        if self._loop.time() >= until:
            raise TimeoutError
        self.watch(until)
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _set_timer(self, until: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(until, self._look_at_clock)

    def _look_at_clock(self) -> None:
        """What is waited for may have come since, and something later be waited for now."""
        self._timer = None
        is_waited_for = self._waiter is not None and not self._waiter.done()
        if not is_waited_for and self.listener is None:
            return
        if self._until == math.inf:
            return
        if self._loop.time() < self._until:
            self._timer = self._loop.call_at(self._until, self._look_at_clock)
        elif self._waiter is not None and is_waited_for:
            self._waiter.set_exception(TimeoutError())
        else:
            self._tell()

    def _wake(self) -> None:
        self._has_news = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, error: Exception) -> None:
        if self._failure is None:
            self._failure = error
        self._keeps_alive = False
        self._wake()
