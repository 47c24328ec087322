"""Vectors, wherever they are kept: the port of a vector store, and what goes in and comes out.

A store is an index: it can be made again from the chunks. Owns the port and its adapters; refuses
to know any text, and to compare vectors of two models.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from vectal.documents.errors import VectorSizeError
from vectal.platform.db import DataScope

MOST_FETCHED: Final = 100


@dataclass(frozen=True, slots=True)
class VectorSpace:
    """What may be compared with each other: vectors of one model, of one length."""

    model_id: str
    dimensions: int

    def check(self, vectors: Sequence[Sequence[float]]) -> None:
        """Raise `VectorSizeError` unless all are as long as they should be."""
        for vector in vectors:
            if len(vector) != self.dimensions:
                raise VectorSizeError(f"It has {len(vector)} numbers, not {self.dimensions}.")


@dataclass(frozen=True, slots=True)
class VectorEntry:
    """A chunk's vector, of length 1. `owner_id` is the only one who sees it; None: everybody."""

    chunk_id: UUID
    document_id: UUID
    file_id: UUID
    owner_id: UUID | None
    vector: Sequence[float]
    is_hidden: bool = False
    """Its file is in the trash. What PostgreSQL keeps is marked as the document is, whatever this
    says."""


@dataclass(frozen=True, slots=True)
class VectorHit:
    """`similarity` is the cosine: 1 for the same direction, 0 for nothing in common."""

    chunk_id: UUID
    similarity: float


@dataclass(frozen=True, slots=True)
class VectorPlace:
    """That there is a vector, and whose."""

    chunk_id: UUID
    document_id: UUID


@dataclass(frozen=True, slots=True)
class VectorPage:
    """`cursor` is where the next page begins; None after the last one."""

    places: Sequence[VectorPlace]
    cursor: str | None = None


class VectorIndex(Protocol):
    """Keeps vectors of many workspaces and never shows one workspace's to another.

    Every method raises `VectorsUnavailableError` when the store does not answer.
    """

    async def upsert(
        self, scope: DataScope, space: VectorSpace, entries: Sequence[VectorEntry]
    ) -> None:
        """Store, or replace what the space has of the same chunks. Raises `VectorSizeError`."""
        ...

    async def query(
        self,
        scope: DataScope,
        space: VectorSpace,
        vector: Sequence[float],
        *,
        limit: int,
        file_ids: Collection[UUID] | None = None,
    ) -> list[VectorHit]:
        """The nearest first, of those that the scope's person may see and nobody has hidden.

        `file_ids` None asks all files. Raises `VectorSizeError`.
        """
        ...

    async def revise(
        self, scope: DataScope, file_id: UUID, *, owner_id: UUID | None, is_hidden: bool
    ) -> None:
        """Whose a file is now, and whether it is in the trash."""
        ...

    async def delete_documents(self, scope: DataScope, document_ids: Collection[UUID]) -> None: ...

    async def delete_files(self, scope: DataScope, file_ids: Collection[UUID]) -> None: ...

    async def delete_other_models(self, scope: DataScope, document_id: UUID, model_id: str) -> None:
        """Drop a document's vectors of every model but this one."""
        ...

    async def drop_workspace(self, workspace_id: UUID) -> None: ...

    async def fetch(
        self,
        scope: DataScope,
        space: VectorSpace,
        document_id: UUID,
        chunk_ids: Collection[UUID],
    ) -> list[VectorEntry]:
        """Of these chunks of a document, those that have a vector; at most `MOST_FETCHED`.

        For moving them elsewhere: neither the person nor the trash is asked for.
        """
        ...

    async def scan(
        self, workspace_id: UUID, space: VectorSpace, *, cursor: str | None = None, limit: int = 100
    ) -> VectorPage:
        """All that is stored of a workspace, page by page, in no order; for counts and sweeps.

        What is stored or deleted meanwhile may be missed.
        """
        ...
