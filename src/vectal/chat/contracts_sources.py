"""What a message refers to, what an answer leans on, and what it cites of that."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec

from vectal.platform.passages.support import Unsupported

ReferenceKind: TypeAlias = Literal["file", "project", "task"]
Unchecked: TypeAlias = Literal["language", "nothing_said", "interrupted"]
"""Why nobody can tell: another language, no words at the number, or a turn that broke off."""
Taint: TypeAlias = Literal["file", "knowledge", "history", "hidden_text"]
"""Why a turn is tainted (it has read what others wrote): a file that was attached, one that was
found, an answer of before that leans on one, characters that readers do not see."""

MAX_REFERENCES: Final = 20


class Reference(msgspec.Struct, frozen=True):
    """Something that a person attached to a message. `name` is what it was called then."""

    kind: ReferenceKind
    id: UUID
    name: str = ""


class SourcePlace(msgspec.Struct, frozen=True):
    """A stretch of a page: offsets of the page's text, in characters."""

    page: int
    start: int
    end: int


class Source(msgspec.Struct, frozen=True):
    """A passage of a file's version that an answer may cite by its number. Its text is not kept."""

    number: int
    file_id: UUID
    version: int
    name: str
    places: tuple[SourcePlace, ...] = ()
    has_hidden_text: bool = False


class Citation(msgspec.Struct, frozen=True):
    """One number in an answer, and whether its source says so.

    `at` and `until` are where it stands in the message's text, in characters. `supported` is None
    when nobody can tell; `why` says more. `quote` is what the source says nearest to it; `page`,
    `start`, `end` (in characters of the page's text) and `boxes` (left, top, right, bottom in
    points) are where the quote stands.
    """

    number: int
    at: int
    until: int
    supported: bool | None = None
    why: Unsupported | Unchecked | None = None
    quote: str = ""
    page: int | None = None
    start: int | None = None
    end: int | None = None
    boxes: tuple[tuple[float, float, float, float], ...] = ()
