"""Exchanges that nobody awaits: begun on an open connection, and read as they come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from vectal.platform.clock import monotonic
from vectal.platform.http.connection import BrokenExchangeError, Connection
from vectal.platform.http.errors import (
    ConnectionFailedError,
    EgressRefusedError,
    HttpCallError,
    HttpTimeoutError,
)
from vectal.platform.http.ledger import CLOSED_EARLY, EgressLedger, Entry
from vectal.platform.http.messages import Caller, HttpLimits, Target
from vectal.platform.http.pool import ConnectionPool
from vectal.platform.http.response import OpenResponse, Patience
from vectal.platform.resilience import BreakerOpenError
from vectal.platform.telemetry import get_logger

_log = get_logger(__name__)
_PLAIN: Final = 200


@dataclass(frozen=True, slots=True)
class Ready:
    """A request but for its content. `head` ends where the length of that is to be written."""

    target: Target
    head: bytes = field(repr=False)
    caller: Caller
    method: str
    limits: HttpLimits


class Begun:
    """A request that was sent. Ask `try_open` until it answers, or `abandon` it."""

    __slots__ = ("_connection", "_ends_at", "_entry", "_is_over", "_ledger", "_pool", "_ready",
                 "_started")  # fmt: skip

    def __init__(
        self,
        pool: ConnectionPool,
        ready: Ready,
        connection: Connection,
        ledger: EgressLedger,
        entry: Entry,
        ends_at: float,
    ) -> None:
        self._pool = pool
        self._ready = ready
        self._connection = connection
        self._ledger = ledger
        self._entry = entry
        self._ends_at = ends_at
        self._started = started = monotonic()
        self._is_over = False
        ledger.begin(entry, started)

    def listen(self, listener: Callable[[], None] | None) -> None:
        """Whom to call whenever there may be more to read."""
        self._connection.listener = listener

    def watch(self, until: float) -> None:
        """Call the listener at `until` at the latest (loop's clock); a later call moves it."""
        self._connection.watch(until)

    def try_finish(self) -> bytes | None:
        """The body of an answer of 200 that is here to its end and needs no decoding.

        Then all is done. None for any other, which is to be opened.
        """
        connection = self._connection
        if connection.status != _PLAIN or connection.is_encoded:
            return None
        body = connection.take_whole()
        if body is not None:
            entry, self._is_over = self._entry, True
            entry.status, entry.outcome, entry.bytes_in = _PLAIN, "ok", len(body)
            self._pool.give_back(self._ready.target, connection)
            self._ledger.note(entry, self._started)
        return body

    def try_open(self) -> OpenResponse | None:
        """The answer, once its head is there; `close` it. Raises an `HttpCallError`."""
        connection, entry, ready = self._connection, self._entry, self._ready
        try:
            if not connection.has_head():
                return None
        except BrokenExchangeError as error:
            failure = ConnectionFailedError()
            self._end(failure)
            raise failure from error
        self._is_over = True
        entry.status, entry.outcome = connection.status, CLOSED_EARLY
        end = End(self._pool, ready.target, connection, self._ledger, entry, self._started)
        patience = Patience(self._ends_at)
        return OpenResponse(connection, ready.target.address, ready.limits, patience, entry, end)

    def give_up(self, *, is_end: bool) -> None:
        """It did not begin to answer in time, or before the end of the call."""
        self._end(HttpTimeoutError("total" if is_end else "first_byte"))

    def abandon(self) -> None:
        """Nobody wants the answer any more."""
        self._end(None)

    def _end(self, error: HttpCallError | None) -> None:
        if self._is_over:
            return
        self._is_over = True
        if error is not None:
            mark(self._entry, error)
        self._pool.give_back(self._ready.target, self._connection)
        self._ledger.note(self._entry, self._started)


class End:
    """What is done when an answer is closed."""

    __slots__ = ("_connection", "_entry", "_ledger", "_pool", "_started", "_target")

    def __init__(
        self,
        pool: ConnectionPool,
        target: Target,
        connection: Connection,
        ledger: EgressLedger,
        entry: Entry,
        started: float,
    ) -> None:
        self._pool = pool
        self._target = target
        self._connection = connection
        self._ledger = ledger
        self._entry = entry
        self._started = started

    def __call__(self) -> None:
        if self._entry.outcome == CLOSED_EARLY and self._connection.is_read:
            # Its reader knew the end from what it said, and did not wait for the formal one.
            self._entry.outcome = "ok"
        is_whole = self._entry.outcome == "ok"
        self._pool.give_back(self._target, self._connection, is_whole=is_whole)
        self._ledger.note(self._entry, self._started)


def mark(entry: Entry, error: HttpCallError | BreakerOpenError) -> None:
    """Write into the entry how the call failed."""
    entry.outcome = error.code.removeprefix("http.")
    if isinstance(error, HttpTimeoutError):
        entry.outcome = f"timeout: {error.phase}"
    elif isinstance(error, EgressRefusedError):
        entry.outcome, entry.policy = "refused", f"refused: {error.reason}"
        _log.warning("egress.refused", host=entry.host, reason=error.reason)
