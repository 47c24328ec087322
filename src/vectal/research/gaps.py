"""What a model says is missing, read with patience and taken with care. Pure.

It said so after it had read pages of strangers. So what comes of it is a few words for an engine,
and only such as belong to the question.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from vectal.platform.crypto.words import words_of
from vectal.platform.passages.language import language_of, small_stems
from vectal.research.contracts import Lack

_STARTS: Final = 20
"""Places at which JSON is looked for: models put words or a fence around it."""
_LISTS: Final = ("missing", "gaps")
_CHARS: Final = 300
_ADDRESS: Final = re.compile(r"\S*(?:://|www\.|@)\S*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Gap:
    lack: Lack
    what: str
    query: str


def read_gaps(text: str) -> tuple[Gap, ...] | None:
    """The gaps as a model wrote them, the most important first; None when it can't be read."""
    loose: list[Gap] = []
    for value in _values(text):
        listed = _listed(value)
        if listed is not None:
            gaps = (_gap(each) for each in listed)
            return tuple(gap for gap in gaps if gap is not None)
        # Of an answer that was cut off, the gaps that are whole.
        gap = _gap(cast("object", value)) if isinstance(value, dict) else None
        loose += [gap] if gap is not None else []
    return tuple(loose) or None


def is_near(query: str, anchors: Iterable[str]) -> bool:
    """Whether it holds a word of what was asked before any page was read."""
    for each in anchors:
        # A few words don't show their language, so they are read in that of what was asked.
        language = language_of(each)
        words = frozenset(words_of(each, language)) - small_stems(language)
        if not words.isdisjoint(words_of(query, language)):
            return True
    return False


def without_addresses(query: str) -> str:
    return _ADDRESS.sub(" ", query)


def _values(text: str) -> Iterator[object]:
    """JSON objects and lists in a text, from left to right."""
    decoder = json.JSONDecoder()
    for match, _ in zip(re.finditer(r"[{\[]", text), range(_STARTS), strict=False):
        try:
            yield decoder.raw_decode(text, match.start())[0]
        except (ValueError, RecursionError):
            continue


def _listed(value: object) -> list[object] | None:
    """The list of gaps in a value; a list that stands alone will do."""
    if isinstance(value, dict):
        held = cast("dict[str, object]", value)
        value = next((held[name] for name in _LISTS if name in held), None)
    if not isinstance(value, list):
        return None
    listed = cast("list[object]", value)
    return listed if all(isinstance(each, str | dict) for each in listed) else None


def _gap(value: object) -> Gap | None:
    """A query alone will do."""
    if isinstance(value, str):
        return Gap("unanswered", "", value) if value.strip() else None
    held = cast("dict[str, Any]", value)
    query, what, kind = (held.get(name) for name in ("query", "what", "kind"))
    if not isinstance(query, str) or not query.strip():
        return None
    lack: Lack = "contradicted" if kind == "contradicted" else "unanswered"
    return Gap(lack, what[:_CHARS] if isinstance(what, str) else "", query)
