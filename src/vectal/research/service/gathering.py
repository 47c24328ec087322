"""The rounds: plan, search and read; then look for what is missing, and do so again for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.research.errors import EndedError
from vectal.research.rounds import Share, share_out
from vectal.research.search import SearchEngine
from vectal.research.service.asking import Asking
from vectal.research.service.following import FOLLOW_UPS, find_gaps, find_known
from vectal.research.service.gathered import Gathered
from vectal.research.service.journal import Journal
from vectal.research.service.planning import plan
from vectal.research.service.reading import Reading, pages_of
from vectal.research.service.searching import candidates_of, search_all, searches_of
from vectal.research.service.steps import Gaps, SearchDone
from vectal.research.tables import ResearchRow

_WRITING_SHARE: Final = 0.4
_WRITING_S: Final = 240.0
"""Kept of the time for writing and checking: a share of it, or so much."""
_ROUND_S: Final = 45.0
"""A further round begins only with so much time for it."""


@dataclass(frozen=True, slots=True)
class Gathering:
    engines: Sequence[SearchEngine]
    asking: Asking
    reading: Reading
    clock: Clock

    async def gather(self, journal: Journal, principal: Principal, question: str) -> Gathered:
        """All rounds. Raises `EndedError` when the first one finds nothing."""
        row = journal.row
        shares = self._shares(row, row.rounds_most)
        made = await plan(
            self.asking, journal, principal, question, self._queries(shares[0], len(shares))
        )
        if made.fault:
            # No model answers, so nobody will say what is missing: the first round has it all.
            shares = self._shares(row, 1)
        found = Gathered(made)
        await self._go(journal, question, found, shares[0], made.queries)
        for share in shares[1:]:
            gaps = await self._look(journal, principal, question, found, share)
            if not gaps.missing:
                found.fault = gaps.fault
                break
            found.follow_ups += gaps.missing
            queries = tuple(each.query for each in gaps.missing)
            await self._go(journal, question, found, share, queries)
        return found

    async def _go(
        self,
        journal: Journal,
        question: str,
        found: Gathered,
        share: Share,
        queries: Sequence[str],
    ) -> None:
        """One round. One that another follows already is over: nothing of it is done again."""
        is_over = find_known(journal, share.number + 1) is not None
        if not is_over:
            await search_all(self.engines, journal, share, queries)
        fresh = searches_of(self.engines, journal, share.number, queries)
        found.queries += queries
        found.searches += fresh
        _check(found.searches)
        found.candidates = candidates_of(found.searches, question)
        if not found.candidates:
            raise EndedError("research.nothing_found", "The searches found no page.")
        if journal.row.sources_found < len(found.candidates):
            async with journal.change(tell=True, sources_found=len(found.candidates)):
                pass
        if not is_over:
            # A further round reads what it has found itself, by its own queries.
            is_first = share.number == 1
            near = found.candidates if is_first else candidates_of(fresh, " ".join(queries))
            found.is_in_time = await self.reading.read_all(
                journal, near, pages_of(journal, found.candidates), share, self._reading_s(journal)
            )
        found.pages = pages_of(journal, found.candidates)

    async def _look(
        self,
        journal: Journal,
        principal: Principal,
        question: str,
        found: Gathered,
        share: Share,
    ) -> Gaps:
        known = find_known(journal, share.number)
        if known is not None:
            return known
        seconds = self._reading_s(journal)
        if not found.is_in_time or seconds < _ROUND_S:
            return Gaps(fault="There was no time for it.")
        most = self._follow_ups(journal.row, share)
        if most < 1:
            return Gaps(fault="The limits left no room for it.")
        return await find_gaps(
            self.asking,
            journal,
            principal,
            question,
            found,
            number=share.number,
            most=most,
            seconds=seconds / 2,
        )

    def _shares(self, row: ResearchRow, most: int) -> tuple[Share, ...]:
        return share_out(most, row.searches_most, row.pages_most, len(self.engines))

    def _queries(self, first: Share, rounds: int) -> int:
        """Of a plan: where more rounds follow, so many as each engine may be asked in the first."""
        return first.searches if rounds == 1 else first.searches // len(self.engines)

    def _follow_ups(self, row: ResearchRow, share: Share) -> int:
        """Queries that each engine may still be asked, for half of the money that is left."""
        most = min(FOLLOW_UPS, (share.searches - row.searches) // len(self.engines))
        price = sum((engine.price_usd for engine in self.engines), Decimal(0))
        left = max(Decimal(0), row.cost_most_usd - row.cost_usd)
        return most if not price else min(most, int(left / 2 / price))

    def _reading_s(self, journal: Journal) -> float:
        """How long pages may be read for, so that there is time to write."""
        whole = (journal.row.deadline_at - journal.row.created_at).total_seconds()
        left = (journal.row.deadline_at - self.clock.now()).total_seconds()
        return left - min(_WRITING_S, whole * _WRITING_SHARE)


def _check(searches: Sequence[SearchDone]) -> None:
    """Raise when no search of any round was answered."""
    if all(each.fault for each in searches):
        words = "; ".join(sorted({f"{each.engine}: {each.fault}" for each in searches}))
        raise EndedError("research.search_failed", words or "The limits allow no search.")
