"""A client's connection: bounded in its heads, and in how long it may not read.

uvicorn has a deadline for connections that are idle between requests, but none for a head that
drips in, for what arrives after an answer, and for a client that takes nothing of what is written
to it: its socket would stay for ever. Nor has it a bound for heads and trailers, of which
httptools keeps what has come. They are ended here, below everything that a request costs.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

import httptools
from uvicorn._types import ASGI3Application, HTTPScope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from vectal.gateway.direct import PATHS, DirectDoor
from vectal.gateway.direct_cycle import DirectCycle, DirectLine, note_long
from vectal.gateway.known_head import KnownHead
from vectal.gateway.old_http import without_pieces
from vectal.platform.telemetry import counter
from vectal.platform.turn_writes import writes_of

_SAID: Final = {
    408: ("Request Timeout", "The head of the request did not arrive in time."),
    431: ("Request Header Fields Too Large", "The head of the request is too large."),
    503: ("Service Unavailable", "There are too many connections. Try again in a moment."),
}
LET_GO_AT_ONCE: Final = 4
WRITE_BUFFER_BYTES: Final = 16 << 10
MAX_HEAD_BYTES: Final = 64 << 10
"""Of what comes of a head, or of trailers, behind the piece in which they begin.

asyncio reads 256 KiB at once, at most.
"""
_LET_GO_PAUSE_S: Final = 0.01
"""Between one few and the next: 400 a second, for which a quarter of a core is enough."""
_EARLY_S: Final = 0.05
"""Timers go by a clock that the loop reads once a turn."""
_DROP: Final = struct.pack("ii", 1, 0)
"""Of SO_LINGER: close at once, and forget what was not sent."""
_ended = counter("gateway_connections_ended_total", "Connections that the server ended", ("why",))


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Seconds, and the number of connections that one process holds."""

    header_s: float
    write_s: float
    connections: int


class Partings:
    """Those that are let go, a few at a time: what each of them held is closed and settled.

    Clients that stop reading together would else stop everybody at the moment they are let go.
    """

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, end: Callable[[], None]) -> None:
        """Call `end` when it is its turn: at once, unless others were let go just before."""
        self._waiting.append(end)
        if self._timer is None:
            self._end_some()

    def _end_some(self) -> None:
        self._timer = None
        if not self._waiting:
            return
        self._timer = asyncio.get_running_loop().call_later(_LET_GO_PAUSE_S, self._end_some)
        for _ in range(min(LET_GO_AT_ONCE, len(self._waiting))):
            self._waiting.popleft()()


class Connection(HttpToolsProtocol):
    """One connection. Timers run only while it is waited for: most requests come in one piece."""

    limits: ConnectionLimits
    partings: Partings
    door: DirectDoor | None = None
    """Who answers the calls that need no application; None: nobody."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.writes = writes_of(self.loop)
        self._head_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._direct: DirectCycle | None = None
        self.known: KnownHead | None = None
        """The head that came last and was answered directly."""
        self._idle_since = 0.0
        self._head_bytes: int | None = None
        """What has come since the last that was whole: a head or a piece of a body.

        None between requests.
        """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # Whoever answers waits soon after the system takes no more: it holds enough for a client
        # that reads. Not at once: the loop writes at the end of its turn, so each piece would wait.
        transport.set_write_buffer_limits(WRITE_BUFFER_BYTES)
        if len(self.connections) > self.limits.connections:
            self._refuse(503, "too_many")
            return
        self._head_timer = self.loop.call_later(self.limits.header_s, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        self._stop_write_timer()
        super().connection_lost(exc)
        if self._direct is not None:
            self._direct.leave()

    def eof_received(self) -> None:
        self.writes.flush()  # the loop closes behind this
        super().eof_received()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return  # refused, and what it says after that is of no interest
        # An idle connection has said all of its last request and nothing of the next.
        is_idle = self.timeout_keep_alive_task is not None and self._head_timer is None
        if is_idle and self.known is not None and self._answer_known(self.known, data):
            return
        is_first = cast("HTTPScope | None", self.scope) is None
        self.writes.flush()  # uvicorn may answer at once, and past them
        if self._head_bytes is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes is not None and self._head_bytes > MAX_HEAD_BYTES:
            self._refuse_head()
            return
        direct = self._direct
        if direct is not None and not direct.is_decided:
            direct.decide()
            if (is_idle or is_first) and direct.asker is not None:
                self.known = KnownHead.learn(data, direct.asker, direct.scope)
        if self._lacks_head():
            if self._head_timer is None:
                self._head_timer = self.loop.call_later(self.limits.header_s, self._head_is_late)
        elif self._head_timer is not None:
            self._stop_head_timer()

    def _answer_known(self, known: KnownHead, data: bytes) -> bool:
        """Answer a request that needs no parsing; False when it does."""
        body = known.body_of(data)
        cycle, last = self._newest_cycle, self._direct
        if body is None or self.door is None or last is not None:
            return False
        if cycle is not None and not cycle.response_complete:
            return False
        direct = self._direct = DirectCycle(cast("DirectLine", self), self.door, known.scope)
        self.cycle = cast("RequestResponseCycle", direct)
        if direct.begin_known(known, body):
            return True
        self._direct, self.cycle = None, cast("RequestResponseCycle", cycle)
        return False

    def on_message_begin(self) -> None:
        self._head_bytes = 0
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        self._head_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._head_bytes = None
        super().on_message_complete()

    def on_headers_complete(self) -> None:
        self._head_bytes = 0
        if self.door is None or self.url not in PATHS:
            super().on_headers_complete()
            return
        if not self._may_go_direct():
            note_long("connection")
            super().on_headers_complete()
            return
        scope = cast("dict[str, Any]", self.scope)
        scope["method"], scope["path"] = "POST", PATHS[self.url]
        scope["raw_path"], scope["query_string"] = self.url, b""
        self._direct = DirectCycle(cast("DirectLine", self), self.door, scope)
        self.cycle = cast("RequestResponseCycle", self._direct)

    def _may_go_direct(self) -> bool:
        parser = cast("httptools.HttpRequestParser", self.parser)
        cycle = self._newest_cycle
        return (
            (cycle is None or cycle.response_complete)
            and not self.root_path
            and not self.expect_100_continue
            and parser.get_method() == b"POST"
            and parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            and not parser.should_upgrade()
        )

    def go_long(
        self, scope: dict[str, Any], body: bytearray, *, is_whole: bool, keep_alive: bool
    ) -> None:
        """Let the application answer what was begun without it."""
        self._direct = None
        cycle = RequestResponseCycle(
            scope=cast("HTTPScope", scope),
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=keep_alive,
            on_response=self.on_response_complete,
        )
        cycle.body, cycle.more_body = body, not is_whole
        cycle.disconnected = self.transport.is_closing()
        if body or is_whole or cycle.disconnected:
            cycle.message_event.set()
        if self.cycle.scope is scope:  # else another request has come behind it
            self.cycle = cycle
        self._start_asgi_task(cycle, cast("ASGI3Application", self.app))

    def end_direct(self, *, keeps: bool) -> None:
        """The answer is written."""
        self._direct = None
        if not keeps:
            self.writes.flush()
            self.transport.close()
        self.on_response_complete()

    def shutdown(self) -> None:
        self.writes.flush()
        super().shutdown()

    def stop_direct(self) -> None:
        """The server stops: what nobody else would end is ended here."""
        if self._direct is not None:
            self._direct.stop()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if cycle.scope["http_version"] == "1.0":
            app = without_pieces(app, cycle)
        super()._start_asgi_task(cycle, app)

    def _lacks_head(self) -> bool:
        """Whether the client still owes (the rest of) a head, while no answer is under way."""
        scope = cast("dict[str, Any] | None", self.scope)
        if scope is None or "method" not in scope:
            return True
        cycle = self._newest_cycle
        # After an answer only a new head counts: not empty lines, nor the rest of a body that
        # nobody reads, which would keep the connection for ever.
        return (
            self.timeout_keep_alive_task is None
            and not self.pipeline
            and cycle is not None
            and cycle.response_complete
            and self.transport.get_protocol() is self  # else it has become a WebSocket
        )

    @property
    def _newest_cycle(self) -> RequestResponseCycle | None:
        """The request that came last; None before the first, whatever uvicorn's type says."""
        return cast("RequestResponseCycle | None", self.cycle)

    def _head_is_late(self) -> None:
        self._head_timer = None
        cycle = self._newest_cycle
        if cycle is not None and not cycle.response_complete:
            # It is owed an answer to what it sent before; its next head may wait as long.
            self._head_timer = self.loop.call_later(self.limits.header_s, self._head_is_late)
            return
        if self.transport.is_closing():
            self.transport.abort()  # it was refused, and does not take the refusal
        else:
            self._refuse(408, "head_late")

    def _refuse_head(self) -> None:
        cycle = self._newest_cycle
        if self.transport.is_closing():
            return
        if cycle is None or cycle.response_complete:
            self._refuse(431, "head_too_large")
        else:
            # Nothing can be said in the middle of the answer to what it sent before.
            _ended.labels("head_too_large").inc()
            self._close()

    def _refuse(self, status: int, why: str) -> None:
        _ended.labels(why).inc()
        phrase, text = _SAID[status]
        self.writes.flush()
        head = (
            f"HTTP/1.1 {status} {phrase}",
            "content-type: text/plain; charset=utf-8",
            f"content-length: {len(text)}",
            "cache-control: no-store",
            *(("retry-after: 1",) if status == 503 else ()),  # noqa: PLR2004 - see _SAID
            "connection: close",
        )
        self.transport.write("\r\n".join((*head, "", text)).encode("ascii"))
        self._close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start_write_timer()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._stop_write_timer()
            if self._direct is not None:
                self._direct.resume()

    def on_response_complete(self) -> None:
        self._idle_since = self.loop.time()
        is_closing = self.transport.is_closing()
        if self.timeout_keep_alive_task is not None and not self.pipeline and not is_closing:
            self.server_state.total_requests += 1  # a known request, and nothing came behind it
            return
        super().on_response_complete()
        if is_closing:
            self._start_write_timer()

    def timeout_keep_alive_handler(self) -> None:
        if self.transport.is_closing():
            return
        # Known requests leave the timer alone, so it looks how long it really was.
        cycle = self._newest_cycle
        is_busy = cycle is not None and not cycle.response_complete
        idle_s = 0.0 if is_busy else self.loop.time() - self._idle_since
        if idle_s + _EARLY_S < self.timeout_keep_alive:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive - idle_s, self.timeout_keep_alive_handler
            )
        else:
            self._close()

    def _close(self) -> None:
        """Close, which a transport only does once the client has taken what was written."""
        self.writes.flush()
        self.transport.close()
        self._start_write_timer()

    def _start_write_timer(self) -> None:
        if self._write_timer is None and self.transport.get_write_buffer_size():
            self._write_timer = self.loop.call_later(self.limits.write_s, self._write_is_late)

    def _write_is_late(self) -> None:
        self.partings.add(partial(self._let_go, self._write_timer))

    def _let_go(self, late: asyncio.TimerHandle | None) -> None:
        if self._write_timer is not late:
            return  # it has read on in the meantime, or has gone by itself
        self._write_timer = None
        if self.transport.get_protocol() is not self:
            return  # WebSockets have a rule of their own
        _ended.labels("does_not_read").inc()
        # Else the system goes on holding what the client does not take, some megabytes at worst.
        connection = cast("socket.socket", self.transport.get_extra_info("socket"))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DROP)
        self.transport.abort()  # whoever still answers finds the client gone

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None


def connection_class(limits: ConnectionLimits, door: DirectDoor | None = None) -> type[Connection]:
    """What uvicorn makes for each client."""
    members = {"limits": limits, "partings": Partings(), "door": door}
    return type("LimitedConnection", (Connection,), members)
