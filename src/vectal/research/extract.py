"""A report without a model: the sources' own sentences, each with its number. Pure.

It says nothing new, so it can be wrong only where a source is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vectal.platform.crypto.words import words_of
from vectal.platform.passages.claims import sentences_of
from vectal.platform.passages.language import language_of, small_stems

LEAD: Final = "No model wrote this: these are the sources' own sentences."
_MOST: Final = 10
_A_SOURCE: Final = 2
_SHORTEST: Final = 30
_LONGEST: Final = 320
_SAME: Final = 0.7


@dataclass(frozen=True, slots=True)
class _Sentence:
    number: int
    at: int
    text: str
    stems: frozenset[str]
    score: float


def extract(question: str, passages: Mapping[int, str], weights: Mapping[int, float]) -> str:
    """Markdown: the sentences that hold most of the question, of the weightier source first."""
    wanted = frozenset(words_of(question)) - small_stems(language_of(question))
    sentences = [
        sentence
        for number, text in passages.items()
        for sentence in _sentences(number, text, wanted, weights.get(number, 0.5))
    ]
    chosen: list[_Sentence] = []
    for each in sorted(sentences, key=lambda s: (-s.score, s.number, s.at)):
        is_new = all(not _is_same(each, other) for other in chosen)
        if is_new and sum(each.number == other.number for other in chosen) < _A_SOURCE:
            chosen.append(each)
        if len(chosen) == _MOST:
            break
    lines = [f"- {each.text} [{each.number}]" for each in chosen]
    return "\n".join([f"*{LEAD}*", "", *lines]) if lines else ""


def _sentences(number: int, text: str, wanted: frozenset[str], weight: float) -> list[_Sentence]:
    language = language_of(text)
    found: list[_Sentence] = []
    for paragraph in text.split("\n\n"):
        line = " ".join(paragraph.split())
        for start, stop in sentences_of(line):
            words = line[start:stop].strip()
            stems = frozenset(words_of(words, language))
            shared = len(stems & wanted)
            if shared and _SHORTEST <= len(words) <= _LONGEST:
                score = shared / max(1, len(wanted)) * (0.5 + weight)
                found.append(_Sentence(number, len(found), words, stems, score))
    return found


def _is_same(one: _Sentence, other: _Sentence) -> bool:
    smaller = min(len(one.stems), len(other.stems))
    return len(one.stems & other.stems) >= _SAME * smaller
