"""The text of a PDF page, character by character, with a box for each run on a line."""

from __future__ import annotations

import ctypes
import operator
import re
from typing import Final

import pypdfium2 as pdfium
import pypdfium2.raw as c

from vectal.documents.extraction.contracts import Box, Span

_WORDS: Final = re.compile(r"[\r\n]+|[^\s]+")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_MEANT: Final = {
    # What pdfium makes of a hyphen that ends a line: a soft one, by which cleaning joins the word.
    **dict.fromkeys((0x02, 0xFFFE), "\u00ad"),
    **dict.fromkeys((0, *range(0xD800, 0xE000)), "\ufffd"),
}
"""One character for one, so that offsets hold; what can't be read is marked as such."""
_DEVICE: Final = 100
"""Device units a point: pdfium maps to whole ones."""
_GAP: Final = 3.0
"""Line heights between two characters that stand in different columns."""
_ONE_LINE: Final = 1.5
"""Heights of its tallest character that a word on one line may reach."""
_LAST_PLANE: Final = 0x10FFFF


class _Runs:
    """Collects characters into runs that stand beside each other on one line."""

    def __init__(self) -> None:
        self.spans: list[tuple[int, int, float, float, float, float]] = []
        self._start = self._end = -1
        self._left = self._bottom = self._right = self._top = 0.0

    def add(
        self, first: int, last: int, left: float, right: float, bottom: float, top: float
    ) -> None:
        """Characters at offsets `first` to `last`, their box in the page's own coordinates."""
        if self._start >= 0 and self._continues(left, bottom, top):
            self._left, self._right = min(self._left, left), max(self._right, right)
            self._bottom, self._top = min(self._bottom, bottom), max(self._top, top)
        else:
            self.close()
            self._start = first
            self._left, self._right, self._bottom, self._top = left, right, bottom, top
        self._end = last + 1

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
        text, runs = _collect(textpage.raw, count)
        cut = textpage.count_chars() > most
    finally:
        textpage.close()
    return text, _placed(page, runs, width, height), cut


def _collect(raw: object, count: int) -> tuple[str, _Runs]:
    """The text, line ends as one character, and its runs: offsets are those of this text."""
    said = _said(raw, count)
    runs, boxes = _Runs(), _Boxes(raw)
    returns = 0
    for found in _WORDS.finditer(said):
        start, end = found.span()
        if said[start] in "\r\n":
            runs.close()
            returns += said.count("\r", start, end)
        else:
            boxes.of_word(start, end, returns, runs)
    runs.close()
    return said.replace("\r", "").translate(_MEANT), runs


def _said(raw: object, count: int) -> str:
    """One character for each that pdfium counts.

    Asked for all at once, it leaves out what it can't name, and splits what is beyond 16 bits;
    where that happens each one is asked for by itself.
    """
    units = (ctypes.c_ushort * (count + 1))()
    if c.FPDFText_GetText(raw, 0, count, units) == count + 1:
        text = bytes(units)[:-2].decode("utf-16-le", "surrogatepass")
        if len(text) == count and not _SURROGATES.search(text):
            return text
    codes = (c.FPDFText_GetUnicode(raw, index) for index in range(count))
    return "".join(chr(code) if code <= _LAST_PLANE else "\ufffd" for code in codes)


class _Boxes:
    """Where characters stand, as pdfium measures them."""

    def __init__(self, raw: object) -> None:
        self._raw = raw
        self._sides = tuple(ctypes.c_double() for _ in range(4))
        self._pointers = tuple(ctypes.byref(side) for side in self._sides)

    def of_word(self, start: int, end: int, ahead: int, runs: _Runs) -> None:
        """Add the characters from `start` to `end` as one box; offsets are `ahead` less."""
        measure, raw = c.FPDFText_GetCharBox, self._raw
        one, two, three, four = self._pointers
        left, right, bottom, top = self._sides
        places: list[int] = []
        lefts: list[float] = []
        rights: list[float] = []
        bottoms: list[float] = []
        tops: list[float] = []
        for index in range(start, end):
            if measure(raw, index, one, two, three, four):
                places.append(index - ahead)
                lefts.append(left.value)
                rights.append(right.value)
                bottoms.append(bottom.value)
                tops.append(top.value)
        if not places:
            return
        height = max(map(operator.sub, tops, bottoms))
        width = sum(map(operator.sub, rights, lefts)) + _GAP * height
        box = (min(lefts), max(rights), min(bottoms), max(tops))
        if box[3] - box[2] <= _ONE_LINE * height and box[1] - box[0] <= width:
            runs.add(places[0], places[-1], *box)
        else:  # it stands on two lines, or upright
            for at, *each in zip(places, lefts, rights, bottoms, tops, strict=True):
                runs.add(at, at, *each)


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
