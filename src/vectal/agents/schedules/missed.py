"""What becomes of occurrences that are due at once, after a silence. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vectal.agents.schedules.contracts import EACH_AT_MOST, ON_TIME, MissedPolicy


@dataclass(frozen=True, slots=True)
class Decided:
    """`missed` is the newest of those that no run is begun for."""

    begin: tuple[datetime, ...]
    missed: datetime | None = None


def decide(due: Sequence[datetime], policy: MissedPolicy, now: datetime) -> Decided:
    """`due` are the newest occurrences up to now, oldest first, one more than may be begun.

    An occurrence that is on time is begun whatever the policy says; with `once` it stands for all
    that were missed before it.
    """
    late = [each for each in due if now - each > ON_TIME]
    prompt = [each for each in due if now - each <= ON_TIME]
    match policy:
        case "skip":
            begin = prompt
        case "once":
            begin = prompt or late[-1:]
        case "each":
            begin = list(due[-EACH_AT_MOST:])
    left = [each for each in due if each not in begin]
    return Decided(tuple(begin), left[-1] if left else None)
