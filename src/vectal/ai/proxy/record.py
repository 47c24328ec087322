"""What a call was, as far as it came: the source of its line in the usage ledger."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, Protocol, Self, TypeAlias
from uuid import UUID

from vectal.ai.catalog.offers import Offer
from vectal.ai.contracts import RouteReason, Slot, TokenUsage
from vectal.ai.ports import Credentials, Effort, FaultKind, ProviderFault, StopReason
from vectal.platform.ids import new_id

Outcome: TypeAlias = Literal["answered", "failed", "cancelled", "left_alone", "too_small"]


@dataclass(frozen=True, slots=True)
class Target:
    """One place to send a call to, with all that is needed for it."""

    offer: Offer
    credentials: Credentials
    effort: Effort
    slot: Slot | None
    reason: RouteReason


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. `left_alone` and `too_small` sent nothing."""

    target: str
    outcome: Outcome
    fault: FaultKind | None = None
    spent: bool = False
    """It was given up after it was sent, or broke off amid words that nobody was shown.

    Whoever was asked has read it, and may charge for it.
    """


class GivenUp(NamedTuple):
    """A try of whom nothing was heard in time, or no more than words that nobody was shown."""

    target: Target
    reason: RouteReason | None
    fault: ProviderFault
    took_ms: int


class Purse(Protocol):
    """Who pays for a call."""

    async def pay(self, target: Target, usage: TokenUsage) -> bool:
        """Pay for what a try took that was given up; False where no budget bears it."""
        ...


class Counting(Protocol):
    """What a call has used until now, by our own count."""

    def chars(self) -> int:
        """How much of the answer has come; cheap."""
        ...

    def has_price(self) -> bool:
        """Whether something has come that a vendor charges for."""
        ...

    def restart(self) -> None:
        """Another try begins: what those before it have said and counted is nothing of its own."""
        ...

    def usage(self) -> TokenUsage: ...


@dataclass(slots=True)
class CallRecord:
    """Filled while the call goes on. `target` is the one that answers, or was tried last."""

    target: Target | None = None
    reason: RouteReason | None = None
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    status: Literal["running", "ok", "failed", "cancelled"] = "running"
    fault: FaultKind | None = None
    stop: StopReason | None = None
    usage: TokenUsage = field(default_factory=TokenUsage)
    estimated: bool = False
    first_token_ms: int | None = None
    duration_ms: int = 0
    began: float | None = None
    """When it was first sent, by the proxy's clock, where that was before the proxy was asked."""
    codes: list[str] = field(default_factory=list[str])
    """What happened to the call beside its route: guardrails, hedges, the cache."""
    hedge_after_s: float | None = None
    """When to ask a second target beside a silent first; None: never."""
    racing: list[CallRecord] = field(default_factory=list["CallRecord"])
    """Of a hedged call that nobody has answered yet: what was sent for it, side by side."""
    rivals: list[CallRecord] = field(default_factory=list["CallRecord"])
    """Calls that were begun beside this one or before it, and given up."""
    given_up: GivenUp | None = None
    """The last try, where it was given up; the next one has it set apart, among the rivals."""
    purse: Purse | None = None
    """None: nobody keeps to budgets."""
    is_paid: bool = False
    """By itself: it is a try that was set apart."""
    count: Counting | None = None
    """None: nobody counts before the end."""
    is_beside: bool = False
    """It may be one of two at once, so that nobody knows whose words are counted."""
    line_id: UUID | None = None
    """Of its line in the ledger, once something was told of it."""
    is_lost: bool = False
    """Nobody will hear how it ended."""

    @property
    def tries(self) -> int:
        """How often something was really sent."""
        return sum(attempt.outcome not in {"left_alone", "too_small"} for attempt in self.attempts)

    @property
    def was_spent(self) -> bool:
        """Whether it was given up while somebody was asked, of whom nothing more was heard.

        Its client left, or it was waited for as long as may be.
        """
        return any(attempt.spent for attempt in self.attempts)

    def begin_try(self) -> None:
        """What is counted from now on is another try's; of two at once nobody can tell."""
        if self.count is not None and not self.is_beside:
            self.count.restart()

    @property
    def has_words(self) -> bool:
        """Whether the try that goes on has said something that has its price, shown or not."""
        return not self.is_beside and self.count is not None and self.count.has_price()

    @property
    def was_left_alone(self) -> bool:
        """Whether breakers kept it from somebody who could have been asked."""
        return any(attempt.outcome == "left_alone" for attempt in self.attempts)

    @property
    def was_cut_off(self) -> bool:
        return any(attempt.outcome == "cancelled" for attempt in self.attempts)

    @property
    def progress(self) -> tuple[object, ...]:
        """Changes whenever there is more to tell of it than before."""
        chars = 0 if self.count is None else self.count.chars()
        beside = [(each.status, len(each.attempts)) for each in (*self.racing, *self.rivals)]
        return self.status, len(self.attempts), chars, beside

    def all_so_far(self, took_ms: int) -> list[tuple[CallRecord, Target]]:
        """All that was sent for the call, each with where to, as `so_far` tells it."""
        racing = [each for each in self.racing if each.status == "running" or each.tries]
        if not racing and self.target is None:
            return []
        told = [each.so_far(took_ms, self.count) for each in racing or [self]]
        apart = [rival for each in (self, *racing) for rival in each.rivals]
        told += [_given_up(each, self.count) for each in apart]
        return [(each, each.target) for each in told if each.target is not None]

    def so_far(self, took_ms: int, count: Counting | None) -> Self:
        """The call as it would be if nothing more were heard of it; one that has ended as it is."""
        self.line_id = self.line_id or new_id()
        if self.status != "running":
            return self
        sent = [] if self.target is None else [Attempt(self.target.offer.key, "cancelled")]
        return replace(
            self,
            status="failed",
            is_lost=True,
            attempts=[*self.attempts, *sent],
            usage=self.usage if count is None else count.usage(),
            estimated=True,
            duration_ms=took_ms,
        )


def _given_up(rival: CallRecord, count: Counting | None) -> CallRecord:
    """What it has read is taken to have been paid."""
    rival.line_id = rival.line_id or new_id()
    if count is None or not rival.was_spent or rival.usage != TokenUsage():
        return rival
    return replace(rival, usage=TokenUsage(count.usage().input_tokens), estimated=True)
