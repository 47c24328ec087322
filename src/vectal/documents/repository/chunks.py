"""SQL of chunks: stored, listed for vectors, and found by their words.

A word counts as much as it is rare among what may be searched: `weight` is what it adds to the
share of the query that a chunk covers.
"""
# ruff: noqa: S608 - statements are put together from constants, values are arguments

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import msgspec

from vectal.platform.db import DataScope, ReadSession, WriteSession

COUNTED: Final = 5_000
"""Chunks with a word are counted up to here; it is common by then."""
_MOST_WORDS: Final = 32
# As an operand of a tsquery; `quote_literal` marks backslashes in a way that it does not know.
_OPERAND: Final = r"(''''||replace(replace(word, '\', '\\'), '''', '''''')||'''')"
_FILES: Final = "($2::uuid[] IS NULL OR c.file_id = ANY ($2))"
_SEARCHABLE: Final = (
    " JOIN documents d ON d.workspace_id = c.workspace_id AND d.id = c.document_id"
    " AND d.is_searchable AND NOT d.is_hidden"
)


@dataclass(frozen=True, slots=True)
class NewChunk:
    """`places` are JSON: a list of [page, start, end, boxes]."""

    id: UUID
    position: int
    text: str = field(repr=False)
    start: int
    end: int
    tokens: int
    hidden: int
    places: bytes


@dataclass(frozen=True, slots=True)
class WaitingChunk:
    id: UUID
    position: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FoundChunk:
    """A chunk with its document's state, and the share of the query that its words cover."""

    id: UUID
    document_id: UUID
    file_id: UUID
    number: int
    position: int
    text: str = field(repr=False)
    start: int
    end: int
    hidden: int
    places: list[Any] = field(repr=False)
    document_tokens: int
    coverage: float


async def add(
    session: WriteSession,
    scope: DataScope,
    document_id: UUID,
    file_id: UUID,
    chunks: Sequence[NewChunk],
) -> None:
    if not chunks:
        return
    driver = await session.connection()
    await driver.execute(
        'INSERT INTO document_chunks (workspace_id, document_id, file_id, id, "position", text,'
        " start_at, end_at, tokens, hidden, places)"
        " SELECT $1, $2, $3, n.id, n.place, n.text, n.start_at, n.end_at, n.tokens, n.hidden,"
        " n.places::jsonb FROM unnest($4::uuid[], $5::integer[], $6::text[], $7::integer[],"
        " $8::integer[], $9::integer[], $10::integer[], $11::text[])"
        " AS n (id, place, text, start_at, end_at, tokens, hidden, places)",
        scope.workspace_id,
        document_id,
        file_id,
        [each.id for each in chunks],
        [each.position for each in chunks],
        [each.text for each in chunks],
        [each.start for each in chunks],
        [each.end for each in chunks],
        [each.tokens for each in chunks],
        [each.hidden for each in chunks],
        [each.places.decode() for each in chunks],
    )


async def list_from(
    session: ReadSession, scope: DataScope, document_id: UUID, first: int, limit: int
) -> list[WaitingChunk]:
    driver = await session.connection()
    rows = await driver.fetch(
        'SELECT id, "position", text FROM document_chunks'
        ' WHERE workspace_id = $1 AND document_id = $2 AND "position" >= $3'
        ' ORDER BY "position" LIMIT $4',
        scope.workspace_id,
        document_id,
        first,
        limit,
    )
    return [WaitingChunk(row["id"], row["position"], row["text"]) for row in rows]


async def remove(session: WriteSession, scope: DataScope, document_ids: Collection[UUID]) -> None:
    """With their vectors in PostgreSQL."""
    driver = await session.connection()
    await driver.execute(
        "DELETE FROM document_chunks WHERE workspace_id = $1 AND document_id = ANY ($2)",
        scope.workspace_id,
        list(document_ids),
    )


async def count_words(
    session: ReadSession, text: str, file_ids: Collection[UUID] | None
) -> dict[str, int]:
    """The words of a query, and how many chunks that may be searched have each, to `COUNTED`."""
    driver = await session.connection()
    rows = await driver.fetch(
        "SELECT word, (SELECT count(*)"
        f"  FROM chunks_matching({_OPERAND}::tsquery, $1::uuid[], $3)) AS hits"
        " FROM unnest((tsvector_to_array(to_tsvector('pg_catalog.simple', $2)))[1:$4]) AS word",
        _ids(file_ids),
        text,
        COUNTED,
        _MOST_WORDS,
    )
    return {row["word"]: row["hits"] for row in rows}


async def match(
    session: ReadSession,
    words: Mapping[str, float],
    *,
    limit: int,
    file_ids: Collection[UUID] | None,
) -> list[UUID]:
    """Chunks with any of these words, those that cover most of their weight first."""
    if not words:
        return []
    driver = await session.connection()
    rows = await driver.fetch(
        "SELECT hit.id FROM unnest($2::text[], $3::float8[]) AS w (word, weight)"
        f" CROSS JOIN LATERAL chunks_matching({_OPERAND}::tsquery, $1::uuid[], $5) AS hit"
        " GROUP BY hit.id, hit.tokens ORDER BY sum(w.weight) DESC, hit.tokens, hit.id LIMIT $4",
        _ids(file_ids),
        list(words),
        list(words.values()),
        limit,
        COUNTED,
    )
    return [row["id"] for row in rows]


async def load(
    session: ReadSession,
    scope: DataScope,
    ids: Collection[UUID],
    words: Mapping[str, float],
    file_ids: Collection[UUID] | None,
) -> list[FoundChunk]:
    """Of these chunks, those that may be searched now."""
    driver = await session.connection()
    rows = await driver.fetch(
        "SELECT c.id, c.document_id, c.file_id, d.number, c.position, c.text, c.start_at, c.end_at,"
        " c.hidden, c.places::text AS places, d.tokens, covered.sum FROM document_chunks c"
        + _SEARCHABLE
        + " CROSS JOIN LATERAL (SELECT coalesce(sum(w.weight), 0) AS sum"
        "  FROM unnest($4::text[], $5::float8[]) AS w (word, weight)"
        f"  WHERE c.search @@ {_OPERAND}::tsquery) covered"
        f" WHERE c.workspace_id = $1 AND {_FILES} AND c.id = ANY ($3)",
        scope.workspace_id,
        _ids(file_ids),
        list(ids),
        list(words),
        list(words.values()),
    )
    return [_read(row) for row in rows]


async def load_documents(
    session: ReadSession, scope: DataScope, document_ids: Collection[UUID]
) -> list[FoundChunk]:
    """All chunks of these documents, in order; they are known to be small."""
    driver = await session.connection()
    rows = await driver.fetch(
        "SELECT c.id, c.document_id, c.file_id, d.number, c.position, c.text, c.start_at, c.end_at,"
        " c.hidden, c.places::text AS places, d.tokens, 0::float8 AS sum FROM document_chunks c"
        + _SEARCHABLE
        + " WHERE c.workspace_id = $1 AND c.document_id = ANY ($2)"
        " ORDER BY c.document_id, c.position",
        scope.workspace_id,
        list(document_ids),
    )
    return [_read(row) for row in rows]


def _read(row: Any) -> FoundChunk:
    return FoundChunk(
        id=row["id"],
        document_id=row["document_id"],
        file_id=row["file_id"],
        number=row["number"],
        position=row["position"],
        text=row["text"],
        start=row["start_at"],
        end=row["end_at"],
        hidden=row["hidden"],
        places=msgspec.json.decode(row["places"]),
        document_tokens=row["tokens"],
        coverage=row["sum"],
    )


def _ids(file_ids: Collection[UUID] | None) -> list[UUID] | None:
    return None if file_ids is None else list(file_ids)
