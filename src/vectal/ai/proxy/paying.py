"""Calls that somebody pays for: the worst case is set aside before, the rest comes back after."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from vectal.ai.budgets.amounts import Actual, Worst
from vectal.ai.budgets.reservation import BudgetGate, Reservation
from vectal.ai.budgets.rules import Subjects
from vectal.ai.contracts import Charges, TokenUsage
from vectal.ai.errors import BudgetExceededError, BudgetUnpricedError
from vectal.ai.guardrails.contracts import GuardrailRules
from vectal.ai.guardrails.guard import Guard
from vectal.ai.ports import ModelEvent, ModelRequest, ProviderFault
from vectal.ai.providers.counting import counting_wire, translated
from vectal.ai.proxy.attempts import MAX_TARGETS, ModelProxy, addressed
from vectal.ai.proxy.costs import actual_cost, most_inputs, worst_cost
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.proxy.tight import (
    alike,
    ask_size,
    cheaper,
    least_tokens,
    most_tokens,
    with_price,
    would_fit,
)
from vectal.ai.usage.sizes import is_kept_long, picture_bytes, text_bytes
from vectal.ai.usage.tokens import LARGEST_IMAGE_TOKENS, count_pictures, has_documents
from vectal.platform.clock import Clock
from vectal.platform.db import DataScope
from vectal.platform.errors import AppError


@dataclass(frozen=True, slots=True)
class Care:
    """What a workspace wants done with its calls, beside making them."""

    guardrails: GuardrailRules
    hedge_after_s: float | None


@dataclass(frozen=True, slots=True)
class Payer:
    """In whose workspace a call is made, and for whom."""

    scope: DataScope
    subjects: Subjects


class PaidProxy:
    """The proxy for one payer. Without a `gate` there are no budgets to keep to."""

    def __init__(
        self,
        proxy: ModelProxy,
        gate: BudgetGate | None,
        payer: Payer,
        clock: Clock,
        care: Care | None = None,
    ) -> None:
        self._care = care
        self._proxy = proxy
        self._gate = gate
        self._payer = payer
        self._clock = clock

    async def stream(
        self,
        targets: Sequence[Target],
        request: ModelRequest,
        deadline_s: float,
        record: CallRecord,
    ) -> AsyncGenerator[ModelEvent]:
        """As the proxy's own; a budget that can't bear the call is a fault of kind `quota`."""
        if self._care is None:
            events = self._paid(targets, request, deadline_s, record)
        else:
            record.hedge_after_s = self._care.hedge_after_s
            guard = self._proxy.guard_for(self._care.guardrails)
            if guard is None:
                events = self._paid(targets, request, deadline_s, record)
            else:
                events = self._guarded(guard, targets, request, deadline_s, record)
        async with aclosing(events) as all_:
            async for event in all_:
                yield event

    async def _guarded(
        self,
        guard: Guard,
        targets: Sequence[Target],
        request: ModelRequest,
        deadline_s: float,
        record: CallRecord,
    ) -> AsyncGenerator[ModelEvent]:
        try:
            try:
                request = await guard.screen(request)
            except ProviderFault:
                # It was sent to nobody; the ledger still says that it was refused, and why.
                record.target, record.reason = targets[0], targets[0].reason
                raise
            paid = self._paid(targets, request, deadline_s, record)
            async with aclosing(guard.answer(paid, request)) as events:
                async for event in events:
                    yield event
        except ProviderFault as fault:
            if fault.is_final:
                record.status, record.fault = "failed", fault.kind
            raise
        finally:
            record.codes += guard.codes

    async def _paid(
        self,
        targets: Sequence[Target],
        request: ModelRequest,
        deadline_s: float,
        record: CallRecord,
    ) -> AsyncGenerator[ModelEvent]:
        hedged = record.hedge_after_s is not None
        held, targets = await self._hold(targets[:MAX_TARGETS], request, calls=1 + hedged)
        if self._gate is not None:
            payer = self._payer
            record.purse = Purse(self._gate, payer.scope, payer.subjects, self._clock)
        try:
            events = self._proxy.stream(targets, request, deadline_s, record)
            async with aclosing(events):
                async for event in events:
                    yield event
        finally:
            if held is not None:
                settle(held, record, self._clock)

    async def _hold(
        self, targets: Sequence[Target], request: ModelRequest, calls: int
    ) -> tuple[Reservation | None, Sequence[Target]]:
        """What the call may cost, and the targets that may cost so much."""
        if self._gate is None:
            return None, targets
        size = _Size(request, calls)
        try:
            while True:
                worst = size.worst(targets, self._clock)
                try:
                    held = await self._gate.reserve(self._payer.scope, self._payer.subjects, worst)
                except BudgetUnpricedError:
                    targets = with_price(targets, lambda each: size.worst([each], self._clock))
                    if not targets:
                        raise
                except BudgetExceededError as error:
                    targets = await self._afforded(error, targets, size)
                    if not targets:
                        raise
                else:
                    return held, targets
        except AppError as error:
            raise ProviderFault("quota", error.detail or error.title) from error

    async def _afforded(
        self, error: BudgetExceededError, targets: Sequence[Target], size: _Size
    ) -> Sequence[Target]:
        """Fewer targets, or the same with a smaller size; none where neither helps."""
        fewer = cheaper(error, targets, lambda target: size.worst([target], self._clock))
        if targets[0] in fewer:
            return fewer
        targets = alike(targets)
        wire = counting_wire(targets[0].offer.provider)
        egress = self._proxy.egress
        if wire is None or egress is None or not size.is_countable:
            return []
        size.counted = least_tokens(size.bytes)
        may_fit = would_fit(error, size.worst(targets, self._clock))
        size.counted = None
        if not may_fit:
            return []
        try:
            wanted = translated(wire, addressed(size.request, targets[0]))
        except ProviderFault:
            return []  # the vendor says why, where a budget has room
        told = await ask_size(self._proxy.means, egress, targets[0], wanted)
        if told is None:
            return []
        size.counted = most_tokens(
            told,
            size.bytes,
            len(wanted.body) - picture_bytes(size.request),
            len(size.request.messages),
        )
        return targets if size.counted < size.bytes else []


@dataclass(slots=True)
class _Size:
    """How much a request can be at the most."""

    request: ModelRequest
    calls: int
    """So often it may be sent at once."""
    counted: int | None = None
    """Tokens of its text by its vendor's count, where that was asked for."""
    bytes: int = field(init=False)
    """Of its text."""
    _pictures: int = field(init=False)
    _rounds: int = field(init=False)

    def __post_init__(self) -> None:
        parts = [part for message in self.request.messages for part in message.parts]
        self.bytes = text_bytes(self.request)
        self._pictures = sum(map(count_pictures, parts))
        self._rounds = 1 if any(map(has_documents, parts)) else 0

    @property
    def is_countable(self) -> bool:
        return self.counted is None and not self._rounds

    def worst(self, targets: Sequence[Target], clock: Clock) -> Worst:
        """The most that the call may take of each unit."""
        request = self.request
        size = self.bytes if self.counted is None else self.counted
        size += self._pictures * LARGEST_IMAGE_TOKENS
        inputs = most_inputs(targets, size, self._rounds)
        charges = Charges(kept_tokens=1) if is_kept_long(request) else None
        cost = worst_cost(targets, inputs, request.max_output_tokens, clock.now(), charges)
        return times(Worst(cost, inputs + request.max_output_tokens), self.calls)


def times(worst: Worst, calls: int) -> Worst:
    """The worst case of so many calls for one request."""
    if calls == 1:
        return worst
    cost = None if worst.cost_units is None else worst.cost_units * calls
    return Worst(cost, worst.tokens * calls, worst.requests)


class Purse:
    """Of one call: it pays for tries that were given up, before there are others."""

    __slots__ = ("_clock", "_gate", "_scope", "_subjects")

    def __init__(
        self, gate: BudgetGate, scope: DataScope, subjects: Subjects, clock: Clock
    ) -> None:
        self._gate = gate
        self._scope = scope
        self._subjects = subjects
        self._clock = clock

    async def pay(self, target: Target, usage: TokenUsage) -> bool:
        """Whether every budget bears it; what is set aside for the call is left alone."""
        cost = actual_cost(target, usage, self._clock.now())
        tokens = usage.input_tokens + usage.output_tokens
        try:
            # However often it is tried, it is one request.
            held = await self._gate.reserve(
                self._scope, self._subjects, Worst(cost, tokens, requests=0)
            )
        except AppError:
            return False
        held.settle(Actual(cost, tokens, requests=0))
        return True


def settle(held: Reservation, record: CallRecord, clock: Clock) -> int | None:
    """Pay for what was used; returns its cost, None when nobody knows the price."""
    target = record.target
    if target is None or not record.tries:
        held.release()
        return None
    at = clock.now()
    cost = actual_cost(target, record.usage, at)
    total, tokens = cost, record.usage.input_tokens + record.usage.output_tokens
    for rival in record.rivals:
        if rival.is_paid:
            continue
        more = None if rival.target is None else actual_cost(rival.target, rival.usage, at)
        total = None if total is None or more is None else total + more
        tokens += rival.usage.input_tokens + rival.usage.output_tokens
    held.settle(Actual(total, tokens))
    return cost
