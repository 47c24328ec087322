"""The door of a model call that needs no application: see `ai.service.gateway.direct`.

It asks the one resolver and the one policy, and answers as the application would. Whatever is out
of the ordinary is left to that.
"""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Final, Protocol

from vectal.ai.proxy.wires.port import ClientWire, WireProblem
from vectal.ai.service.gateway.call import Answer, IncomingCall
from vectal.ai.service.gateway.direct import DirectCall, DirectCalls
from vectal.auth.credentials import Credential
from vectal.auth.policy import can
from vectal.auth.principal import Principal
from vectal.gateway.edge import STARTED, Edge, account, name_of
from vectal.gateway.v1.answers import STREAM_HEADERS, WHOLE_HEADERS
from vectal.gateway.v1.calls import BEGUN, BegunAnswer
from vectal.gateway.v1.routes import DOORS, Door
from vectal.platform.telemetry import bind_log_context, is_logged

Headers = Sequence[tuple[bytes, bytes]]

PATHS: Final = {
    path.encode(): path for path in ("/v1/chat/completions", "/v1/messages") if path in DOORS
}
"""A request's first line has one of these, as it is."""
_BEARER: Final = b"bearer "
_VENDORS: Final = {b"anthropic-beta": "anthropic-beta", b"openai-beta": "openai-beta"}
_LONG: Final = frozenset(
    {
        b"cache-control", b"expect", b"upgrade", b"vectal-hedge-after-ms", b"vectal-project",
        b"vectal-run", b"vectal-workspace",
    }
)  # fmt: skip
"""What says something that only the long way reads."""
_SECRETS: Final = frozenset({b"authorization", b"x-api-key"})
_LAST_CHUNK: Final = b"0\r\n\r\n"
_STOPPING: Final = WireProblem(503, "server_stopping", "The server stops. Send it again.")
_REFUSED: Final = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\n"
_UNSENDABLE: Final = re.compile(r"[\x00-\x1f\x7f]")
_FEW: Final = 4_096


class Resolver(Protocol):
    """The part of `AuthService` that is asked here."""

    def find_now(self, credential: Credential) -> Principal | None: ...


class Line(Protocol):
    """The client's connection."""

    @property
    def is_paused(self) -> bool: ...

    def write(self, data: bytes) -> None: ...

    def date(self) -> bytes:
        """The lines that every head begins with."""
        ...

    def end(self) -> None:
        """The answer is whole."""
        ...

    def drop(self) -> None:
        """The answer can't be ended: hang up."""
        ...

    def go_long(self, **told: object) -> None:
        """Let the application answer, which is told this by its scope."""
        ...


class DirectDoor:
    """One a process."""

    def __init__(self, edge: Edge, resolver: Resolver, calls: DirectCalls) -> None:
        self.edge = edge
        self._resolver = resolver
        self._calls = calls
        names = {name for name, _ in (*WHOLE_HEADERS, *STREAM_HEADERS)}
        always = edge.headers.block(names)
        self.whole = _lines(WHOLE_HEADERS) + always
        self.stream = b"%b%btransfer-encoding: chunked\r\n" % (_lines(STREAM_HEADERS), always)

    def try_answer(
        self, path: str, peer: str, headers: Headers, body: bytes, line: Line
    ) -> DirectAnswer | None:
        """Begin to answer; None for what goes the long way, and then nothing was done."""
        if self.edge.drain.is_draining:
            return None
        door, told = DOORS[path], _read(headers)
        if told is None:
            return None
        secret, vendor_headers = told
        principal = self._resolver.find_now(Credential(secret))
        if principal is None or not can(principal, door.action):
            return None
        call = IncomingCall(
            principal,
            door.wire,
            body,
            name_of(headers),
            self.edge.proxies.find_client(peer, headers),
            vendor_headers=vendor_headers,
        )
        answer = DirectAnswer(self, call, path, door, line)
        answer.direct = self._calls.try_begin(call, answer)
        if answer.direct is None:
            return None
        self.edge.drain.enter()
        return answer


class DirectAnswer:
    """The answer to one call, from its vendor to its client."""

    __slots__ = (
        "_call",
        "_door",
        "_is_begun",
        "_is_gone",
        "_line",
        "_owner",
        "_path",
        "_started",
        "direct",
    )

    def __init__(
        self, owner: DirectDoor, call: IncomingCall, path: str, door: Door, line: Line
    ) -> None:
        self._owner = owner
        self._call = call
        self._path = path
        self._door = door
        self._line = line
        self._started = time.perf_counter()
        self._is_begun = self._is_gone = False
        self.direct: DirectCall | None = None

    # What the connection tells.

    def resume(self) -> None:
        """The client takes more."""
        if self.direct is not None:
            self.direct.resume()

    def leave(self) -> None:
        """The client has gone."""
        self._is_gone = True
        if self.direct is not None and self.direct.is_stream:
            self.abort()

    def abort(self) -> None:
        """Nobody listens any more."""
        direct, self.direct = self.direct, None
        if direct is not None:
            direct.abort()
            self._leave_edge(200 if self._is_begun else 0)

    def stop(self) -> None:
        """The server stops: say so, rather than hang up in the middle of a word."""
        direct, self.direct = self.direct, None
        if direct is None:
            return
        last = direct.stop(_STOPPING)
        if not self._is_gone:
            self._line.write(self._refusal() if last is None else _chunk(last) + _LAST_CHUNK)
        self._leave_edge(_STOPPING.status if last is None else 200)
        self._line.drop()

    # What the call tells.

    @property
    def is_paused(self) -> bool:
        return self._line.is_paused

    def answer(self, headers: Mapping[str, str], body: bytes) -> None:
        if self._is_gone:
            self._end()
            return
        end = b"content-length: %d\r\n\r\n" % len(body)
        self._line.write(b"".join((self._head(headers, self._owner.whole), end, body)))
        self._end()

    def begin(self, headers: Mapping[str, str]) -> None:
        self._is_begun = True
        self._line.write(self._head(headers, self._owner.stream) + b"\r\n")

    def write(self, piece: bytes) -> None:
        self._line.write(_chunk(piece))

    def end(self) -> None:
        self._line.write(_LAST_CHUNK)
        self._end()

    def go_long(self, answer: Coroutine[Any, Any, Answer]) -> None:
        self.direct = None
        self._owner.edge.drain.leave()
        begun = BegunAnswer(self._call, answer)
        state = {"request_id": self._call.request_id}
        self._line.go_long(**{BEGUN: begun, STARTED: self._started, "state": state})

    def fail(self) -> None:
        if self.direct is None:
            return
        self.direct = None
        self._leave_edge(200 if self._is_begun else 500)
        self._line.drop()

    def _end(self) -> None:
        self.direct = None
        self._leave_edge(200)
        self._line.end()

    def _leave_edge(self, status: int) -> None:
        self._owner.edge.drain.leave()
        operation, seconds = self._door.endpoint.__name__, time.perf_counter() - self._started
        if not is_logged("info"):
            account("POST", operation, self._path, status, seconds)
            return
        with bind_log_context(request_id=self._call.request_id):
            account("POST", operation, self._path, status, seconds)

    def _head(self, headers: Mapping[str, str], kind: bytes) -> bytes:
        lines = b"".join([_line(name, value) for name, value in headers.items()])
        return b"".join((b"HTTP/1.1 200 OK\r\n", self._line.date(), lines, kind, self._named()))

    def _named(self) -> bytes:
        request_id = self._call.request_id
        named = f"request-id: {request_id}\r\n" if self._call.wire.name == "messages" else ""
        return f"{named}x-request-id: {request_id}\r\n".encode("ascii")

    def _refusal(self) -> bytes:
        body = self._call.wire.problem(_STOPPING, self._call.request_id)
        length = b"content-length: %d\r\n\r\n" % len(body)
        kind = self._owner.whole
        return b"".join((_REFUSED, self._line.date(), kind, self._named(), length, body))


def _read(headers: Headers) -> tuple[str, dict[str, str]] | None:
    """The credential, and what the vendor is told; None for anything out of the ordinary."""
    secret: bytes | None = None
    vendors: dict[str, str] = {}
    for name, value in headers:
        if name in _SECRETS:
            if secret is not None:
                return None
            secret = _secret(name, value)
            if secret is None:
                return None
        elif name in _LONG or (name == b"connection" and value.lower() != b"keep-alive"):
            return None
        elif name in _VENDORS:
            vendors.setdefault(_VENDORS[name], value.decode("latin-1"))
    return None if secret is None else (secret.decode("latin-1"), vendors)


def _secret(name: bytes, value: bytes) -> bytes | None:
    if name == b"x-api-key":
        return value or None
    return value[len(_BEARER) :].strip() if value[: len(_BEARER)].lower() == _BEARER else None


@functools.lru_cache(maxsize=_FEW)
def _line(name: str, value: str) -> bytes:
    if _UNSENDABLE.search(name) or _UNSENDABLE.search(value):
        raise ValueError("a header holds what HTTP can't carry")
    return f"{name}: {value}\r\n".encode("latin-1")


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def _lines(headers: Headers) -> bytes:
    return b"".join(b"%b: %b\r\n" % pair for pair in headers)


__all__ = ["PATHS", "ClientWire", "DirectAnswer", "DirectDoor"]
