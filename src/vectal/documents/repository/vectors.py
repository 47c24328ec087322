"""SQL of vectors. The person and the trash are conditions here, and row-level security beneath."""
# ruff: noqa: S608 - statements are put together from constants and numbers, values are arguments

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from vectal.platform.db import DataScope, ReadSession, WriteSession

Row: TypeAlias = tuple[UUID, UUID, UUID, UUID | None, list[float]]
"""Chunk, document, file, owner and numbers."""
# A filter may leave out most of what the index finds first; it goes on until the limit is full.
_SCAN: Final = (
    "SELECT set_config('hnsw.iterative_scan', 'strict_order', true),"
    " set_config('hnsw.ef_search', $1, true)"
)
_LEAST_EF: Final = 100
_MOST_EF: Final = 1_000


async def upsert(
    session: WriteSession, scope: DataScope, model_id: str, dimensions: int, rows: Sequence[Row]
) -> None:
    """Whether the file is in the trash is asked of its document."""
    if not rows:
        return
    chunks, documents, files, owners, numbers = zip(*rows, strict=True)
    driver = await session.connection()
    await driver.execute(
        "INSERT INTO document_vectors (workspace_id, chunk_id, model_id, document_id, file_id,"
        " owner_id, is_hidden, dimensions, embedding)"
        " SELECT $1, n.chunk_id, $2, n.document_id, n.file_id, n.owner_id, coalesce(d.is_hidden,"
        " false), $3, n.numbers::halfvec"
        " FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[])"
        " AS n (chunk_id, document_id, file_id, owner_id, numbers)"
        # One that was cut anew, or deleted, meanwhile needs none.
        " JOIN document_chunks c ON c.workspace_id = $1 AND c.id = n.chunk_id"
        " LEFT JOIN documents d ON d.workspace_id = $1 AND d.id = n.document_id"
        " ON CONFLICT (workspace_id, chunk_id, model_id) DO UPDATE SET"
        " embedding = excluded.embedding, owner_id = excluded.owner_id,"
        " is_hidden = excluded.is_hidden, dimensions = excluded.dimensions",
        scope.workspace_id,
        model_id,
        dimensions,
        list(chunks),
        list(documents),
        list(files),
        list(owners),
        [_text_of(each) for each in numbers],
    )


async def query(
    session: ReadSession,
    scope: DataScope,
    space: tuple[str, int],
    vector: Sequence[float],
    *,
    limit: int,
    file_ids: Collection[UUID] | None,
) -> list[tuple[UUID, float]]:
    """Chunks and their cosine, the nearest first."""
    model_id, dimensions = space
    driver = await session.connection()
    await driver.fetchrow(_SCAN, str(min(max(2 * limit, _LEAST_EF), _MOST_EF)))
    distance = f"embedding::halfvec({dimensions:d}) <#> $4::text::halfvec({dimensions:d})"
    rows = await driver.fetch(
        f"SELECT chunk_id, {distance} AS distance FROM document_vectors"
        f" WHERE workspace_id = $1 AND model_id = $2 AND dimensions = {dimensions:d}"
        " AND (owner_id IS NULL OR owner_id = $3) AND NOT is_hidden"
        " AND ($5::uuid[] IS NULL OR file_id = ANY ($5))"
        f" ORDER BY {distance} LIMIT $6",
        scope.workspace_id,
        model_id,
        scope.user_id,
        _text_of(vector),
        None if file_ids is None else list(file_ids),
        limit,
    )
    return [(row["chunk_id"], -row["distance"]) for row in rows]


async def revise(
    session: WriteSession,
    scope: DataScope,
    file_id: UUID,
    *,
    owner_id: UUID | None,
    is_hidden: bool,
) -> None:
    driver = await session.connection()
    await driver.execute(
        "UPDATE document_vectors SET owner_id = $3, is_hidden = $4"
        " WHERE workspace_id = $1 AND file_id = $2"
        " AND (owner_id, is_hidden) IS DISTINCT FROM ($3, $4)",
        scope.workspace_id,
        file_id,
        owner_id,
        is_hidden,
    )


async def delete_documents(
    session: WriteSession, scope: DataScope, document_ids: Collection[UUID]
) -> None:
    driver = await session.connection()
    await driver.execute(
        "DELETE FROM document_vectors WHERE workspace_id = $1 AND document_id = ANY ($2)",
        scope.workspace_id,
        list(document_ids),
    )


async def delete_files(session: WriteSession, scope: DataScope, file_ids: Collection[UUID]) -> None:
    driver = await session.connection()
    await driver.execute(
        "DELETE FROM document_vectors WHERE workspace_id = $1 AND file_id = ANY ($2)",
        scope.workspace_id,
        list(file_ids),
    )


async def delete_other_models(
    session: WriteSession, scope: DataScope, document_id: UUID, model_id: str
) -> None:
    driver = await session.connection()
    await driver.execute(
        "DELETE FROM document_vectors"
        " WHERE workspace_id = $1 AND document_id = $2 AND model_id <> $3",
        scope.workspace_id,
        document_id,
        model_id,
    )


async def fetch(
    session: ReadSession,
    scope: DataScope,
    space: tuple[str, int],
    document_id: UUID,
    chunk_ids: Collection[UUID],
) -> list[tuple[UUID, UUID, UUID | None, bool, list[float]]]:
    """Chunk, file, owner, whether it is hidden, and numbers."""
    driver = await session.connection()
    rows = await driver.fetch(
        "SELECT chunk_id, file_id, owner_id, is_hidden, embedding::text AS numbers"
        " FROM document_vectors WHERE workspace_id = $1 AND model_id = $2 AND dimensions = $3"
        " AND document_id = $4 AND chunk_id = ANY ($5)",
        scope.workspace_id,
        *space,
        document_id,
        list(chunk_ids),
    )
    return [
        (
            row["chunk_id"],
            row["file_id"],
            row["owner_id"],
            row["is_hidden"],
            msgspec.json.decode(row["numbers"], type=list[float]),
        )
        for row in rows
    ]


async def scan(
    session: ReadSession,
    workspace_id: UUID,
    space: tuple[str, int],
    *,
    after: UUID | None,
    limit: int,
) -> list[tuple[UUID, UUID]]:
    """Chunks and documents, by chunk; for the system."""
    driver = await session.connection()
    rows = await driver.fetch(
        "SELECT chunk_id, document_id FROM document_vectors"
        " WHERE workspace_id = $1 AND model_id = $2 AND dimensions = $3"
        " AND ($4::uuid IS NULL OR chunk_id > $4) ORDER BY chunk_id LIMIT $5",
        workspace_id,
        *space,
        after,
        limit,
    )
    return [(row["chunk_id"], row["document_id"]) for row in rows]


async def drop_workspace(session: WriteSession, workspace_id: UUID) -> None:
    """For the system."""
    driver = await session.connection()
    await driver.execute("DELETE FROM document_vectors WHERE workspace_id = $1", workspace_id)


def _text_of(vector: Sequence[float]) -> str:
    return f"[{','.join(format(value, '.6g') for value in vector)}]"
