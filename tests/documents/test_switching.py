"""A workspace without an index that can be read: nothing is searched, nothing is left of it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.documents.conftest import MakeShelf
from tests.documents.shelf import Shelf
from tests.fixtures.accounts import MakeUser

from vectal.documents.contracts import DocumentSettings
from vectal.documents.errors import VectorsUnavailableError
from vectal.documents.index import VectorSpace
from vectal.documents.index.memory import MemoryIndex
from vectal.files.contracts import File
from vectal.platform.db import Database, DataScope

OFF, ON = DocumentSettings(is_indexed=False), DocumentSettings(is_indexed=True)
CANARY = b"The password of the lighthouse is quokka."


async def _count(db: Database, shelf: Shelf) -> tuple[int, int]:
    """Chunks and vectors of the workspace that the person may see."""
    async with db.read(shelf.me) as session:
        found = await session.execute(
            text(
                "SELECT (SELECT count(*) FROM document_chunks WHERE workspace_id = :here),"
                " (SELECT count(*) FROM document_vectors WHERE workspace_id = :here)"
            ),
            {"here": shelf.me.workspace_id},
        )
        row = found.one()
    return int(row[0]), int(row[1])


async def _state(shelf: Shelf, file: File) -> tuple[str, str | None, bool]:
    document = await shelf.documents.get_document(shelf.me, file.id)
    return document.state, document.code, document.is_searchable


async def test_what_exists_is_deleted_and_can_still_be_read(shelf: Shelf, db: Database) -> None:
    private = await shelf.add("Private.txt", CANARY)
    shared = await shelf.add("Shared.txt", CANARY, "workspace")
    assert await shelf.names("lighthouse quokka")
    await shelf.documents.switch.set(shelf.me, OFF)
    found = await shelf.search("lighthouse quokka")  # before any sweep
    assert (found.passages, found.notes) == ((), ("index_off",))
    await shelf.documents.switch.sweep()
    assert await _count(db, shelf) == (0, 0)
    for file in (private, shared):
        assert await _state(shelf, file) == ("skipped", "documents.index_off", False)
        document = await shelf.documents.get_document(shelf.me, file.id)
        assert "keeps no search index" in (document.detail or "")
        page = await shelf.documents.get_page(shelf.me, file.id, 1)
        assert "quokka" in page.page.text


async def test_new_files_are_read_and_not_indexed(shelf: Shelf, db: Database) -> None:
    await shelf.documents.switch.set(shelf.me, OFF)
    file = await shelf.put("Late.txt", CANARY)
    assert (await shelf.read(file)).state == "skipped"
    assert await _count(db, shelf) == (0, 0)
    assert shelf.embedder.texts == []
    assert "quokka" in (await shelf.documents.get_page(shelf.me, file.id, 1)).page.text


async def test_switched_on_again_everything_is_found(shelf: Shelf) -> None:
    old = await shelf.add("Old.txt", CANARY)
    await shelf.documents.switch.set(shelf.me, OFF)
    await shelf.documents.switch.sweep()
    new = await shelf.put("New.txt", b"The bridge is painted each spring.")
    await shelf.read(new)
    shelf.queued.calls.clear()
    await shelf.documents.switch.set(shelf.me, ON)
    await shelf.documents.switch.sweep()
    queued = [call for call in shelf.queued.calls if call[0].workspace_id == shelf.me.workspace_id]
    assert {call[1] for call in queued} == {old.id, new.id}
    for scope, file_id, number, _ in queued:
        await shelf.documents.pipeline.run(scope, file_id, number)
    for file in (old, new):
        assert await _state(shelf, file) == ("indexed", None, True)
    assert (await shelf.names("lighthouse quokka"))[0] == "Old.txt"
    assert (await shelf.names("bridge painted spring"))[0] == "New.txt"


async def test_only_the_newest_version_comes_back(shelf: Shelf) -> None:
    await shelf.documents.switch.set(shelf.me, OFF)
    first = await shelf.put("Plan.txt", CANARY)
    await shelf.read(first)
    second = await shelf.put("Plan.txt", b"The reactor hall opens in June.", replaces=first.id)
    await shelf.read(second)
    shelf.queued.calls.clear()
    await shelf.documents.switch.set(shelf.me, ON)
    await shelf.documents.switch.sweep()
    assert [call[1:3] for call in shelf.queued.calls if call[1] == first.id] == [(first.id, 2)]


async def test_a_reading_that_is_under_way_stops(shelf: Shelf, db: Database) -> None:
    """Whoever works on it while the switch is turned writes nothing that stays."""
    file = await shelf.add("Plan.txt", CANARY)
    await shelf.documents.status.reindex(shelf.me, file.id)
    await shelf.documents.switch.set(shelf.me, OFF)
    await shelf.read(file)
    await shelf.documents.switch.sweep()
    assert await _count(db, shelf) == (0, 0)
    assert await _state(shelf, file) == ("skipped", "documents.index_off", False)


class _Away(MemoryIndex):
    is_away = False

    async def delete_documents(self, scope: DataScope, document_ids: Collection[UUID]) -> None:
        if self.is_away:
            raise VectorsUnavailableError
        await super().delete_documents(scope, document_ids)


async def test_a_store_that_is_away_is_asked_again(
    make_user: MakeUser, make_shelf: MakeShelf, db: Database
) -> None:
    index = _Away()
    shelf = make_shelf(await make_user(), index=index)
    file = await shelf.add("Plan.txt", CANARY)
    await shelf.documents.switch.set(shelf.me, OFF)
    index.is_away = True
    with pytest.raises(VectorsUnavailableError):
        await shelf.documents.switch.sweep()
    assert await _state(shelf, file) == ("skipped", "documents.index_off", False)
    index.is_away = False
    await shelf.documents.switch.sweep()
    assert await _count(db, shelf) == (0, 0)
    space = VectorSpace(shelf.embedder.model_id, shelf.embedder.dimensions)
    assert list((await index.scan(shelf.me.workspace_id, space)).places) == []


async def test_others_keep_theirs(shelf: Shelf, make_user: MakeUser, make_shelf: MakeShelf) -> None:
    stranger = make_shelf(await make_user())
    await stranger.add("Theirs.txt", CANARY)
    await shelf.documents.switch.set(shelf.me, OFF)
    await shelf.documents.switch.sweep()
    assert await stranger.names("lighthouse quokka") == ["Theirs.txt"]
