"""The searches: every query of every engine, some at once, each paid for before it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from vectal.research.merging import Candidate, Searched, merge
from vectal.research.rounds import Share
from vectal.research.search import Query, SearchEngine, SearchFaultError
from vectal.research.service.journal import Journal
from vectal.research.service.steps import SearchDone

_AT_ONCE: Final = 4
_HITS: Final = 10


async def search_all(
    engines: Sequence[SearchEngine], journal: Journal, share: Share, queries: Sequence[str]
) -> None:
    """Ask each engine each query, as far as the limits go; what failed is written down, too."""
    wanted = [
        (_key(share.number, index, engine), engine, query)
        for index, query in enumerate(queries)
        for engine in engines
    ]
    missing = [each for each in wanted if journal.find(each[0], SearchDone) is None]
    if not missing:
        return
    await journal.enter("searching", number=share.number)
    turns = asyncio.Semaphore(_AT_ONCE)

    async def ask(key: str, engine: SearchEngine, query: str) -> None:
        async with turns:
            if await journal.reserve_search(engine.price_usd, share.searches):
                await _search(journal, key, engine, query)

    async with asyncio.TaskGroup() as group:
        for key, engine, query in missing:
            group.create_task(ask(key, engine, query))


async def _search(journal: Journal, key: str, engine: SearchEngine, query: str) -> None:
    try:
        answer = await engine.search(journal.scope, Query(query, _HITS))
    except SearchFaultError as error:
        # Whether it was paid for, nobody knows: the price stays set aside.
        await journal.write(key, SearchDone(engine.name, query, fault=error.detail))
        return
    back = answer.cost_usd - engine.price_usd
    if back != Decimal(0):
        await journal.count(0, back)
    await journal.write(key, SearchDone(engine.name, query, answer.hits))


def searches_of(
    engines: Sequence[SearchEngine], journal: Journal, number: int, queries: Sequence[str]
) -> list[SearchDone]:
    """Those of a round that were made, in the order of its queries."""
    keys = [_key(number, index, engine) for index in range(len(queries)) for engine in engines]
    found = (journal.find(key, SearchDone) for key in keys)
    return [each for each in found if each is not None]


def candidates_of(searches: Sequence[SearchDone], question: str) -> list[Candidate]:
    """The same for the same searches: a page keeps its place over a restart."""
    return merge([Searched(each.engine, each.query, each.hits) for each in searches], question)


def _key(number: int, index: int, engine: SearchEngine) -> str:
    """The first round's are as they were before there were rounds: older journals hold them."""
    place = str(index) if number == 1 else f"{number}.{index}"
    return f"search:{place}:{engine.name}"
