"""The outermost layer: a name for each request, its true client, its headers, its log line.

What nobody caught ends here as a problem document with that name, and as a log line with the
trace; the trace itself never leaves the house.
"""

import re
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vectal.gateway.drain import DRAIN, Drain
from vectal.gateway.faults import log_unexpected, problem_of
from vectal.gateway.forwarded import TrustedProxies
from vectal.gateway.headers import ResponseHeaders
from vectal.gateway.scope import OPERATION, STARTED
from vectal.gateway.v1.shape import is_wire_path, respond_to
from vectal.platform.config import Settings
from vectal.platform.ids import new_hex
from vectal.platform.telemetry import (
    bind_log_context,
    counter,
    get_logger,
    is_logged,
)
from vectal.platform.telemetry.metrics import tallies, timings

_log = get_logger(__name__)
_requests = counter("http_requests_total", "Requests answered", ("method", "operation", "status"))
_requests_of = tallies(_requests)
_duration_of = timings("http_request_duration_seconds", "Until the answer ended", ("operation",))

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET: Final = frozenset({"get_livez", "get_readyz", "get_metrics", "web"})


class Edge:
    def __init__(self, app: ASGIApp, *, settings: Settings, drain: Drain) -> None:
        self._app = app
        self.proxies = TrustedProxies(settings.trusted_proxies)
        self.headers = ResponseHeaders(settings)
        self.drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        self.proxies.resolve(scope)
        state: dict[str, Any] = scope.setdefault("state", {})
        request_id: str = state.get("request_id") or name_of(scope["headers"])
        state["request_id"] = request_id
        with bind_log_context(request_id=request_id):
            if scope["type"] == "websocket":
                await self._app(scope, receive, send)
                return
            with self.drain:
                await self._answer(scope, receive, send, request_id)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        scope[DRAIN] = self.drain
        # A call that was begun before it came here began earlier.
        started = scope[STARTED] = scope.get(STARTED) or time.perf_counter()
        status = 0

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
                self.headers.add(headers, request_id)
                if self.drain.is_draining:
                    headers[:] = [pair for pair in headers if pair[0] != b"connection"]
                    headers.append((b"connection", b"close"))
                message["headers"] = headers
            await send(message)

        try:
            await self._app(scope, receive, named)
        except Exception as error:  # noqa: BLE001 - logged, and answered without its trace
            log_unexpected(error, request_id, scope["method"], shown_path(scope))
            if status == 0:
                problem = problem_of(error)
                if is_wire_path(scope["path"]):
                    await respond_to(scope, problem)(scope, receive, named)
                else:
                    await problem.send(scope, receive, named)
        finally:
            _account(scope, status, time.perf_counter() - started)


def name_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The caller's own id for the request when it is a sane one."""
    return given_name(headers) or new_hex()


def given_name(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The caller's own id for the request; None where there is none, or no sane one."""
    for name, value in headers:
        if name == b"x-request-id":
            given: str = value.decode("latin-1")
            return given if _REQUEST_ID.fullmatch(given) else None
    return None


def shown_path(scope: Scope) -> str:
    """The path for a log, without the secret that an invitation's link carries."""
    token: object = scope.get("path_params", {}).get("token")
    path: str = scope["path"]
    return path.replace(str(token), "{token}") if token else path


def _account(scope: Scope, status: int, seconds: float) -> None:
    endpoint = cast("Callable[..., Any] | None", scope.get("endpoint"))
    method = scope["method"] if scope["method"] in _METHODS else "other"
    operation = scope.get(OPERATION) or getattr(endpoint, "__name__", "none")
    account(method, operation, shown_path(scope), status, seconds)


def account(method: str, operation: str, path: str, status: int, seconds: float) -> None:
    """Count an answer and log it; status 0: the client went away before there was one."""
    _requests_of(method, operation, str(status)).inc()
    _duration_of(operation).observe(seconds)
    if operation not in _QUIET and is_logged("info"):
        _log.info("request", method=method, path=path, status=status, ms=round(seconds * 1000, 1))
