"""Mappings of documents, their pages, chunks and vectors.

Pages and reports are sealed. Chunks and vectors are indexes and readable: a database can't search
what it can't read. Rows are seen by whoever sees the file; row-level security asks for it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeEngine, UserDefinedType

from vectal.platform.db.tables import Base, TenantTable

STATES: Final = (
    "state IN ('queued', 'extracting', 'embedding', 'indexed', 'failed', 'cancelled', 'skipped')"
)
STAGES: Final = "stage IN ('waiting', 'pages', 'chunks', 'vectors', 'done')"
COUNTS: Final = (
    "number >= 1 AND generation >= 1 AND pages_done >= 0 AND pages_total >= 0"
    " AND chunks_done >= 0 AND chunks_total >= 0 AND tokens >= 0 AND epoch >= 0 AND tries >= 0"
)
UNDER_WAY: Final = "state IN ('queued', 'extracting', 'embedding')"
SEARCH: Final = "to_tsvector('pg_catalog.simple', text)"
INDEXED_DIMENSIONS: Final = (384, 512, 768, 896, 1024, 1536, 2048, 3072)
"""Vectors of these lengths have an index; others are compared one by one."""


class HalfVector(UserDefinedType[str]):
    """pgvector's vector of 16-bit numbers, as text."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "halfvec"


# Reflection (the test that compares mappings with the schema) meets the type too.
cast("dict[str, type[TypeEngine[Any]]]", ischema_names)["halfvec"] = HalfVector


class DocumentRow(TenantTable, Base):
    """`generation` counts the readings of one version. Who writes names the `epoch` that it took.

    `owner_id` is whose key seals the report: None is the workspace's.
    """

    __tablename__ = "documents"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "file_id"], ["files.workspace_id", "files.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["workspace_id", "file_id", "number"],
            ["file_versions.workspace_id", "file_versions.file_id", "file_versions.number"],
            ondelete="CASCADE",
        ),
        CheckConstraint(STATES, name="state"),
        CheckConstraint(STAGES, name="stage"),
        CheckConstraint(COUNTS, name="counts"),
        CheckConstraint("length(code) <= 100", name="code"),
        CheckConstraint("octet_length(sealed_report) <= 262144", name="sealed_report"),
        Index(
            "uq_documents_version",
            "workspace_id", "file_id", "number", "generation",
            unique=True,
        ),
        Index("ix_documents_under_way", "touched_at", postgresql_where=text(UNDER_WAY)),
        Index("ix_documents_model_id", "model_id", postgresql_where=text("is_searchable")),
        Index("ix_documents_searchable", "workspace_id", postgresql_where=text("is_searchable")),
    )  # fmt: skip

    file_id: Mapped[UUID]
    number: Mapped[int]
    generation: Mapped[int] = mapped_column(server_default="1")
    owner_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(server_default="queued")
    stage: Mapped[str] = mapped_column(server_default="waiting")
    is_searchable: Mapped[bool] = mapped_column(server_default=text("false"))
    is_hidden: Mapped[bool] = mapped_column(server_default=text("false"))
    kind: Mapped[str | None]
    pages_done: Mapped[int] = mapped_column(server_default="0")
    pages_total: Mapped[int] = mapped_column(server_default="0")
    chunks_done: Mapped[int] = mapped_column(server_default="0")
    chunks_total: Mapped[int] = mapped_column(server_default="0")
    tokens: Mapped[int] = mapped_column(server_default="0")
    code: Mapped[str | None]
    sealed_report: Mapped[bytes | None]
    target_model_id: Mapped[str | None]
    model_id: Mapped[str | None]
    dimensions: Mapped[int | None]
    epoch: Mapped[int] = mapped_column(server_default="0")
    tries: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    touched_at: Mapped[datetime] = mapped_column(server_default=func.now())
    indexed_at: Mapped[datetime | None]


class SettingsRow(Base):
    """What a workspace has decided about its documents; none means the defaults."""

    __tablename__ = "document_settings"

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    is_indexed: Mapped[bool]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


def _to_document() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", "document_id"],
        ["documents.workspace_id", "documents.id"],
        ondelete="CASCADE",
    )


class PageRow(Base):
    """A page's text and spans, sealed under the key of `owner_id` (None: the workspace's)."""

    __tablename__ = "document_pages"
    __table_args__ = (
        _to_document(),
        CheckConstraint("number >= 1", name="number"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    owner_id: Mapped[UUID | None]
    sealed_page: Mapped[bytes]


class ChunkRow(TenantTable, Base):
    """`start_at` and `end_at` are offsets in the document's cleaned text; `places` are on pages."""

    __tablename__ = "document_chunks"
    __table_args__ = (
        _to_document(),
        CheckConstraint('"position" >= 0 AND tokens >= 0 AND hidden >= 0', name="counts"),
        CheckConstraint("length(text) BETWEEN 1 AND 200000", name="text"),
        Index(
            "uq_document_chunks_position", "workspace_id", "document_id", "position", unique=True
        ),
        Index("ix_document_chunks_file_id", "workspace_id", "file_id"),
        Index("ix_document_chunks_search", "workspace_id", "search", postgresql_using="gin"),
    )

    document_id: Mapped[UUID]
    file_id: Mapped[UUID]
    position: Mapped[int]
    text: Mapped[str]
    start_at: Mapped[int]
    end_at: Mapped[int]
    tokens: Mapped[int]
    hidden: Mapped[int]
    places: Mapped[list[Any]]
    search: Mapped[str] = mapped_column(TSVECTOR(), Computed(SEARCH, persisted=True))


class VectorRow(Base):
    """`owner_id` and `is_hidden` are the file's, so that a search filters by them in the index."""

    __tablename__ = "document_vectors"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "chunk_id"],
            ["document_chunks.workspace_id", "document_chunks.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("dimensions BETWEEN 1 AND 4000", name="dimensions"),
        CheckConstraint("vector_dims(embedding) = dimensions", name="embedding"),
        Index("ix_document_vectors_document_id", "workspace_id", "document_id"),
        Index("ix_document_vectors_file_id", "workspace_id", "file_id"),
        *(
            Index(
                f"ix_document_vectors_{size}",
                literal_column(f"(embedding::halfvec({size}))", HalfVector).label("of_size"),
                postgresql_using="hnsw",
                postgresql_ops={"of_size": "halfvec_ip_ops"},
                postgresql_where=text(f"dimensions = {size}"),
            )
            for size in INDEXED_DIMENSIONS
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    chunk_id: Mapped[UUID] = mapped_column(primary_key=True)
    model_id: Mapped[str] = mapped_column(primary_key=True)
    document_id: Mapped[UUID]
    file_id: Mapped[UUID]
    owner_id: Mapped[UUID | None]
    is_hidden: Mapped[bool]
    dimensions: Mapped[int]
    embedding: Mapped[str] = mapped_column(HalfVector())
