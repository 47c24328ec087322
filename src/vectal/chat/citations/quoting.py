"""Where a quote stands on its page. Pure.

A passage is cleaned text: its hyphens are joined and its lines flow. So only letters and digits
are compared, and the way back leads to the characters of the page.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from vectal.documents.contracts import DocumentPage

_FEWEST: Final = 8
_SURE: Final = 40
"""Letters of a quote's beginning that are enough to find it where a page ends within it."""
_CLOSING: Final = frozenset(".!?\u2026\"'\u201d\u00bb)")
MAX_BOXES: Final = 24


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters of a page's text, and the boxes around them."""

    start: int
    end: int
    boxes: tuple[tuple[float, float, float, float], ...]


def find_quote(quote: str, found: DocumentPage) -> Stretch | None:
    """None when the page does not hold it, or hardly a word is quoted."""
    page = found.page
    wanted, _ = _letters(quote.removesuffix("\u2026"))
    letters, places = _letters(page.text)
    if len(wanted) < _FEWEST:
        return None
    at = letters.find(wanted)
    length = len(wanted)
    if at < 0 and len(wanted) > _SURE:
        at, length = letters.find(wanted[:_SURE]), len(wanted)
    if at < 0:
        return None
    start = places[at]
    end = places[min(at + length, len(places)) - 1] + 1
    while end < len(page.text) and page.text[end] in _CLOSING:
        end += 1
    boxes = [
        (span.box.left, span.box.top, span.box.right, span.box.bottom)
        for span in page.spans
        if span.start < end and start < span.end
    ]
    return Stretch(start, end, tuple(boxes[:MAX_BOXES]))


def _letters(text: str) -> tuple[str, list[int]]:
    """Letters and digits in one form, and where each one came from."""
    letters: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for plain in unicodedata.normalize("NFKC", char).casefold():
            if plain.isalnum():
                letters.append(plain)
                places.append(place)
    return "".join(letters), places
