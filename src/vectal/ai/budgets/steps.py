"""A step: what one transaction does to a period and to what this process holds of it.

It is made under the lock of the period's row and decides without waiting. What is given back
leaves the process before it is written; what is leased comes in after the commit. So whatever
fails in between, an amount is never in two places.
"""

from __future__ import annotations

from vectal.ai.budgets.holding import Holding
from vectal.ai.budgets.slices import (
    SHARE,
    Ledger,
    Report,
    Slice,
    enter,
    lend,
    slice_size,
    top_up,
)


class Step:
    """`ledger` and `held` are what is to be written; `wanted` means that others need the rest."""

    def __init__(
        self, holding: Holding, ledger: Ledger, held: Slice | None, *, wanted: bool, need: int = 0
    ) -> None:
        self.holding = holding
        self.need = need
        self.closes = False
        self.ledger = self._was = ledger
        self.held = self._held = held or Slice()
        self._wanted = wanted
        self._report = Report(0, 0, 0)
        self._aside = self._granted = 0
        self.within_reach = holding.free + self._foresee().left

    @property
    def is_short(self) -> bool:
        return self.need > self.within_reach

    @property
    def may_be_met(self) -> bool:
        """Whether the need could be met if other processes gave back all that they hold."""
        return self.need <= self.within_reach + self._foresee().leased - self.holding.held

    def reserve(self) -> None:
        """Take what is free for the call, and lease the rest of it or more."""
        holding, left = self.holding, self._foresee().left
        self._aside = holding.set_aside(self.need)
        if self._wanted:
            holding.drop_free()
        self._tell()
        short = self.need - self._aside
        if short:
            recent = 0 if self._wanted else holding.pace.recent(holding.taken)
            self._lend(slice_size(self.ledger.left, short, recent))
        holding.last_need = self.need
        holding.scarce = self._wanted or left // SHARE < self.need

    def give_up(self) -> None:
        """Give back what is free, so that one of several that need it all can have it."""
        if self.is_short or self._wanted:
            self.holding.drop_free()
            self.holding.scarce = True
        self._tell()

    def settle_up(self, *, is_ending: bool) -> None:
        """Report, and give back what is free unless it will be used here soon."""
        holding = self.holding
        if is_ending or self._wanted or holding.scarce:
            holding.drop_free()
            self._tell()
            self.closes = is_ending and not holding.open and not holding.held
        else:
            self._tell()
            self._lend(top_up(self.ledger.left, holding.free, holding.pace.recent(holding.taken)))
        holding.scarce = self._wanted or self.ledger.left // SHARE < holding.last_need

    def undo(self) -> None:
        """The transaction failed, or we never heard that it did not."""
        self.holding.free += self._aside
        self.holding.unsure = True
        if self.closes:
            self.holding.closing = self._report

    def confirm(self, now: float) -> None:
        self.holding.confirm(self._report, self._granted, now)
        if self.closes:
            self.holding.forget_row()

    def begin(self) -> None:
        """Reserve for the call what `reserve` has found, once that is confirmed."""
        self.holding.begin(self.need, self._aside)

    def _tell(self) -> None:
        self._report = self.holding.report()
        self.ledger, self.held = enter(self._was, self._held, self._report)

    def _lend(self, amount: int) -> None:
        self.ledger, self.held = lend(self.ledger, self.held, amount)
        self._granted = amount

    def _foresee(self) -> Ledger:
        """The ledger once we have told all that we know now."""
        return enter(self._was, self._held, self.holding.report())[0]
