"""What a document, its pages and the passages found in it are to everybody else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from vectal.documents.extraction.contracts import Box, Notice, Page

DocumentState: TypeAlias = Literal[
    "queued", "extracting", "embedding", "indexed", "failed", "cancelled", "skipped"
]
DocumentStage: TypeAlias = Literal["waiting", "pages", "chunks", "vectors", "done"]
"""What is done next, or was being done when it ended."""

UNDER_WAY: Final[frozenset[DocumentState]] = frozenset(("queued", "extracting", "embedding"))


@dataclass(frozen=True, slots=True)
class Document:
    """What became of one version of a file.

    `code` and `detail` tell a person why it failed or was skipped. `is_searchable` may hold while
    it is embedded again: the old vectors serve until the new ones are whole.
    """

    id: UUID
    file_id: UUID
    number: int
    state: DocumentState
    stage: DocumentStage
    is_searchable: bool
    pages_done: int
    pages_total: int
    chunks_done: int
    chunks_total: int
    code: str | None
    detail: str | None = field(repr=False)
    notices: tuple[Notice, ...] = field(repr=False)
    title: str = field(repr=False)
    model_id: str | None
    dimensions: int | None
    created_at: datetime
    indexed_at: datetime | None


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A page as it was read, for a viewer that marks passages on it."""

    file_id: UUID
    number: int
    """The version of the file."""
    page: Page = field(repr=False)


@dataclass(frozen=True, slots=True)
class PassagePlace:
    """A stretch of one page: offsets of its text in characters, and boxes in points."""

    page: int
    start: int
    end: int
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """Text that answers a query, with all that a citation needs. `score` is from 0 to 1."""

    document_id: UUID
    file_id: UUID
    name: str = field(repr=False)
    number: int
    text: str = field(repr=False)
    start: int
    end: int
    """Offsets in the cleaned text of the whole document."""
    places: tuple[PassagePlace, ...]
    score: float
    is_whole: bool
    """The document is small and this is all of it."""
    has_hidden_text: bool
    """It holds characters that a reader does not see."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """None does not restrict; a folder means all folders in it too.

    `is_quick` is for a box that answers while somebody types: by words alone, and of each file the
    best chunk alone.
    """

    text: str = field(repr=False)
    limit: int = 10
    file_ids: tuple[UUID, ...] | None = None
    folder_id: UUID | None = None
    is_quick: bool = False
    is_reranked: bool = False
    """A model of the workspace sorts the best passages; it takes longer, and it costs."""


@dataclass(frozen=True, slots=True)
class DocumentSettings:
    """What a workspace has decided. `is_indexed`: it keeps chunks and vectors that can be read."""

    is_indexed: bool = True


INDEX_OFF: Final = "documents.index_off"
"""The code of a document that was read, and is not indexed because its workspace wants no index."""

SearchNote: TypeAlias = Literal["words_only", "model_missing", "index_off", "not_reranked"]
"""`words_only`: the vectors can't be asked now. `model_missing`: some documents were indexed by a
model that is not here, and were searched by their words alone. `index_off`: the workspace keeps no
index, and nothing was searched."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The best passages first."""

    passages: tuple[Passage, ...]
    notes: tuple[SearchNote, ...] = ()
