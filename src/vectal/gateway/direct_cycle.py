"""A request that may be answered without the application, in the place that uvicorn has for it."""

from __future__ import annotations

import asyncio
from typing import Any, Final, Protocol

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.server import ServerState

from vectal.gateway.direct import Asker, DirectAnswer, DirectDoor
from vectal.gateway.faults import log_unexpected
from vectal.gateway.known_head import KnownHead
from vectal.platform.telemetry import counter
from vectal.platform.turn_writes import Transport as Writable
from vectal.platform.turn_writes import TurnWrites

_long = counter(
    "gateway_long_calls_total", "Calls at a door with a short way that went the long one", ("why",)
)
_BODY_S: Final = 0.1
"""How long a body may come behind its head: clients write the two one after the other."""
_BODY_BYTES: Final = 512 << 10
"""A longer one, or a later one, is waited for by the application, which has a deadline for it."""


def note_long(why: str) -> None:
    """A call goes the long way."""
    _long.labels(why).inc()


class Transport(Writable, Protocol):
    """Of the client's connection."""

    def close(self) -> None: ...


class DirectLine(Protocol):
    """Where the request came from."""

    transport: Transport
    writes: TurnWrites
    flow: FlowControl
    server_state: ServerState

    @property
    def known(self) -> KnownHead | None: ...

    def go_long(
        self, scope: dict[str, Any], body: bytearray, *, is_whole: bool, keep_alive: bool
    ) -> None: ...

    def end_direct(self, *, keeps: bool) -> None: ...


class DirectCycle:
    """One request. Until it is decided, it only collects what has come of its body.

    The members without an underscore are those that uvicorn's protocol looks at.
    """

    __slots__ = ("_answer", "_connection", "_door", "_patience", "asker", "body", "disconnected",
                 "is_decided", "keep_alive", "more_body", "response_complete",
                 "scope")  # fmt: skip

    def __init__(self, connection: DirectLine, door: DirectDoor, scope: dict[str, Any]) -> None:
        self._connection = connection
        self._door = door
        self._answer: DirectAnswer | None = None
        self._patience: asyncio.TimerHandle | None = None
        self.asker: Asker | None = None
        """Who asks, once that is known."""
        self.scope: dict[str, Any] = scope
        self.body: bytes | bytearray = bytearray()
        self.more_body = self.keep_alive = True
        self.response_complete = self.disconnected = self.is_decided = False

    @property
    def message_event(self) -> DirectCycle:
        return self

    def set(self) -> None:
        """Nobody waits for more of the body."""

    def decide(self) -> None:
        """What came was read: answer, wait for the rest, or let the application answer."""
        if self.more_body and self._may_wait():
            return
        self._decide()

    def _may_wait(self) -> bool:
        if len(self.body) > _BODY_BYTES or self._connection.transport.is_closing():
            return False
        if self._patience is None:
            self._patience = asyncio.get_running_loop().call_later(_BODY_S, self._decide)
        # uvicorn pauses whoever sends a lot before somebody asks for it.
        self._connection.flow.resume_reading()
        return True

    def _decide(self) -> None:
        self._stop_waiting()
        self.is_decided = True
        if self.more_body or self._connection.transport.is_closing():
            self._leave_to_application("body")
            return
        client: tuple[str, int] | None = self.scope["client"]
        peer, headers = client[0] if client else "", self.scope["headers"]
        self.asker = self._door.recognise(self.scope["path"], peer, headers)
        if self.asker is None:
            self._leave_to_application("head")
        elif (why := self._begin(self.asker, bytes(self.body))) is not None:
            self._leave_to_application(why)

    def begin_known(self, known: KnownHead, body: bytes) -> bool:
        """Answer a request with a head that came before; False when it has to be read as others."""
        self.asker, self.more_body, self.is_decided = known.asker, False, True
        if self._begin(known.asker, body) is not None:
            return False
        if not self.response_complete:
            self.body = body
        return True

    def _begin(self, asker: Asker, body: bytes) -> str | None:
        """None once it is being answered, else why it is not."""
        try:
            answer = self._door.try_answer(asker, body, self)
        except Exception as error:  # noqa: BLE001 - logged, and the application answers
            log_unexpected(error, "", "POST", asker.path)
            return "error"
        if isinstance(answer, str):
            return answer
        self._answer = answer
        return None

    def resume(self) -> None:
        """The client takes more."""
        if self._answer is not None:
            self._answer.resume()

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def leave(self) -> None:
        """The client has gone."""
        self._stop_waiting()
        self.is_decided = True
        if self._answer is not None:
            self._answer.leave()

    def stop(self) -> None:
        """The server stops."""
        if self._answer is not None:
            self._answer.stop()

    # What the answer asks for.

    @property
    def is_paused(self) -> bool:
        return self._connection.flow.write_paused

    def write(self, data: bytes) -> None:
        connection = self._connection
        connection.writes.write(connection.transport, data)

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        return self._connection.server_state.default_headers

    def end(self) -> None:
        self._answer = None
        self.response_complete = True
        self._connection.end_direct(keeps=self.keep_alive)

    def drop(self) -> None:
        self._answer = None
        self.response_complete = True
        self._connection.writes.flush()
        self._connection.transport.close()

    def go_long(self, **told: object) -> None:
        self._answer = None
        known = self._connection.known
        if known is not None and self.scope is known.scope:
            self.scope = known.scope_for(len(self.body))
        self.scope = {**self.scope, **told}
        self._leave_to_application("answer")

    def _leave_to_application(self, why: str) -> None:
        note_long(why)
        # Its own cycle takes the place.
        body = bytearray(self.body)
        self._connection.go_long(
            self.scope, body, is_whole=not self.more_body, keep_alive=self.keep_alive
        )
