"""The understood parts of a line, and the line without them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vectal.tasks.quickadd.words import Word

type_of_span = Literal["date", "time", "priority", "project", "label"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """`text[start:end]` was read as `value`; places count code points."""

    start: int
    end: int
    kind: type_of_span
    value: str


def cut(text: str, words: Sequence[Word], spans: Sequence[Span]) -> str:
    """Return the words outside all spans, one space apart, without the backslashes of escapes.

    Punctuation that followed a span moves to the word before it.
    """
    dropped = {at for span in spans for at in range(span.start, span.end)}
    dropped |= {word.start for word in words if word.escaped}
    parts: list[str] = []
    for word in words:
        kept = "".join(text[at] for at in range(word.start, word.end) if at not in dropped)
        follows_span = word.start in dropped and not word.escaped
        if kept and follows_span and parts:
            parts[-1] += kept
        elif kept:
            parts.append(kept)
    return re.sub(r"\s+", " ", " ".join(parts)).strip()


def to_utf16(text: str, place: int) -> int:
    """Return a place counted in UTF-16 units, which is how browsers count."""
    return place + sum(1 for char in text[:place] if ord(char) > 0xFFFF)  # noqa: PLR2004  # the last code point of one unit
