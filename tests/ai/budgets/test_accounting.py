"""The arithmetic alone: processes that lease, settle, lose answers, fall silent and come back.

The machine plays a database (a ledger and a slice for each process) and processes, each with a
real holding, and keeps its own books of what truly happened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from vectal.ai.budgets.amounts import Actual, Worst
from vectal.ai.budgets.holding import Holding
from vectal.ai.budgets.reservation import Reservation, take
from vectal.ai.budgets.rules import BudgetRule
from vectal.ai.budgets.slices import SHARE, Ledger, Slice, reclaim, slice_size, top_up
from vectal.ai.budgets.steps import Step
from vectal.platform.ids import new_id

CAP = 1000
Outcome = Literal["committed", "unheard", "rolled back"]
outcomes = st.sampled_from(("committed", "committed", "committed", "unheard", "rolled back"))
amounts = st.integers(0, CAP // 2)
chosen = st.integers(0, 2)


def make_holding() -> Holding:
    scope = new_id()
    rule = BudgetRule(
        scope, new_id(), "b", "workspace", None, "tokens", "total", "UTC", CAP, version=1
    )
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return Holding(rule, rule.period(now), 0.0, lambda: None)


@dataclass
class Process:
    holding: Holding = field(default_factory=make_holding)
    flying: list[tuple[Reservation, int]] = field(default_factory=list[tuple[Reservation, int]])
    settled: int = 0
    overdraft: int = 0


class Accounting(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(CAP)
        self.slices: dict[int, Slice] = {}
        self.processes = [Process() for _ in range(3)]
        self.of_the_dead = 0
        self.overdraft = 0

    def _apply(self, place: int, step: Step, outcome: Outcome) -> bool:
        """Write a step down, or not; tell the process, or not."""
        if outcome != "rolled back":
            self.ledger = step.ledger
            if step.closes:
                self.slices.pop(place, None)
            else:
                self.slices[place] = step.held
        if outcome != "committed":
            step.undo()
            return False
        step.confirm(0.0)
        return True

    def _step(self, place: int, *, wanted: bool, need: int = 0) -> Step:
        """As under the lock of the period: a row that is gone was closed by our last report."""
        holding, row = self.processes[place].holding, self.slices.get(place)
        if row is None and holding.closing is not None:
            holding.forget_row()
        assert row is not None or not holding.in_store
        return Step(holding, self.ledger, row, wanted=wanted, need=need)

    @rule(place=chosen, amount=amounts, outcome=outcomes, wanted=st.booleans())
    def reserve(self, place: int, amount: int, outcome: Outcome, *, wanted: bool) -> None:
        process = self.processes[place]
        reservation = take([process.holding], Worst(0, amount))
        if reservation is None:
            step = self._step(place, wanted=wanted, need=amount)
            if step.is_short:
                step.give_up()
                if self._apply(place, step, outcome):
                    assert self.ledger.left < amount  # though all that was free is back
                assert process.holding.free == 0
                return
            step.reserve()
            if not self._apply(place, step, outcome):
                return
            step.begin()
            reservation = Reservation([process.holding], [amount])
        process.flying.append((reservation, amount))

    @precondition(lambda self: any(each.flying for each in self.processes))
    @rule(place=chosen, used=amounts, early=st.booleans())
    def settle(self, place: int, used: int, *, early: bool) -> None:
        process = self.processes[place]
        if not process.flying:
            return
        reservation, amount = process.flying.pop(0 if early else -1)
        reservation.settle(Actual(None, used))
        process.settled += used
        process.overdraft += max(0, used - amount)
        self.overdraft += max(0, used - amount)

    @rule(place=chosen)
    def release(self, place: int) -> None:
        process = self.processes[place]
        if process.flying:
            process.flying.pop()[0].release()

    @rule(place=chosen, outcome=outcomes, is_ending=st.booleans(), wanted=st.booleans())
    def report(self, place: int, outcome: Outcome, *, is_ending: bool, wanted: bool) -> None:
        step = self._step(place, wanted=wanted)
        step.settle_up(is_ending=is_ending)
        self._apply(place, step, outcome)

    @rule(place=chosen)
    def fall_silent(self, place: int) -> None:
        """The lease runs out; the process may be dead or merely slow."""
        held = self.slices.get(place)
        if held is not None and not held.reclaimed:
            self.ledger, self.slices[place] = reclaim(self.ledger, held)

    @rule(place=chosen)
    def die(self, place: int) -> None:
        """Another process takes the place, under a name of its own."""
        self.fall_silent(place)
        self.slices.pop(place, None)
        process = self.processes[place]
        self.of_the_dead += process.settled
        self.processes[place] = Process()

    @invariant()
    def the_cap_holds(self) -> None:
        ledger = self.ledger
        assert min(ledger.spent, ledger.leased, ledger.in_doubt, ledger.overdraft) >= 0
        assert ledger.spent + ledger.leased + ledger.in_doubt <= CAP + ledger.overdraft
        assert ledger.overdraft <= self.overdraft

    @invariant()
    def what_is_leased_lies_in_slices(self) -> None:
        leased = sum(each.amount for each in self.slices.values() if not each.reclaimed)
        assert self.ledger.leased == leased

    @invariant()
    def no_process_holds_more_than_it_has(self) -> None:
        for place, process in enumerate(self.processes):
            holding, row = process.holding, self.slices.get(place, Slice())
            assert 0 <= holding.free <= holding.held
            assert holding.open == len(process.flying)
            assert holding.held <= row.amount

    @invariant()
    def whatever_was_used_is_counted(self) -> None:
        """Even if every process died now."""
        used = self.of_the_dead + sum(each.settled for each in self.processes)
        flying = sum(amount for each in self.processes for _, amount in each.flying)
        counted = self.ledger.spent + self.ledger.leased + self.ledger.in_doubt
        assert used + flying <= counted + self.overdraft - self.ledger.overdraft

    def teardown(self) -> None:
        """All calls end, all is told: what is stored is what was used, to the last part."""
        for place, process in enumerate(self.processes):
            while process.flying:
                process.flying.pop()[0].release()
            self.report(place, "committed", is_ending=True, wanted=False)
        assert self.ledger.leased == 0
        living = sum(each.settled for each in self.processes)
        assert living <= self.ledger.spent <= living + self.of_the_dead
        assert self.ledger.spent + self.ledger.in_doubt >= living


TestAccounting = Accounting.TestCase
TestAccounting.settings = settings(max_examples=150, stateful_step_count=40)


def test_sizes_of_slices() -> None:
    assert slice_size(1600, 10, recent=0) == 10  # the first call: nothing is known of its pace
    assert slice_size(1600, 10, recent=30) == 60  # twice what was used of late
    assert slice_size(1600, 10, recent=10_000) == 1600 // SHARE
    assert slice_size(100, 10, recent=10_000) == 10  # near the cap, what the call needs
    assert top_up(1600, 20, recent=30) == 40
    assert top_up(1600, 40, recent=30) == 0
