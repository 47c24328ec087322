"""What a run writes down around a model call: the most it can take before, what it took after."""

from __future__ import annotations

from decimal import Decimal

from vectal.agents import entries
from vectal.agents.next_action import Think
from vectal.agents.service.hold import Hold
from vectal.agents.service.holding import Holding
from vectal.ai.contracts import Allowance, ReasoningDelta, TextDelta
from vectal.platform.clock import Clock


class SupersededError(Exception):
    """The history has become another one: what is next must be decided anew."""


class ThoughtWitness:
    """Of one thought; one that a crash cut off counts with its worst case when it is repeated."""

    def __init__(self, hold: Hold, action: Think, holding: Holding, clock: Clock) -> None:
        self._hold = hold
        self._action = action
        self._holding = holding
        self._clock = clock

    def hear(self, piece: TextDelta | ReasoningDelta) -> None:
        """Nobody listens to a thought before it is written down."""

    async def begin(self, worst: Allowance) -> None:
        """Raises `SupersededError` and `LeaseLostError`."""
        cut = self._hold.history.at_risk
        begun = entries.ThinkBegun(
            at=self._clock.now(),
            number=self._action.number,
            prompt=self._action.prompt,
            worst_cost_usd=as_text(worst.cost_usd),
            worst_tokens=worst.tokens,
            cut_cost_usd=as_text(cut.cost_usd),
            cut_tokens=cut.tokens,
        )
        if not await self._holding.record(self._hold, begun):
            raise SupersededError
        self._hold.lease.require()

    def took(self, taken: Allowance) -> None:
        self._hold.taken = taken


def note_cut(hold: Hold, clock: Clock) -> None:
    """A thought that was stopped in the middle: what it took is known, and counts as that."""
    taken, thinking = hold.taken, hold.history.thinking
    if taken is None or thinking is None:
        return
    hold.taken = None
    cut = entries.ThinkCut(
        at=clock.now(),
        number=thinking.number,
        cost_usd=as_text(taken.cost_usd),
        tokens=taken.tokens,
    )
    hold.note(cut)


def as_text(cost: Decimal) -> str | None:
    """A decimal as the journal keeps it; None for nothing."""
    return f"{cost:f}" if cost else None
