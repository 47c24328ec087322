"""How much a source is worth, and why, in words: who else says so, how old, how many voices. Pure.

It judges what can be counted. Whether a source is right, it does not know.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from vectal.platform.crypto.words import words_of
from vectal.platform.passages.facts import numbers_of
from vectal.platform.passages.language import language_of, small_stems
from vectal.research.contracts import Reason

_COPY: Final = 0.7
"""Share of a text's shingles that another holds, from where on it is its copy."""
_SHINGLE: Final = 5
_AGREES: Final = 0.25
_FEWEST_SHARED: Final = 4
_YEAR: Final = 365
_OLD: Final = 4 * _YEAR
_WORD: Final = re.compile(r"[^\W_]+")
_BASE: Final = 0.35


@dataclass(frozen=True, slots=True)
class Weighed:
    """A source on the scales. `text` is what was taken from it for the question."""

    number: int
    site: str
    text: str
    published_on: str | None
    engines: tuple[str, ...]
    is_read: bool
    has_hidden_text: bool


@dataclass(frozen=True, slots=True)
class Weight:
    value: float
    reasons: tuple[Reason, ...]


@dataclass(slots=True)
class _Scale:
    value: float
    reasons: list[Reason]

    def add(self, by: float, code: str, words: str) -> None:
        self.value += by
        self.reasons.append(Reason(code, words))


def weigh(sources: Sequence[Weighed], today: date) -> dict[int, Weight]:
    """The weight of each source, by its number."""
    copies = _copies(sources)
    agreeing = _agreeing(sources, copies)
    sites = Counter(each.site for each in sources)
    first = {each.site: each.number for each in reversed(sources)}
    found: dict[int, Weight] = {}
    for each in sources:
        scale = _Scale(_BASE, [])
        _by_site(scale, each, sites[each.site], is_first=first[each.site] == each.number)
        _by_age(scale, each.published_on, today)
        _by_agreement(scale, agreeing[each.number], copies.get(each.number))
        _by_reading(scale, each)
        found[each.number] = Weight(round(min(1.0, max(0.05, scale.value)), 2), (*scale.reasons,))
    return found


def _by_site(scale: _Scale, source: Weighed, count: int, *, is_first: bool) -> None:
    if count == 1:
        scale.add(0.1, "own_site", f"The only source from {source.site}.")
    elif is_first:
        scale.add(0.05, "first_of_site", f"The best of {count} sources from {source.site}.")
    else:
        scale.add(-0.05, "same_site", f"One of {count} sources from {source.site}: one voice.")


def _by_age(scale: _Scale, published_on: str | None, today: date) -> None:
    if published_on is None:
        scale.add(0.0, "no_date", "It names no date.")
        return
    days = (today - date.fromisoformat(published_on)).days
    if days < 0:
        scale.add(-0.05, "future_date", f"It is dated in the future, {published_on}.")
    elif days <= _YEAR:
        scale.add(0.15, "recent", f"Of {published_on}, less than a year old.")
    elif days <= _OLD:
        scale.add(0.08, "dated", f"Of {published_on}.")
    else:
        scale.add(0.0, "old", f"Of {published_on}, more than four years old.")


def _by_agreement(scale: _Scale, others: Sequence[int], copy_of: int | None) -> None:
    if copy_of is not None:
        scale.add(-0.15, "copy", f"It says the same as source {copy_of}, word by word.")
        return
    if not others:
        scale.add(0.0, "alone", "No other site says the same.")
        return
    named = ", ".join(str(number) for number in others[:4])
    count = len(others)
    words = "Another site agrees" if count == 1 else f"{count} other sites agree"
    scale.add(min(0.24, 0.1 + 0.07 * (count - 1)), "agreed", f"{words}: {named}.")


def _by_reading(scale: _Scale, source: Weighed) -> None:
    if len(source.engines) > 1:
        scale.add(0.1, "several_engines", f"{len(source.engines)} search engines name it.")
    if not source.is_read:
        words = "Its page could not be read: only the few words of a search engine were seen."
        scale.add(-0.2, "not_read", words)
    if source.has_hidden_text:
        scale.add(-0.15, "hidden_text", "It holds characters that its readers do not see.")


def _copies(sources: Sequence[Weighed]) -> dict[int, int]:
    """Sources that are the copy of one before them, and of which."""
    shingles = {each.number: _shingles(each.text) for each in sources}
    copies: dict[int, int] = {}
    for index, each in enumerate(sources):
        mine = shingles[each.number]
        for other in sources[:index]:
            theirs = shingles[other.number]
            if mine and len(mine & theirs) >= _COPY * min(len(mine), len(theirs)):
                copies[each.number] = copies.get(other.number, other.number)
                break
    return copies


def _agreeing(sources: Sequence[Weighed], copies: Mapping[int, int]) -> dict[int, list[int]]:
    """For each source, one source of every other site that shares its words and numbers."""
    terms = {each.number: _terms(each.text) for each in sources}
    found: dict[int, list[int]] = {}
    for each in sources:
        sites: dict[str, int] = {}
        for other in sources:
            is_voice = other.site != each.site and other.number not in copies
            if is_voice and other.site not in sites and _agree(terms, each.number, other.number):
                sites[other.site] = other.number
        found[each.number] = list(sites.values())
    return found


def _agree(terms: Mapping[int, tuple[frozenset[str], frozenset[str]]], a: int, b: int) -> bool:
    (words, numbers), (their_words, their_numbers) = terms[a], terms[b]
    shared = len(words & their_words)
    if shared < _FEWEST_SHARED or shared < _AGREES * min(len(words), len(their_words)):
        return False
    return not numbers or not their_numbers or bool(numbers & their_numbers)


def _terms(text: str) -> tuple[frozenset[str], frozenset[str]]:
    language = language_of(text)
    words = frozenset(words_of(text, language)) - small_stems(language)
    return frozenset(w for w in words if not w.isdigit()), frozenset(numbers_of(text))


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    return frozenset(tuple(words[i : i + _SHINGLE]) for i in range(len(words) - _SHINGLE + 1))
