"""Chunks: whole, in order, no longer than allowed, and each knows where it stands."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vectal.documents import chunking
from vectal.documents.chunking import Chunk, Chunker, ChunkSize, boxes_of
from vectal.documents.cleaning import CleanPage, clean
from vectal.documents.embedding.wordpiece import wordpiece
from vectal.documents.extraction.contracts import Box, Page, Span

SIZE = ChunkSize(least=20, most=40, overlap=14)


def _pages(*texts: str) -> list[CleanPage]:
    return [clean(Page(number=number, text=text)) for number, text in enumerate(texts, 1)]


def _whole(pages: list[CleanPage]) -> str:
    """The document, its joints marked by a character that the chunks do not know."""
    return "\0".join(page.text for page in pages)


def _fits(chunk: Chunk, whole: str) -> bool:
    stretch = whole[chunk.start : chunk.end]
    return len(stretch) == len(chunk.text) and all(
        one == other or (one == "\0" and other in " \n")
        for one, other in zip(stretch, chunk.text, strict=True)
    )


def _tokens(text: str) -> int:
    return len(wordpiece().encode(text).ids)


def _prose(sentences: int, begin: int = 0) -> str:
    return " ".join(
        f"Sentence number {n} tells of the harvest." for n in range(begin, begin + sentences)
    )


def test_chunks_are_pieces_of_the_document_and_leave_nothing_out() -> None:
    pages = _pages(_prose(40), _prose(3, 40), "", _prose(90, 43))
    whole = "\n".join(page.text for page in pages)
    chunks = list(Chunker(wordpiece(), SIZE).chunks(pages))
    reached = 0
    for index, chunk in enumerate(chunks):
        assert chunk.index == index
        assert whole[chunk.start : chunk.end] == chunk.text
        assert _tokens(chunk.text) <= SIZE.most
        assert not whole[reached : chunk.start].strip()
        reached = chunk.end
    assert reached == len(whole)
    assert chunks[0].start == 0
    assert any(later.start < chunk.end for chunk, later in pairwise(chunks))


def test_a_document_of_many_blocks_is_cut_as_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long document only a part is held at once, and nobody sees where the parts met."""
    pages = _pages(*(_prose(60, 60 * n)[: -1 - n % 2] for n in range(30)))
    chunker = Chunker(wordpiece(), ChunkSize(160, 240, 30))
    at_once = list(chunker.chunks(pages))
    monkeypatch.setattr(chunking, "_BLOCK_CHARS", 9_000)
    in_blocks = list(chunker.chunks(iter(pages)))
    assert in_blocks == at_once
    for chunk in in_blocks:
        for place in chunk.places:
            assert pages[place.page - 1].page.text[place.start : place.end] in chunk.text


def test_a_chunk_across_pages_names_both_with_their_own_offsets() -> None:
    pages = _pages("The first page ends in the middle of", "a sentence that goes on.")
    (chunk,) = Chunker(wordpiece(), SIZE).chunks(pages)
    assert chunk.pages == (1, 2)
    assert [(place.page, place.start, place.end) for place in chunk.places] == [
        (1, 0, 36),
        (2, 0, 24),
    ]


def test_places_are_of_the_page_as_it_was_before_cleaning() -> None:
    raw = "An exam-\nple of a cut word."
    spans = (Span(0, 8, Box(10, 10, 90, 20)), Span(9, 27, Box(10, 30, 190, 40)))
    page = Page(number=3, text=raw, width=200, height=100, spans=spans)
    (chunk,) = Chunker(wordpiece(), SIZE).chunks([clean(page)])
    (place,) = chunk.places
    assert chunk.text == "An example of a cut word."
    assert raw[place.start : place.end] == raw
    assert place.boxes == (Box(10, 10, 90, 20), Box(10, 30, 190, 40))


def test_a_chunk_tells_what_it_hides() -> None:
    pages = _pages(_prose(20) + " Look\u202e here.")
    chunks = list(Chunker(wordpiece(), SIZE).chunks(pages))
    assert [bool(chunk.hides) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]


def test_markdown_is_cut_at_its_headings() -> None:
    text = "\n\n".join(f"# Part {n}\n\n{_prose(3, n)}" for n in range(6))
    chunks = list(Chunker(wordpiece(), ChunkSize(20, 40, 0), markdown=True).chunks(_pages(text)))
    assert all(chunk.text.startswith("# Part") for chunk in chunks)


def test_nothing_gives_no_chunk() -> None:
    assert list(Chunker(wordpiece(), SIZE).chunks(_pages("", " \n"))) == []
    assert list(Chunker(wordpiece(), SIZE).chunks([])) == []


@settings(max_examples=40)
@given(st.lists(st.text(max_size=300), max_size=5))
def test_any_text_is_covered(texts: list[str]) -> None:
    pages = _pages(*texts)
    whole = _whole(pages)
    covered = set[int]()
    for chunk in Chunker(wordpiece(), SIZE).chunks(pages):
        assert _fits(chunk, whole)
        covered.update(range(chunk.start, chunk.end))
    missing = [char for at, char in enumerate(whole) if at not in covered]
    assert all(char.isspace() or char == "\0" for char in missing)


@pytest.mark.parametrize(
    ("start", "end", "boxes"),
    [
        (0, 10, [(0, 0, 100, 10)]),
        (5, 10, [(50, 0, 100, 10)]),
        (5, 15, [(50, 0, 100, 10), (0, 20, 40, 30)]),
        (10, 11, []),
        (12, 13, [(10, 20, 20, 30)]),
        (21, 30, []),
    ],
)
def test_boxes_are_cut_within_lines(
    start: int, end: int, boxes: list[tuple[float, float, float, float]]
) -> None:
    spans = (Span(0, 10, Box(0, 0, 100, 10)), Span(11, 21, Box(0, 20, 100, 30)))
    assert list(boxes_of(spans, start, end)) == [Box(*box) for box in boxes]
