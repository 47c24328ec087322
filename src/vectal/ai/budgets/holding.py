"""What this process holds of one period of a budget: all arithmetic of the hot path."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from vectal.ai.budgets.periods import Period
from vectal.ai.budgets.rules import BudgetRule
from vectal.ai.budgets.slices import Report

HoldingKey: TypeAlias = tuple[UUID, UUID, datetime]
"""Workspace, budget, start of the period."""

_NOTHING: Final = Report(0, 0, 0)
_TURN_S: Final = 1.0


class Pace:
    """How much was taken in the last second or two; is looked at once a second."""

    __slots__ = ("_active_at", "_newer", "_older", "_seen", "_turned_at")

    def __init__(self, now: float) -> None:
        self._active_at = self._turned_at = now
        self._older = self._newer = self._seen = 0

    def look(self, taken: int, now: float) -> None:
        if taken != self._seen:
            self._seen, self._active_at = taken, now
        if now - self._turned_at >= _TURN_S:
            self._older, self._newer, self._turned_at = self._newer, taken, now

    def recent(self, taken: int) -> int:
        return taken - self._older

    def quiet_s(self, now: float) -> float:
        return now - self._active_at


class Holding:
    """`held` is leased to us and not settled; `free` is the part of it that no call has reserved.

    `settled` and `overdraft` add up over the life of the slice's row. `told` is what is known to
    be written down, `in_store` whether there is a row, `closing` the last report when the row was
    to be closed with it. `unsure` is set when we can't tell whether a transaction was committed.
    """

    __slots__ = (
        "closing", "free", "held", "in_store", "last_need", "open", "overdraft", "pace", "period",
        "place", "prepared", "rule", "scarce", "settled", "taken", "told", "told_at", "unsure",
        "wake",
    )  # fmt: skip

    def __init__(
        self, rule: BudgetRule, period: Period, now: float, wake: Callable[[], None]
    ) -> None:
        self.rule = rule
        self.period = period
        self.place = rule.place
        self.wake = wake
        self.free = self.held = self.settled = self.overdraft = 0
        self.open = self.taken = self.last_need = 0
        self.scarce = self.prepared = self.in_store = self.unsure = False
        self.told = _NOTHING
        self.closing: Report | None = None
        self.told_at = now
        self.pace = Pace(now)

    @property
    def key(self) -> HoldingKey:
        return self.rule.workspace_id, self.rule.id, self.period.starts_at

    @property
    def has_news(self) -> bool:
        return self.settled != self.told.settled or self.overdraft != self.told.overdraft

    @property
    def is_stored(self) -> bool:
        """Whether the database has, or may have, to do with it."""
        return self.in_store or self.unsure or self.held > 0 or self.has_news

    @property
    def is_empty(self) -> bool:
        return not self.open and not self.is_stored

    def put_back(self, reserved: int) -> None:
        """End a reservation of which nothing was used."""
        self.settle(reserved, 0)

    def settle(self, reserved: int, used: int) -> None:
        """End a reservation. What was used beyond it comes from what is free, as far as it goes."""
        self.open -= 1
        self.settled += used
        if used > reserved:
            self.overdraft += used - reserved
        covered = min(used, reserved + self.free)
        self.free += reserved - covered
        self.held -= covered
        if self.scarce:
            self.wake()

    def set_aside(self, need: int) -> int:
        """Keep what is free, up to `need`, from others while more is fetched; returns how much."""
        part = min(self.free, need)
        self.free -= part
        return part

    def begin(self, need: int, aside: int) -> None:
        """Reserve for a call, in part from what was set aside for it."""
        self.free -= need - aside
        self.open += 1
        self.taken += need

    def drop_free(self) -> None:
        """Let go of what is free; the next report gives it back."""
        self.held -= self.free
        self.free = 0

    def report(self) -> Report:
        return Report(self.settled, self.overdraft, self.held)

    def confirm(self, report: Report, granted: int, now: float) -> None:
        """The report was written down, and more was leased with it."""
        self.told, self.told_at, self.in_store = report, now, True
        self.closing, self.unsure = None, False
        self.held += granted
        self.free += granted

    def forget_row(self) -> None:
        """The row is closed: count anew, keeping what was not told with it."""
        last = self.closing or self.told
        self.settled -= last.settled
        self.overdraft -= last.overdraft
        self.told, self.closing = _NOTHING, None
        self.in_store = self.unsure = False
