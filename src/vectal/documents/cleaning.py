"""Text fit for search and models, with the way back to where each character stood.

Joins words that a line end has cut, drops headers and footers that repeat, spells ligatures out,
and makes visible what a person would not see: control, zero-width and direction characters. They
carry orders to models past the eyes of readers, so each run of them is named in its place and
listed for the taint rule.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from vectal.documents.extraction.contracts import Page

HiddenKind: TypeAlias = Literal["control", "zero_width", "direction", "tag"]

_LIGATURES: Final = {
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
    "\ufb05": "st",
    "\ufb06": "st",
}
_ZERO_WIDTH: Final = frozenset("\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\u180e\u034f")
_DIRECTION: Final = frozenset(
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_JOINERS: Final = frozenset("\u200c\u200d")
"""Belong to the spelling of Persian, Indic scripts and emoji."""
_FIRST_TAG: Final = 0xE0000
_LAST_TAG: Final = 0xE007F
_SPACES: Final = frozenset("\u00a0\u2007\u202f")
_EDGE_LINES: Final = 2
"""Lines at the top and at the bottom of a page that may be a header or a footer."""
_SHORT_PAGE: Final = 6
_FEWEST_PAGES: Final = 4
_REPEATED_SHARE: Final = 0.6
_DIGITS: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class HiddenRun:
    """Characters that a reader does not see.

    `start` and `end` are offsets in the cleaned text, around the words that stand there instead.
    """

    kind: HiddenKind
    start: int
    end: int
    count: int
    message: str = ""
    """What tag characters spell."""


@dataclass(frozen=True, slots=True)
class CleanPage:
    """A page whose text is clean.

    `origins` holds, for each character of `text`, the offset in the page's own text that it came
    from.
    """

    page: Page
    text: str
    origins: Sequence[int]
    hidden: tuple[HiddenRun, ...] = ()

    def origin_of(self, start: int, end: int) -> tuple[int, int]:
        """The range of the page's own text behind a range of the cleaned text."""
        if start >= end:
            at = self.origins[start] if start < len(self.origins) else len(self.page.text)
            return at, at
        return self.origins[start], self.origins[end - 1] + 1


def find_repeats(pages: Iterable[Page]) -> frozenset[str]:
    """The headers and footers of a document, by part, their numbers replaced.

    Only pages that have a size can have any. Give all pages, or a long stretch of them.
    """
    counts: Counter[tuple[int, str]] = Counter()
    totals: Counter[int] = Counter()
    for page in pages:
        if page.height > 0:
            totals[page.part] += 1
            counts.update({(page.part, _pattern(line)) for line in _edges(page.text)})
    return frozenset(
        f"{part}:{pattern}"
        for (part, pattern), count in counts.items()
        if totals[part] >= _FEWEST_PAGES and count >= totals[part] * _REPEATED_SHARE
    )


def clean(page: Page, repeats: frozenset[str] = frozenset()) -> CleanPage:
    """One page, cleaned. The same page and repeats give the same text."""
    dropped = _repeated_lines(page, repeats)
    cleaner = _Cleaner(page.text)
    at = 0
    while at < len(page.text):
        end = dropped.get(at)
        if end is not None:
            at = end
            continue
        at = cleaner.take(at)
    return cleaner.finish(page)


@dataclass(slots=True)
class _Cleaner:
    """Takes a text character by character and keeps what is to be kept."""

    text: str
    chars: list[str] = field(default_factory=list[str])
    origins: array[int] = field(default_factory=lambda: array("I"))
    hidden: list[HiddenRun] = field(default_factory=list[HiddenRun])

    def take(self, at: int) -> int:
        """Handle the character at `at`, and return where the next one is."""
        char = self.text[at]
        if char == "\u00ad":
            return self._soft_hyphen(at)
        if char == "-" and self._cuts_a_word(at):
            return self._word_goes_on(at + 1)
        if char == "\n":
            return self._line_end(at)
        kind = self._hidden_kind(at)
        if kind is not None:
            return self._reveal(at, kind)
        for kept in _LIGATURES.get(char, " " if char in _SPACES else char):
            self._keep(kept, at)
        return at + 1

    def finish(self, page: Page) -> CleanPage:
        while self.chars and self.chars[-1].isspace():
            self.chars.pop()
            self.origins.pop()
        return CleanPage(page, "".join(self.chars), self.origins, tuple(self.hidden))

    def _keep(self, char: str, at: int) -> None:
        self.chars.append(char)
        self.origins.append(at)

    def _line_end(self, at: int) -> int:
        """Spaces before it go; of many empty lines one stays; none stands at the start."""
        while self.chars and self.chars[-1] in " \t":
            self.chars.pop()
            self.origins.pop()
        if self.chars and self.chars[-2:] != ["\n", "\n"]:
            self._keep("\n", at)
        return at + 1

    def _soft_hyphen(self, at: int) -> int:
        """It shows at a line end only, where the word is whole without it."""
        return self._word_goes_on(at + 1)

    def _cuts_a_word(self, at: int) -> bool:
        before = self.text[at - 1] if at else ""
        rest = self.text[at + 1 : at + 40]
        after = rest.lstrip(" \t\r\n")[:1]
        is_line_end = "\n" in rest[: len(rest) - len(rest.lstrip(" \t\r\n"))]
        return is_line_end and before.isalpha() and before.islower() and after.islower()

    def _word_goes_on(self, at: int) -> int:
        """Where it does: behind the line end and what indents the next line."""
        end = at
        while end < len(self.text) and self.text[end] in " \t\r\n":
            end += 1
        return end if "\n" in self.text[at:end] else at

    def _hidden_kind(self, at: int) -> HiddenKind | None:
        char = self.text[at]
        code = ord(char)
        if char in _DIRECTION:
            return "direction"
        if _FIRST_TAG <= code <= _LAST_TAG:
            return "tag"
        if char in _ZERO_WIDTH:
            return None if char in _JOINERS and self._joins(at) else "zero_width"
        if char not in "\t\f" and unicodedata.category(char) == "Cc":
            return "control"
        return None

    def _joins(self, at: int) -> bool:
        """Whether a joiner stands between characters that are spelled with one."""
        around = self.text[max(0, at - 1) : at], self.text[at + 1 : at + 2]
        return all(char and not char.isascii() and not char.isspace() for char in around)

    def _reveal(self, at: int, kind: HiddenKind) -> int:
        """Put words in the place of a run of hidden characters of one kind."""
        end = at
        while end < len(self.text) and self._hidden_kind(end) == kind:
            end += 1
        run = self.text[at:end]
        if at == 0 and run == "\ufeff":  # a byte order mark hides nothing
            return end
        start = len(self.chars)
        names = " ".join(f"U+{ord(char):04X}" for char in run[:3])
        more = f" and {len(run) - 3} more" if len(run) > 3 else ""  # noqa: PLR2004  (three named)
        for char in f"[hidden {names}{more}]":
            self._keep(char, at)
        message = "".join(map(_untagged, run)) if kind == "tag" else ""
        self.hidden.append(HiddenRun(kind, start, len(self.chars), len(run), message))
        return end


def _untagged(char: str) -> str:
    code = ord(char) - _FIRST_TAG
    return chr(code) if 0x20 <= code < 0x7F else ""  # noqa: PLR2004  (printable ASCII)


def _pattern(line: str) -> str:
    return _DIGITS.sub("#", " ".join(line.split()).casefold())[:200]


def _edges(text: str) -> list[str]:
    lines = [line for line in text.split("\n") if line.strip()]
    count = _edge_count(len(lines))
    return lines[:count] + lines[len(lines) - count :]


def _edge_count(lines: int) -> int:
    """How many lines at an edge may repeat; a short page is not all header."""
    if lines > _SHORT_PAGE:
        return _EDGE_LINES
    return 1 if lines > _EDGE_LINES else 0


def _repeated_lines(page: Page, repeats: frozenset[str]) -> dict[int, int]:
    """Where repeated lines at the edges begin, and where each ends with its line end."""
    found: dict[int, int] = {}
    if not repeats:
        return found
    places: list[tuple[int, int]] = []
    start = 0
    for line in page.text.split("\n"):
        if line.strip():
            places.append((start, start + len(line) + 1))
        start += len(line) + 1
    count = _edge_count(len(places))
    for begin, end in {*places[:count], *places[len(places) - count :]}:
        line = page.text[begin : end - 1]
        if f"{page.part}:{_pattern(line)}" in repeats:
            found[begin] = min(end, len(page.text))
    return found
