"""The books of plain answers: closed together for all that ended in one turn of the loop.

What is alike in them is then done once: the breaker, the counts, what the limits get back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from vectal.ai.budgets.amounts import Actual
from vectal.ai.budgets.reservation import Reservation
from vectal.ai.contracts import TokenUsage
from vectal.ai.service.accounting import count_tokens
from vectal.ai.service.gateway.answered import Answered
from vectal.ai.service.gateway.lanes import Lane
from vectal.ai.service.gateway.model_gateway import ModelGateway
from vectal.platform.rate_limit import Taken
from vectal.platform.resilience import Permit
from vectal.platform.telemetry import get_logger

_log = get_logger(__name__)


class Held(NamedTuple):
    """What was taken for a call: a permit, its worst case of the budgets, its share of limits."""

    permit: Permit
    hold: Reservation
    taken: Taken


class Ended(NamedTuple):
    """A call that was answered at the first try, and whose vendor said what it counted."""

    held: Held
    call_id: str
    request_id: str
    usage: TokenUsage
    first_ms: int | None
    took_ms: int


class Settling:
    """One a process, beside its gateway."""

    def __init__(self, gateway: ModelGateway) -> None:
        self.gateway = gateway
        self._ended: dict[Lane, list[Ended]] = {}

    def add(self, lane: Lane, ended: Ended) -> None:
        """Close its books when the turn ends."""
        if not self._ended:
            asyncio.get_running_loop().call_soon(self.close_books)
        calls = self._ended.get(lane)
        if calls is None:
            self._ended[lane] = [ended]
        else:
            calls.append(ended)

    def close_books(self) -> None:
        """Of all that have ended by now."""
        all_ended, self._ended = self._ended, {}
        for lane, calls in all_ended.items():
            try:
                self._close(lane, calls)
            except Exception:  # noqa: BLE001 - the calls of others have books of their own
                _log.exception("calls_not_settled", calls=len(calls))

    def _close(self, lane: Lane, calls: Sequence[Ended]) -> None:
        gateway, at = self.gateway, self.gateway.clock.now()
        times = [(call.first_ms, call.took_ms) for call in calls]
        permits = [call.held.permit for call in calls]
        gateway.proxy.means.note_answered(lane.target, permits, times)
        tokens = [call.usage.input_tokens + call.usage.output_tokens for call in calls]
        for call, count in zip(calls, tokens, strict=True):
            held, call_id, request_id, usage, first_ms, took_ms = call
            try:
                cost = lane.price(usage, at)
                held.hold.settle(Actual(cost, count))
                answer = lane.alike, call_id, request_id, usage, cost, first_ms, took_ms, at
                gateway.book.note_answered(Answered(*answer))
            except Exception:  # noqa: BLE001 - what it holds of the budgets stays held: no cap breaks
                _log.exception("call_not_settled", call_id=call_id)
        taken = [call.held.taken for call in calls]
        gateway.guard.limiter.settle_taken(lane.claims, taken, tokens)
        put_in = sum(call.usage.input_tokens for call in calls)
        usage = TokenUsage(put_in, sum(tokens) - put_in)
        count_tokens(lane.kind, "ok", usage, calls=len(calls))
