"""The piece of a text where searched words stand. Pure; works on opened text only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

_AROUND: Final = 60
MAX_SNIPPET: Final = 160
_WORD: Final = re.compile(r"\w+")
_SPACES: Final = re.compile(r"\s+")


def snippet_of(text: str, wanted: Iterable[str], stems: Callable[[str], Iterable[str]]) -> str:
    """About 160 characters around the first of the `wanted` word stems, on one line."""
    sought = frozenset(wanted)
    start = next(
        (
            match.start()
            for match in _WORD.finditer(text)
            if not sought.isdisjoint(stems(match.group()))
        ),
        0,
    )
    begin = max(0, start - _AROUND)
    end = min(len(text), begin + MAX_SNIPPET)
    if begin > 0:
        begin = text.find(" ", begin, start) + 1 or begin
    if end < len(text):
        end = max(text.rfind(" ", start, end), start) if " " in text[start:end] else end
    piece = _SPACES.sub(" ", text[begin:end]).strip()
    return f"{'…' if begin > 0 else ''}{piece}{'…' if end < len(text) else ''}"
