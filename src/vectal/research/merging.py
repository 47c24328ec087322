"""What several searches found, as one list: no page twice, the best first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from vectal.platform.crypto.words import words_of
from vectal.research.search import Hit
from vectal.research.urls import addressed, canonical, site_of

_RANK: Final = 60
"""Reciprocal rank fusion, as in Cormack, Clarke and Büttcher (2009)."""
_SAME_SITE: Final = 0.75
"""What each further page of a site is worth beside the one before it."""


@dataclass(frozen=True, slots=True)
class Searched:
    """The hits of one search, the best first."""

    engine: str
    query: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A page that may be read."""

    url: str
    key: str
    """The canonical address."""
    site: str
    title: str
    snippet: str
    published_on: str | None
    engines: tuple[str, ...]
    score: float


@dataclass(slots=True)
class _Gathered:
    url: str
    first: Hit
    score: float = 0.0
    snippets: list[str] = field(default_factory=list[str])
    engines: dict[str, None] = field(default_factory=dict[str, None])
    published_on: str | None = None


def merge(searches: Iterable[Searched], question: str) -> list[Candidate]:
    """Each page once, the best first, and sites taking turns.

    A page that several engines or queries name comes before one that a single one names; words of
    the question in its title and snippet count, too.
    """
    wanted = frozenset(words_of(question))
    found: dict[str, _Gathered] = {}
    for search in searches:
        for rank, hit in enumerate(search.hits):
            key, url = canonical(hit.url), addressed(hit.url)
            if key is None or url is None:
                continue
            held = found.setdefault(key, _Gathered(url, hit))
            held.score += 1 / (_RANK + rank)
            held.engines[search.engine] = None
            held.published_on = held.published_on or hit.published_on
            if hit.snippet and hit.snippet not in held.snippets:
                held.snippets.append(hit.snippet)
    return _spread([_candidate(key, held, wanted) for key, held in found.items()])


def _candidate(key: str, held: _Gathered, wanted: frozenset[str]) -> Candidate:
    shown = frozenset(words_of(f"{held.first.title} {' '.join(held.snippets)}"))
    near = len(shown & wanted) / max(1, len(wanted))
    return Candidate(
        url=held.url,
        key=key,
        site=site_of(key),
        title=held.first.title,
        snippet=" … ".join(held.snippets[:3]),
        published_on=held.published_on,
        engines=tuple(held.engines),
        score=held.score * (1 + near),
    )


def _spread(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The n-th best of a site is worth less, so that no site fills the list."""
    seen: dict[str, int] = {}
    weighed: list[tuple[float, Candidate]] = []
    for each in sorted(candidates, key=lambda c: (-c.score, c.key)):
        before = seen.get(each.site, 0)
        seen[each.site] = before + 1
        weighed.append((each.score * _SAME_SITE**before, each))
    return [each for _, each in sorted(weighed, key=lambda pair: (-pair[0], pair[1].key))]
