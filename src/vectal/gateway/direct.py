"""The door of a model call that needs no application: see `ai.service.gateway.direct`.

It asks the one resolver and the one policy, and answers as the application would. Whatever is out
of the ordinary is left to that.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Coroutine, Sequence
from typing import Any, Final, Literal, Protocol, TypeAlias

from vectal.ai.service.gateway.call import Answer, IncomingCall
from vectal.ai.service.gateway.direct import Caller, DirectCall, DirectCalls, Obstacle
from vectal.auth.credentials import Credential
from vectal.auth.policy import can
from vectal.auth.principal import Principal
from vectal.gateway.drain import STOPPING
from vectal.gateway.edge import Edge, account, given_name
from vectal.gateway.scope import STARTED
from vectal.gateway.v1.answers import STREAM_HEADERS, WHOLE_HEADERS
from vectal.gateway.v1.calls import BEGUN, BegunAnswer
from vectal.gateway.v1.doors import DOORS
from vectal.platform.ids import new_hex
from vectal.platform.telemetry import bind_log_context, is_logged

Headers = Sequence[tuple[bytes, bytes]]
Why: TypeAlias = Obstacle | Literal["stopping", "caller"]
"""Why a call goes the long way."""

PATHS: Final = {
    path.encode(): path
    for path in ("/v1/chat/completions", "/v1/messages", "/v1/responses")
    if path in DOORS
}
"""A request's first line has one of these, as it is."""
_BEARER: Final = b"bearer "
_VENDORS: Final = {
    name.encode(): name for name in ("anthropic-beta", "anthropic-version", "openai-beta")
}
_LONG: Final = frozenset(
    {
        b"cache-control", b"content-encoding", b"expect", b"origin", b"upgrade",
        b"vectal-hedge-after-ms", b"vectal-project", b"vectal-run", b"vectal-workspace",
    }
)  # fmt: skip
"""What says something that only the long way reads."""
_SECRETS: Final = frozenset({b"authorization", b"x-api-key"})
_OK: Final = b"HTTP/1.1 200 OK\r\n"
_LAST_CHUNK: Final = b"0\r\n\r\n"
_REFUSED: Final = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\n"
_PROGRAMS: Final = 4_096
_TRUST_S: Final = 0.2
"""How long a program is taken for whom it was when it was last looked up.

With the age of what the resolver knew then, less than a second.
"""


class Resolver(Protocol):
    """The part of `AuthService` that is asked here."""

    @property
    def forgotten(self) -> int: ...

    def find_now(self, credential: Credential) -> Principal | None: ...


class Line(Protocol):
    """The client's connection."""

    @property
    def is_paused(self) -> bool: ...

    def write(self, data: bytes) -> None: ...

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """What every head begins with; another list whenever that changes."""
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


class Asker:
    """Who asks by a connection, by all that the head of his request says but its id.

    `program` is looked up anew many times a second.
    """

    __slots__ = ("credential", "door", "given_id", "ip", "path", "program", "vendor_headers")

    def __init__(self, path: str, peer: str, headers: Headers, edge: Edge) -> None:
        """Raises `ExtraordinaryError`."""
        self.path = path
        self.door = DOORS[path]
        self.ip = edge.proxies.find_client(peer, headers)
        self.given_id = given_name(headers)
        self.credential, self.vendor_headers = _read(headers)
        self.program: _Program | None = None


class ExtraordinaryError(Exception):
    """The head says something that only the long way reads."""


class _Program:
    """A caller, and until when he may be taken for whom he is."""

    __slots__ = ("caller", "forgotten", "until")

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.until = 0.0
        self.forgotten = 0


class DirectDoor:
    """One a process."""

    def __init__(self, edge: Edge, resolver: Resolver, calls: DirectCalls) -> None:
        self.edge = edge
        self._resolver = resolver
        self._calls = calls
        self._programs: OrderedDict[tuple[object, ...], _Program] = OrderedDict()
        names = {name for name, _ in (*WHOLE_HEADERS, *STREAM_HEADERS)}
        always = edge.headers.block(names)
        self._dated: tuple[list[tuple[bytes, bytes]], bytes] = [], b""
        self.whole = _lines(WHOLE_HEADERS) + always
        self.stream = b"%b%btransfer-encoding: chunked\r\n" % (_lines(STREAM_HEADERS), always)

    def recognise(self, path: str, peer: str, headers: Headers) -> Asker | None:
        """Who asks; None for a head that goes the long way."""
        try:
            return Asker(path, peer, headers, self.edge)
        except ExtraordinaryError:
            return None

    def try_answer(self, asker: Asker, body: bytes, line: Line) -> DirectAnswer | Why:
        """Begin to answer, or say why it goes the long way; then nothing was done."""
        if self.edge.drain.is_draining:
            return "stopping"
        caller = self._find(asker)
        if caller is None:
            return "caller"
        call_id = new_hex()
        request_id = asker.given_id or call_id
        answer = DirectAnswer(self, asker, request_id, line)
        begun = self._calls.try_begin(caller, request_id, call_id, body, answer)
        if isinstance(begun, str):
            return begun
        answer.direct = begun
        self.edge.drain.enter()
        return answer

    def begun(self, line: Line) -> bytes:
        """How the head of an answer begins that went well."""
        headers = line.default_headers
        if self._dated[0] is not headers:
            self._dated = headers, _OK + _lines(headers)
        return self._dated[1]

    def _find(self, asker: Asker) -> Caller | None:
        """The program as of now; None when it can't be told without waiting, or may not call."""
        program, now = asker.program, time.monotonic()
        forgotten = self._resolver.forgotten
        if program is not None and now < program.until and program.forgotten == forgotten:
            return program.caller
        principal = self._resolver.find_now(asker.credential)
        if principal is None or not can(principal, asker.door.action):
            return None
        if program is None:
            program = asker.program = self._program(asker, principal)
        program.caller.principal = principal
        program.until, program.forgotten = now + _TRUST_S, forgotten
        return program.caller

    def _program(self, asker: Asker, principal: Principal) -> _Program:
        """The same for all connections of a program, so that it has its lanes once."""
        told = tuple(asker.vendor_headers.items())
        key = asker.credential.secret, asker.path, asker.ip, told
        program = self._programs.get(key)
        if program is None:
            caller = Caller(principal, asker.door.wire, asker.ip, asker.vendor_headers)
            program = self._programs[key] = _Program(caller)
            if len(self._programs) > _PROGRAMS:
                self._programs.popitem(last=False)
        self._programs.move_to_end(key)
        return program


class DirectAnswer:
    """The answer to one call, from its vendor to its client."""

    __slots__ = (
        "_asker", "_is_begun", "_is_gone", "_line", "_owner", "_request_id", "_started", "direct",
    )  # fmt: skip

    def __init__(self, owner: DirectDoor, asker: Asker, request_id: str, line: Line) -> None:
        self._owner = owner
        self._asker = asker
        self._request_id = request_id
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
        last = direct.stop(STOPPING)
        if not self._is_gone:
            self._line.write(self._refusal() if last is None else _chunk(last) + _LAST_CHUNK)
        self._leave_edge(STOPPING.status if last is None else 200)
        self._line.drop()

    # What the call tells.

    @property
    def is_paused(self) -> bool:
        return self._line.is_paused

    def answer(self, lines: bytes, body: bytes) -> None:
        if self._is_gone:
            self._end()
            return
        owner, line = self._owner, self._line
        end = b"content-length: %d\r\n\r\n" % len(body)
        parts = owner.begun(line), lines, owner.whole, self._named(), end, body
        line.write(b"".join(parts))
        self._end()

    def begin(self, lines: bytes) -> None:
        self._is_begun = True
        line, owner = self._line, self._owner
        parts = owner.begun(line), lines, owner.stream, self._named(), b"\r\n"
        line.write(b"".join(parts))

    def write(self, piece: bytes) -> None:
        self._line.write(_chunk(piece))

    def end(self) -> None:
        self._line.write(_LAST_CHUNK)
        self._end()

    def go_long(self, call: IncomingCall, answer: Coroutine[Any, Any, Answer]) -> None:
        self.direct = None
        self._owner.edge.drain.leave()
        begun = BegunAnswer(call, answer, self._started)
        state = {"request_id": self._request_id}
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
        asker, seconds = self._asker, time.perf_counter() - self._started
        operation = asker.door.operation
        if not is_logged("info"):
            account("POST", operation, asker.path, status, seconds)
            return
        with bind_log_context(request_id=self._request_id):
            account("POST", operation, asker.path, status, seconds)

    def _named(self) -> bytes:
        name = self._request_id.encode("ascii")
        if self._asker.door.wire.name == "messages":
            return b"request-id: %b\r\nx-request-id: %b\r\n" % (name, name)
        return b"x-request-id: %b\r\n" % name

    def _refusal(self) -> bytes:
        body = self._asker.door.wire.problem(STOPPING, self._request_id)
        length = b"content-length: %d\r\n\r\n" % len(body)
        kind = self._owner.whole
        return b"".join(
            (_REFUSED, _lines(self._line.default_headers), kind, self._named(), length, body)
        )


def _read(headers: Headers) -> tuple[Credential, dict[str, str]]:
    """The credential, and what the vendor is told. Raises `ExtraordinaryError`."""
    secret: bytes | None = None
    vendors: dict[str, str] = {}
    for name, value in headers:
        if name in _SECRETS:
            if secret is not None:
                raise ExtraordinaryError
            secret = _secret(name, value)
            if secret is None:
                raise ExtraordinaryError
        elif name in _LONG or (name == b"connection" and value.lower() != b"keep-alive"):
            raise ExtraordinaryError
        elif name in _VENDORS and value:
            vendors.setdefault(_VENDORS[name], value.decode("latin-1"))
    if secret is None:
        raise ExtraordinaryError
    return Credential(secret.decode("latin-1")), vendors


def _secret(name: bytes, value: bytes) -> bytes | None:
    if name == b"x-api-key":
        return value or None
    return value[len(_BEARER) :].strip() if value[: len(_BEARER)].lower() == _BEARER else None


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def _lines(headers: Headers) -> bytes:
    return b"".join(b"%b: %b\r\n" % pair for pair in headers)


__all__ = ["PATHS", "Asker", "DirectAnswer", "DirectDoor"]
