"""The searches: every query of every engine, some at once, each paid for before it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from vectal.research.merging import Candidate, Searched, merge
from vectal.research.search import Query, SearchEngine, SearchFaultError
from vectal.research.service.journal import Journal
from vectal.research.service.steps import Plan, SearchDone

_AT_ONCE: Final = 4
_HITS: Final = 10


async def search_all(engines: Sequence[SearchEngine], journal: Journal, made: Plan) -> None:
    """Ask each engine each query, as far as the limits go; what failed is written down, too."""
    wanted = [
        (_key(index, engine), engine, query)
        for index, query in enumerate(made.queries)
        for engine in engines
    ]
    missing = [each for each in wanted if journal.find(each[0], SearchDone) is None]
    if not missing:
        return
    await journal.enter("searching")
    turns = asyncio.Semaphore(_AT_ONCE)

    async def ask(key: str, engine: SearchEngine, query: str) -> None:
        async with turns:
            if await journal.reserve_search(engine.price_usd):
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


def searches_of(engines: Sequence[SearchEngine], journal: Journal, made: Plan) -> list[SearchDone]:
    """Those that were made, in the order of the plan."""
    keys = [_key(i, engine) for i in range(len(made.queries)) for engine in engines]
    found = (journal.find(key, SearchDone) for key in keys)
    return [each for each in found if each is not None]


def candidates_of(searches: Sequence[SearchDone], question: str) -> list[Candidate]:
    """The same for the same searches: a page keeps its place over a restart."""
    return merge([Searched(each.engine, each.query, each.hits) for each in searches], question)


def _key(index: int, engine: SearchEngine) -> str:
    return f"search:{index}:{engine.name}"
