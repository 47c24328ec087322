"""Numbers in brackets that cite a source, found in Markdown while it streams.

A mark is told as soon as nothing that follows can change it, so a stream gives the same marks as
the whole text, however it was cut. Code, links, images and definitions hold none, and neither do
`list[1]` or numbers that no source has.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

_BRACKET: Final = re.compile(r"\[(\d{1,3}(?:[ \t]*[,;][ \t]*\d{1,3})*)\]")
_NUMBER: Final = re.compile(r"\d+")
_TICKS: Final = re.compile(r"`+")
_FENCE: Final = re.compile(r"[ \t]*(?:>[ \t]?)*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})(.*)")
_CLOSING: Final = re.compile(r"[ \t]*(?:>[ \t]?)*[ \t]*(`{3,}|~{3,})[ \t]*")
_LAST_WORD: Final = re.compile(r"[^\s\[\](){}<>*\"“”«»,;:!?]+$")
_PLAIN_WORD: Final = re.compile(r"[^\W\d_]{2,}(?:['\u2019-][^\W\d_]+)*\.?|[\d.,]*\d%?")
_NOT_AFTER: Final = frozenset("\\![^")
_NUMBERS_BEFORE: Final = re.compile(r"(?:\[[\d,; \t]*\])+$")
_LONGEST_LINE: Final = 20_000
_LONGEST_WORD: Final = 80


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """`at` and `until` are the characters of the text around the brackets; `[1, 2]` are two."""

    at: int
    until: int
    number: int


class MarkReader:
    """Marks of a text that comes in pieces; `known` are the numbers that there are."""

    def __init__(self, known: Collection[int]) -> None:
        self._known = frozenset(known)
        self._line = ""
        self._begin = 0
        self._told = 0
        self._fence = ""
        self._has_brackets = False

    def push(self, text: str) -> list[Mark]:
        """The marks that are certain by now, each once, in order."""
        found: list[Mark] = []
        for line in text.splitlines(keepends=True):
            rest = line
            while rest:
                room = _LONGEST_LINE - len(self._line)
                piece, rest = rest[:room], rest[room:]
                self._line += piece
                self._has_brackets = self._has_brackets or "]" in piece
                if piece.endswith("\n") or len(self._line) == _LONGEST_LINE:
                    found += self._end_line()
                elif self._has_brackets and not self._fence:
                    found += self._tell(is_whole=False)
        return found

    def finish(self) -> list[Mark]:
        """The text is over: what was not certain is now."""
        return self._end_line()

    def _end_line(self) -> list[Mark]:
        fence = self._fence
        self._fence = _fence_after(self._line, fence)
        is_code = bool(fence or self._fence)
        found = [] if is_code else self._tell(is_whole=True)
        self._begin += len(self._line)
        self._line, self._told, self._has_brackets = "", 0, False
        return found

    def _tell(self, *, is_whole: bool) -> list[Mark]:
        found: list[Mark] = []
        sure, spans = _code_spans(self._line, is_whole=is_whole)
        for match in _BRACKET.finditer(self._line, self._told):
            # What follows the bracket may make a link of it.
            if match.end() >= sure and not is_whole:
                break
            self._told = match.end()
            if any(start < match.end() and match.start() < end for start, end in spans):
                continue
            if _cites(self._line, match.start(), match.end()):
                found += self._numbers(match)
        return found

    def _numbers(self, match: re.Match[str]) -> Iterator[Mark]:
        at, until = self._begin + match.start(), self._begin + match.end()
        numbers = [int(each) for each in _NUMBER.findall(match[1])]
        for number in dict.fromkeys(numbers):
            if number in self._known:
                yield Mark(at, until, number)


def find_marks(text: str, known: Collection[int]) -> list[Mark]:
    """All marks of a text, in order."""
    reader = MarkReader(known)
    return [*reader.push(text), *reader.finish()]


def _fence_after(line: str, fence: str) -> str:
    """The fence that is open after a line; empty outside of code."""
    if fence:
        closing = _CLOSING.fullmatch(line.rstrip("\r\n"))
        closes = closing and closing[1][0] == fence[0] and len(closing[1]) >= len(fence)
        return "" if closes else fence
    opening = _FENCE.match(line)
    if opening is None or (opening[1][0] == "`" and "`" in opening[2]):
        return ""
    return opening[1]


def _code_spans(line: str, *, is_whole: bool) -> tuple[int, list[tuple[int, int]]]:
    """Up to where the line is certain, and the code in it. Whole lines are certain throughout."""
    spans: list[tuple[int, int]] = []
    runs = list(_TICKS.finditer(line))
    if not is_whole and _FENCE.match(line):
        return 0, spans
    index = 0
    while index < len(runs):
        run = runs[index]
        if run.start() and line[run.start() - 1] == "\\":
            index += 1
            continue
        closing = next(
            (at for at in range(index + 1, len(runs)) if len(runs[at][0]) == len(run[0])), None
        )
        # The last run of a line that goes on may still grow.
        if closing is not None and (is_whole or runs[closing].end() < len(line)):
            spans.append((run.start(), runs[closing].end()))
            index = closing + 1
            continue
        if not is_whole:
            return run.start(), spans
        index += 1
    return len(line), spans


def _cites(line: str, start: int, end: int) -> bool:
    before, after = line[:start], line[end : end + 1]
    if before[-1:] in _NOT_AFTER and before:
        return False
    if after == "(" or (after == ":" and not before.strip(" \t>")):
        return False
    near = _NUMBERS_BEFORE.sub("", before[-_LONGEST_WORD:])
    if not near or near[-1].isspace() or near[-1] == "]":
        return True
    # Right behind a word it may be the index of a list: `data.items[2]`, `x[1]`, `rows[1][2]`.
    word = _LAST_WORD.search(near)
    return word is None or _PLAIN_WORD.fullmatch(word[0]) is not None or not word[0][-1].isalnum()
