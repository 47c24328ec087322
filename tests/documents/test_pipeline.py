"""The way of a document: read, cut, made into vectors, found; and everything that stops it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
from sqlalchemy import text
from tests.documents.conftest import MakeShelf
from tests.documents.shelf import Shelf, WordEmbedder
from tests.fixtures.accounts import MakeUser
from tests.fixtures.documents import docx, pdf, protected_pdf

from vectal.documents.embedding.errors import EmbeddingError
from vectal.documents.embedding.ports import Vector
from vectal.documents.errors import DocumentNotFoundError, NotUnderWayError, UnderWayError
from vectal.documents.service import NOBODY
from vectal.files.contracts import File, FileChange
from vectal.platform.db import Database, DataScope, Scope

PLAN = b"# Plan\n\nThe turbine hall opens in May.\n\nTicket VX-4471 is about the pump.\n"
PAGES = [[f"Page {number} speaks of subject{number} alone."] for number in range(1, 61)]
TABLES = ("documents", "document_pages", "document_chunks", "document_vectors")


async def count(db: Database, shelf: Shelf) -> dict[str, int]:
    """Rows of the person's workspace, as she sees them."""
    async with db.read(shelf.me) as session:
        return {
            table: (await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()  # noqa: S608 - our names
            for table in TABLES
        }


async def test_a_stored_file_is_found_by_what_it_says(shelf: Shelf) -> None:
    file = await shelf.put("Plan.md", PLAN)
    document = await shelf.read(file)
    assert (document.state, document.stage, document.is_searchable) == ("indexed", "done", True)
    assert (document.pages_done, document.pages_total) == (1, 1)
    assert document.chunks_done == document.chunks_total == 1
    assert (document.model_id, document.dimensions) == ("words-1", 384)
    (passage,) = (await shelf.search("when does the turbine hall open")).passages
    assert (passage.file_id, passage.name, passage.number) == (file.id, "Plan.md", 1)
    assert "turbine hall opens in May" in passage.text
    assert passage.is_whole
    page = (await shelf.documents.get_page(shelf.me, file.id, 1)).page
    (place,) = passage.places
    assert page.text[place.start : place.end].strip() in PLAN.decode()


async def test_a_docx_is_read_too(shelf: Shelf) -> None:
    await shelf.add("Report.docx", docx())
    (passage,) = (await shelf.search("revenue grew")).passages
    assert "Revenue grew by nine percent." in passage.text


async def test_a_passage_of_a_pdf_names_its_page_and_boxes(shelf: Shelf) -> None:
    file = await shelf.add("Long.pdf", pdf(PAGES))
    best = (await shelf.search("subject41")).passages[0]
    place = next(each for each in best.places if each.page == 41)
    page = (await shelf.documents.get_page(shelf.me, file.id, 41)).page
    assert "subject41" in page.text[place.start : place.end]
    assert place.boxes
    for box in place.boxes:
        assert 0 <= box.left < box.right <= page.width
        assert 0 <= box.top < box.bottom <= page.height


async def test_many_files_are_asked_for_at_once_and_each_tells_of_its_latest_reading(
    make_user: MakeUser, make_shelf: MakeShelf
) -> None:
    shelf, stranger = make_shelf(await make_user()), make_shelf(await make_user())
    plan = await shelf.add("Plan.md", PLAN)
    lone = await shelf.put("Unread.md", b"Nobody has read this")
    twice = await shelf.add("Twice.md", b"The first words")
    await shelf.put("Twice.md", b"The second words", replaces=twice.id)
    await shelf.documents.pipeline.run(shelf.me, twice.id, 2)
    await shelf.documents.status.reindex(shelf.me, twice.id)
    ids = [plan.id, lone.id, twice.id]
    found = await shelf.documents.status.list_documents(shelf.me, ids)
    assert {(each.file_id, each.number, each.state) for each in found} == {
        (plan.id, 1, "indexed"),
        (twice.id, 2, "queued"),
    }
    assert await stranger.documents.status.list_documents(stranger.me, ids) == []


async def test_a_second_run_changes_nothing(shelf: Shelf, db: Database) -> None:
    file = await shelf.add("Long.pdf", pdf(PAGES))
    before = await count(db, shelf)
    shelf.embedder.texts.clear()
    await shelf.read(file)
    assert await count(db, shelf) == before
    assert shelf.embedder.texts == []


@pytest.mark.parametrize(
    ("name", "body", "state", "code"),
    [
        ("Empty.txt", b"\n\n  ", "skipped", "empty"),
        ("Noise.bin", bytes(range(256)) * 40, "skipped", "unsupported"),
        ("Locked.pdf", protected_pdf(), "failed", "encrypted"),
        ("Torn.docx", docx()[:300], "failed", "damaged"),
    ],
)
async def test_what_cannot_be_read_says_why_and_costs_itself_only(
    shelf: Shelf, name: str, body: bytes, state: str, code: str
) -> None:
    await shelf.add("Plan.md", PLAN)
    file = await shelf.put(name, body)
    document = await shelf.read(file)
    assert (document.state, document.code) == (state, code)
    assert document.detail
    assert not document.is_searchable
    assert await shelf.names("turbine") == ["Plan.md"]


@dataclass
class _Cut(WordEmbedder):
    """Dies after some calls, as a killed worker does to the job."""

    left: int = 1

    async def embed(self, texts: Sequence[str], scope: DataScope | None = None) -> list[Vector]:
        if self.left <= 0:
            raise EmbeddingError
        self.left -= 1
        return await super().embed(texts, scope)


def _long(words: int) -> bytes:
    return " ".join(f"word{number}" for number in range(words)).encode()


async def test_vectors_go_on_behind_the_last_one_that_was_stored(
    make_user: MakeUser, make_shelf: MakeShelf, db: Database
) -> None:
    embedder = _Cut()
    shelf = make_shelf(await make_user(), embedder=embedder)
    file = await shelf.put("Long.txt", _long(9_000))
    with pytest.raises(EmbeddingError):
        await shelf.read(file)
    halfway = await shelf.documents.get_document(shelf.me, file.id)
    assert (halfway.state, halfway.stage) == ("embedding", "vectors")
    assert 0 < halfway.chunks_done < halfway.chunks_total
    assert (await shelf.search("word17")).passages == ()
    embedder.left = 1_000
    done = await shelf.read(file)
    assert (done.state, done.chunks_done) == ("indexed", halfway.chunks_total)
    # Besides the question that was asked meanwhile, each text was embedded once.
    chunks = [each for each in embedder.texts if each != "word17"]
    assert len(chunks) == len(set(chunks)) == done.chunks_total
    assert (await count(db, shelf))["document_vectors"] == done.chunks_total


async def test_pages_go_on_behind_the_last_one_that_was_stored(shelf: Shelf, db: Database) -> None:
    file = await shelf.put("Long.pdf", pdf(PAGES))
    run = asyncio.create_task(shelf.read(file))
    done = 0
    while not 0 < done < len(PAGES):
        await asyncio.sleep(0)
        try:
            done = (await shelf.documents.get_document(shelf.me, file.id)).pages_done
        except DocumentNotFoundError:
            continue
        if run.done():
            break
    run.cancel()
    await asyncio.wait({run})
    async with db.read(shelf.me) as session:
        kept = (await session.execute(text("SELECT count(*) FROM document_pages"))).scalar_one()
    document = await shelf.read(file)
    assert (document.state, document.pages_done) == ("indexed", len(PAGES))
    assert 0 < kept <= len(PAGES)
    assert (await count(db, shelf))["document_pages"] == len(PAGES)


async def test_a_newer_run_takes_over_and_the_older_one_writes_no_more(
    shelf: Shelf, db: Database
) -> None:
    file = await shelf.put("Long.pdf", pdf(PAGES))
    await asyncio.gather(
        shelf.documents.pipeline.run(shelf.me, file.id, 1),
        shelf.documents.pipeline.run(shelf.me, file.id, 1),
    )
    document = await shelf.documents.get_document(shelf.me, file.id)
    assert (document.state, document.pages_done) == ("indexed", len(PAGES))
    counted = await count(db, shelf)
    assert counted["document_pages"] == len(PAGES)
    assert counted["document_chunks"] == counted["document_vectors"] == document.chunks_total


async def _leave_waiting(shelf: Shelf, db: Database, file: File) -> None:
    """A worker that dies while the document waits for a parser."""
    before = await _epoch(shelf, db)
    run = asyncio.create_task(shelf.documents.pipeline.run(shelf.me, file.id, 1))
    async with asyncio.timeout(60):
        while await _epoch(shelf, db) == before:  # noqa: ASYNC110 - the row tells, nothing else
            await asyncio.sleep(0.01)
    await _until_begun(shelf, file)
    run.cancel()
    await asyncio.wait({run})


async def _epoch(shelf: Shelf, db: Database) -> int | None:
    async with db.read(shelf.me) as session:
        return (await session.execute(text("SELECT epoch FROM documents"))).scalar_one_or_none()


async def test_workers_that_die_while_it_waits_for_its_turn_cost_a_document_nothing(
    shelf: Shelf, db: Database
) -> None:
    pipeline, file = shelf.documents.pipeline, await shelf.put("Plan.md", PLAN)
    async with AsyncExitStack() as stack:
        for _ in range(pipeline.rules.parsers):
            await stack.enter_async_context(pipeline.extracting.slots)
        for _ in range(pipeline.rules.deaths + 1):
            await _leave_waiting(shelf, db, file)
    assert (await shelf.read(file)).state == "indexed"


async def test_a_document_that_takes_its_workers_along_is_given_up(
    shelf: Shelf, db: Database
) -> None:
    pipeline, file = shelf.documents.pipeline, await shelf.put("Plan.md", PLAN)
    async with AsyncExitStack() as stack:
        for _ in range(pipeline.rules.parsers):
            await stack.enter_async_context(pipeline.extracting.slots)
        await _leave_waiting(shelf, db, file)
    async with db.transaction(shelf.me) as session:
        died = {"tries": pipeline.rules.deaths}
        await session.execute(text("UPDATE documents SET tries = :tries"), died)
    document = await shelf.read(file)
    assert (document.state, document.code) == ("failed", "crashed")


async def _until_begun(shelf: Shelf, file: File) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                document = await shelf.documents.get_document(shelf.me, file.id)
            except DocumentNotFoundError:
                document = None
            if document is not None and document.state == "extracting":
                return
            await asyncio.sleep(0.01)


async def test_a_reading_can_be_cancelled(shelf: Shelf, db: Database) -> None:
    many = [[f"Line of page {number}"] * 40 for number in range(800)]
    file = await shelf.put("Long.pdf", pdf(many))
    run = asyncio.create_task(shelf.documents.pipeline.run(shelf.me, file.id, 1))
    await _until_begun(shelf, file)
    cancelled = await shelf.documents.status.cancel(shelf.me, file.id)
    assert cancelled.state == "cancelled"
    await run  # it stops by itself, without an error
    assert (await shelf.documents.get_document(shelf.me, file.id)).state == "cancelled"
    assert (await count(db, shelf))["document_vectors"] == 0
    with pytest.raises(NotUnderWayError):
        await shelf.documents.status.cancel(shelf.me, file.id)


async def test_a_cancelled_document_can_be_read_again(shelf: Shelf) -> None:
    file = await shelf.add("Plan.md", PLAN)
    again = await shelf.documents.status.reindex(shelf.me, file.id)
    assert again.state == "queued"
    assert [call[1:] for call in shelf.queued.calls] == [(file.id, 1, "2")]
    with pytest.raises(UnderWayError):
        await shelf.documents.status.reindex(shelf.me, file.id)
    assert await shelf.names("turbine") == ["Plan.md"]  # as before, until the new one is whole
    await shelf.documents.status.cancel(shelf.me, file.id)
    await shelf.documents.status.reindex(shelf.me, file.id)
    document = await shelf.read(file)
    assert document.state == "indexed"
    assert len(await shelf.names("turbine")) == 1


async def test_of_two_that_ask_at_once_one_is_told_that_it_is_under_way(shelf: Shelf) -> None:
    file = await shelf.add("Plan.md", PLAN)
    ended = await asyncio.gather(
        *(shelf.documents.status.reindex(shelf.me, file.id) for _ in range(4)),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in ended) == [
        "Document", "UnderWayError", "UnderWayError", "UnderWayError",
    ]  # fmt: skip
    assert len(shelf.queued.calls) == 1


async def test_a_new_version_replaces_the_old_one_when_it_is_whole(
    shelf: Shelf, db: Database
) -> None:
    first = await shelf.add("Plan.md", PLAN)
    before = await count(db, shelf)
    second = await shelf.put("Plan.md", b"The reactor hall opens in June.", replaces=first.id)
    assert await shelf.names("turbine") == ["Plan.md"]
    await shelf.read(second)
    (passage,) = (await shelf.search("hall opens")).passages
    assert (passage.number, "reactor" in passage.text) == (2, True)
    after = await count(db, shelf)
    for table in ("document_chunks", "document_vectors"):
        assert after[table] == before[table] == 1
    # Citations of the old version still open.
    page = await shelf.documents.get_page(shelf.me, first.id, 1, 1)
    assert "turbine" in page.page.text


async def test_a_late_run_of_an_old_version_does_nothing(shelf: Shelf) -> None:
    first = await shelf.put("Plan.md", PLAN)
    second = await shelf.put("Plan.md", b"The reactor hall opens in June.", replaces=first.id)
    await shelf.read(second)
    await shelf.documents.pipeline.run(shelf.me, first.id, 1)
    assert (await shelf.documents.get_document(shelf.me, first.id)).number == 2
    assert "reactor" in (await shelf.search("hall opens")).passages[0].text


async def test_another_model_is_taken_up_without_a_gap(
    make_user: MakeUser, make_shelf: MakeShelf, db: Database
) -> None:
    person = await make_user()
    old = WordEmbedder()
    await make_shelf(person, embedder=old).add("Plan.md", PLAN)
    new = WordEmbedder("words-2", 512)
    shelf = make_shelf(person, embedder=new, older=(old,))
    await shelf.documents.settling.renew_vectors()
    calls = [each for each in shelf.queued.calls if each[0].workspace_id == person.workspace_id]
    ((scope, file_id, number, _),) = calls
    assert (await shelf.search("turbine")).passages[0].score > 0.3  # the old vectors still answer
    await shelf.documents.pipeline.run(scope, file_id, number)
    document = await shelf.documents.get_document(shelf.me, file_id)
    assert (document.state, document.model_id, document.dimensions) == ("indexed", "words-2", 512)
    async with db.read(shelf.me) as session:
        models = await session.execute(text("SELECT DISTINCT model_id FROM document_vectors"))
        assert [row[0] for row in models.all()] == ["words-2"]
    result = await shelf.search("turbine")
    assert (result.notes, len(result.passages)) == ((), 1)


async def test_a_model_that_is_gone_leaves_the_words(
    make_user: MakeUser, make_shelf: MakeShelf
) -> None:
    person = await make_user()
    await make_shelf(person).add("Plan.md", PLAN)
    shelf = make_shelf(person, embedder=WordEmbedder("words-2", 512))
    result = await shelf.search("turbine")
    assert result.notes == ("model_missing",)
    assert [each.name for each in result.passages] == ["Plan.md"]


async def test_a_purged_file_leaves_nothing(shelf: Shelf, db: Database) -> None:
    canary = "canaryxq7"
    file = await shelf.add("Secret.txt", f"Remember {canary} well.".encode())
    assert await shelf.names(canary) == ["Secret.txt"]
    await shelf.files.trash.trash_file(shelf.me, file.id)
    assert await shelf.names(canary) == []
    await shelf.files.trash.purge_file(shelf.me, file.id)
    await shelf.documents.settling.settle(shelf.me, file.id)
    assert await count(db, shelf) == dict.fromkeys(TABLES, 0)
    assert await _tables_with(db, shelf, canary) == []


async def test_the_search_for_the_canary_can_find_one(shelf: Shelf, db: Database) -> None:
    await shelf.add("Secret.txt", b"Remember canaryxq8 well.")
    # Chunks are the declared index; pages, reports and names are sealed.
    assert await _tables_with(db, shelf, "canaryxq8") == ["document_chunks"]


async def _tables_with(db: Database, shelf: Shelf, word: str) -> list[str]:
    """Tables of which a row that the person sees has the word in any column, bytes included."""
    found: list[str] = []
    hexed = word.encode().hex()
    async with db.read(shelf.me) as session:
        names = await session.execute(
            text(
                "SELECT relname FROM pg_class WHERE relkind = 'r'"
                " AND relnamespace = 'public'::regnamespace"
                " AND has_table_privilege(oid, 'SELECT') ORDER BY 1"
            )
        )
        for (table,) in names.all():
            hits = await session.execute(
                text(
                    f"SELECT count(*) FROM {table} t"  # noqa: S608 - names from the catalogue
                    " WHERE t::text LIKE :word OR t::text LIKE :hexed"
                ),
                {"word": f"%{word}%", "hexed": f"%{hexed}%"},
            )
            if hits.scalar_one():
                found.append(table)
    return found


async def test_a_restored_file_is_found_again(shelf: Shelf) -> None:
    file = await shelf.add("Plan.md", PLAN)
    await shelf.files.trash.trash_file(shelf.me, file.id)
    await shelf.documents.settling.settle(shelf.me, file.id)
    assert await shelf.names("turbine") == []
    await shelf.files.trash.restore_file(shelf.me, file.id)
    await shelf.documents.settling.settle(shelf.me, file.id)
    assert await shelf.names("turbine") == ["Plan.md"]


async def test_a_file_that_is_shown_to_others_is_opened_by_them(
    make_user: MakeUser, make_shelf: MakeShelf
) -> None:
    ada = await make_user()
    bob = await make_user(workspace_id=ada.workspace_id)
    hers, his = make_shelf(ada), make_shelf(bob)
    file = await hers.add("Plan.md", PLAN)
    assert await his.names("turbine") == []
    with pytest.raises(DocumentNotFoundError):
        await his.documents.get_page(bob.principal, file.id, 1)
    await hers.files.files.change(hers.me, file.id, FileChange(visibility="workspace"))
    # As the event tells of it: for the workspace, and for nobody in it.
    nobody = Scope(ada.workspace_id, NOBODY)
    await hers.documents.settling.settle(nobody, file.id)
    assert await his.names("turbine") == ["Plan.md"]
    page = await his.documents.get_page(bob.principal, file.id, 1)
    assert "turbine" in page.page.text
    await hers.files.files.change(hers.me, file.id, FileChange(visibility="private"))
    assert await his.names("turbine") == []  # at once, by the files' own policy
    await hers.documents.settling.settle(hers.me, file.id)
    assert await hers.names("turbine") == ["Plan.md"]
    assert "turbine" in (await hers.documents.get_page(hers.me, file.id, 1)).page.text
