"""Cut a text that has no pages into stretches, so that progress and restarts have steps."""

from __future__ import annotations

from typing import Final

from vectal.documents.extraction.contracts import Notice, Page
from vectal.documents.extraction.parsers.contracts import Attachment, Parsed

STRETCH: Final = 20_000
"""Characters; about eight printed pages."""


def stretches_of(text: str, length: int = STRETCH) -> list[str]:
    """Pieces that give `text` when joined, each ended at a heading, paragraph or line if it can."""
    pieces: list[str] = []
    start = 0
    while len(text) - start > length:
        window = text[start : start + length]
        for mark, kept in (("\n# ", 1), ("\n## ", 1), ("\n\n", 2), ("\n", 1), (" ", 1)):
            at = window.rfind(mark, length // 3)
            if at >= 0:
                end = at + kept
                break
        else:
            end = length
        pieces.append(window[:end])
        start += end
    if start < len(text) or not pieces:
        pieces.append(text[start:])
    return pieces


def parsed_of(
    text: str,
    title: str = "",
    notices: list[Notice] | None = None,
    attachments: tuple[Attachment, ...] = (),
) -> Parsed:
    """A text without pages."""
    return parsed_pages(stretches_of(text), title, notices, attachments)


def parsed_pages(
    texts: list[str],
    title: str = "",
    notices: list[Notice] | None = None,
    attachments: tuple[Attachment, ...] = (),
) -> Parsed:
    def load(index: int) -> Page:
        return Page(number=index + 1, text=texts[index])

    return Parsed(len(texts), load, title, notices if notices is not None else [], attachments)
