"""How the searches and pages of a research are shared out over its rounds. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_FEWEST_SEARCHES: Final = 2
"""Of each engine, for each round: with less, all of it is better spent on the first."""
_FEWEST_PAGES: Final = 3


@dataclass(frozen=True, slots=True)
class Share:
    """How far one round may bring the counts of the whole research."""

    number: int
    """From 1 on."""
    searches: int
    pages: int

    @property
    def wanted(self) -> int:
        """Pages with text, over all rounds so far. A first round has some to spare for failures."""
        return -(-self.pages * 3 // 4) if self.number == 1 else self.pages


def share_out(most: int, searches: int, pages: int, engines: int) -> tuple[Share, ...]:
    """A share for each round: `most` at best, fewer where the limits are narrow.

    The first round has half of everything and its part of the other half. What a round leaves
    over, the next one may take.
    """
    by_searches = searches // (_FEWEST_SEARCHES * max(1, engines))
    rounds = max(1, min(most, by_searches, pages // _FEWEST_PAGES))
    return tuple(
        Share(
            number,
            searches * (rounds + number) // (2 * rounds),
            pages * (rounds + number) // (2 * rounds),
        )
        for number in range(1, rounds + 1)
    )
