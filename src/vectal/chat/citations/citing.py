"""The citations of a finished answer: found, checked, and placed on their pages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from vectal.auth.principal import Principal
from vectal.chat.citations.quoting import find_quote
from vectal.chat.contracts_sources import Citation, Source, SourcePlace
from vectal.chat.ports import Knowledge
from vectal.platform.errors import AppError
from vectal.platform.passages.claims import find_claims
from vectal.platform.passages.marks import Mark, find_marks
from vectal.platform.passages.support import Evidence, Verdict, check_together
from vectal.platform.resilience import DeadlineExceededError, within
from vectal.platform.telemetry import get_logger

MAX_CITATIONS: Final = 200
_PATIENCE_S: Final = 10.0
_MOST_PAGES: Final = 6
_log = get_logger(__name__)


def unchecked(text: str, sources: Sequence[Source]) -> tuple[Citation, ...]:
    """The citations of an answer whose passages nobody has any more."""
    known = {source.number: source for source in sources}
    return tuple(
        _placed(Citation(mark.number, mark.at, mark.until, why="interrupted"), known[mark.number])
        for mark in find_marks(text, known)[:MAX_CITATIONS]
    )


class Citing:
    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    async def cite(
        self,
        principal: Principal,
        text: str,
        sources: Sequence[Source],
        passages: Mapping[int, str],
    ) -> tuple[Citation, ...]:
        """Every number in `text` that one of the sources has, in the order of the text.

        Each names a page even when its quote can't be found there in time.
        """
        if not sources:
            return ()
        known = {source.number: source for source in sources}
        # Stemming long passages would hold up every other answer of this process.
        found = await asyncio.to_thread(_check, text, known, passages)
        placed = [_placed(each, known[each.number]) for each in found]
        try:
            async with within(_PATIENCE_S):
                for index, each in enumerate(placed):
                    source = known[each.number]
                    placed[index] = await self._locate(principal, each, source)
        except (DeadlineExceededError, AppError) as error:
            _log.warning("chat.quotes_not_placed", error=repr(error))
        return tuple(placed)

    async def _locate(self, principal: Principal, citation: Citation, source: Source) -> Citation:
        for place in source.places[:_MOST_PAGES]:
            page = await self._knowledge.read_page(
                principal, source.file_id, place.page, source.version
            )
            stretch = find_quote(citation.quote, page) if page else None
            if stretch is not None:
                return msgspec.structs.replace(
                    citation,
                    page=place.page,
                    start=stretch.start,
                    end=stretch.end,
                    boxes=stretch.boxes,
                )
        return citation


def _check(text: str, known: Mapping[int, Source], passages: Mapping[int, str]) -> list[Citation]:
    evidence = {
        number: Evidence(passages.get(number, ""), source.name) for number, source in known.items()
    }
    marks = find_marks(text, known)[:MAX_CITATIONS]
    found: list[Citation] = []
    for claim in find_claims(text, marks):
        verdicts = check_together(claim.text, [evidence[mark.number] for mark in claim.marks])
        found += [
            _judged(mark, verdict) for mark, verdict in zip(claim.marks, verdicts, strict=True)
        ]
    return found


def _judged(mark: Mark, verdict: Verdict) -> Citation:
    return Citation(
        number=mark.number,
        at=mark.at,
        until=mark.until,
        supported=verdict.supported,
        why=verdict.why,
        quote=verdict.quote,
    )


def _placed(citation: Citation, source: Source) -> Citation:
    """At the passage's own place, until its quote is found."""
    place = source.places[0] if source.places else SourcePlace(1, 0, 0)
    return msgspec.structs.replace(citation, page=place.page, start=place.start, end=place.end)
