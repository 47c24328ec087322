"""Whether an event that a child has sent is one that an honest child would send now."""

from __future__ import annotations

import math
import unicodedata
from typing import Final

from vectal.documents.extraction.contracts import (
    ChildEvent,
    Detected,
    Drawn,
    ExtractionOptions,
    Failed,
    Finished,
    Locked,
    Page,
    PageMissing,
    PartFailed,
    PartStarted,
    Picture,
    PictureOptions,
    Progress,
    Span,
)

_LONGEST_WORDS: Final = 1_000
_LARGEST_SIDE: Final = 1_000_000.0
_MOST_NOTICES: Final = 20_000
TALLEST: Final = 8_000
"""Pixels of a picture's height; its width is what was asked for at most."""


class EventJudge:
    """Knows the order of events and the limits; `admits` each one, or does not."""

    def __init__(self, options: ExtractionOptions) -> None:
        self._limits = options.limits
        self._next_page = options.start_page
        self._chars = 0
        self._parts = 0
        self._failures = 0
        self._stage = 0  # 0 nothing, 1 locked, 2 detected

    def admits(self, event: ChildEvent) -> bool:
        if isinstance(event, Locked):
            return self._enters(0)
        if isinstance(event, Detected):
            return self._enters(1) and _is_short(event.media_type)
        if self._stage != 2:  # noqa: PLR2004  (detected)
            return False
        match event:
            case Page():
                fits = self._admits_page(event)
            case PartStarted():
                fits = self._admits_part(event)
            case PartFailed():
                self._failures += 1
                most = self._limits.parts * 2
                fits = self._failures <= most and _is_short(event.name, event.detail)
            case Progress():
                fits = 0 <= event.pages <= event.total <= self._limits.pages
            case Finished():
                fits = self._admits_end(event)
            case Picture() | PageMissing() | Failed():
                fits = False
        return fits

    def _enters(self, stage: int) -> bool:
        fits = self._stage == stage
        self._stage = stage + 1
        return fits

    def _admits_page(self, page: Page) -> bool:
        self._chars += len(page.text)
        fits = (
            page.number == self._next_page <= self._limits.pages
            and len(page.text) <= self._limits.page_chars
            and self._chars <= self._limits.text_chars
            and 0 <= page.part <= self._parts
            and all(0.0 <= side <= _LARGEST_SIDE for side in (page.width, page.height))
            and 0.0 <= page.confidence <= 1.0
            and _is_short(page.language)
            and _are_in_order(page.spans, len(page.text))
        )
        self._next_page += 1
        return fits

    def _admits_part(self, part: PartStarted) -> bool:
        self._parts += 1
        in_order = part.number == self._parts <= self._limits.parts and part.parent < part.number
        return in_order and part.parent >= 0 and _is_short(part.name, part.media_type)

    def _admits_end(self, end: Finished) -> bool:
        return (
            0 <= end.pages <= self._limits.pages
            and _is_short(end.title)
            and len(end.notices) <= _MOST_NOTICES
            and all(_is_short(notice.detail) for notice in end.notices)
        )


def admits_drawn(drawn: Drawn, options: PictureOptions) -> bool:
    """Whether it is the picture that was asked for, or a sensible word that there is none."""
    if isinstance(drawn, PageMissing):
        return 0 <= drawn.pages < options.page
    return (
        drawn.page == options.page
        and 0 < drawn.width <= options.width
        and 0 < drawn.height <= TALLEST
        and drawn.content[:4] == b"RIFF"
        and drawn.content[8:12] == b"WEBP"
    )


def clean_detail(detail: str) -> str:
    """Words of a child, fit for a person: one short line without control characters."""
    line = "".join(c for c in detail if unicodedata.category(c)[0] != "C")
    return line[:_LONGEST_WORDS]


def _is_short(*words: str) -> bool:
    return all(len(word) <= _LONGEST_WORDS for word in words)


def _are_in_order(spans: tuple[Span, ...], length: int) -> bool:
    last = 0
    for span in spans:
        box = span.box
        if not last <= span.start < span.end <= length:
            return False
        if not all(map(math.isfinite, (box.left, box.top, box.right, box.bottom))):
            return False
        last = span.end
    return True
