"""What models remember: sealed, one person's alone, written once, and forgotten when told so."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import select, update
from tests.fixtures.accounts import MakeUser

from vectal.ai.contracts import ToolContext, ToolOutput
from vectal.ai.toolset import ToolRegistry
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Principal, Role, Scope
from vectal.memories import service as memory_service
from vectal.memories.contracts import MAX_CHARS, Memory, MemorySource
from vectal.memories.errors import BadMemoryError, MemoryLimitError, MemoryNotFoundError
from vectal.memories.service import MemoryService
from vectal.memories.tables import MemoryRow
from vectal.memories.tools import make_tools
from vectal.platform.crypto import Keyring, UnreadableError
from vectal.platform.db import Database
from vectal.platform.db.paging import InvalidCursorError
from vectal.platform.ids import new_id

PERSON = MemorySource()


@pytest.fixture
def memories(db: Database, keyring: Keyring) -> MemoryService:
    return MemoryService(db, keyring)


async def _add(memories: MemoryService, who: Principal, *texts: str) -> list[Memory]:
    return [await memories.remember(who, text, PERSON) for text in texts]


async def _call(
    memories: MemoryService, who: Principal, run: UUID, name: str, call: str, **arguments: Any
) -> ToolOutput:
    tool = next(tool for tool in make_tools(memories) if tool.name == name)
    context = ToolContext(who, None, None, call, "act", "UTC", run)
    output: ToolOutput = await tool.handler(context, tool.input.model_validate(arguments))
    return output


async def test_a_note_is_one_line_and_sealed(
    memories: MemoryService, principal: Principal, db: Database
) -> None:
    (made,) = await _add(memories, principal, "Invoices go\n to  Bonn.\0")
    assert (made.text, made.source) == ("Invoices go to Bonn.", PERSON)
    async with db.read(principal) as session:
        row = await session.scalar(select(MemoryRow).where(MemoryRow.id == made.id))
    assert row is not None
    assert b"Bonn" not in row.sealed_text


async def test_a_note_that_is_moved_can_not_be_read(
    memories: MemoryService, principal: Principal, db: Database
) -> None:
    first, second = await _add(memories, principal, "One.", "Two.")
    async with db.transaction(principal) as session:
        sealed = await session.scalar(select(MemoryRow.sealed_text).where(MemoryRow.id == first.id))
        await session.change(
            update(MemoryRow).where(MemoryRow.id == second.id).values(sealed_text=sealed)
        )
    with pytest.raises(UnreadableError):
        await memories.list_memories(principal, cursor=None, limit=10)


@pytest.mark.parametrize("text", ["", " \n ", "\0", "x" * (MAX_CHARS + 1)])
async def test_what_is_no_note_is_refused(
    memories: MemoryService, principal: Principal, text: str
) -> None:
    with pytest.raises(BadMemoryError):
        await _add(memories, principal, text)


async def test_notes_are_found_by_their_words_and_else_the_newest_come(
    memories: MemoryService, principal: Principal
) -> None:
    await _add(
        memories, principal, "Invoices go to Bonn.", "Ada likes tea.", "The invoice of tea is late."
    )
    found = await memories.recall(principal, "invoices for tea", 2)
    assert [each.text for each in found] == ["The invoice of tea is late.", "Ada likes tea."]
    newest = await memories.recall(principal, "", 2)
    assert [each.text for each in newest] == ["The invoice of tea is late.", "Ada likes tea."]
    assert await memories.recall(principal, "zebra", 5) == []


async def test_pages_have_no_gap(memories: MemoryService, principal: Principal) -> None:
    made = await _add(memories, principal, *(f"Note {number}" for number in range(5)))
    seen: list[UUID] = []
    cursor: str | None = None
    while True:
        page = await memories.list_memories(principal, cursor=cursor, limit=2)
        seen += [each.id for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [each.id for each in reversed(made)]
    with pytest.raises(InvalidCursorError):
        await memories.list_memories(principal, cursor="bm8", limit=2)


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("", [3, 2, 1, 0]),
        ("bonn", [2, 0]),
        ("INV bo", [0]),
        ("mail", [1]),
        ("nvoice", []),
        ("straße", [3]),
        ("STRASSE", [3]),
        ("(", [2]),
        ("tea zebra", []),
    ],
)
async def test_notes_are_narrowed_by_how_their_words_begin(
    memories: MemoryService, principal: Principal, words: str, numbers: list[int]
) -> None:
    made = await _add(
        memories,
        principal,
        "Invoices go to Bonn.",
        "Ada answers e-mail after tea.",
        "The office (Bonn) closes at four.",
        "Lange Straße 4",
    )
    page = await memories.list_memories(principal, cursor=None, limit=5, words=words)
    assert [each.id for each in page.items] == [made[number].id for number in numbers]


async def test_pages_of_what_was_searched_have_no_gap(
    memories: MemoryService, principal: Principal
) -> None:
    made = await _add(memories, principal, *(f"Tea {n}" if n % 2 else f"Rum {n}" for n in range(7)))
    seen: list[UUID] = []
    cursor: str | None = None
    while True:
        page = await memories.list_memories(principal, cursor=cursor, limit=2, words="tea")
        seen += [each.id for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [made[5].id, made[3].id, made[1].id]


async def test_a_note_is_changed_and_deleted(memories: MemoryService, principal: Principal) -> None:
    (made,) = await _add(memories, principal, "Ada likes tea.")
    changed = await memories.change(principal, made.id, "Ada likes coffee.")
    assert (changed.id, changed.text) == (made.id, "Ada likes coffee.")
    assert changed.updated_at >= made.updated_at
    await memories.delete(principal, made.id)
    with pytest.raises(MemoryNotFoundError):
        await memories.delete(principal, made.id)
    with pytest.raises(MemoryNotFoundError):
        await memories.change(principal, made.id, "Ada likes nothing.")


async def test_nobody_else_sees_changes_or_deletes_a_note(
    memories: MemoryService, make_user: MakeUser
) -> None:
    owner = await make_user()
    other = await make_user(workspace_id=owner.principal.workspace_id, role=Role.OWNER)
    (made,) = await _add(memories, owner.principal, "Ada likes tea.")
    for stranger in (other.principal, (await make_user()).principal):
        assert await memories.recall(stranger, "tea", 5) == []
        assert (await memories.list_memories(stranger, cursor=None, limit=5)).items == []
        with pytest.raises(MemoryNotFoundError):
            await memories.change(stranger, made.id, "Ada likes nothing.")
        with pytest.raises(MemoryNotFoundError):
            await memories.delete(stranger, made.id)


async def test_there_are_so_many(
    memories: MemoryService, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_service, "MAX_MEMORIES", 2)
    results = await asyncio.gather(
        *(_add(memories, principal, f"Note {number}") for number in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, MemoryLimitError) for each in results) == 2


# --- by a model ---------------------------------------------------------------------------------


async def test_a_registry_takes_the_tools(memories: MemoryService) -> None:
    registry = ToolRegistry()
    for tool in make_tools(memories):
        registry.register(tool)
    assert {tool.name for tool in registry} == {"remember", "recall", "forget"}


async def test_a_call_that_is_made_again_writes_nothing_twice(
    memories: MemoryService, principal: Principal
) -> None:
    run = new_id()
    first = await _call(memories, principal, run, "remember", "1", text="Ada likes tea.")
    again = await _call(memories, principal, run, "remember", "1", text="Ada likes tea.")
    assert first == again
    (memory,) = (await memories.list_memories(principal, cursor=None, limit=5)).items
    assert memory.source == MemorySource(run_id=run)


async def test_what_runs_and_people_write_down_stands_in_the_order_of_time(
    memories: MemoryService, principal: Principal
) -> None:
    run = new_id()
    for number in range(4):
        await _add(memories, principal, f"Person {number}")
        await _call(memories, principal, run, "remember", str(number), text=f"Run {number}")
    first = await memories.list_memories(principal, cursor=None, limit=5)
    rest = await memories.list_memories(principal, cursor=first.next_cursor, limit=5)
    texts = [each.text for each in (*first.items, *rest.items)]
    assert texts == [f"{who} {number}" for number in (3, 2, 1, 0) for who in ("Run", "Person")]


async def test_what_was_remembered_is_recalled_and_forgotten(
    memories: MemoryService, principal: Principal
) -> None:
    run = new_id()
    await _call(memories, principal, run, "remember", "1", text="Ada likes tea.")
    found = await _call(memories, principal, run, "recall", "2", query="tea")
    (note,) = json.loads(found.content)["memories"]
    assert note["text"] == "Ada likes tea."
    forgotten = await _call(memories, principal, run, "forget", "3", memory_id=note["memory_id"])
    again = await _call(memories, principal, run, "forget", "3", memory_id=note["memory_id"])
    assert forgotten.ok
    assert again.ok
    empty = await _call(memories, principal, run, "recall", "4")
    assert json.loads(empty.content)["memories"] == []


async def test_rights_and_arguments_are_checked(
    memories: MemoryService, principal: Principal
) -> None:
    viewer = replace(principal, role=Role.VIEWER)
    bare = replace(principal, scopes=frozenset((Scope.TASKS_READ,)))
    with pytest.raises(ForbiddenError):
        await _call(memories, viewer, new_id(), "remember", "1", text="Ada likes tea.")
    with pytest.raises(ForbiddenError):
        await _call(memories, bare, new_id(), "recall", "1")
    with pytest.raises(ForbiddenError):
        await _call(memories, viewer, new_id(), "forget", "1", memory_id=str(new_id()))
    with pytest.raises(ValidationError):
        await _call(memories, principal, new_id(), "remember", "1", text="")
