"""Whether a passage says what is cited of it: words, numbers, names and denial, nothing else.

A check reads the passage sentence by sentence, and takes the few that stand together and hold most
of the claim's words. It believes no model, so the same answer always gets the same verdict. What
it can't read (another language) it calls unchecked, never supported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, Literal, TypeAlias

from vectal.platform.crypto.words import words_of
from vectal.platform.passages.claims import sentences_of
from vectal.platform.passages.facts import (
    clauses_of,
    denies,
    measures_of,
    names_of,
    numbers_of,
)
from vectal.platform.passages.language import language_of, small_stems

Unsupported: TypeAlias = Literal["words", "numbers", "names", "negation"]
"""Why a passage does not say what is cited of it.

Too few of its words, another number, a name that is not in it, or the opposite.
"""
Unreadable: TypeAlias = Literal["language", "nothing_said"]
"""Why nobody can tell: another language, or no words at the number."""

LEAST_COVERED: Final = 0.55
"""Share of a claim's words that the passage must hold.

Of 102 pairs that the check was made with it believes none wrongly and doubts 3; of 53 that it had
never seen it believes 2 wrongly (a single other word, a person of the same passage) and doubts 2.
At 0.5 it believes 4 of those wrongly and doubts none. `python -m bench.citations` prints this."""
LEAST_TOGETHER: Final = 0.25
"""The same for one of several passages that are cited together and hold the claim only so."""
_AROUND: Final = 1
"""Sentences before and after the best one that count too."""
_LONGEST_QUOTE: Final = 400
_MOST_CHARS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """`supported` is None when nobody can tell. `quote` is the passage's nearest sentence."""

    supported: bool | None
    why: Unsupported | Unreadable | None
    quote: str
    covered: float = 0.0


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    stems: frozenset[str]


@dataclass(frozen=True)
class Evidence:
    """A passage, read once for all that is cited of it. `about` is its file's name."""

    text: str = field(repr=False)
    about: str = field(default="", repr=False)

    @cached_property
    def language(self) -> str | None:
        return language_of(self.text)

    @cached_property
    def sentences(self) -> tuple[_Sentence, ...]:
        text = self.text[:_MOST_CHARS]
        found: list[_Sentence] = []
        for paragraph in text.split("\n\n"):
            # A PDF ends its lines anywhere, so a line end is no end of a sentence.
            line = " ".join(paragraph.split())
            for start, end in sentences_of(line):
                sentence = line[start:end].strip()
                found.append(_Sentence(sentence, frozenset(words_of(sentence, self.language))))
        return tuple(found)

    @cached_property
    def stems(self) -> frozenset[str]:
        named = frozenset(words_of(self.about, self.language))
        return named.union(*(sentence.stems for sentence in self.sentences))

    def stem(self, word: str) -> str:
        return next(iter(words_of(word, self.language)), word)

    def around(self, index: int) -> Sequence[_Sentence]:
        return self.sentences[max(0, index - _AROUND) : index + _AROUND + 1]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A claim as a passage is asked for it."""

    text: str
    language: str | None
    stems: frozenset[str]
    numbers: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, claim: str, evidence: Evidence) -> _Asked:
        language = evidence.language
        stems = frozenset(words_of(claim, language)) - small_stems(language)
        return cls(
            claim,
            language_of(claim),
            # Numbers are looked at by themselves, however they are written.
            frozenset(stem for stem in stems if not stem.isdigit()),
            frozenset(numbers_of(claim, is_claim=True)),
            frozenset(names_of(claim, language)),
        )


def check(claim: str, evidence: Evidence, *, least: float = LEAST_COVERED) -> Verdict:
    """Whether the passage holds the claim."""
    asked = _Asked.of(claim, evidence)
    if not asked.stems and not asked.numbers:
        return Verdict(None, "nothing_said", _shortened(evidence.text))
    best, covered = _find_best(asked, evidence)
    quote = _shortened(evidence.sentences[best].text if evidence.sentences else evidence.text)
    both = asked.language, evidence.language
    if None not in both and both[0] != both[1]:
        return Verdict(None, "language", quote, covered)
    why = _judge(asked, evidence, best, covered, least)
    return Verdict(why is None, why, quote, covered)


def check_together(claim: str, passages: Sequence[Evidence]) -> list[Verdict]:
    """A verdict for each of the passages that a claim cites at once.

    Each alone may hold the claim; or all of them together do, and each has its part in it.
    """
    alone = [check(claim, each) for each in passages]
    if len(passages) == 1 or any(verdict.supported is not False for verdict in alone):
        return alone
    joined = Evidence("\n\n".join(each.text for each in passages), passages[0].about)
    together = _hold_together(claim, joined, passages)
    if not together:
        return alone
    return [
        replace(verdict, supported=True, why=None) if verdict.covered >= LEAST_TOGETHER else verdict
        for verdict in alone
    ]


def _hold_together(claim: str, joined: Evidence, passages: Sequence[Evidence]) -> bool:
    asked = _Asked.of(claim, joined)
    held: set[str] = set()
    numbers: set[str] = set()
    for passage in passages:
        part = _Asked.of(claim, passage)
        best, _ = _find_best(part, passage)
        near = passage.around(best)
        held.update(*(sentence.stems for sentence in near))
        numbers.update(*(numbers_of(sentence.text) for sentence in near))
        if _is_denied(part, passage, best):
            return False
    covered = len(asked.stems & held) / max(1, len(asked.stems))
    return covered >= LEAST_COVERED and asked.numbers <= numbers


def _find_best(asked: _Asked, evidence: Evidence) -> tuple[int, float]:
    """The sentence that, with those around it, holds most of the claim; and how much that is."""
    best, most, own = 0, -1.0, -1
    for index, sentence in enumerate(evidence.sentences):
        near = frozenset[str]().union(*(each.stems for each in evidence.around(index)))
        covered = len(asked.stems & near) / max(1, len(asked.stems))
        numbers = numbers_of(sentence.text) & asked.numbers
        mine = len(asked.stems & sentence.stems) + len(numbers)
        if (mine, covered) > (own, most):
            best, most, own = index, covered, mine
    return best, max(0.0, most)


def _judge(
    asked: _Asked, evidence: Evidence, best: int, covered: float, least: float
) -> Unsupported | None:
    if covered < least:
        return "words"
    if not _counts_the_same(asked, evidence, best):
        return "numbers"
    named = {stem for name in asked.names for stem in words_of(name, evidence.language)}
    if not named <= evidence.stems:
        return "names"
    return "negation" if _is_denied(asked, evidence, best) else None


def _counts_the_same(asked: _Asked, evidence: Evidence, best: int) -> bool:
    """Every number of the claim is there, and where both count one thing, they count as many."""
    if not asked.numbers:
        return True
    near = evidence.around(best)
    if not asked.numbers <= set[str]().union(*(numbers_of(each.text) for each in near)):
        return False
    mine = measures_of(asked.text, evidence.stem)
    theirs = measures_of(evidence.sentences[best].text, evidence.stem)
    return all(
        numbers <= theirs[what]
        for what, numbers in mine.items()
        if what in theirs and numbers & asked.numbers
    )


def _is_denied(asked: _Asked, evidence: Evidence, best: int) -> bool:
    """Whether one denies what the other says, clause by clause."""
    if not evidence.sentences:
        return False
    clauses = [
        (clause, frozenset(words_of(clause, evidence.language)))
        for clause in clauses_of(evidence.sentences[best].text)
    ]
    for clause in clauses_of(asked.text):
        mine = asked.stems & frozenset(words_of(clause, evidence.language))
        theirs, held = max(clauses, key=lambda each: len(mine & each[1]))
        shared = mine & held
        if not shared:
            continue
        if denies(clause, shared, evidence.stem) != denies(theirs, shared, evidence.stem):
            return True
    return False


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1].rstrip() + "…"
