"""The text of a PDF page, character by character, with a box for each run on a line."""

from __future__ import annotations

import ctypes
from typing import Final

import pypdfium2 as pdfium
import pypdfium2.raw as c

from vectal.documents.extraction.contracts import Box, Span

_HYPHENS: Final = frozenset((0x02, 0xFFFE))
"""What pdfium makes of a hyphen that ends a line."""
_BREAKS: Final = frozenset((0x0A, 0x0D))
_DEVICE: Final = 100
"""Device units a point: pdfium maps to whole ones."""
_GAP: Final = 3.0
"""Line heights between two characters that stand in different columns."""
_LAST_PLANE: Final = 0x10FFFF


class _Runs:
    """Collects characters into runs that stand beside each other on one line."""

    def __init__(self) -> None:
        self.spans: list[tuple[int, int, float, float, float, float]] = []
        self._start = self._end = -1
        self._left = self._bottom = self._right = self._top = 0.0

    def add(self, at: int, left: float, right: float, bottom: float, top: float) -> None:
        """A character at offset `at`, its box in the page's own coordinates."""
        if self._start >= 0 and self._continues(left, bottom, top):
            self._left, self._right = min(self._left, left), max(self._right, right)
            self._bottom, self._top = min(self._bottom, bottom), max(self._top, top)
        else:
            self.close()
            self._start = at
            self._left, self._right, self._bottom, self._top = left, right, bottom, top
        self._end = at + 1

    def close(self) -> None:
        if self._start >= 0:
            box = (self._left, self._bottom, self._right, self._top)
            self.spans.append((self._start, self._end, *box))
            self._start = -1

    def _continues(self, left: float, bottom: float, top: float) -> bool:
        height = max(self._top - self._bottom, top - bottom, 1.0)
        middle = (bottom + top) / 2
        on_line = self._bottom - height / 2 <= middle <= self._top + height / 2
        return on_line and -height <= left - self._right <= _GAP * height


def page_text(
    page: pdfium.PdfPage, width: float, height: float, most: int
) -> tuple[str, tuple[Span, ...], bool]:
    """The text, its spans in points from the top left as shown, and whether it was cut."""
    textpage = page.get_textpage()
    try:
        count = min(textpage.count_chars(), most)
        chars, runs = _collect(textpage.raw, count)
        cut = textpage.count_chars() > most
    finally:
        textpage.close()
    return "".join(chars), _placed(page, runs, width, height), cut


def _collect(raw: object, count: int) -> tuple[list[str], _Runs]:
    chars: list[str] = []
    runs = _Runs()
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pointers = tuple(ctypes.byref(side) for side in (left, right, bottom, top))
    for index in range(count):
        code = c.FPDFText_GetUnicode(raw, index)
        if code in _BREAKS:
            runs.close()
            if code == 0x0A:  # pdfium writes both  # noqa: PLR2004
                chars.append("\n")
            continue
        char = _character(code)
        if not char.isspace() and c.FPDFText_GetCharBox(raw, index, *pointers):
            runs.add(len(chars), left.value, right.value, bottom.value, top.value)
        chars.append(char)
    runs.close()
    return chars, runs


def _character(code: int) -> str:
    """One character for one, so that offsets hold; what can't be read is marked as such."""
    if code in _HYPHENS:
        return "\u00ad"  # a soft one: cleaning joins the word
    if code == 0 or code > _LAST_PLANE or 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004  (surrogates)
        return "\ufffd"
    return chr(code)


def _placed(page: pdfium.PdfPage, runs: _Runs, width: float, height: float) -> tuple[Span, ...]:
    """Boxes as the page is shown, which may be turned and moved against its own coordinates."""
    size = (round(width * _DEVICE), round(height * _DEVICE))
    x, y = ctypes.c_int(), ctypes.c_int()
    spans: list[Span] = []
    for start, end, left, bottom, right, top in runs.spans:
        corners: list[tuple[float, float]] = []
        for corner in ((left, bottom), (right, top)):
            c.FPDF_PageToDevice(page.raw, 0, 0, *size, 0, *corner, ctypes.byref(x), ctypes.byref(y))
            corners.append((x.value / _DEVICE, y.value / _DEVICE))
        xs, ys = zip(*corners, strict=True)
        spans.append(Span(start, end, Box(min(xs), min(ys), max(xs), max(ys))))
    return tuple(spans)
