"""Vectors moved between stores: all of them, once, resumed, and with a verdict that can be bad."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from tests.documents.conftest import MakeShelf
from tests.documents.shelf import Shelf
from tests.documents.stores import opened as stores
from tests.documents.stores.opened import Store
from tests.fixtures.accounts import MakeUser

from vectal.documents.errors import VectorsUnavailableError
from vectal.documents.index import VectorEntry, VectorIndex, VectorSpace
from vectal.documents.index.memory import MemoryIndex
from vectal.documents.index.pgvector import PgvectorIndex
from vectal.documents.service.migrating import Migration, Progress
from vectal.files.contracts import FileChange
from vectal.platform.db import Database, DataScope

TEXTS = {
    "Hedgehog.txt": b"The hedgehog sleeps under leaves in winter.",
    "Bridge.txt": b"The bridge over the river is painted each spring.",
    "Bread.txt": b"Bread wants flour, water, salt and time.",
}


@pytest.fixture(params=["memory", *stores.REMOTE])
async def other(
    request: pytest.FixtureRequest, db: Database, tmp_path: Path
) -> AsyncGenerator[Store]:
    async with stores.open_store(request.param, db, tmp_path) as opened:
        yield opened


@pytest.fixture
async def home(make_user: MakeUser, make_shelf: MakeShelf) -> Shelf:
    """A shelf over PostgreSQL, with private and shared documents."""
    shelf = make_shelf(await make_user())
    for name, body in TEXTS.items():
        await shelf.add(name, body, "workspace" if name == "Bread.txt" else "private")
    return shelf


def migration(
    db: Database, shelf: Shelf, source: VectorIndex, target: VectorIndex, *, embeds: bool = False
) -> Migration:
    embedders = [shelf.embedder] if embeds else []
    return Migration(db, source, target, embedders, workspace_id=shelf.me.workspace_id)


def at(shelf: Shelf, make_shelf: MakeShelf, index: VectorIndex) -> Shelf:
    """The same person and files, asked of another store."""
    return make_shelf(shelf.person, index=index)


async def test_all_goes_over_and_is_found_there(
    db: Database, home: Shelf, other: Store, make_shelf: MakeShelf
) -> None:
    report = await migration(db, home, home.index, other.index).run()
    assert report.is_good, report
    (verdict,) = report.verdicts
    assert (report.progress.copied, verdict.found, verdict.expected) == (3, 3, 3)
    assert verdict.asked == verdict.agreed == 3
    there = at(home, make_shelf, other.index)
    assert (await there.names("hedgehog leaves winter"))[0] == "Hedgehog.txt"
    assert (await there.search("hedgehog leaves winter")).passages[0].score > 0.5


async def test_it_goes_back_to_postgresql(
    db: Database, other: Store, make_user: MakeUser, make_shelf: MakeShelf
) -> None:
    away = make_shelf(await make_user(), index=other.index)
    for name, body in TEXTS.items():
        await away.add(name, body)
    report = await migration(db, away, other.index, PgvectorIndex(db)).run()
    assert report.is_good, report
    assert report.progress.copied == 3
    back = at(away, make_shelf, PgvectorIndex(db))
    assert (await back.names("bread flour water"))[0] == "Bread.txt"


async def test_what_is_there_already_is_left_alone(db: Database, home: Shelf, other: Store) -> None:
    await migration(db, home, home.index, other.index).run()
    await home.add("Late.txt", b"It came late.")
    report = await migration(db, home, home.index, other.index).run()
    assert (report.progress.kept, report.progress.copied) == (3, 1)
    assert report.is_good


class _Falling(MemoryIndex):
    """Falls over after some documents, as a store does that is shut down."""

    left = 2

    async def upsert(
        self, scope: DataScope, space: VectorSpace, entries: Sequence[VectorEntry]
    ) -> None:
        if not self.left:
            raise VectorsUnavailableError
        self.left -= 1
        await super().upsert(scope, space, entries)


async def test_what_was_cut_off_goes_on(db: Database, home: Shelf) -> None:
    target = _Falling()
    with pytest.raises(VectorsUnavailableError):
        await migration(db, home, home.index, target).run()
    target.left = 10
    report = await migration(db, home, home.index, target).run()
    assert (report.progress.kept, report.progress.copied) == (2, 1)
    assert report.is_good


async def test_what_the_source_has_lost_is_made_anew(db: Database, home: Shelf) -> None:
    empty, target = MemoryIndex(), MemoryIndex()
    report = await migration(db, home, empty, target).run()
    assert not report.is_good
    assert report.progress.missing == 3
    report = await migration(db, home, empty, target, embeds=True).run()
    assert report.progress.embedded == 3
    assert report.is_good


async def test_both_are_asked_while_it_goes(
    db: Database, home: Shelf, other: Store, make_shelf: MakeShelf
) -> None:
    found: list[str] = []
    there = at(home, make_shelf, other.index)

    class Asking(MemoryIndex):
        async def fetch(
            self,
            scope: DataScope,
            space: VectorSpace,
            document_id: UUID,
            chunk_ids: Collection[UUID],
        ) -> list[VectorEntry]:
            found.extend((await home.names("hedgehog winter"))[:1])
            found.extend((await there.names("hedgehog winter"))[:1])
            return await home.index.fetch(scope, space, document_id, chunk_ids)

    await migration(db, home, Asking(), other.index).run()
    # The words alone find it at a store that has it not yet.
    assert set(found) == {"Hedgehog.txt"}


async def test_owners_and_the_trash_are_those_of_now(
    db: Database, home: Shelf, other: Store, make_shelf: MakeShelf, make_user: MakeUser
) -> None:
    await migration(db, home, home.index, other.index).run()
    file = await home.add("Plan.txt", b"The plan names seven valleys.")
    await migration(db, home, home.index, other.index).run()
    await home.files.files.change(home.me, file.id, FileChange(visibility="workspace"))
    await home.documents.settling.settle(home.me, file.id)
    report = await migration(db, home, home.index, other.index).run()
    assert report.is_good
    person = await make_user(workspace_id=home.me.workspace_id)
    colleague = make_shelf(person, index=other.index)
    assert await colleague.names("plan seven valleys") == ["Plan.txt"]


async def test_what_is_of_no_document_is_dropped(db: Database, home: Shelf, other: Store) -> None:
    report = await migration(db, home, home.index, other.index).run()
    space = VectorSpace(home.embedder.model_id, home.embedder.dimensions)
    page = await other.index.scan(home.me.workspace_id, space)
    one = page.places[0]
    (entry,) = await other.index.fetch(home.me, space, one.document_id, [one.chunk_id])
    orphan = replace(entry, chunk_id=uuid4(), document_id=uuid4(), file_id=uuid4())
    await other.index.upsert(home.me, space, [orphan])
    report = await migration(db, home, home.index, other.index).run()
    assert (report.progress.pruned, report.is_good) == (1, True)
    left = await other.index.scan(home.me.workspace_id, space)
    assert orphan.document_id not in {each.document_id for each in left.places}
    assert len(left.places) == 3


class _Lossy(MemoryIndex):
    """Says that it stores, and forgets; or stores something else."""

    forgets = True

    async def upsert(
        self, scope: DataScope, space: VectorSpace, entries: Sequence[VectorEntry]
    ) -> None:
        if not self.forgets:
            turned = [replace(each, vector=list(reversed(each.vector))) for each in entries]
            await super().upsert(scope, space, turned)


@pytest.mark.parametrize("forgets", [True, False])
async def test_the_verdict_is_bad_when_the_target_is(
    db: Database, home: Shelf, *, forgets: bool
) -> None:
    target = _Lossy()
    target.forgets = forgets
    report = await migration(db, home, home.index, target).run()
    (verdict,) = report.verdicts
    assert not report.is_good
    assert (verdict.found, verdict.agreed) == ((0, 0) if forgets else (3, 0))


async def test_it_tells_how_far_it_is(db: Database, home: Shelf) -> None:
    told: list[int] = []

    def tell(progress: Progress) -> None:
        told.append(progress.documents)

    work = migration(db, home, home.index, MemoryIndex())
    work.tell = tell
    await work.run()
    assert told == [1, 2, 3]
