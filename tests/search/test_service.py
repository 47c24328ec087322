"""One search over several kinds: what one of them can't do costs its own facet only."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest
from tests.fixtures.accounts import Person

from vectal.auth.principal import Principal, Scope
from vectal.platform.errors import AppError, UnavailableError
from vectal.search.contracts import Hit, Kind, Wanted
from vectal.search.errors import CursorKindError
from vectal.search.service import SearchService
from vectal.search.service.parts import Ask, Found, Part


def _finding(kind: Kind, *titles: str) -> Ask:
    async def ask(principal: Principal, text: str, limit: int, cursor: str | None) -> Found:
        del principal, cursor
        hits = [Hit(kind, uuid4(), title) for title in titles if text in title]
        return hits[:limit], "more" if len(hits) > limit else None

    return ask


def _failing(error: AppError) -> Ask:
    async def ask(principal: Principal, text: str, limit: int, cursor: str | None) -> Found:
        del principal, text, limit, cursor
        raise error

    return ask


async def _hang(principal: Principal, text: str, limit: int, cursor: str | None) -> Found:
    del principal, text, limit, cursor
    await asyncio.Event().wait()
    return [], None


TASKS = Part("tasks.list", _finding("task", "turbine one", "turbine two", "rotor"))
WANTED = Wanted("turbine", ("task", "file"))


async def test_each_kind_has_its_own_hits_and_its_own_cursor(principal: Principal) -> None:
    files = Part("files.list", _finding("file", "turbine.pdf"))
    service = SearchService({"task": TASKS, "file": files})
    tasks, found = await service.search(principal, replace(WANTED, limit=1))
    assert [hit.title for hit in tasks.hits] == ["turbine one"]
    assert (tasks.next_cursor, found.next_cursor) == ("more", None)
    assert [hit.title for hit in found.hits] == ["turbine.pdf"]


@pytest.mark.parametrize("ask", [_hang, _failing(UnavailableError("No answer."))])
async def test_what_does_not_answer_leaves_the_others(principal: Principal, ask: Ask) -> None:
    service = SearchService({"task": TASKS, "file": Part("files.list", ask)}, part_s=0.05)
    tasks, files = await service.search(principal, WANTED)
    assert (tasks.state, len(tasks.hits)) == ("searched", 2)
    assert (files.state, files.hits) == ("unavailable", ())


async def test_a_key_finds_what_it_may_read(person: Person) -> None:
    asked: list[str] = []

    async def ask(principal: Principal, text: str, limit: int, cursor: str | None) -> Found:
        del principal, limit, cursor
        asked.append(text)
        return [], None

    service = SearchService({"task": TASKS, "file": Part("files.list", ask)})
    narrow = replace(person.principal, scopes=frozenset((Scope.WORKSPACE_READ, Scope.TASKS_READ)))
    tasks, files = await service.search(narrow, WANTED)
    assert (tasks.state, files.state, asked) == ("searched", "not_allowed", [])


async def test_a_cursor_needs_one_kind(principal: Principal) -> None:
    service = SearchService({"task": TASKS, "file": TASKS})
    with pytest.raises(CursorKindError):
        await service.search(principal, replace(WANTED, cursor="x"))


async def test_many_searches_ask_a_bounded_number_at_a_time(principal: Principal) -> None:
    running = most = 0

    async def ask(principal: Principal, text: str, limit: int, cursor: str | None) -> Found:
        nonlocal running, most
        del principal, text, limit, cursor
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return [], None

    service = SearchService(
        {"task": Part("tasks.list", ask), "file": Part("files.list", ask)},
        slots=asyncio.Semaphore(3),
    )
    await asyncio.gather(*(service.search(principal, WANTED) for _ in range(20)))
    assert most == 3
