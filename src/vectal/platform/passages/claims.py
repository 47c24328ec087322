"""What an answer says at each of its citations: the words of the sentence that lead to a number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from vectal.platform.passages.marks import Mark

_MARKDOWN: Final = re.compile(
    r"[*_`#>|~]+|!?\[(?=[^\]]*\]\()|(?<=\])\([^)\s]*\)|^\s*(?:[-+]|\d{1,9}[.)])\s"
)
_END: Final = re.compile(r"[.!?…][\"')\]”\u2019»]*(?=\s|$)|[。\uff01\uff1f]")
_SHORT: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|cf|vs|approx|no|nos|art|sec|fig|mr|mrs|ms|dr|st|ca|bzw|vgl|nr|abs|usw"
    r"|z\.\s?b|d\.\s?h|p|pp|ex)|\b[A-Za-z]|\d)\.$",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[^\W_]+")
_FEWEST_WORDS: Final = 3
_LONGEST: Final = 1_200


@dataclass(frozen=True, slots=True)
class Claim:
    """Marks that stand together, and the words that they are said of; empty when there are none."""

    marks: tuple[Mark, ...]
    text: str


@dataclass(frozen=True, slots=True)
class _Group:
    """Marks with nothing but spaces and commas between them."""

    marks: tuple[Mark, ...]
    at: int
    until: int


def find_claims(text: str, marks: Sequence[Mark]) -> list[Claim]:
    """A claim for each group of marks, in order. A sentence never goes past its line."""
    groups = _grouped(text, marks)
    return [
        Claim(group.marks, _claim(text, group, groups[index - 1] if index else None, groups))
        for index, group in enumerate(groups)
    ]


def sentences_of(line: str) -> list[tuple[int, int]]:
    """Where each sentence of a line begins and ends."""
    found: list[tuple[int, int]] = []
    begin = 0
    for match in _END.finditer(line):
        if _SHORT.search(line, max(begin, match.start() - 12), match.start() + 1):
            continue
        found.append((begin, match.end()))
        begin = match.end()
    if line[begin:].strip():
        found.append((begin, len(line)))
    return found


def _grouped(text: str, marks: Sequence[Mark]) -> list[_Group]:
    groups: list[_Group] = []
    for mark in marks:
        last = groups[-1] if groups else None
        if last is not None and not text[last.until : mark.at].strip(" \t,;"):
            until = max(last.until, mark.until)
            groups[-1] = _Group((*last.marks, mark), last.at, until)
        else:
            groups.append(_Group((mark,), mark.at, mark.until))
    return groups


def _claim(text: str, group: _Group, before: _Group | None, groups: Sequence[_Group]) -> str:
    begin = text.rfind("\n", 0, group.at) + 1
    end = text.find("\n", group.until)
    line = _without(text[begin : len(text) if end < 0 else end], begin, groups)
    at = group.at - begin
    sentences = sentences_of(line)
    # A number behind a full stop belongs to the sentence before it.
    here = next(((s, e) for s, e in reversed(sentences) if line[s:at].strip()), None)
    if here is None:
        # It leads the line: "[1] says that …".
        return _plain(line[at : sentences[0][1]] if sentences else "")
    start, stop = here
    since = max(start, before.until - begin) if before is not None else start
    lead = _plain(line[since : min(at, stop)])
    if len(_WORD.findall(lead)) < _FEWEST_WORDS:
        lead = _plain(line[start : min(at, stop)])
    if len(_WORD.findall(lead)) < _FEWEST_WORDS:
        # The number stands early in its sentence, as in: as [1] says, the rent is due.
        lead = _plain(line[start:stop])
    return lead


def _without(line: str, begin: int, groups: Sequence[_Group]) -> str:
    """The line with spaces where marks are, so that places stay."""
    for group in groups:
        at, until = group.at - begin, group.until - begin
        if at >= 0 and until <= len(line):
            line = line[:at] + " " * (until - at) + line[until:]
    return line


def _plain(markdown: str) -> str:
    return " ".join(_MARKDOWN.sub(" ", markdown[-_LONGEST:]).split())
