"""The way of a document: read, cut, made into vectors, found; and everything that stops it."""

from __future__ import annotations

from tests.documents.shelf import Shelf
from tests.fixtures.documents import docx

PLAN = b"# Plan\n\nThe turbine hall opens in May.\n\nTicket VX-4471 is about the pump.\n"


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
