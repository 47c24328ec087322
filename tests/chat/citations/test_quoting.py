"""Quotes of cleaned text, found on pages as they were read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.chat.citations.quoting import find_quote
from vectal.documents.contracts import DocumentPage
from vectal.documents.extraction.contracts import Box, Page, Span
from vectal.platform.ids import new_id

TEXT = (
    "Header\nThe ten-\nant may end the agree\u00adment by giving three\nmonths notice."
    " Of\ufb01ce hours"
)


def _page(text: str, *spans: Span) -> DocumentPage:
    return DocumentPage(new_id(), 1, Page(1, text, 595.0, 842.0, spans))


@pytest.mark.parametrize(
    ("quote", "there"),
    [
        ("The tenant may end the agreement by giving three months notice.",
         "The ten-\nant may end the agree\u00admentby giving three\nmonths notice."),
        ("Office hours", "Of\ufb01ce hours"),
    ],
)  # fmt: skip
def test_a_quote_is_found_past_hyphens_and_ligatures(quote: str, there: str) -> None:
    found = find_quote(quote, _page(TEXT))
    assert found is not None
    squeezed = "".join(TEXT[found.start : found.end].split())
    assert squeezed == "".join(there.split())


def test_only_the_boxes_of_the_quote_are_told() -> None:
    boxes = [Box(0.0, float(top), 9.0, float(top) + 9) for top in (0, 10, 20)]
    spans = [Span(0, 6, boxes[0]), Span(7, 48, boxes[1]), Span(49, len(TEXT), boxes[2])]
    found = find_quote("tenant may end the agreement", _page(TEXT, *spans))
    assert found is not None
    assert found.boxes == ((0.0, 10.0, 9.0, 19.0),)


def test_a_quote_that_goes_on_over_the_page_is_found_by_its_beginning() -> None:
    words = "giving three months notice to the landlord who then has to answer"
    page = _page("x " + words[:50])
    found = find_quote(words + " within two weeks", page)
    assert found is not None
    assert (found.start, found.end) == (2, 52)


@pytest.mark.parametrize("quote", ["", "The", "Something that stands on no page at all", "\u2026"])
def test_what_is_not_there_is_not_found(quote: str) -> None:
    assert find_quote(quote, _page(TEXT)) is None


@given(st.text(max_size=200), st.data())
def test_any_stretch_of_a_page_is_found_on_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = find_quote(text[start:end], _page(text))
    if found is not None:
        assert 0 <= found.start < found.end <= len(text)
