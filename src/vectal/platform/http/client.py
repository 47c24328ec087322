"""The client: a request goes out under its guard, limits, retries and ledger."""

import asyncio
import functools
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final
from uuid import UUID

from vectal.platform.clock import monotonic, utc_now
from vectal.platform.http.connection import BrokenExchangeError, Connection
from vectal.platform.http.direct import Begun, End, Ready, mark
from vectal.platform.http.errors import (
    BadAnswerError,
    ConnectionFailedError,
    EgressRefusedError,
    HttpCallError,
    HttpTimeoutError,
)
from vectal.platform.http.guard import EgressGuard
from vectal.platform.http.heads import encode_fields, encode_head
from vectal.platform.http.ledger import CLOSED_EARLY, EgressLedger, Entry
from vectal.platform.http.messages import Caller, HttpRequest, HttpResponse, Target
from vectal.platform.http.network import GuardedNetwork
from vectal.platform.http.pool import ConnectionPool
from vectal.platform.http.response import OpenResponse, Patience
from vectal.platform.http.sending import current_sending
from vectal.platform.resilience import (
    BreakerBoard,
    BreakerOpenError,
    RetryBudget,
    RetryBudgets,
    RetryRule,
    current_deadline,
    retry,
)
from vectal.platform.telemetry import get_logger
from vectal.platform.telemetry.tracing import inject_trace, is_tracing, span

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PASSING: Final = frozenset({429, 502, 503, 504})
_AILING: Final = frozenset({502, 503, 504})

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
        budgets: RetryBudgets[UUID] | None = None,
        breakers: BreakerBoard | None = None,
        user_agent: str = "vectal",
    ) -> None:
        self._ledger = ledger
        self._guard = guard
        self._network = network or GuardedNetwork(guard)
        self._budgets = budgets or RetryBudgets()
        self._breakers = breakers
        self._user_agent = user_agent
        self._pool = ConnectionPool(self._network, tls)
        # Hosts are few, and to judge one takes longer than to send to it.
        self._judge_host = functools.lru_cache(maxsize=1_024)(guard.judge_host)
        self._names = functools.lru_cache(maxsize=1_024)(guard.names)

    async def close(self) -> None:
        await self._pool.close()

    async def send(self, request: HttpRequest, caller: Caller) -> HttpResponse:
        """Send and read the whole answer, whatever its status; raise an `HttpCallError`."""
        async with self.open(request, caller) as response:
            return await response.to_whole()

    @asynccontextmanager
    async def open(self, request: HttpRequest, caller: Caller) -> AsyncGenerator[OpenResponse]:
        """As `begin`; the answer is closed with the block."""
        response = await self.begin(request, caller)
        try:
            yield response
        finally:
            response.close()

    async def begin(self, request: HttpRequest, caller: Caller) -> OpenResponse:
        """Send, and give the answer as soon as its headers are there; `close` it in every case.

        Raises an `HttpCallError`, or `BreakerOpenError` for a host that is being left alone.
        """
        deadline, seconds = current_deadline(), request.limits.total_s
        if deadline is not None:
            seconds = deadline.bound(seconds)
        call = _Call(request, caller, Patience(asyncio.get_running_loop().time() + seconds))
        if request.retry is None or not request.is_repeatable:
            self._budgets.find(caller.workspace_id).note_call()
            return await self.follow(call)
        budget = self._budgets.find(caller.workspace_id)
        return await _Tries(self, call, budget, request.retry).find_answer()

    def ready(self, request: HttpRequest, caller: Caller) -> Ready | None:
        """What `try_begin` sends again and again; None for what has to go by `begin`.

        Raises an `HttpCallError` for what can't be sent.
        """
        target = Target.parse(request.url)
        self._judge_host(target.host)
        if self._breakers is not None or request.retry is not None:
            return None
        head = encode_fields(request, target, self._user_agent, {})
        return Ready(target, head + b"content-length: ", caller, request.method, request.limits)

    def try_take(self, ready: Ready) -> Connection | None:
        """An open connection for it; None when one would have to be waited for.

        Pass it to `begin_on`, or give it back by `put_back`.
        """
        return self._pool.try_take(ready.target)

    async def take(self, ready: Ready, size: int) -> Connection:
        """As `try_take`, waiting; `size` are the bytes to be sent. Raises an `HttpCallError`."""
        entry, started = self._entry(ready, size), monotonic()
        try:
            return await self._pool.take(ready.target, ready.limits.connect_s)
        except BaseException as error:
            if isinstance(error, HttpCallError):
                mark(entry, error)
            self._ledger.note(entry, started)
            raise

    def put_back(self, ready: Ready, connection: Connection) -> None:
        """It was not used after all."""
        self._pool.give_back(ready.target, connection)

    def begin_on(
        self, connection: Connection, ready: Ready, content: bytes, ends_at: float
    ) -> Begun:
        """Send at once; the answer is asked of what this returns.

        `ends_at` is on the loop's clock.
        """
        self._budgets.find(ready.caller.workspace_id).note_call()
        entry = self._entry(ready, len(content))
        entry.policy = self._network.policy_of(ready.target.host)
        connection.begin(b"%b%d\r\n\r\n" % (ready.head, len(content)), content)
        return Begun(self._pool, ready, connection, self._ledger, entry, ends_at)

    def _entry(self, ready: Ready, size: int) -> Entry:
        return Entry(ready.caller, ready.method, ready.target.place, size)

    async def follow(self, call: _Call) -> OpenResponse:
        """Send once, and go where redirects lead as far as the request wants."""
        request, wanted = call.request, call.request.limits.redirects
        target = self._parse(request, call.caller)
        for _ in range(wanted + 1):
            response = await self._exchange(call, request, target)
            location = response.headers.get("location", "")
            if response.status not in _REDIRECTS or not location or not wanted:
                return response
            response.close()
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
            mark(entry, error)
            self._ledger.note(entry)
            raise

    async def _exchange(self, call: _Call, request: HttpRequest, target: Target) -> OpenResponse:
        """One request on the wire, one row in the ledger."""
        method = request.method.upper()
        entry = Entry(call.caller, method, target.place, len(request.content))
        started = monotonic()
        hop = call if request is call.request else replace(call, request=request)
        try:
            self._judge_host(target.host)
            if is_tracing():
                told = {"http.method": method, "server.address": target.host}
                with span("http.client", told):
                    raw = await self._pass_breaker(hop, target, entry)
            else:
                raw = await self._pass_breaker(hop, target, entry)
        except BaseException as error:
            if isinstance(error, HttpCallError | BreakerOpenError):
                mark(entry, error)
            self._ledger.note(entry, started)
            raise
        entry.status, entry.outcome = raw.status, CLOSED_EARLY
        end = End(self._pool, target, raw, self._ledger, entry, started)
        return OpenResponse(raw, target.address, request.limits, call.patience, entry, end)

    async def _pass_breaker(self, call: _Call, target: Target, entry: Entry) -> Connection:
        if self._breakers is None:
            return await self._request(call, target, entry)
        permit = self._breakers.find(target.authority).admit()
        try:
            raw = await self._request(call, target, entry)
        except (ConnectionFailedError, HttpTimeoutError):
            permit.fail()
            raise
        except BaseException:
            permit.release()
            raise
        if raw.status in _AILING:
            permit.fail()
        else:
            permit.succeed()
        return raw

    async def _request(self, call: _Call, target: Target, entry: Entry) -> Connection:
        """The connection with the answer's head on it."""
        request, limits = call.request, call.request.limits
        head = self.encode(request, target)
        until, is_end = call.patience.until(limits.connect_s + limits.first_byte_s)
        room = max(0.0, until - asyncio.get_running_loop().time())
        sending = current_sending()
        if sending is not None:
            sending.note_waiting()
        connection = await self._pool.take(target, min(limits.connect_s, room))
        if sending is not None:
            sending.note_out()
        entry.policy = self._network.policy_of(target.host)
        self._ledger.begin(entry, monotonic())
        try:
            connection.begin(head, request.content, is_bodiless=request.method.upper() == "HEAD")
            await connection.wait_head(until)
        except BaseException as error:
            self._pool.give_back(target, connection)
            if isinstance(error, TimeoutError):
                raise HttpTimeoutError("total" if is_end else "first_byte") from error
            if isinstance(error, BrokenExchangeError):
                raise ConnectionFailedError from error
            raise
        return connection

    def encode(self, request: HttpRequest, target: Target) -> bytes:
        """The head as it goes onto the wire. Raises `UnsendableError`."""
        trace: dict[str, str] = {}
        if self._names(target.host):
            inject_trace(trace)  # ours to know, and nobody's outside
        return encode_head(request, target, self._user_agent, trace)


@dataclass
class _Tries:
    """The tries of one call; `held` is the newest answer, closed when another is tried for."""

    client: HttpClient
    call: _Call
    budget: RetryBudget
    rule: RetryRule
    held: OpenResponse | None = field(default=None)

    async def find_answer(self) -> OpenResponse:
        try:
            return await retry(
                self._try_once,
                rule=self.rule,
                is_retryable=_may_pass,
                budget=self.budget,
                ask_pause=_read_pause,
            )
        except _PassingAnswerError as error:
            return error.response  # the tries are over: it is the answer
        except BaseException:
            self._let_go()
            raise

    async def _try_once(self) -> OpenResponse:
        self._let_go()
        self.held = await self.client.follow(self.call)
        if self.held.status in _PASSING:
            raise _PassingAnswerError(self.held)
        return self.held

    def _let_go(self) -> None:
        if self.held is not None:
            self.held.close()
            self.held = None


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
