"""What a person types into a search box, as PostgreSQL reads it. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from vectal.tasks.limits import SEARCH

_WORD: Final = re.compile(r"[^\W_]+")
_MOST_WORDS: Final = 10
_SHORTEST_PART: Final = 3
"""Trigrams need three characters; shorter parts of plain words would match nearly everything."""


@dataclass(frozen=True, slots=True)
class Search:
    """`words` is a tsquery in which every word may go on; `part` a pattern for a title's middle."""

    words: str | None
    part: str | None


def read_search(text: str) -> Search | None:
    """None when there is nothing to look for."""
    trimmed = " ".join(text[:SEARCH].split())
    if not trimmed:
        return None
    words = _WORD.findall(trimmed.lower())[:_MOST_WORDS]
    query = " & ".join(f"'{word}':*" for word in words) or None
    is_part = query is None or not trimmed.isascii() or len(trimmed) >= _SHORTEST_PART
    return Search(query, like_part(trimmed) if is_part else None)


def like_part(text: str) -> str:
    """The pattern of LIKE for what holds `text`, taken literally."""
    escaped = re.sub(r"([\\%_])", r"\\\1", text)
    return f"%{escaped}%"
