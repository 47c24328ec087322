"""Walking the targets: try, retry within the budget, fall back, all before the first token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Final, Generic, TypeVar
from uuid import UUID

from vectal.ai.budgets.reservation import BudgetGate
from vectal.ai.contracts import ReasoningDelta, RouteReason, TextDelta, TokenUsage
from vectal.ai.contracts_documents import FilePart
from vectal.ai.guardrails.contracts import GuardrailRules
from vectal.ai.guardrails.guard import Guard, Judge
from vectal.ai.ports import (
    CallLimits,
    Egress,
    ModelEvent,
    ModelFinished,
    ModelRequest,
    ProviderAdapter,
    ProviderFault,
    ProviderKind,
    ToolArgumentsDelta,
)
from vectal.ai.providers.pieces import Ahead, Generated, Pieces, generate
from vectal.ai.proxy.hedging import Contender, merge, race
from vectal.ai.proxy.measures import Measures
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.proxy.trying import Ask, Means, Patience, TargetCall
from vectal.ai.usage.tokens import count_message, count_part, count_tokens, tool_tokens
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.resilience import BreakerBoard, RetryBudgets

__all__ = ["MAX_TARGETS", "ModelProxy", "Patience", "addressed", "estimate_tokens", "input_tokens"]

Item = TypeVar("Item")

MAX_TARGETS: Final = 4
_CHARS_PER_TOKEN: Final = 4


class ModelProxy:
    """Takes a request and targets in order, gives one answer or one fault."""

    def __init__(
        self,
        adapters: Mapping[ProviderKind, ProviderAdapter],
        breakers: BreakerBoard | None = None,
        budgets: RetryBudgets[UUID | None] | None = None,
        patience: Patience | None = None,
        clock: Clock | None = None,
        gate: BudgetGate | None = None,
        judge: Judge | None = None,
        egress: Egress | None = None,
    ) -> None:
        self._adapters = adapters
        self.judge = judge
        """Whom guardrails with a webhook ask; None: nobody can be asked."""
        self.gate = gate
        """Where calls are paid for; None: nowhere."""
        self.egress = egress
        """The way to vendors who are only asked to count; None: nobody is."""
        self.breakers = breakers or BreakerBoard(clock=clock)
        self.measures = Measures(clock)
        self.means: Final = Means(
            self.breakers,
            self.measures,
            patience or Patience(),
            budgets or RetryBudgets(),
            clock or SystemClock(),
        )

    def now(self) -> float:
        """Seconds of the clock that its breakers go by."""
        return self.means.now()

    def adapter(self, kind: ProviderKind) -> ProviderAdapter:
        return self._adapters[kind]

    def guard_for(self, rules: GuardrailRules) -> Guard | None:
        """A guard for one call; None when there is nothing to look at."""
        return Guard(rules, self.judge) if rules.is_on else None

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
        record.count = _Count(request, heard)

        def ask(target: Target, limits: CallLimits) -> Pieces[ModelEvent]:
            adapter = self.adapter(target.offer.provider.kind)
            sent = addressed(request, target)
            return Generated(adapter.stream(target.credentials, sent, limits))

        def fits(target: Target) -> bool:
            wanted = estimate_tokens(addressed(request, target))
            return wanted <= target.offer.model.context_tokens

        try:
            answering = await self.begin(targets, ask, fits, deadline_s, record)
            async with aclosing(generate(answering)) as events:
                async for event in events:
                    if isinstance(event, ModelFinished):
                        _settle(record, request, event)
                    elif isinstance(event, TextDelta | ReasoningDelta | ToolArgumentsDelta):
                        heard.append(event.text)
                    yield event
        finally:
            record.count = None
            for rival in record.rivals:
                # It was sent and given up: what it read is taken to have been paid.
                if rival.was_spent and not rival.usage.input_tokens:
                    rival.estimated, rival.usage = True, TokenUsage(input_tokens(request))
            if record.status != "ok" and (heard or record.was_spent):
                record.estimated = True
                record.usage = TokenUsage(input_tokens(request), count_tokens("".join(heard)))

    def limits(self, deadline_s: float, target: Target) -> CallLimits:
        """How long a call may take that begins now."""
        return self.means.limits(self.means.now() + deadline_s, target)

    def since(self, began: float) -> int:
        """Milliseconds."""
        return self.means.since(began)

    async def begin(
        self,
        targets: Sequence[Target],
        ask: Ask[Item],
        fits: Callable[[Target], bool],
        deadline_s: float,
        record: CallRecord,
    ) -> Answering[Item]:
        """What `ask` gives at the first target that answers, once it does.

        Raises as `stream` does. Read it to its end or close it; whoever reads sets
        `record.status` to "ok" when the answer was whole.
        """
        began = self.means.now() if record.began is None else record.began
        try:
            pieces = await self._find_answer(targets, ask, fits, began + deadline_s, record)
        except BaseException as error:
            # However it ended, a cancel too: the ledger has to know how, and how long it took.
            _note_break(record, error)
            record.duration_ms = self.means.since(began)
            raise
        record.first_token_ms = self.means.since(began)
        return Answering(pieces, record, self.means, began)

    async def _find_answer(
        self,
        targets: Sequence[Target],
        ask: Ask[Item],
        fits: Callable[[Target], bool],
        until: float,
        record: CallRecord,
    ) -> Pieces[Item]:
        last: ProviderFault | None = None
        reachable = targets[:MAX_TARGETS]
        if reachable:
            self.means.budget(reachable[0]).note_call()
        if record.hedge_after_s is not None:
            hedge = _Hedge(self.means, reachable, ask, fits, until, record)
            answer = await hedge.begin(record.hedge_after_s)
            if answer is not None:
                return answer
            last, reachable = _not_final(hedge.fault), hedge.left
        for target in reachable:
            is_last = target is reachable[-1]
            call = TargetCall(self.means, target, ask, until, record, is_last=is_last)
            record.reason = target.reason if last is None else _stood_in(target, last)
            if not fits(target):
                call.note("too_small")
                continue
            begun = await call.begin()
            if begun is not None:
                return begun
            last = _not_final(_most_telling(last, call))
        raise last or _nobody(record)


class Answering(Generic[Item]):
    """An answer that has begun; its end, however it comes, is written into the record."""

    __slots__ = ("_began", "_means", "_pieces", "_record")

    def __init__(
        self, pieces: Pieces[Item], record: CallRecord, means: Means, began: float
    ) -> None:
        self._pieces = pieces
        self._record = record
        self._means = means
        self._began = began

    async def receive(self) -> Item | None:
        try:
            item = await self._pieces.receive()
        except BaseException as error:
            # As in `begin`: nobody else writes down how an answer broke off.
            _note_break(self._record, error)
            self._note_time()
            raise
        if item is None:
            self._note_time()
        return item

    async def close(self) -> None:
        record = self._record
        if not record.duration_ms:
            self._note_time()
        if record.status == "running":
            record.status = "cancelled"
        await self._pieces.close()

    def _note_time(self) -> None:
        self._record.duration_ms = self._means.since(self._began)


class _Hedge(Generic[Item]):
    """The first two targets that fit, asked one after the other until one of them begins."""

    def __init__(
        self,
        means: Means,
        targets: Sequence[Target],
        ask: Ask[Item],
        fits: Callable[[Target], bool],
        until: float,
        record: CallRecord,
    ) -> None:
        self._means = means
        self._record = record
        self._ask = ask
        self._until = until
        fitting = [target for target in targets if fits(target)]
        self._pair = fitting[:2] if len(fitting) > 1 else []
        self._targets = targets
        self._calls: list[TargetCall[Item]] = []
        self._records: list[CallRecord] = []
        self._winner: CallRecord | None = None

    @property
    def fault(self) -> ProviderFault | None:
        told: ProviderFault | None = None
        for call in self._calls:
            told = _most_telling(told, call)
        return told

    @property
    def left(self) -> Sequence[Target]:
        """The targets that have not been asked, in their order."""
        asked = self._pair[: len(self._calls)]
        return [target for target in self._targets if target not in asked]

    async def begin(self, after_s: float) -> Pieces[Item] | None:
        """What the first to begin says; None when there are not two to choose from, or neither."""
        if not self._pair:
            return None
        pieces = Generated(self._items(after_s))
        first = await pieces.receive()
        return None if first is None else Ahead(first, pieces)

    async def _items(self, after_s: float) -> AsyncGenerator[Item]:
        self._record.racing = self._records
        first = self._contender(self._pair[0])
        try:
            raced = race(first, self._second, after_s, self._means.patience.pause, self._won)
            async with aclosing(raced) as items:
                async for item in items:
                    yield item
        finally:
            if self._winner is None:
                self._merge()

    def _second(self) -> Contender[Item] | None:
        # A hedge is a second call like a retry: together they are a tenth of all at most.
        second = self._pair[1]
        return self._contender(second) if self._means.budget(second).take_retry() else None

    def _contender(self, target: Target) -> Contender[Item]:
        began = self._means.now()
        of_call = self._record
        record = CallRecord(target=target, reason=target.reason, began=began)
        record.count, record.purse, record.is_beside = of_call.count, of_call.purse, True
        call = TargetCall(self._means, target, self._ask, self._until, record, is_last=False)
        self._calls.append(call)
        self._records.append(record)
        return Contender(_tried(call, record), record)

    def _won(self, winner: Contender[Item]) -> None:
        if winner.answers:
            self._winner = winner.record
            self._merge()

    def _merge(self) -> None:
        merge(self._record, self._winner, self._records)
        for rival in self._record.rivals:
            if rival.began is not None:
                rival.duration_ms = self._means.since(rival.began)


async def _tried(call: TargetCall[Item], record: CallRecord) -> AsyncGenerator[Item]:
    try:
        begun = await call.begin()
    except ProviderFault as fault:
        record.status, record.fault = "failed", fault.kind
        raise
    if begun is None:
        record.status, record.fault = "failed", None if call.fault is None else call.fault.kind
    else:
        async with aclosing(generate(begun)) as items:
            async for item in items:
                yield item


def _note_break(record: CallRecord, error: BaseException) -> None:
    if isinstance(error, ProviderFault):
        record.status, record.fault = "failed", error.kind
    elif isinstance(error, asyncio.CancelledError | GeneratorExit):
        record.status = "cancelled"


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
    """What the request holds, tools included, without its answer."""
    said = count_tokens(request.system) + sum(map(count_message, request.messages))
    return said + tool_tokens(request.tools)


def unsure_tokens(request: ModelRequest) -> int:
    """What of `input_tokens` is guessed by the size of documents, and may be far less."""
    parts = (part for message in request.messages for part in message.parts)
    return sum(count_part(part) - 1 for part in parts if isinstance(part, FilePart))


class _Count:
    """What a call has used that is still being answered, about; to be asked again and again."""

    def __init__(self, request: ModelRequest, heard: list[str]) -> None:
        self._request = request
        self._heard = heard
        self._inputs: int | None = None

    def chars(self) -> int:
        return sum(map(len, self._heard))

    def has_price(self) -> bool:
        return bool(self._heard)

    def restart(self) -> None:
        """Nobody is asked anew once a word of an answer has come."""

    def usage(self) -> TokenUsage:
        if self._inputs is None:
            self._inputs = input_tokens(self._request)
        return TokenUsage(self._inputs, -(-self.chars() // _CHARS_PER_TOKEN))


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


def _most_telling(told: ProviderFault | None, call: TargetCall[Item]) -> ProviderFault | None:
    """What the client is to be told: the last fault, unless an earlier one tells more."""
    fault = call.fault
    if fault is None or told is None:
        return fault or told
    # Who was left alone has said nothing. And what is wrong with the request, only the client can
    # mend: it would repeat in vain what it is told as trouble of whoever was asked last.
    is_kept = told.is_final or told.is_of_the_request or not call.was_asked
    return told if is_kept and not fault.is_final else fault


def _nobody(record: CallRecord) -> ProviderFault:
    """Why there was not even a refusal."""
    outcomes = {attempt.outcome for attempt in record.attempts}
    if outcomes == {"too_small"}:
        return ProviderFault("context_too_large", "The conversation is too long for every model.")
    return ProviderFault("unavailable", "No model can be asked right now.")


def _stood_in(target: Target, last: ProviderFault) -> RouteReason:
    reason = target.reason
    label = target.offer.model.label
    return RouteReason(
        (*reason.codes, f"fallback.{last.kind}"),
        f"{reason.sentence} {label} stands in, since the first choice failed: {last.detail}",
    )
