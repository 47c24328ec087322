"""Documents: what files say, page by page, in chunks, and as vectors.

Revision ID: 0017_documents
Revises: 0016_files
"""

from alembic import op

from vectal.migrations.policies import ALL, APP, custom_policy, system_access

revision = "0017_documents"
down_revision = "0016_files"
branch_labels = None
depends_on = None

_HERE = "workspace_id = (SELECT vectal_workspace_id())"
_SEARCHER = "vectal_search"
_DIMENSIONS = (384, 512, 768, 896, 1024, 1536, 2048, 3072)


def upgrade() -> None:
    _documents()
    _pages()
    _chunks()
    _vectors()
    for table in ("documents", "document_chunks", "document_vectors"):
        custom_policy(table, rule=_seen_with("files", table, "file_id"), grants=ALL)
    custom_policy(
        "document_pages",
        rule=_seen_with("documents", "document_pages", "document_id"),
        grants=ALL,
    )
    # Sweeps look for what is left lying; they act as the one whose it is.
    system_access("documents", "SELECT")
    system_access("document_vectors", "SELECT, DELETE")
    _search()


def _seen_with(above: str, table: str, column: str) -> str:
    """Rows of the workspace that hang on a row that the policy of `above` shows."""
    same = f"above.workspace_id = {table}.workspace_id AND above.id = {table}.{column}"
    return f"{_HERE} AND EXISTS (SELECT 1 FROM {above} above WHERE {same})"  # noqa: S608 - names of ours


def _documents() -> None:
    op.execute(
        """CREATE TABLE documents (
            workspace_id uuid NOT NULL,
            id uuid NOT NULL,
            file_id uuid NOT NULL,
            number integer NOT NULL,
            generation integer NOT NULL DEFAULT 1,
            owner_id uuid,
            state text NOT NULL DEFAULT 'queued' CONSTRAINT ck_documents_state CHECK (state IN
                ('queued', 'extracting', 'embedding', 'indexed', 'failed', 'cancelled', 'skipped')),
            stage text NOT NULL DEFAULT 'waiting' CONSTRAINT ck_documents_stage
                CHECK (stage IN ('waiting', 'pages', 'chunks', 'vectors', 'done')),
            is_searchable boolean NOT NULL DEFAULT false,
            is_hidden boolean NOT NULL DEFAULT false,
            kind text,
            pages_done integer NOT NULL DEFAULT 0,
            pages_total integer NOT NULL DEFAULT 0,
            chunks_done integer NOT NULL DEFAULT 0,
            chunks_total integer NOT NULL DEFAULT 0,
            tokens integer NOT NULL DEFAULT 0,
            code text CONSTRAINT ck_documents_code CHECK (length(code) <= 100),
            sealed_report bytea CONSTRAINT ck_documents_sealed_report
                CHECK (octet_length(sealed_report) <= 262144),
            target_model_id text,
            model_id text,
            dimensions integer,
            epoch integer NOT NULL DEFAULT 0,
            tries integer NOT NULL DEFAULT 0,
            created_at timestamptz NOT NULL DEFAULT now(),
            touched_at timestamptz NOT NULL DEFAULT now(),
            indexed_at timestamptz,
            CONSTRAINT pk_documents PRIMARY KEY (workspace_id, id),
            CONSTRAINT fk_documents_workspace_id_file_id FOREIGN KEY (workspace_id, file_id)
                REFERENCES files (workspace_id, id) ON DELETE CASCADE,
            CONSTRAINT fk_documents_workspace_id_file_id_number
                FOREIGN KEY (workspace_id, file_id, number)
                REFERENCES file_versions (workspace_id, file_id, number) ON DELETE CASCADE,
            CONSTRAINT ck_documents_counts CHECK (number >= 1 AND generation >= 1
                AND pages_done >= 0 AND pages_total >= 0 AND chunks_done >= 0
                AND chunks_total >= 0 AND tokens >= 0 AND epoch >= 0 AND tries >= 0)
        )"""
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_documents_version ON documents"
        " (workspace_id, file_id, number, generation)"
    )
    op.execute(
        "CREATE INDEX ix_documents_under_way ON documents (touched_at)"
        " WHERE state IN ('queued', 'extracting', 'embedding')"
    )
    op.execute("CREATE INDEX ix_documents_model_id ON documents (model_id) WHERE is_searchable")
    op.execute(
        "CREATE INDEX ix_documents_searchable ON documents (workspace_id) WHERE is_searchable"
    )


def _pages() -> None:
    op.execute(
        """CREATE TABLE document_pages (
            workspace_id uuid NOT NULL,
            document_id uuid NOT NULL,
            number integer NOT NULL CONSTRAINT ck_document_pages_number CHECK (number >= 1),
            owner_id uuid,
            sealed_page bytea NOT NULL,
            CONSTRAINT pk_document_pages PRIMARY KEY (workspace_id, document_id, number),
            CONSTRAINT fk_document_pages_workspace_id_document_id
                FOREIGN KEY (workspace_id, document_id)
                REFERENCES documents (workspace_id, id) ON DELETE CASCADE
        )"""
    )


def _chunks() -> None:
    op.execute(
        """CREATE TABLE document_chunks (
            workspace_id uuid NOT NULL,
            id uuid NOT NULL,
            document_id uuid NOT NULL,
            file_id uuid NOT NULL,
            "position" integer NOT NULL,
            text text NOT NULL CONSTRAINT ck_document_chunks_text
                CHECK (length(text) BETWEEN 1 AND 200000),
            start_at integer NOT NULL,
            end_at integer NOT NULL,
            tokens integer NOT NULL,
            hidden integer NOT NULL,
            places jsonb NOT NULL,
            search tsvector NOT NULL
                GENERATED ALWAYS AS (to_tsvector('pg_catalog.simple', text)) STORED,
            CONSTRAINT pk_document_chunks PRIMARY KEY (workspace_id, id),
            CONSTRAINT fk_document_chunks_workspace_id_document_id
                FOREIGN KEY (workspace_id, document_id)
                REFERENCES documents (workspace_id, id) ON DELETE CASCADE,
            CONSTRAINT ck_document_chunks_counts
                CHECK ("position" >= 0 AND tokens >= 0 AND hidden >= 0)
        )"""
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_document_chunks_position ON document_chunks"
        ' (workspace_id, document_id, "position")'
    )
    op.execute("CREATE INDEX ix_document_chunks_file_id ON document_chunks (workspace_id, file_id)")
    op.execute(
        "CREATE INDEX ix_document_chunks_search ON document_chunks USING gin (workspace_id, search)"
    )


def _search() -> None:
    """Words in chunks by their index, which row security would keep out; see 0003_tasks.

    The role reads these columns alone, and the function keeps to what the person may see by
    itself: whoever loads a chunk by its id meets the policies again.
    """
    for table, columns in (
        ("document_chunks", "workspace_id, id, document_id, tokens, search"),
        ("documents", "workspace_id, id, file_id, is_searchable, is_hidden"),
    ):
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO {_SEARCHER}")
        op.execute(f"CREATE POLICY search ON {table} FOR SELECT TO {_SEARCHER} USING (true)")
    op.execute(f"GRANT SELECT (owner_id, is_shared) ON files TO {_SEARCHER}")
    op.execute(
        """CREATE FUNCTION chunks_matching(wanted tsquery, only_files uuid[], most integer)
        RETURNS TABLE (id uuid, tokens integer)
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        SET plan_cache_mode = force_custom_plan AS $$
        DECLARE
            here uuid := public.vectal_workspace_id();
            me uuid := public.vectal_user_id();
        BEGIN
            RETURN QUERY SELECT c.id, c.tokens FROM public.document_chunks c
            JOIN public.documents d ON d.workspace_id = here AND d.id = c.document_id
            JOIN public.files f ON f.workspace_id = here AND f.id = d.file_id
            WHERE c.workspace_id = here AND c.search @@ wanted
                AND d.is_searchable AND NOT d.is_hidden AND (f.is_shared OR f.owner_id = me)
                AND (only_files IS NULL OR d.file_id = ANY (only_files))
            LIMIT most;
        END $$"""
    )
    # Handing it over takes the right to create here, for a moment.
    op.execute(f"GRANT CREATE ON SCHEMA public TO {_SEARCHER}")
    op.execute(f"GRANT EXECUTE ON FUNCTION vectal_workspace_id, vectal_user_id TO {_SEARCHER}")
    op.execute(f"ALTER FUNCTION chunks_matching OWNER TO {_SEARCHER}")
    op.execute(f"REVOKE CREATE ON SCHEMA public FROM {_SEARCHER}")
    op.execute("REVOKE ALL ON FUNCTION chunks_matching FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION chunks_matching TO {APP}")


def _vectors() -> None:
    op.execute(
        """CREATE TABLE document_vectors (
            workspace_id uuid NOT NULL,
            chunk_id uuid NOT NULL,
            model_id text NOT NULL,
            document_id uuid NOT NULL,
            file_id uuid NOT NULL,
            owner_id uuid,
            is_hidden boolean NOT NULL,
            dimensions integer NOT NULL CONSTRAINT ck_document_vectors_dimensions
                CHECK (dimensions BETWEEN 1 AND 4000),
            embedding halfvec NOT NULL,
            CONSTRAINT pk_document_vectors PRIMARY KEY (workspace_id, chunk_id, model_id),
            CONSTRAINT ck_document_vectors_embedding CHECK (vector_dims(embedding) = dimensions),
            CONSTRAINT fk_document_vectors_workspace_id_chunk_id
                FOREIGN KEY (workspace_id, chunk_id)
                REFERENCES document_chunks (workspace_id, id) ON DELETE CASCADE
        )"""
    )
    op.execute(
        "CREATE INDEX ix_document_vectors_document_id ON document_vectors"
        " (workspace_id, document_id)"
    )
    op.execute(
        "CREATE INDEX ix_document_vectors_file_id ON document_vectors (workspace_id, file_id)"
    )
    for size in _DIMENSIONS:
        # An index on vectors has one length; empty ones cost nothing.
        op.execute(
            f"CREATE INDEX ix_document_vectors_{size} ON document_vectors"
            f" USING hnsw ((embedding::halfvec({size})) halfvec_ip_ops)"
            f" WHERE dimensions = {size}"
        )
