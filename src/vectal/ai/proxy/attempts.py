"""Walking the targets: try, retry within the budget, fall back, all before the first token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Final

from vectal.ai.contracts import RouteReason, TokenUsage
from vectal.ai.ports import (
    CallLimits,
    ModelEvent,
    ModelFinished,
    ModelRequest,
    ProviderAdapter,
    ProviderFault,
    ProviderKind,
    ToolCallStarted,
)
from vectal.ai.proxy.record import Attempt, CallRecord, Outcome, Target
from vectal.ai.usage.tokens import count_message, count_tokens
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.resilience import (
    BreakerBoard,
    BreakerOpenError,
    Permit,
    RetryBudget,
    RetryRule,
)

MAX_TARGETS: Final = 4
_ALONE: Final = RetryRule(attempts=3, first_s=0.4, longest_s=15.0)
_WITH_OTHERS: Final = RetryRule(attempts=2, first_s=0.2, longest_s=1.0)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call may be silent before and between its bytes, and how it is retried."""

    first_byte_s: float = 60.0
    idle_s: float = 60.0
    alone: RetryRule = _ALONE
    with_others: RetryRule = _WITH_OTHERS


class ModelProxy:
    """Takes a request and targets in order, gives one answer or one fault."""

    def __init__(
        self,
        adapters: Mapping[ProviderKind, ProviderAdapter],
        breakers: BreakerBoard | None = None,
        budget: RetryBudget | None = None,
        patience: Patience | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._adapters = adapters
        self.breakers = breakers or BreakerBoard(clock=clock)
        self._budget = budget or RetryBudget()
        self._patience = patience or Patience()
        self._clock = clock or SystemClock()

    def adapter(self, kind: ProviderKind) -> ProviderAdapter:
        return self._adapters[kind]

    async def stream(
        self,
        targets: Sequence[Target],
        request: ModelRequest,
        deadline_s: float,
        record: CallRecord,
    ) -> AsyncGenerator[ModelEvent]:
        """Events of the one answer. Raises the last ProviderFault when no target answers.

        `record` tells at every moment what was tried and how far it came.
        """
        began = self._clock.monotonic()
        heard: list[str] = []
        try:
            async with aclosing(self._walk(targets, request, began + deadline_s, record)) as events:
                async for event in events:
                    if record.first_token_ms is None:
                        record.first_token_ms = self._since(began)
                    if isinstance(event, ModelFinished):
                        _settle(record, request, event)
                    elif not isinstance(event, ToolCallStarted):
                        heard.append(event.text)
                    yield event
        except ProviderFault as fault:
            record.status, record.fault = "failed", fault.kind
            raise
        except (asyncio.CancelledError, GeneratorExit):
            record.status = "cancelled"
            raise
        finally:
            record.duration_ms = self._since(began)
            if record.status != "ok" and heard:
                record.estimated = True
                record.usage = TokenUsage(_input_tokens(request), count_tokens("".join(heard)))

    async def _walk(
        self, targets: Sequence[Target], request: ModelRequest, until: float, record: CallRecord
    ) -> AsyncGenerator[ModelEvent]:
        last: ProviderFault | None = None
        self._budget.note_call()
        reachable = targets[:MAX_TARGETS]
        for place, target in enumerate(reachable):
            call = _Call(self, target, request, until, record, is_last=target is reachable[-1])
            if last is None or place == 0:
                record.reason = target.reason
            else:
                record.reason = _stood_in(target, last)
            async with aclosing(call.events()) as events:
                async for event in events:
                    yield event
            if call.answered:
                return
            last = call.fault or last
        raise last or ProviderFault("unavailable", "No model can be asked right now.")

    def _since(self, began: float) -> int:
        return max(0, round((self._clock.monotonic() - began) * 1000))

    def admit(self, target: Target) -> Permit | None:
        """A permit of the target's breaker; the Simulator needs none unless it plays a fault."""
        if target.offer.simulated and target.offer.model.known and _is_plain(target):
            return None
        return self.breakers.find(target.offer.key).admit()

    def may_retry(self) -> bool:
        return self._budget.take_retry()

    def rule(self, *, is_last: bool) -> RetryRule:
        return self._patience.alone if is_last else self._patience.with_others

    def limits(self, until: float) -> CallLimits:
        left = max(0.0, until - self._clock.monotonic())
        return CallLimits(left, self._patience.first_byte_s, self._patience.idle_s)


class _Call:
    """All tries at one target. `fault` is set when it did not begin to answer."""

    def __init__(
        self,
        proxy: ModelProxy,
        target: Target,
        request: ModelRequest,
        until: float,
        record: CallRecord,
        *,
        is_last: bool,
    ) -> None:
        self._proxy = proxy
        self._target = target
        self._request = addressed(request, target)
        self._until = until
        self._record = record
        self._is_last = is_last
        self.answered = False
        self.fault: ProviderFault | None = None

    async def events(self) -> AsyncGenerator[ModelEvent]:
        if estimate_tokens(self._request) > self._target.offer.model.context_tokens:
            self._note("too_small", None)
            return
        rule = self._proxy.rule(is_last=self._is_last)
        for failures in range(1, rule.attempts + 1):
            async with aclosing(self._try()) as events:
                async for event in events:
                    yield event
            if self.answered or self.fault is None or not self.fault.retryable:
                return
            pause = self._pause(rule, failures)
            if pause is None or not self._proxy.may_retry():
                return
            await asyncio.sleep(pause)

    async def _try(self) -> AsyncGenerator[ModelEvent]:
        try:
            permit = self._proxy.admit(self._target)
        except BreakerOpenError as error:
            self._note("left_alone", None)
            self.fault = self.fault or ProviderFault(
                "unavailable",
                f"{self._target.offer.model.label} has failed too often of late.",
                retry_after_s=error.retry_after_s,
            )
            return
        self._record.target = self._target
        adapter = self._proxy.adapter(self._target.offer.provider.kind)
        limits = self._proxy.limits(self._until)
        stream = adapter.stream(self._target.credentials, self._request, limits)
        try:
            async with aclosing(stream) as events:
                async for event in events:
                    self.answered = True
                    yield event
        except ProviderFault as fault:
            self._fail(fault, permit)
            if self.answered:
                raise
        except BaseException:
            # Cancelled, or nobody listens any more: that says nothing of the provider.
            if permit is not None:
                permit.release()
            raise
        else:
            self._note("answered", None)
            if permit is not None:
                permit.succeed()

    def _fail(self, fault: ProviderFault, permit: Permit | None) -> None:
        self.fault = fault
        self._note("failed", fault)
        if permit is not None:
            if fault.counts_against_health:
                permit.fail()
            else:
                permit.release()

    def _pause(self, rule: RetryRule, failures: int) -> float | None:
        """How long to wait before the next try; None when there is to be none."""
        if failures >= rule.attempts or self.fault is None:
            return None
        pause = rule.pause_s(failures)
        if self.fault.retry_after_s is not None:
            if self.fault.retry_after_s > rule.longest_s:
                return None
            pause = max(pause, self.fault.retry_after_s)
        return pause if pause < self._proxy.limits(self._until).deadline_s else None

    def _note(self, outcome: Outcome, fault: ProviderFault | None) -> None:
        kind = fault.kind if fault is not None else None
        self._record.attempts.append(Attempt(self._target.offer.key, outcome, kind))


def addressed(request: ModelRequest, target: Target) -> ModelRequest:
    """The request as it is meant for this target."""
    model = target.offer.model
    return replace(
        request,
        model=model.name,
        traits=model.traits,
        effort=target.effort,
        max_output_tokens=min(request.max_output_tokens, model.max_output_tokens),
    )


def estimate_tokens(request: ModelRequest) -> int:
    """What the request will take of a window, its answer included."""
    return _input_tokens(request) + request.max_output_tokens


def _input_tokens(request: ModelRequest) -> int:
    return count_tokens(request.system) + sum(map(count_message, request.messages))


def _settle(record: CallRecord, request: ModelRequest, finished: ModelFinished) -> None:
    record.status, record.stop = "ok", finished.reason
    if finished.usage is not None:
        record.usage = finished.usage
        return
    # No usage came: our own count is better than none, and is marked as such.
    record.estimated = True
    record.usage = TokenUsage(
        input_tokens=_input_tokens(request),
        output_tokens=count_message(finished.message),
    )


def _stood_in(target: Target, last: ProviderFault) -> RouteReason:
    reason = target.reason
    label = target.offer.model.label
    return RouteReason(
        (*reason.codes, f"fallback.{last.kind}"),
        f"{reason.sentence} {label} stands in, since the first choice failed: {last.detail}",
    )


def _is_plain(target: Target) -> bool:
    return not target.offer.model.name.startswith("simulator-fault-")
