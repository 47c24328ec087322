"""What a call was, as far as it came: the source of its line in the usage ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from vectal.ai.catalog.offers import Offer
from vectal.ai.contracts import RouteReason, Slot, TokenUsage
from vectal.ai.ports import Credentials, Effort, FaultKind, StopReason

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
    rivals: list[CallRecord] = field(default_factory=list["CallRecord"])
    """Calls that were begun beside this one, and given up when it answered first."""

    @property
    def tries(self) -> int:
        """How often something was really sent."""
        return sum(attempt.outcome not in {"left_alone", "too_small"} for attempt in self.attempts)
