"""One target: tries until it begins to answer, its breaker, and what is learnt of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeAlias, TypeVar
from uuid import UUID

from vectal.ai.ports import CallLimits, ProviderFault
from vectal.ai.providers.pieces import Pieces
from vectal.ai.proxy.given_up import set_apart
from vectal.ai.proxy.hedging import Pause
from vectal.ai.proxy.measures import Measures
from vectal.ai.proxy.record import Attempt, CallRecord, GivenUp, Outcome, Target
from vectal.platform.clock import Clock
from vectal.platform.http import Sending
from vectal.platform.resilience import (
    BreakerBoard,
    BreakerOpenError,
    Permit,
    RetryBudget,
    RetryBudgets,
    RetryRule,
    succeed,
)

Item = TypeVar("Item")
Ask: TypeAlias = Callable[[Target, CallLimits], Pieces[Item]]
"""One try at one target; it is sent when the first piece is asked for."""

_ALONE: Final = RetryRule(attempts=3, first_s=0.4, longest_s=15.0)
_WITH_OTHERS: Final = RetryRule(attempts=2, first_s=0.2, longest_s=1.0)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call may be silent before its first word and afterwards; how it is retried."""

    first_word_s: float = 60.0
    idle_s: float = 60.0
    thinking_s: float = 300.0
    """Before the first word of a model that may think unseen, or is loaded when it is asked."""
    alone: RetryRule = _ALONE
    with_others: RetryRule = _WITH_OTHERS
    pause: Pause = asyncio.sleep
    """How to wait for the moment to hedge; tests wait in their own way."""


@dataclass(slots=True)
class Means:
    """What all calls of a proxy share."""

    breakers: BreakerBoard
    measures: Measures
    patience: Patience
    budgets: RetryBudgets[UUID | None]
    clock: Clock
    now: Callable[[], float] = field(init=False)
    _simulated: BreakerBoard = field(init=False)

    def __post_init__(self) -> None:
        self._simulated = BreakerBoard(clock=self.clock)
        self.now = self.clock.monotonic

    def since(self, began: float) -> int:
        """Milliseconds."""
        return max(0, round((self.now() - began) * 1000))

    def budget(self, target: Target) -> RetryBudget:
        """The retries of the workspace on whose behalf the target is asked; nobody else's."""
        scope = target.credentials.scope
        return self.budgets.find(None if scope is None else scope.workspace_id)

    def admit(self, target: Target) -> Permit | None:
        """A permit of the target's breaker; the Simulator needs none unless it plays a fault."""
        if target.offer.simulated and target.offer.model.known and _is_plain(target):
            return None
        # Faults that one workspace plays may push out nobody's breaker of a real provider.
        board = self._simulated if target.offer.simulated else self.breakers
        return board.find(_health_key(target)).admit()

    def admit_now(self, target: Target) -> Permit | None:
        """A permit for a target that is known to be well; None when its breaker is to be asked.

        For a try without a `OneTry`: it ends by `note_answered`, or goes on by `begun`.
        """
        if target.offer.simulated:
            return None
        return self.breakers.find(_health_key(target)).try_admit()

    def note_answered(
        self, target: Target, permits: Sequence[Permit], times: Sequence[tuple[int | None, int]]
    ) -> None:
        """A target that `admit_now` admitted has answered as often.

        `times` are those to the first token and to the end, in milliseconds.
        """
        self.measures.note_answers(target.offer.key, times)
        self.budget(target).note_calls(len(permits))
        succeed(permits)

    def begun(self, target: Target, permit: Permit, record: CallRecord, began: float) -> OneTry:
        """A try that `admit_now` admitted, when it comes to more than an answer."""
        record.target, record.reason = target, target.reason
        attempt = OneTry(self, target, record, permit, is_alone=True)
        attempt.began = began
        return attempt

    def rule(self, *, is_last: bool) -> RetryRule:
        return self.patience.alone if is_last else self.patience.with_others

    def waits_longer(self, target: Target) -> bool:
        """Whether its first word is waited for longer than that of others."""
        return may_be_silent(target) and self.patience.thinking_s > self.patience.first_word_s

    def limits(self, until: float, target: Target) -> CallLimits:
        left, patience = max(0.0, until - self.now()), self.patience
        longer = self.waits_longer(target)
        first_word_s = patience.thinking_s if longer else patience.first_word_s
        return CallLimits(left, first_word_s, patience.idle_s)


class TargetCall(Generic[Item]):
    """All tries at one target. `fault` is set when it did not begin to answer."""

    __slots__ = ("_ask", "_is_last", "_means", "_record", "_target", "_until", "fault", "was_asked")

    def __init__(
        self,
        means: Means,
        target: Target,
        ask: Ask[Item],
        until: float,
        record: CallRecord,
        *,
        is_last: bool,
    ) -> None:
        self._means = means
        self._target = target
        self._ask = ask
        self._until = until
        self._record = record
        self._is_last = is_last
        self.fault: ProviderFault | None = None
        self.was_asked = False
        """False as long as its breaker let nothing through."""

    async def begin(self) -> Begun[Item] | None:
        """The answer with its first piece; None when there is none."""
        rule = self._means.rule(is_last=self._is_last)
        for failures in range(1, rule.attempts + 1):
            begun = await self._try()
            fault = self.fault
            if begun is not None or fault is None or not fault.retryable:
                return begun
            if fault.gave_up and self._means.waits_longer(self._target):
                return None  # no client has so much patience twice
            pause = self._pause(rule, failures)
            if pause is None or not self._means.budget(self._target).take_retry():
                return None
            await asyncio.sleep(pause)
        return None

    async def _try(self) -> Begun[Item] | None:
        try:
            permit = self._means.admit(self._target)
        except BreakerOpenError as error:
            self.note("left_alone")
            self.fault = self.fault or ProviderFault(
                "unavailable",
                f"{self._target.offer.model.label} has failed too often of late.",
                retry_after_s=error.retry_after_s,
            )
            return None
        await self._set_apart(permit)
        self.was_asked = True
        self._record.target = self._target
        self._record.begin_try()
        attempt = OneTry(self._means, self._target, self._record, permit)
        pieces = self._ask(self._target, self._means.limits(self._until, self._target))
        sending = Sending()
        try:
            with sending:
                first = await pieces.receive()
        except ProviderFault as fault:
            self.fault = fault
            # What was said was held back, since a first piece never came; it has its price.
            attempt.fail(fault, has_spoken=self._record.has_words)
            await pieces.close()
            return None
        except BaseException:
            # Cancelled: the breaker's permit must come back, a probe above all.
            attempt.give_up(was_sent=sending.may_be_out)
            await pieces.close()
            raise
        if first is None:
            attempt.succeed()
            return None
        attempt.first_ms = self._means.since(attempt.began)
        return Begun(pieces, first, attempt)

    async def _set_apart(self, permit: Permit | None) -> None:
        """What was given up before is paid for before there is another try."""
        if self._record.given_up is None:
            return
        try:
            await set_apart(self._record)
        except BaseException:
            # Unpaid or cancelled: nothing is sent, so the breaker's permit must come back.
            if permit is not None:
                permit.release()
            raise

    def _pause(self, rule: RetryRule, failures: int) -> float | None:
        """How long to wait before the next try; None when there is to be none."""
        if failures >= rule.attempts or self.fault is None:
            return None
        pause = rule.pause_s(failures)
        if self.fault.retry_after_s is not None:
            if self.fault.retry_after_s > rule.longest_s:
                return None
            pause = max(pause, self.fault.retry_after_s)
        return pause if pause < self._until - self._means.now() else None

    def note(self, outcome: Outcome) -> None:
        """Something that sent nothing."""
        self._record.attempts.append(Attempt(self._target.offer.key, outcome))


class OneTry:
    """One try that was sent; ends once."""

    __slots__ = (
        "_is_alone", "_means", "_permit", "_record", "_target", "began", "first_ms", "is_over",
    )  # fmt: skip

    def __init__(
        self,
        means: Means,
        target: Target,
        record: CallRecord,
        permit: Permit | None,
        *,
        is_alone: bool = False,
    ) -> None:
        self._means = means
        self._target = target
        self._record = record
        self._permit = permit
        self._is_alone = is_alone
        """Nobody else counts the call. What fails is begun anew, and counted then."""
        self.began = means.now()
        self.first_ms: int | None = None
        self.is_over = False

    def succeed(self) -> None:
        self._end("answered", None)
        self._measure(ok=True)
        if self._is_alone:
            self._means.budget(self._target).note_call()
        if self._permit is not None:
            self._permit.succeed()

    def fail(self, fault: ProviderFault, *, has_spoken: bool = False) -> None:
        """`has_spoken`: it has said something that nobody was shown."""
        spent = fault.has_price or has_spoken
        self._end("failed", fault, spent=spent)
        if spent:
            record = self._record
            is_first = len(record.attempts) == 1 and not record.rivals
            # What was begun directly was sent before this try was made of it.
            began = record.began if is_first and record.began is not None else self.began
            took_ms = self._means.since(began)
            record.given_up = GivenUp(self._target, record.reason, fault, took_ms)
        if fault.counts_against_health:
            self._measure(ok=False)
        if self._permit is not None:
            if fault.counts_against_health:
                self._permit.fail()
            else:
                self._permit.release()

    def leave(self) -> None:
        """Somebody else makes it: it never was."""
        self.is_over = True
        if self._permit is not None:
            self._permit.release()

    def give_up(self, *, was_sent: bool = True) -> None:
        """Cancelled, or nobody listens any more: that says nothing of the provider."""
        self._end("cancelled", None, spent=was_sent)
        if self._permit is not None:
            self._permit.release()

    def _end(self, outcome: Outcome, fault: ProviderFault | None, *, spent: bool = False) -> None:
        self.is_over = True
        kind = fault.kind if fault is not None else None
        self._record.attempts.append(Attempt(self._target.offer.key, outcome, kind, spent))

    def _measure(self, *, ok: bool) -> None:
        """One try by itself, for the router: not what those before it cost."""
        took_ms = self._means.since(self.began)
        self._means.measures.note(self._target.offer.key, self.first_ms, took_ms, ok=ok)


class Begun(Generic[Item]):
    """The pieces of a try that has begun to answer, the first of them included."""

    __slots__ = ("_attempt", "_first", "_pieces")

    def __init__(self, pieces: Pieces[Item], first: Item, attempt: OneTry) -> None:
        self._pieces = pieces
        self._first: Item | None = first
        self._attempt = attempt

    async def receive(self) -> Item | None:
        first = self._first
        if first is not None:
            self._first = None
            return first
        if self._attempt.is_over:
            return None
        try:
            item = await self._pieces.receive()
        except ProviderFault as fault:
            self._attempt.fail(fault)
            raise
        except BaseException:
            # Cancelled in the middle: the breaker's permit must come back.
            self._attempt.give_up()
            raise
        if item is None:
            self._attempt.succeed()
        return item

    async def close(self) -> None:
        if not self._attempt.is_over:
            self._attempt.give_up()
        await self._pieces.close()


def _health_key(target: Target) -> str:
    """A provider belongs to one workspace; the built-in Simulator to all, so it is told apart."""
    scope = target.credentials.scope
    if target.offer.provider.id is not None or scope is None:
        return target.offer.key
    return f"{scope.workspace_id}/{target.offer.key}"


def may_be_silent(target: Target) -> bool:
    """Whether it may have to be waited for longer than others.

    OpenAI shows nothing of what its models think, nor that they do. A server of one's own may
    first load gigabytes. Others write a stream of thoughts, or say now and then that they live.
    """
    kind, model = target.offer.provider.kind, target.offer.model
    return kind == "openai_compatible" or (kind == "openai" and (model.reasons or not model.known))


def _is_plain(target: Target) -> bool:
    return not target.offer.model.name.startswith("simulator-fault-")
