"""Vectors in PostgreSQL, beside the rows that they belong to, under the same row-level security."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from vectal.documents.errors import VectorsUnavailableError
from vectal.documents.index import (
    VectorEntry,
    VectorHit,
    VectorPage,
    VectorPlace,
    VectorSpace,
)
from vectal.documents.repository import vectors
from vectal.platform.db import Database, DataScope


@dataclass(frozen=True, slots=True)
class PgvectorIndex:
    """Deleting rows of chunks deletes their vectors too, in the same transaction."""

    database: Database

    async def upsert(
        self, scope: DataScope, space: VectorSpace, entries: Sequence[VectorEntry]
    ) -> None:
        space.check([each.vector for each in entries])
        rows = [
            (each.chunk_id, each.document_id, each.file_id, each.owner_id, list(each.vector))
            for each in entries
        ]
        async with _reached(), self.database.transaction(scope) as session:
            await vectors.upsert(session, scope, space.model_id, space.dimensions, rows)

    async def query(
        self,
        scope: DataScope,
        space: VectorSpace,
        vector: Sequence[float],
        *,
        limit: int,
        file_ids: Collection[UUID] | None = None,
    ) -> list[VectorHit]:
        space.check([vector])
        async with _reached(), self.database.read(scope) as session:
            found = await vectors.query(
                session,
                scope,
                (space.model_id, space.dimensions),
                vector,
                limit=limit,
                file_ids=file_ids,
            )
        return [VectorHit(chunk_id, similarity) for chunk_id, similarity in found]

    async def revise(
        self, scope: DataScope, file_id: UUID, *, owner_id: UUID | None, is_hidden: bool
    ) -> None:
        async with _reached(), self.database.transaction(scope) as session:
            await vectors.revise(session, scope, file_id, owner_id=owner_id, is_hidden=is_hidden)

    async def delete_documents(self, scope: DataScope, document_ids: Collection[UUID]) -> None:
        async with _reached(), self.database.transaction(scope) as session:
            await vectors.delete_documents(session, scope, document_ids)

    async def delete_files(self, scope: DataScope, file_ids: Collection[UUID]) -> None:
        async with _reached(), self.database.transaction(scope) as session:
            await vectors.delete_files(session, scope, file_ids)

    async def delete_other_models(self, scope: DataScope, document_id: UUID, model_id: str) -> None:
        async with _reached(), self.database.transaction(scope) as session:
            await vectors.delete_other_models(session, scope, document_id, model_id)

    async def drop_workspace(self, workspace_id: UUID) -> None:
        async with _reached(), self.database.system("documents.drop_workspace") as session:
            await vectors.drop_workspace(session, workspace_id)

    async def fetch(
        self,
        scope: DataScope,
        space: VectorSpace,
        document_id: UUID,
        chunk_ids: Collection[UUID],
    ) -> list[VectorEntry]:
        async with _reached(), self.database.read(scope) as session:
            found = await vectors.fetch(
                session, scope, (space.model_id, space.dimensions), document_id, chunk_ids
            )
        return [
            VectorEntry(chunk_id, document_id, file_id, owner_id, numbers, is_hidden)
            for chunk_id, file_id, owner_id, is_hidden, numbers in found
        ]

    async def scan(
        self, workspace_id: UUID, space: VectorSpace, *, cursor: str | None = None, limit: int = 100
    ) -> VectorPage:
        after = None if cursor is None else UUID(cursor)
        wanted = space.model_id, space.dimensions
        async with _reached(), self.database.system("documents.scan_vectors") as session:
            found = await vectors.scan(session, workspace_id, wanted, after=after, limit=limit)
        places = [VectorPlace(*each) for each in found]
        return VectorPage(places, str(places[-1].chunk_id) if len(places) == limit else None)


@asynccontextmanager
async def _reached() -> AsyncGenerator[None]:
    try:
        yield
    except (OSError, TimeoutError) as error:  # no connection, or none in time
        raise VectorsUnavailableError from error
