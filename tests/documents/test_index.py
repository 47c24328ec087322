"""What every vector store does: stores, finds, filters, forgets, and keeps workspaces apart."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from tests.documents.conftest import MakeShelf
from tests.documents.shelf import Shelf
from tests.documents.stores import opened as stores
from tests.documents.stores.opened import Store
from tests.fixtures.accounts import MakeUser

from vectal.documents.errors import VectorSizeError, VectorsUnavailableError
from vectal.documents.index import VectorEntry, VectorIndex, VectorPlace, VectorSpace
from vectal.documents.index.pgvector import PgvectorIndex
from vectal.documents.repository import chunks, documents
from vectal.documents.repository.chunks import NewChunk
from vectal.documents.repository.documents import NewReading
from vectal.files.contracts import FileChange, Visibility
from vectal.platform.db import Database

SPACE = VectorSpace("testing-1", 384)


def ray(*values: float, size: int = 384) -> list[float]:
    """A direction in the first dimensions, of length 1."""
    length = math.sqrt(sum(value * value for value in values))
    return [value / length for value in values] + [0.0] * (size - len(values))


@dataclass
class Stand:
    """An index with a person's documents to keep vectors of."""

    shelf: Shelf
    index: VectorIndex
    db: Database

    async def add(
        self,
        *vectors: Sequence[float],
        visibility: Visibility = "private",
        space: VectorSpace = SPACE,
    ) -> list[VectorEntry]:
        """A document with a chunk for each vector, indexed."""
        me = self.shelf.me
        file = await self.shelf.put(f"{uuid4()}.txt", b"words", visibility)
        owner_id = None if visibility == "workspace" else me.user_id
        made = [
            NewChunk(uuid4(), place, "words", 0, 5, 1, 0, b"[]") for place in range(len(vectors))
        ]
        async with self.db.transaction(me) as session:
            assert await documents.add(session, me, NewReading(file.id, 1, owner_id))
            row = await documents.find_newest(session, me, file.id)
            assert row is not None
            await chunks.add(session, me, row.id, file.id, made)
        entries = [
            VectorEntry(chunk.id, row.id, file.id, owner_id, vector)
            for chunk, vector in zip(made, vectors, strict=True)
        ]
        await self.index.upsert(me, space, entries)
        return entries

    async def find(
        self,
        vector: Sequence[float],
        *,
        limit: int = 10,
        files: Sequence[UUID] | None = None,
        space: VectorSpace = SPACE,
    ) -> list[UUID]:
        hits = await self.index.query(self.shelf.me, space, vector, limit=limit, file_ids=files)
        return [hit.chunk_id for hit in hits]


@pytest.fixture(params=stores.ALL)
async def store(
    request: pytest.FixtureRequest, db: Database, tmp_path: Path
) -> AsyncGenerator[Store]:
    async with stores.open_store(request.param, db, tmp_path) as opened:
        yield opened


@pytest.fixture
async def stand(shelf: Shelf, store: Store, db: Database) -> AsyncGenerator[Stand]:
    yield Stand(shelf, store.index, db)
    if store.name.endswith("live"):
        await store.index.drop_workspace(shelf.me.workspace_id)


async def test_the_nearest_come_first_with_their_cosine(stand: Stand) -> None:
    far, near, same = await stand.add(ray(0.0, 1.0), ray(1.0, 0.2), ray(1.0))
    hits = await stand.index.query(stand.shelf.me, SPACE, ray(1.0), limit=10)
    assert [hit.chunk_id for hit in hits] == [same.chunk_id, near.chunk_id, far.chunk_id]
    assert [hit.similarity for hit in hits] == pytest.approx([1.0, 0.9806, 0.0], abs=2e-3)
    assert await stand.find(ray(1.0), limit=1) == [same.chunk_id]


async def test_storing_again_replaces(stand: Stand) -> None:
    (entry,) = await stand.add(ray(1.0))
    again = VectorEntry(
        entry.chunk_id, entry.document_id, entry.file_id, entry.owner_id, ray(0.0, 1.0)
    )
    await stand.index.upsert(stand.shelf.me, SPACE, [again])
    (hit,) = await stand.index.query(stand.shelf.me, SPACE, ray(0.0, 1.0), limit=10)
    assert (hit.chunk_id, round(hit.similarity, 2)) == (entry.chunk_id, 1.0)


async def test_a_filter_names_files(stand: Stand) -> None:
    (first,) = await stand.add(ray(1.0))
    (second,) = await stand.add(ray(1.0, 0.1))
    assert await stand.find(ray(1.0), files=[second.file_id]) == [second.chunk_id]
    assert await stand.find(ray(1.0), files=[]) == []
    assert first.file_id != second.file_id


async def test_a_filter_finds_what_a_thousand_nearer_ones_hide(stand: Stand) -> None:
    (wanted,) = await stand.add(ray(0.2, 1.0))
    await stand.add(*(ray(1.0, number / 5_000) for number in range(1_000)))
    assert await stand.find(ray(1.0), limit=3, files=[wanted.file_id]) == [wanted.chunk_id]


async def test_workspaces_do_not_know_of_each_other(
    stand: Stand, make_user: MakeUser, make_shelf: MakeShelf
) -> None:
    (mine,) = await stand.add(ray(1.0), visibility="workspace")
    stranger = Stand(make_shelf(await make_user()), stand.index, stand.db)
    (theirs,) = await stranger.add(ray(1.0), visibility="workspace")
    assert await stand.find(ray(1.0)) == [mine.chunk_id]
    assert await stranger.find(ray(1.0)) == [theirs.chunk_id]
    assert await stranger.find(ray(1.0), files=[mine.file_id]) == []
    await stranger.index.delete_files(stranger.shelf.me, [mine.file_id])
    await stranger.index.delete_documents(stranger.shelf.me, [mine.document_id])
    assert await stand.find(ray(1.0)) == [mine.chunk_id]


async def test_what_is_private_is_its_owners(
    stand: Stand, make_user: MakeUser, make_shelf: MakeShelf
) -> None:
    (private,) = await stand.add(ray(1.0))
    (shared,) = await stand.add(ray(1.0, 0.1), visibility="workspace")
    person = await make_user(workspace_id=stand.shelf.me.workspace_id)
    colleague = Stand(make_shelf(person), stand.index, stand.db)
    assert await stand.find(ray(1.0)) == [private.chunk_id, shared.chunk_id]
    assert await colleague.find(ray(1.0)) == [shared.chunk_id]


async def test_a_file_changes_its_owner_and_goes_to_the_trash(
    stand: Stand, make_user: MakeUser, make_shelf: MakeShelf
) -> None:
    (entry,) = await stand.add(ray(1.0))
    person = await make_user(workspace_id=stand.shelf.me.workspace_id)
    colleague = Stand(make_shelf(person), stand.index, stand.db)
    change, me = FileChange(visibility="workspace"), stand.shelf.me
    await stand.shelf.files.files.change(me, entry.file_id, change)
    await stand.index.revise(me, entry.file_id, owner_id=None, is_hidden=False)
    assert await colleague.find(ray(1.0)) == [entry.chunk_id]
    await stand.index.revise(me, entry.file_id, owner_id=None, is_hidden=True)
    assert await colleague.find(ray(1.0)) == await stand.find(ray(1.0)) == []
    await stand.index.revise(me, entry.file_id, owner_id=me.user_id, is_hidden=False)
    assert await colleague.find(ray(1.0)) == []
    assert await stand.find(ray(1.0)) == [entry.chunk_id]


async def test_models_stay_apart_until_the_old_one_is_dropped(stand: Stand) -> None:
    (entry,) = await stand.add(ray(1.0))
    newer = VectorSpace("testing-2", 512)
    again = VectorEntry(
        entry.chunk_id, entry.document_id, entry.file_id, entry.owner_id, ray(1.0, size=512)
    )
    await stand.index.upsert(stand.shelf.me, newer, [again])
    assert await stand.find(ray(1.0)) == [entry.chunk_id]
    assert await stand.find(ray(1.0, size=512), space=newer) == [entry.chunk_id]
    await stand.index.delete_other_models(stand.shelf.me, entry.document_id, "testing-2")
    assert await stand.find(ray(1.0)) == []
    assert await stand.find(ray(1.0, size=512), space=newer) == [entry.chunk_id]


async def test_documents_files_and_workspaces_are_forgotten(stand: Stand) -> None:
    (first,) = await stand.add(ray(1.0))
    (second,) = await stand.add(ray(1.0, 0.1))
    (third,) = await stand.add(ray(1.0, 0.2))
    await stand.index.delete_documents(stand.shelf.me, [first.document_id])
    assert await stand.find(ray(1.0)) == [second.chunk_id, third.chunk_id]
    await stand.index.delete_files(stand.shelf.me, [second.file_id])
    assert await stand.find(ray(1.0)) == [third.chunk_id]
    await stand.index.drop_workspace(stand.shelf.me.workspace_id)
    assert await stand.find(ray(1.0)) == []


async def test_a_wrong_length_is_refused(stand: Stand) -> None:
    (entry,) = await stand.add(ray(1.0))
    short = VectorEntry(entry.chunk_id, entry.document_id, entry.file_id, None, [1.0])
    with pytest.raises(VectorSizeError):
        await stand.index.upsert(stand.shelf.me, SPACE, [short])
    with pytest.raises(VectorSizeError):
        await stand.find([1.0])
    assert await stand.find(ray(1.0)) == [entry.chunk_id]


async def test_a_length_without_an_index_is_compared_one_by_one(stand: Stand) -> None:
    space = VectorSpace("odd-1", 10)
    far, near = await stand.add(ray(0.0, 1.0, size=10), ray(1.0, 0.2, size=10), space=space)
    found = await stand.find(ray(1.0, size=10), space=space)
    assert found == [near.chunk_id, far.chunk_id]


async def test_what_goes_elsewhere_is_fetched_as_it_is(stand: Stand) -> None:
    first, second = await stand.add(ray(1.0, 0.5), ray(0.0, 1.0))
    (other,) = await stand.add(ray(1.0), visibility="workspace")
    me = stand.shelf.me
    wanted = [first.chunk_id, second.chunk_id, other.chunk_id, uuid4()]
    found = await stand.index.fetch(me, SPACE, first.document_id, wanted)
    assert {each.chunk_id for each in found} == {first.chunk_id, second.chunk_id}
    (same,) = await stand.index.fetch(me, SPACE, first.document_id, [first.chunk_id])
    assert (same.document_id, same.file_id) == (first.document_id, first.file_id)
    assert (same.owner_id, same.is_hidden) == (me.user_id, False)
    assert list(same.vector) == pytest.approx(list(first.vector), abs=2e-3)
    await stand.index.revise(me, first.file_id, owner_id=me.user_id, is_hidden=True)
    (hidden,) = await stand.index.fetch(me, SPACE, first.document_id, [first.chunk_id])
    assert hidden.is_hidden
    assert await stand.index.fetch(me, SPACE, first.document_id, []) == []


async def test_a_scan_tells_everything_of_one_workspace(
    stand: Stand, make_user: MakeUser, make_shelf: MakeShelf
) -> None:
    made = await stand.add(*(ray(1.0, number) for number in range(25)))
    stranger = Stand(make_shelf(await make_user()), stand.index, stand.db)
    await stranger.add(ray(1.0))
    workspace_id = stand.shelf.me.workspace_id
    found: set[VectorPlace] = set()
    cursor, pages = None, 0
    while cursor is not None or not pages:
        page = await stand.index.scan(workspace_id, SPACE, cursor=cursor, limit=10)
        cursor, pages = page.cursor, pages + 1
        assert len(page.places) <= 10
        found |= set(page.places)
    assert found == {VectorPlace(each.chunk_id, each.document_id) for each in made}
    nothing = await stand.index.scan(workspace_id, VectorSpace("unknown-1", 384))
    assert (list(nothing.places), nothing.cursor) == ([], None)


async def test_many_are_stored_changed_and_deleted_in_batches(stand: Stand) -> None:
    made = await stand.add(*(ray(1.0, number) for number in range(450)))
    me, file_id = stand.shelf.me, made[0].file_id
    assert len(await stand.find(ray(1.0), limit=100)) == 100
    await stand.index.revise(me, file_id, owner_id=me.user_id, is_hidden=True)
    assert await stand.find(ray(1.0)) == []
    await stand.index.revise(me, file_id, owner_id=me.user_id, is_hidden=False)
    assert len(await stand.find(ray(1.0), limit=100)) == 100
    await stand.index.delete_files(me, [file_id])
    assert await stand.find(ray(1.0)) == []


async def test_a_filter_of_many_files_is_asked_in_parts(stand: Stand) -> None:
    (first,) = await stand.add(ray(1.0))
    (second,) = await stand.add(ray(1.0, 0.1))
    (third,) = await stand.add(ray(1.0, 0.2))
    files = [first.file_id, second.file_id, *(uuid4() for _ in range(2_000))]
    assert await stand.find(ray(1.0), files=files) == [first.chunk_id, second.chunk_id]
    assert await stand.find(ray(1.0), files=files, limit=1) == [first.chunk_id]
    assert third.file_id not in files


async def test_nothing_is_found_where_nothing_was_stored(stand: Stand) -> None:
    me = stand.shelf.me
    assert await stand.find(ray(1.0)) == []
    await stand.index.upsert(me, SPACE, [])
    await stand.index.revise(me, uuid4(), owner_id=None, is_hidden=True)
    await stand.index.delete_documents(me, [uuid4()])
    await stand.index.delete_files(me, [])
    await stand.index.delete_other_models(me, uuid4(), SPACE.model_id)
    await stand.index.drop_workspace(uuid4())
    assert await stand.find(ray(1.0)) == []


async def test_a_database_that_is_away_is_said_to_be(shelf: Shelf) -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/nothing")
    try:
        with pytest.raises(VectorsUnavailableError):
            await PgvectorIndex(away).query(shelf.me, SPACE, ray(1.0), limit=1)
    finally:
        await away.close()
