"""Slices: how much of a budget one process takes at once, and how it is written down.

A period's ledger and a process's slice of it change together, in one transaction. What a process
reports is absolute (all it has settled, all it keeps), so that a report that is sent twice, or
whose commit was never heard of, counts once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

SHARE: Final = 16
"""A process takes at most this part of what is left."""
_AHEAD: Final = 2


@dataclass(frozen=True, slots=True)
class Ledger:
    """One period of a budget, for all processes.

    `leased` lies in slices, `in_doubt` in slices of processes that fell silent. `overdraft` says
    how much calls took beyond what was reserved for them; it is part of `spent`.
    """

    cap: int
    spent: int = 0
    leased: int = 0
    in_doubt: int = 0
    overdraft: int = 0

    @property
    def left(self) -> int:
        return max(0, self.cap - self.spent - self.leased - self.in_doubt)


@dataclass(frozen=True, slots=True)
class Slice:
    """What one process holds of a period, and the last that it said about it.

    `reclaimed` is set when its lease ran out: then the amount is in doubt instead of leased.
    """

    amount: int = 0
    settled: int = 0
    overdraft: int = 0
    reclaimed: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What a process has settled since it has the slice, and how much of it it keeps."""

    settled: int
    overdraft: int
    kept: int


def enter(ledger: Ledger, held: Slice, report: Report) -> tuple[Ledger, Slice]:
    """Write a report down. A slice that was in doubt is beyond doubt again."""
    was_leased, was_in_doubt = (0, held.amount) if held.reclaimed else (held.amount, 0)
    told = replace(
        ledger,
        spent=ledger.spent + report.settled - held.settled,
        overdraft=ledger.overdraft + report.overdraft - held.overdraft,
        leased=ledger.leased - was_leased + report.kept,
        in_doubt=ledger.in_doubt - was_in_doubt,
    )
    return told, Slice(report.kept, report.settled, report.overdraft)


def lend(ledger: Ledger, held: Slice, amount: int) -> tuple[Ledger, Slice]:
    """Move an amount that is left into a slice."""
    if not 0 <= amount <= ledger.left:
        raise ValueError(f"{amount} can't be lent: {ledger.left} is left")
    return (
        replace(ledger, leased=ledger.leased + amount),
        replace(held, amount=held.amount + amount),
    )


def reclaim(ledger: Ledger, held: Slice) -> tuple[Ledger, Slice]:
    """Count what a silent process holds as spent, since it may have been."""
    return (
        replace(ledger, leased=ledger.leased - held.amount, in_doubt=ledger.in_doubt + held.amount),
        replace(held, reclaimed=True),
    )


def slice_size(left: int, short: int, recent: int) -> int:
    """How much to lease when a call is `short` of an amount: use of seconds, a share of the rest.

    `recent` is what the process took in the last seconds. Near the cap it is what the call needs.
    """
    return max(short, min(left // SHARE, _AHEAD * recent))


def top_up(left: int, free: int, recent: int) -> int:
    """How much to add in passing, so that the next calls need not wait for more."""
    target = min(left // SHARE, _AHEAD * recent)
    return target - free if free < target // 2 else 0
