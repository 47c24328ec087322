"""The client: a request goes out under its guard, limits, retries and ledger."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

import httpcore2

from vectal.platform.clock import monotonic, utc_now
from vectal.platform.http.decoding import ACCEPTED
from vectal.platform.http.errors import (
    BadAnswerError,
    ConnectionFailedError,
    EgressRefusedError,
    HttpCallError,
    HttpTimeoutError,
    UnsendableError,
)
from vectal.platform.http.guard import EgressGuard
from vectal.platform.http.ledger import EgressLedger, Entry
from vectal.platform.http.messages import Caller, HttpRequest, HttpResponse, Target
from vectal.platform.http.network import GuardedNetwork, default_tls
from vectal.platform.http.response import OpenResponse, Patience
from vectal.platform.resilience import (
    BreakerBoard,
    BreakerOpenError,
    RetryBudget,
    RetryRule,
    current_deadline,
    retry,
)
from vectal.platform.telemetry import get_logger
from vectal.platform.telemetry.tracing import inject_trace, span

# One an open stream; a server may well hold a thousand.
CONNECTIONS: Final = 2_000
IDLE_CONNECTIONS: Final = 50
# Below the idle limit of common servers, so that a reused connection is rarely a closed one.
IDLE_S: Final = 15.0

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PASSING: Final = frozenset({429, 502, 503, 504})
_AILING: Final = frozenset({502, 503, 504})
_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
_OURS: Final = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te",
     "upgrade", "keep-alive", "proxy-connection", "traceparent", "tracestate"}
)  # fmt: skip

_log = get_logger(__name__)


class _PassingAnswerError(Exception):
    """An answer that another try may better."""

    def __init__(self, response: OpenResponse) -> None:
        super().__init__(response.status)
        self.response = response


@dataclass(frozen=True, slots=True)
class _Call:
    request: HttpRequest
    caller: Caller
    patience: Patience


class HttpClient:
    """One a process. `breakers`, when given, leave hosts alone that keep failing."""

    def __init__(
        self,
        ledger: EgressLedger,
        guard: EgressGuard,
        *,
        network: GuardedNetwork | None = None,
        tls: ssl.SSLContext | None = None,
        budget: RetryBudget | None = None,
        breakers: BreakerBoard | None = None,
        user_agent: str = "vectal",
    ) -> None:
        self._ledger = ledger
        self._guard = guard
        self._network = network or GuardedNetwork(guard)
        self._budget = budget or RetryBudget()
        self._breakers = breakers
        self._user_agent = user_agent
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls or default_tls(),
            max_connections=CONNECTIONS,
            max_keepalive_connections=IDLE_CONNECTIONS,
            keepalive_expiry=IDLE_S,
            network_backend=self._network,
        )

    async def close(self) -> None:
        await self._pool.aclose()

    async def send(self, request: HttpRequest, caller: Caller) -> HttpResponse:
        """Send and read the whole answer, whatever its status; raise an `HttpCallError`."""
        async with self.open(request, caller) as response:
            return await response.to_whole()

    @asynccontextmanager
    async def open(self, request: HttpRequest, caller: Caller) -> AsyncGenerator[OpenResponse]:
        """Send, and give the answer as soon as its headers are there.

        Raises an `HttpCallError`, or `BreakerOpenError` for a host that is being left alone.
        """
        deadline, seconds = current_deadline(), request.limits.total_s
        if deadline is not None:
            seconds = deadline.bound(seconds)
        patience = Patience(asyncio.get_running_loop().time() + seconds)
        tries = _Tries(self, _Call(request, caller, patience), self._budget)
        try:
            yield await tries.find_answer()
        finally:
            await tries.held.aclose()

    async def follow(self, stack: AsyncExitStack, call: _Call) -> OpenResponse:
        """Send once, and go where redirects lead as far as the request wants."""
        request, wanted = call.request, call.request.limits.redirects
        target = self._parse(request, call.caller)
        for _ in range(wanted + 1):
            hop = await stack.enter_async_context(AsyncExitStack())
            response = await self._exchange(hop, replace(call, request=request), target)
            location = response.headers.get("location", "")
            if response.status not in _REDIRECTS or not location or not wanted:
                return response
            await hop.aclose()
            onward = target.follow(location)
            keeps_origin = onward.has_same_origin(target)
            request = request.redirected(
                response.status, str(onward.url), keeps_origin=keeps_origin
            )
            target = onward
        raise BadAnswerError("It redirects without end.")

    def _parse(self, request: HttpRequest, caller: Caller) -> Target:
        try:
            return Target.parse(request.url)
        except EgressRefusedError as error:
            entry = Entry(caller, request.method, "", len(request.content))
            _mark(entry, error)
            self._ledger.note(entry)
            raise

    async def _exchange(self, stack: AsyncExitStack, call: _Call, target: Target) -> OpenResponse:
        """One request on the wire, one row in the ledger."""
        request = call.request
        entry = Entry(call.caller, request.method.upper(), target.host, len(request.content))
        stack.callback(self._note, entry, monotonic())
        try:
            self._guard.judge_host(target.host)
            with span("http.client", {"http.method": entry.method, "server.address": target.host}):
                raw = await self._pass_breaker(call, target)
        except (HttpCallError, BreakerOpenError) as error:
            _mark(entry, error)
            raise
        stack.push_async_callback(raw.aclose)
        entry.policy = self._network.policy_of(target.host)
        entry.status, entry.outcome = raw.status, "closed early"
        return OpenResponse(
            raw.status,
            _join_headers(raw.headers),
            str(target.url),
            raw,
            request.limits,
            call.patience,
            entry,
        )

    def _note(self, entry: Entry, started: float) -> None:
        entry.duration_ms = round((monotonic() - started) * 1000)
        self._ledger.note(entry)

    async def _pass_breaker(self, call: _Call, target: Target) -> httpcore2.Response:
        if self._breakers is None:
            return await self._request(call, target)
        breaker = self._breakers.find(target.authority)
        with breaker.guard(ConnectionFailedError, HttpTimeoutError) as permit:
            raw = await self._request(call, target)
            if raw.status in _AILING:
                permit.fail()
            return raw

    async def _request(self, call: _Call, target: Target) -> httpcore2.Response:
        limits = call.request.limits
        until, is_end = call.patience.until(limits.connect_s + limits.first_byte_s)
        request = self.encode(call.request, target)
        try:
            async with asyncio.timeout_at(until):
                return await self._pool.handle_async_request(request)
        except (httpcore2.ConnectTimeout, httpcore2.PoolTimeout) as error:
            raise HttpTimeoutError("connect") from error
        except TimeoutError as error:
            raise HttpTimeoutError("total" if is_end else "first_byte") from error
        except httpcore2.LocalProtocolError as error:
            raise UnsendableError from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise ConnectionFailedError from error

    def encode(self, request: HttpRequest, target: Target) -> httpcore2.Request:
        """The request as it goes onto the wire; some headers are ours alone to set."""
        headers = {"host": target.authority, "user-agent": self._user_agent, "accept": "*/*"}
        headers |= {
            name.lower(): value
            for name, value in request.headers.items()
            if name.lower() not in _OURS
        }
        headers["accept-encoding"] = ACCEPTED
        if request.content or request.method.upper() not in _BODILESS:
            headers["content-length"] = str(len(request.content))
        if self._guard.names(target.host):
            inject_trace(headers)  # ours to know, and nobody's outside
        patience = request.limits.connect_s
        url = httpcore2.URL(
            scheme=target.url.raw_scheme,
            host=target.host,
            port=target.port,
            target=target.url.raw_path,
        )
        try:
            return httpcore2.Request(
                request.method.upper().encode("ascii"),
                url,
                headers=[(name.encode("ascii"), v.encode("ascii")) for name, v in headers.items()],
                content=request.content,
                extensions={"timeout": {"connect": patience, "pool": patience}},
            )
        except UnicodeEncodeError as error:
            raise UnsendableError from error


@dataclass
class _Tries:
    """The tries of one call; `held` keeps the newest answer open until it is let go."""

    client: HttpClient
    call: _Call
    budget: RetryBudget
    held: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def find_answer(self) -> OpenResponse:
        rule = self.call.request.retry if self.call.request.is_repeatable else None
        try:
            return await retry(
                self._try_once,
                rule=rule or RetryRule(attempts=1),
                is_retryable=_may_pass,
                budget=self.budget,
                ask_pause=_read_pause,
            )
        except _PassingAnswerError as error:
            return error.response  # the tries are over: it is the answer

    async def _try_once(self) -> OpenResponse:
        await self.held.aclose()
        self.held = AsyncExitStack()
        response = await self.client.follow(self.held, self.call)
        if response.status in _PASSING:
            raise _PassingAnswerError(response)
        return response


def _may_pass(error: Exception) -> bool:
    if isinstance(error, HttpTimeoutError):
        return error.phase != "total"
    return isinstance(error, _PassingAnswerError | ConnectionFailedError)


def _read_pause(error: Exception) -> float | None:
    """How long a Retry-After header asks us to wait."""
    if not isinstance(error, _PassingAnswerError):
        return None
    wish = error.response.headers.get("retry-after", "").strip()
    if wish.isascii() and wish.isdigit():
        return float(wish[:9])
    try:
        at = parsedate_to_datetime(wish)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - utc_now()).total_seconds())


def _mark(entry: Entry, error: HttpCallError | BreakerOpenError) -> None:
    entry.outcome = error.code.removeprefix("http.")
    if isinstance(error, HttpTimeoutError):
        entry.outcome = f"timeout: {error.phase}"
    elif isinstance(error, EgressRefusedError):
        entry.outcome, entry.policy = "refused", f"refused: {error.reason}"
        _log.warning("egress.refused", host=entry.host, reason=error.reason)


def _join_headers(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name, value = name_bytes.decode("latin-1").lower(), value_bytes.decode("latin-1")
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined
