"""The passages of a page that speak of a question. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from vectal.platform.crypto.words import words_of
from vectal.platform.passages.claims import sentences_of
from vectal.platform.passages.language import language_of, small_stems

PIECE_CHARS: Final = 700
_MOST_PIECES: Final = 400
_GAP: Final = "\n\n"
_SHORTEST: Final = 40
_TOGETHER: Final = 1_800


@dataclass(frozen=True, slots=True)
class Piece:
    """A few sentences of a page. `at` is its place among the page's pieces."""

    at: int
    text: str
    stems: frozenset[str]


def cut(text: str) -> list[Piece]:
    """A page as pieces of about `PIECE_CHARS`, none of which ends within a sentence."""
    language = language_of(text)
    pieces: list[Piece] = []
    held: list[str] = []
    size = 0

    def end() -> None:
        nonlocal size
        words = " ".join(held)
        if len(words) >= _SHORTEST:
            stems = frozenset(words_of(words, language))
            pieces.append(Piece(len(pieces), words, stems))
        held.clear()
        size = 0

    for paragraph in text.split("\n\n"):
        line = " ".join(paragraph.split())
        for start, stop in sentences_of(line):
            sentence = line[start:stop].strip()[:_TOGETHER]
            if size and size + len(sentence) > PIECE_CHARS:
                end()
            held.append(sentence)
            size += len(sentence) + 1
        if size > PIECE_CHARS // 3:
            end()
        if len(pieces) >= _MOST_PIECES:
            return pieces
    end()
    return pieces


def choose(
    pages: Mapping[int, Sequence[Piece]], question: str, queries: Sequence[str], chars: int
) -> dict[int, str]:
    """What of each page is shown to a model, within `chars` for all: the best pieces, in order.

    Every page that holds a word of the question has its best piece before any has a second.
    """
    scores = _scored(pages, question, queries)
    chosen: dict[int, set[int]] = {}
    left = chars
    # The best piece of each page first, then the second best of each that still help.
    for _, _, number, at in sorted(
        (turn, -score, number, at)
        for number, ranked in scores.items()
        for turn, (score, at) in enumerate(ranked)
    ):
        size = len(pages[number][at].text)
        if size <= left:
            chosen.setdefault(number, set()).add(at)
            left -= size
    return {
        number: _GAP.join(pages[number][at].text for at in sorted(places))
        for number, places in sorted(chosen.items())
    }


def _scored(
    pages: Mapping[int, Sequence[Piece]], question: str, queries: Sequence[str]
) -> dict[int, list[tuple[float, int]]]:
    """The pieces of each page that hold a wanted word, the best first."""
    language = language_of(question)
    wanted = Counter(words_of(question, language))
    for query in queries:
        wanted.update(words_of(query, language))
    for small in small_stems(language):
        wanted.pop(small, None)
    pieces = [piece for each in pages.values() for piece in each]
    held = Counter(stem for piece in pieces for stem in piece.stems if stem in wanted)
    worth = {
        stem: math.log(1 + len(pieces) / held[stem]) * (1 + math.log(count))
        for stem, count in wanted.items()
        if held[stem]
    }
    return {
        number: sorted(
            ((score, piece.at) for piece in each if (score := _score(piece, worth)) > 0),
            key=lambda pair: (-pair[0], pair[1]),
        )
        for number, each in pages.items()
    }


def _score(piece: Piece, worth: Mapping[str, float]) -> float:
    return sum(worth[stem] for stem in piece.stems if stem in worth)
