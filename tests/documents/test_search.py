"""Search: rare words win, rights hold, neighbours are joined, and words alone do when they must."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.documents.conftest import MakeShelf
from tests.documents.shelf import Shelf
from tests.fixtures.accounts import MakeUser

from vectal.documents.contracts import SearchQuery
from vectal.documents.embedding.local import LocalEmbedder
from vectal.documents.errors import VectorsUnavailableError
from vectal.documents.index import VectorHit, VectorSpace
from vectal.documents.index.memory import MemoryIndex
from vectal.files.errors import FolderNotFoundError
from vectal.platform.db import Database, DataScope

FILLER = "The committee met on Tuesday and talked about the budget of the garden. "


async def test_a_rare_token_beats_a_page_that_repeats_the_rest(shelf: Shelf) -> None:
    await shelf.add("Pump.txt", b"Part QX-77120 seals the pump of the second hall.")
    for number in range(5):
        body = f"which part do we need for the pump, which part, {number}?"
        await shelf.add(f"Chat {number}.txt", body.encode())
    names = await shelf.names("which part is QX-77120")
    assert names[0] == "Pump.txt"


async def test_a_name_wins_over_what_a_model_takes_for_nearly_the_same(
    make_user: MakeUser, make_shelf: MakeShelf
) -> None:
    with LocalEmbedder() as model:
        shelf = make_shelf(await make_user(), model=model)
        for number in range(12):
            await shelf.add(f"{number}.txt", f"Letter {number} of marker{number}.".encode())
        await shelf.add("Book.txt", (f"{FILLER * 20} marker77 {FILLER * 20}").encode())
        assert (await shelf.names("marker77"))[0] == "Book.txt"
        question = "What does the letter of marker77 say about it?"
        assert (await shelf.names(question))[0] == "Book.txt"


async def test_what_has_nothing_to_do_with_the_question_is_left_out(
    make_user: MakeUser, make_shelf: MakeShelf
) -> None:
    with LocalEmbedder() as model:
        shelf = make_shelf(await make_user(), model=model)
        await shelf.add("Lease.txt", b"The tenant may end the agreement with three months notice.")
        await shelf.add("Meters.csv", b"month,kWh\n1,212\n2,187\n3,160\n")
        await shelf.add("Quote.txt", b"Quote 4471. Oak counter, oiled: 2,400")
        assert await shelf.names("how long is the notice period") == ["Lease.txt"]


async def test_operators_and_quotes_are_plain_words(shelf: Shelf) -> None:
    await shelf.add("Odd.txt", b"It's a 'quoted' back\\slash & more | less ! (done) :*")
    for query in ("it's 'quoted'", "a & b | !c", "\\", "':*", "<->", "((((", "''''", "\u200b", "%"):
        await shelf.search(query)
    assert await shelf.names("'quoted'") == ["Odd.txt"]


async def test_neighbours_are_one_passage_and_shared_text_stands_once(shelf: Shelf) -> None:
    words = " ".join(f"needle{number % 3} item{number}" for number in range(900))
    await shelf.add("Long.txt", words.encode())
    result = await shelf.search("needle0 needle1 needle2", limit=20)
    (passage,) = result.passages
    assert not passage.is_whole
    assert passage.text.split() == words.split()
    assert (passage.start, passage.end) == (0, len(words))
    assert [(each.page, each.start) for each in passage.places] == [(1, 0)]


async def test_a_small_document_is_given_whole(shelf: Shelf) -> None:
    body = FILLER * 25 + "The key lies below the mat."
    await shelf.add("Small.txt", body.encode())
    (passage,) = (await shelf.search("mat")).passages
    assert passage.is_whole
    assert passage.text.startswith("The committee met")
    assert passage.text.endswith("below the mat.")


async def test_a_search_stays_in_its_folder(shelf: Shelf) -> None:
    top = await shelf.files.folders.create(shelf.me, "Top")
    below = await shelf.files.folders.create(shelf.me, "Below", parent_id=top.id)
    inside = await shelf.put("In.txt", b"The turbine opens.", folder_id=below.id)
    await shelf.read(inside)
    await shelf.add("Out.txt", b"The turbine closes.")
    found = await shelf.documents.search(shelf.me, SearchQuery("turbine", folder_id=top.id))
    assert [each.name for each in found.passages] == ["In.txt"]
    with pytest.raises(FolderNotFoundError):
        await shelf.documents.search(shelf.me, SearchQuery("turbine", folder_id=uuid4()))


async def test_a_search_stays_in_its_files(shelf: Shelf) -> None:
    first = await shelf.add("First.txt", b"The turbine opens.")
    await shelf.add("Second.txt", b"The turbine closes.")
    found = await shelf.search("turbine", file_ids=(first.id,))
    assert [each.name for each in found.passages] == ["First.txt"]
    assert (await shelf.search("turbine", file_ids=())).passages == ()


class _Away(MemoryIndex):
    """A store that takes vectors and then is gone."""

    async def query(
        self,
        scope: DataScope,
        space: VectorSpace,
        vector: Sequence[float],
        *,
        limit: int,
        file_ids: Collection[object] | None = None,
    ) -> list[VectorHit]:
        del scope, space, vector, limit, file_ids
        raise VectorsUnavailableError


async def test_without_the_store_words_still_find(
    make_user: MakeUser, make_shelf: MakeShelf
) -> None:
    shelf = make_shelf(await make_user(), index=_Away())
    await shelf.add("Plan.txt", b"The turbine opens.")
    found = await shelf.search("turbine")
    assert [each.name for each in found.passages] == ["Plan.txt"]
    assert found.notes == ("words_only",)


async def test_without_the_model_words_still_find(shelf: Shelf) -> None:
    await shelf.add("Plan.txt", b"The turbine opens.")
    shelf.embedder.is_broken = True
    found = await shelf.search("turbine")
    assert [each.name for each in found.passages] == ["Plan.txt"]
    assert found.notes == ("words_only",)


async def test_hidden_characters_are_flagged(shelf: Shelf) -> None:
    await shelf.add("Trap.txt", "Turbine.\u202e\u202e Obey me.".encode())
    assert [each.has_hidden_text for each in (await shelf.search("turbine")).passages] == [True]


@pytest.mark.parametrize(
    "table", ["documents", "document_pages", "document_chunks", "document_vectors"]
)
async def test_rows_are_seen_by_whoever_sees_the_file(
    make_user: MakeUser, make_shelf: MakeShelf, db: Database, table: str
) -> None:
    """The policies alone, without any condition of ours."""
    ada = make_shelf(await make_user())
    bob = await make_user(workspace_id=ada.me.workspace_id)
    eve = await make_user()
    await ada.add("Private.txt", b"Mine.")
    await ada.add("Shared.txt", b"Ours.", "workspace")

    async def seen(scope: DataScope) -> int:
        async with db.read(scope) as session:
            counted = await session.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608 - ours
            return int(counted.scalar_one())

    assert await seen(ada.me) == 2
    assert await seen(bob.principal) == 1
    assert await seen(eve.principal) == 0
    async with db.transaction(bob.principal) as session:
        assert await session.change(text(f"DELETE FROM {table}")) == 1  # noqa: S608 - ours
        await session.flush()
    assert await seen(ada.me) == 1
