"""Vectors in PostgreSQL, beside the rows that they belong to, under the same row-level security."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from vectal.documents.errors import VectorsUnavailableError
from vectal.documents.index import VectorEntry, VectorHit, VectorSpace
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


@asynccontextmanager
async def _reached() -> AsyncGenerator[None]:
    try:
        yield
    except (OSError, TimeoutError) as error:  # no connection, or none in time
        raise VectorsUnavailableError from error
