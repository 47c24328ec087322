"""What a parser gives: pages that are made when they are asked for, and attachments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from vectal.documents.extraction.contracts import ExtractionOptions, Notice, Page


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document within a document; `name` has no folder in it."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Parsed:
    """An opened document. `load` takes an index from 0; pages come in order, some are left out.

    `notices` may grow while pages are loaded; their `page` counts from 1 within this part.
    """

    page_count: int
    load: Callable[[int], Page]
    title: str = ""
    notices: list[Notice] = field(default_factory=list[Notice])
    attachments: Sequence[Attachment] = ()


Parser: TypeAlias = Callable[[bytes, str, ExtractionOptions], Parsed]
"""From content, media type and options. Raises `ParseFault`."""
