"""The gaps: after a round, what is still missing, and which queries a further one asks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from vectal.ai.errors import CeilingTooLowError
from vectal.auth.principal import Principal
from vectal.research.contracts import Depth, FollowUp
from vectal.research.excerpts import choose
from vectal.research.gaps import Gap, is_near, read_gaps, without_addresses
from vectal.research.report.body import printable
from vectal.research.service.asking import FAST, Asking, Heard
from vectal.research.service.gathered import Gathered
from vectal.research.service.journal import Journal, depth_of
from vectal.research.service.planning import tidy_query
from vectal.research.service.showing import cut_all, sources_of, values_of
from vectal.research.service.steps import Gaps

FOLLOW_UPS: Final = 3
"""Queries of a further round, at most."""
_CHARS: Final[Mapping[Depth, int]] = {"quick": 12_000, "standard": 24_000, "deep": 48_000}
_FEWEST_CHARS: Final = 3_000
_PART: Final = 4
"""A look may take a fourth of what is left, so that enough stays to write with."""
_TOKENS: Final = 500
_WORDS: Final = 16


def find_known(journal: Journal, number: int) -> Gaps | None:
    """What was found missing before this round; once it is, the round before it is over."""
    return journal.find(_key(number), Gaps)


async def find_gaps(
    asking: Asking,
    journal: Journal,
    principal: Principal,
    question: str,
    found: Gathered,
    *,
    number: int,
    most: int,
    seconds: float,
) -> Gaps:
    """By a model that looks over what was read, and names `most` gaps at most."""
    await journal.enter("reviewing")
    values = {
        "step": "gaps",
        "question": question,
        "most": str(most),
        "asked": "\n".join(found.queries),
    }
    heard = await _ask(asking, journal, principal, values, found, seconds)
    made = _made(heard, number, most, found.queries, (question, *found.made.queries))
    await journal.write(_key(number), made)
    return made


async def _ask(
    asking: Asking,
    journal: Journal,
    principal: Principal,
    values: Mapping[str, str],
    found: Gathered,
    seconds: float,
) -> Heard:
    """With as many passages as fit into what may be taken."""
    sources = sources_of(found.candidates, found.pages)
    pieces = await asyncio.to_thread(cut_all, sources)
    chars = _CHARS[depth_of(journal.row)]
    while True:
        passages = await asyncio.to_thread(choose, pieces, values["question"], found.queries, chars)
        shown = values_of([source for source, _ in sources], passages)
        heard = await asking.ask(
            journal, principal, {**values, **shown}, FAST, _TOKENS, part=_PART, seconds=seconds
        )
        is_too_much = isinstance(heard.fault, CeilingTooLowError)
        if not is_too_much or chars // 2 < _FEWEST_CHARS:
            return heard
        chars //= 2


def _made(
    heard: Heard, number: int, most: int, asked: Sequence[str], anchors: Sequence[str]
) -> Gaps:
    if heard.completion is None:
        return Gaps(fault=heard.words)
    named = read_gaps(heard.text)
    if named is None:
        return Gaps(fault="The model did not say what is missing.")
    missing = _usable(named, number, asked, anchors)[:most]
    if named and not missing:
        return Gaps(fault="The model named nothing new that could be searched for.")
    return Gaps(tuple(missing))


def _usable(
    named: Sequence[Gap], number: int, asked: Sequence[str], anchors: Sequence[str]
) -> list[FollowUp]:
    """Those whose query is new, short, and about the question."""
    seen = {_folded(query) for query in asked}
    found: list[FollowUp] = []
    for gap in named:
        query = tidy_query(without_addresses(gap.query))
        if not 1 <= len(query.split()) <= _WORDS or _folded(query) in seen:
            continue
        if is_near(query, anchors):
            seen.add(_folded(query))
            what = " ".join(printable(gap.what).split())
            found.append(FollowUp(number, gap.lack, what, query))
    return found


def _folded(query: str) -> str:
    return query.casefold().rstrip("?")


def _key(number: int) -> str:
    return f"gaps:{number}"
