"""What an engine has read: lines with their boxes in pixels, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from vectal.documents.extraction.contracts import Box, Span


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text; `box` is left, top, right, bottom in pixels of what the engine saw."""

    text: str
    box: tuple[float, float, float, float]
    confidence: float
    """From 0 to 1."""
    opens_paragraph: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """How a picture was turned before it was read.

    Degrees are against the clock, about its middle, on a canvas that grew with it.
    """

    degrees: float
    before: tuple[int, int]
    after: tuple[int, int]

    def undo(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """The box that holds the given one in the picture as it was."""
        angle = math.radians(self.degrees)
        cos, sin = math.cos(angle), math.sin(angle)
        xs: list[float] = []
        ys: list[float] = []
        left, top, right, bottom = box
        for x, y in ((left, top), (right, top), (left, bottom), (right, bottom)):
            dx, dy = x - self.after[0] / 2, y - self.after[1] / 2
            xs.append(dx * cos - dy * sin + self.before[0] / 2)
            ys.append(dx * sin + dy * cos + self.before[1] / 2)
        return min(xs), min(ys), max(xs), max(ys)


@dataclass(frozen=True, slots=True)
class Reading:
    lines: tuple[Line, ...]
    turns: tuple[Turn, ...] = ()

    @property
    def confidence(self) -> float:
        """The mean over characters."""
        weights = [len(line.text) for line in self.lines]
        if not sum(weights):
            return 0.0
        pairs = zip(self.lines, weights, strict=True)
        return sum(line.confidence * weight for line, weight in pairs) / sum(weights)

    @property
    def letters(self) -> int:
        return sum(char.isalnum() for line in self.lines for char in line.text)

    @property
    def plausible_share(self) -> float:
        """The share of words that look like words: what noise is read as does not."""
        words = [word for line in self.lines for word in line.text.split()]
        return sum(map(_is_plausible, words)) / len(words) if words else 0.0

    @property
    def worth(self) -> float:
        """Letters, as far as they may be believed; to choose between two readings."""
        return self.letters * self.plausible_share * self.confidence


def _is_plausible(word: str) -> bool:
    bare = word.strip(".,;:!?()[]{}\"'„“”‚‘’«»-–—…")  # noqa: RUF001  (quotation marks)
    if len(bare) == 1:
        return bare.isdigit() or bare.lower() in "aioyuà&"
    if not bare:
        return False
    return sum(char.isalnum() for char in bare) * 4 >= len(bare) * 3


def text_of(reading: Reading, points_per_pixel: float) -> tuple[str, tuple[Span, ...]]:
    """The text, and where its lines stand on the page before it was turned, in points."""
    pieces: list[str] = []
    spans: list[Span] = []
    length = 0
    for line in reading.lines:
        if length:
            gap = "\n\n" if line.opens_paragraph else "\n"
            pieces.append(gap)
            length += len(gap)
        box = _undone(line.box, reading.turns)
        scaled = Box(*(max(0.0, side * points_per_pixel) for side in box))
        spans.append(Span(length, length + len(line.text), scaled))
        pieces.append(line.text)
        length += len(line.text)
    return "".join(pieces), tuple(spans)


def _undone(
    box: tuple[float, float, float, float], turns: Iterable[Turn]
) -> tuple[float, float, float, float]:
    for turn in reversed(tuple(turns)):
        box = turn.undo(box)
    return box
