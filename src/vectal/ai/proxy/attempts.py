"""Walking the targets: try, retry within the budget, fall back, all before the first token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeAlias, TypeVar

from vectal.ai.budgets.reservation import BudgetGate
from vectal.ai.contracts import ReasoningDelta, RouteReason, TextDelta, TokenUsage
from vectal.ai.guardrails.contracts import GuardrailRules
from vectal.ai.guardrails.guard import Guard, Judge
from vectal.ai.ports import (
    CallLimits,
    ModelEvent,
    ModelFinished,
    ModelRequest,
    ProviderAdapter,
    ProviderFault,
    ProviderKind,
    ToolArgumentsDelta,
)
from vectal.ai.proxy.hedging import Contender, Pause, merge, race
from vectal.ai.proxy.measures import Measures
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

Item = TypeVar("Item")
Ask: TypeAlias = Callable[[Target, CallLimits], AsyncGenerator[Item]]
"""One try at one target; raises ProviderFault."""

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
    pause: Pause = asyncio.sleep
    """How to wait for the moment to hedge; tests wait in their own way."""


class ModelProxy:
    """Takes a request and targets in order, gives one answer or one fault."""

    def __init__(
        self,
        adapters: Mapping[ProviderKind, ProviderAdapter],
        breakers: BreakerBoard | None = None,
        budget: RetryBudget | None = None,
        patience: Patience | None = None,
        clock: Clock | None = None,
        gate: BudgetGate | None = None,
        judge: Judge | None = None,
    ) -> None:
        self._adapters = adapters
        self.judge = judge
        """Whom guardrails with a webhook ask; None: nobody can be asked."""
        self.gate = gate
        """Where calls are paid for; None: nowhere."""
        self.breakers = breakers or BreakerBoard(clock=clock)
        self.measures = Measures(clock)
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
        heard: list[str] = []

        def ask(target: Target, limits: CallLimits) -> AsyncGenerator[ModelEvent]:
            adapter = self.adapter(target.offer.provider.kind)
            return adapter.stream(target.credentials, addressed(request, target), limits)

        def fits(target: Target) -> bool:
            wanted = estimate_tokens(addressed(request, target))
            return wanted <= target.offer.model.context_tokens

        try:
            async with aclosing(self.walk(targets, ask, fits, deadline_s, record)) as events:
                async for event in events:
                    if isinstance(event, ModelFinished):
                        _settle(record, request, event)
                    elif isinstance(event, TextDelta | ReasoningDelta | ToolArgumentsDelta):
                        heard.append(event.text)
                    yield event
        finally:
            for rival in record.rivals:
                # It was sent and given up: what it read is taken to have been paid.
                rival.estimated, rival.usage = True, TokenUsage(input_tokens(request))
            if record.status != "ok" and heard:
                record.estimated = True
                record.usage = TokenUsage(input_tokens(request), count_tokens("".join(heard)))

    async def walk(
        self,
        targets: Sequence[Target],
        ask: Ask[Item],
        fits: Callable[[Target], bool],
        deadline_s: float,
        record: CallRecord,
    ) -> AsyncGenerator[Item]:
        """What `ask` yields at the first target that answers; raises as `stream` does.

        Whoever walks sets `record.status` to "ok" when the answer was whole.
        """
        began = self._clock.monotonic()
        try:
            async with aclosing(self._walk(targets, ask, fits, began + deadline_s, record)) as all_:
                async for item in all_:
                    if record.first_token_ms is None:
                        record.first_token_ms = self.since(began)
                    yield item
        except ProviderFault as fault:
            record.status, record.fault = "failed", fault.kind
            raise
        except (asyncio.CancelledError, GeneratorExit):
            record.status = "cancelled"
            raise
        finally:
            record.duration_ms = self.since(began)

    async def _walk(
        self,
        targets: Sequence[Target],
        ask: Ask[Item],
        fits: Callable[[Target], bool],
        until: float,
        record: CallRecord,
    ) -> AsyncGenerator[Item]:
        last: ProviderFault | None = None
        self._budget.note_call()
        reachable = targets[:MAX_TARGETS]
        if record.hedge_after_s is not None:
            hedge = _Hedge(self, reachable, ask, fits, until, record)
            async with aclosing(hedge.items(record.hedge_after_s)) as items:
                async for item in items:
                    yield item
            if hedge.answered:
                return
            last, reachable = _not_final(hedge.fault), hedge.left
        for target in reachable:
            call = _Call(self, target, ask, until, record, is_last=target is reachable[-1])
            if last is None:
                record.reason = target.reason
            else:
                record.reason = _stood_in(target, last)
            if not fits(target):
                call.note("too_small", None)
                continue
            async with aclosing(call.items()) as items:
                async for item in items:
                    yield item
            if call.answered:
                return
            last = _not_final(call.fault) or last
        raise last or ProviderFault("unavailable", "No model can be asked right now.")

    def now(self) -> float:
        return self._clock.monotonic()

    def since(self, began: float) -> int:
        """Milliseconds."""
        return max(0, round((self._clock.monotonic() - began) * 1000))

    def admit(self, target: Target) -> Permit | None:
        """A permit of the target's breaker; the Simulator needs none unless it plays a fault."""
        if target.offer.simulated and target.offer.model.known and _is_plain(target):
            return None
        return self.breakers.find(target.offer.key).admit()

    def may_retry(self) -> bool:
        return self._budget.take_retry()

    def guard_for(self, rules: GuardrailRules) -> Guard | None:
        """A guard for one call; None when there is nothing to look at."""
        return Guard(rules, self.judge) if rules.is_on else None

    @property
    def pause(self) -> Pause:
        return self._patience.pause

    def rule(self, *, is_last: bool) -> RetryRule:
        return self._patience.alone if is_last else self._patience.with_others

    def limits(self, until: float) -> CallLimits:
        left = max(0.0, until - self._clock.monotonic())
        return CallLimits(left, self._patience.first_byte_s, self._patience.idle_s)


class _Call(Generic[Item]):
    """All tries at one target. `fault` is set when it did not begin to answer."""

    def __init__(
        self,
        proxy: ModelProxy,
        target: Target,
        ask: Ask[Item],
        until: float,
        record: CallRecord,
        *,
        is_last: bool,
    ) -> None:
        self._proxy = proxy
        self._target = target
        self._ask = ask
        self._until = until
        self._record = record
        self._is_last = is_last
        self.answered = False
        self.fault: ProviderFault | None = None

    async def items(self) -> AsyncGenerator[Item]:
        rule = self._proxy.rule(is_last=self._is_last)
        for failures in range(1, rule.attempts + 1):
            async with aclosing(self._try()) as items:
                async for item in items:
                    yield item
            if self.answered or self.fault is None or not self.fault.retryable:
                return
            pause = self._pause(rule, failures)
            if pause is None or not self._proxy.may_retry():
                return
            await asyncio.sleep(pause)

    async def _try(self) -> AsyncGenerator[Item]:
        try:
            permit = self._proxy.admit(self._target)
        except BreakerOpenError as error:
            self.note("left_alone", None)
            self.fault = self.fault or ProviderFault(
                "unavailable",
                f"{self._target.offer.model.label} has failed too often of late.",
                retry_after_s=error.retry_after_s,
            )
            return
        self._record.target = self._target
        began, first_ms = self._proxy.now(), None
        stream = self._ask(self._target, self._proxy.limits(self._until))
        try:
            async with aclosing(stream) as items:
                async for item in items:
                    if not self.answered:
                        first_ms = self._proxy.since(began)
                    self.answered = True
                    yield item
        except ProviderFault as fault:
            self._fail(fault, permit)
            self._measure(began, first_ms, fault)
            if self.answered:
                raise
        except BaseException:
            # Cancelled, or nobody listens any more: that says nothing of the provider.
            self.note("cancelled", None)
            if permit is not None:
                permit.release()
            raise
        else:
            self.note("answered", None)
            self._measure(began, first_ms, None)
            if permit is not None:
                permit.succeed()

    def _measure(self, began: float, first_ms: int | None, fault: ProviderFault | None) -> None:
        """One try by itself, for the router: not what those before it cost."""
        if fault is None or fault.counts_against_health:
            key, took_ms = self._target.offer.key, self._proxy.since(began)
            self._proxy.measures.note(key, first_ms, took_ms, ok=fault is None)

    def _fail(self, fault: ProviderFault, permit: Permit | None) -> None:
        self.fault = fault
        self.note("failed", fault)
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

    def note(self, outcome: Outcome, fault: ProviderFault | None) -> None:
        kind = fault.kind if fault is not None else None
        self._record.attempts.append(Attempt(self._target.offer.key, outcome, kind))


class _Hedge(Generic[Item]):
    """The first two targets that fit, asked one after the other until one of them begins."""

    def __init__(
        self,
        proxy: ModelProxy,
        targets: Sequence[Target],
        ask: Ask[Item],
        fits: Callable[[Target], bool],
        until: float,
        record: CallRecord,
    ) -> None:
        self._proxy = proxy
        self._record = record
        self._ask = ask
        self._until = until
        fitting = [target for target in targets if fits(target)]
        self._pair = fitting[:2] if len(fitting) > 1 else []
        self._targets = targets
        self._calls: list[_Call[Item]] = []
        self._records: list[CallRecord] = []
        self._winner: CallRecord | None = None

    @property
    def answered(self) -> bool:
        return any(call.answered for call in self._calls)

    @property
    def fault(self) -> ProviderFault | None:
        return next((call.fault for call in reversed(self._calls) if call.fault is not None), None)

    @property
    def left(self) -> Sequence[Target]:
        """The targets that have not been asked, in their order."""
        asked = self._pair[: len(self._calls)]
        return [target for target in self._targets if target not in asked]

    async def items(self, after_s: float) -> AsyncGenerator[Item]:
        """What the first to begin says; nothing when there are not two to choose from."""
        if not self._pair:
            return
        first = self._contender(self._pair[0])
        try:
            raced = race(first, self._second, after_s, self._proxy.pause, self._won)
            async with aclosing(raced) as items:
                async for item in items:
                    yield item
        finally:
            if self._winner is None:
                merge(self._record, None, self._records)

    def _second(self) -> Contender[Item] | None:
        # A hedge is a second call like a retry: together they are a tenth of all at most.
        return self._contender(self._pair[1]) if self._proxy.may_retry() else None

    def _contender(self, target: Target) -> Contender[Item]:
        record = CallRecord(target=target, reason=target.reason)
        call = _Call(self._proxy, target, self._ask, self._until, record, is_last=False)
        self._calls.append(call)
        self._records.append(record)
        return Contender(call.items(), record)

    def _won(self, winner: Contender[Item]) -> None:
        if winner.answers:
            self._winner = winner.record
            merge(self._record, winner.record, self._records)


def addressed(request: ModelRequest, target: Target) -> ModelRequest:
    """The request as it is meant for this target."""
    model = target.offer.model
    return replace(
        request,
        model=model.name,
        traits=model.traits,
        # A client that says how hard to think is listened to; the slot speaks for the others.
        effort=target.effort if request.effort is None else request.effort,
        max_output_tokens=min(request.max_output_tokens, model.max_output_tokens),
    )


def estimate_tokens(request: ModelRequest) -> int:
    """What the request will take of a window, its answer included."""
    return input_tokens(request) + request.max_output_tokens


def input_tokens(request: ModelRequest) -> int:
    """What the request holds, without its answer."""
    return count_tokens(request.system) + sum(map(count_message, request.messages))


def _settle(record: CallRecord, request: ModelRequest, finished: ModelFinished) -> None:
    record.status, record.stop = "ok", finished.reason
    if finished.usage is not None:
        record.usage = finished.usage
        return
    # No usage came: our own count is better than none, and is marked as such.
    record.estimated = True
    record.usage = TokenUsage(
        input_tokens=input_tokens(request),
        output_tokens=count_message(finished.message),
    )


def _not_final(fault: ProviderFault | None) -> ProviderFault | None:
    """The fault; raises the one after which nobody else is to be asked."""
    if fault is not None and fault.is_final:
        raise fault
    return fault


def _stood_in(target: Target, last: ProviderFault) -> RouteReason:
    reason = target.reason
    label = target.offer.model.label
    return RouteReason(
        (*reason.codes, f"fallback.{last.kind}"),
        f"{reason.sentence} {label} stands in, since the first choice failed: {last.detail}",
    )


def _is_plain(target: Target) -> bool:
    return not target.offer.model.name.startswith("simulator-fault-")
