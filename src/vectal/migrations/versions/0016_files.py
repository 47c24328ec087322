"""Files: folders, files, versions, their sealed bytes, uploads, quotas and attachments.

Revision ID: 0016_files
Revises: 0015_webhook_secret
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from vectal.migrations.policies import ALL, APP, custom_policy, system_access, tenant_policies

revision = "0016_files"
down_revision = "0015_webhook_secret"
branch_labels = None
depends_on = None

_SCANS = "scan IN ('scanning', 'clean', 'infected', 'unscanned')"
_UPLOAD_STATES = "state IN ('open', 'finishing', 'done', 'failed')"
_TARGETS = "kind IN ('task', 'project', 'conversation', 'message')"
_SEALED_NAME = "octet_length(sealed_name) <= 2048"
_NAME_KEY = "octet_length(name_key) = 16"
_TRASH = "(trashed_at IS NULL) = (trash_root IS NULL)"
_ALIVE = sa.text("trashed_at IS NULL")
_TRASHED = sa.text("trashed_at IS NOT NULL")
_SEARCHER = "vectal_search"
_HERE = "workspace_id = (SELECT vectal_workspace_id())"
_ME = "(SELECT vectal_user_id())"


def upgrade() -> None:
    _folders()
    _files()
    _blobs()
    _versions()
    _uploads()
    _parts()
    _quotas()
    _attachments()
    _policies()
    _search()


def _policies() -> None:
    for table in ("folders", "files"):
        rule = f"{_HERE} AND (is_shared OR owner_id = {_ME})"
        custom_policy(table, rule=rule, grants=ALL)
        # Sweeps look for what has had its time; they act as the one whose it is.
        system_access(table, "SELECT")
    custom_policy(
        "file_blobs",
        rule=f"{_HERE} AND (owner_id IS NULL OR owner_id = {_ME})",
        grants="SELECT, INSERT, UPDATE",
    )
    system_access("file_blobs", "SELECT, UPDATE, DELETE")
    # What hangs on a file is seen by whoever sees the file.
    for table in ("file_versions", "file_attachments"):
        custom_policy(table, rule=_seen_with("files", table, "file_id"), grants=ALL)
    system_access("file_versions", "SELECT")
    tenant_policies("file_uploads", owner="user_id")
    system_access("file_uploads", "SELECT")
    custom_policy(
        "file_upload_parts",
        rule=_seen_with("file_uploads", "file_upload_parts", "upload_id"),
        grants="SELECT, INSERT, DELETE",
    )
    tenant_policies("file_quotas", grants="SELECT, INSERT, UPDATE")


def _search() -> None:
    """Words of names by their index, which row security would keep out; see 0003_tasks."""
    op.execute(f"GRANT SELECT (workspace_id, id, words) ON files TO {_SEARCHER}")
    op.execute(f"CREATE POLICY search ON files FOR SELECT TO {_SEARCHER} USING (true)")
    op.execute(
        """CREATE FUNCTION files_matching(forms bytea[], most integer) RETURNS uuid[]
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        SET plan_cache_mode = force_custom_plan AS $$
        DECLARE here uuid := public.vectal_workspace_id();
        BEGIN
            RETURN array(
                SELECT f.id FROM public.files f
                WHERE f.workspace_id = here AND f.words && forms LIMIT most
            );
        END $$"""
    )
    # Handing it over takes the right to create here, for a moment.
    op.execute(f"GRANT CREATE ON SCHEMA public TO {_SEARCHER}")
    op.execute(f"ALTER FUNCTION files_matching OWNER TO {_SEARCHER}")
    op.execute(f"REVOKE CREATE ON SCHEMA public FROM {_SEARCHER}")
    op.execute("REVOKE ALL ON FUNCTION files_matching FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION files_matching TO {APP}")


def _seen_with(above: str, table: str, column: str) -> str:
    """Rows of the workspace that hang on a row that the policy of `above` shows."""
    same = f"above.workspace_id = {table}.workspace_id AND above.id = {table}.{column}"
    return f"{_HERE} AND EXISTS (SELECT 1 FROM {above} above WHERE {same})"  # noqa: S608 - names of ours


def _id(name: str, *, null: bool = False) -> sa.Column[UUID]:
    return sa.Column(name, sa.Uuid(), nullable=null)


def _text(name: str, default: str | None = None, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null, server_default=default)


def _bytes(name: str, *, null: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=null)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _count(name: str, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=default)


def _size(name: str, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default=default)


def _now(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def _later(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True))


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("workspace_id", *columns, name=op.f(f"pk_{table}"))


def _workspace(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_workspace_id")
    return sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name, ondelete="CASCADE")


def _to(
    table: str, target: str, column: str, ondelete: str | None = "CASCADE"
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{target}.workspace_id", f"{target}.id"],
        name=op.f(f"fk_{table}_workspace_id_{column}"),
        ondelete=ondelete,
    )


def _named(table: str) -> list[sa.Column[UUID] | sa.Column[bool] | sa.Column[bytes]]:
    """What folders and files begin with."""
    return [
        _id("workspace_id"),
        _id("id"),
        _id("owner_id"),
        _flag("is_shared"),
        _id("parent_id" if table == "folders" else "folder_id", null=True),
        _bytes("sealed_name"),
        _bytes("name_key"),
    ]


def _name_index(table: str, column: str) -> None:
    op.create_index(
        op.f(f"uq_{table}_name"),
        table,
        ["workspace_id", column, "name_key"],
        unique=True,
        postgresql_where=_ALIVE,
        postgresql_nulls_not_distinct=True,
    )


def _trash_indexes(table: str) -> None:
    op.create_index(
        op.f(f"ix_{table}_trash_root"),
        table,
        ["workspace_id", "trash_root"],
        postgresql_where=_TRASHED,
    )
    op.create_index(
        op.f(f"ix_{table}_trashed_at"), table, ["trashed_at"], postgresql_where=_TRASHED
    )


def _folders() -> None:
    table = "folders"
    op.create_table(
        table,
        *_named(table),
        _count("revision", "1"),
        _now("created_at"),
        _now("updated_at"),
        _later("trashed_at"),
        _id("trash_root", null=True),
        _key(table, "id"),
        _workspace(table),
        _to(table, table, "parent_id", "SET NULL (parent_id)"),
        _check(table, "sealed_name", _SEALED_NAME),
        _check(table, "name_key", _NAME_KEY),
        _check(table, "parent", "parent_id <> id"),
        _check(table, "trash", _TRASH),
    )
    _name_index(table, "parent_id")
    _trash_indexes(table)


def _files() -> None:
    table = "files"
    op.create_table(
        table,
        *_named(table),
        sa.Column("words", ARRAY(sa.LargeBinary()), nullable=False, server_default="{}"),
        _text("kind"),
        _text("media_type"),
        _size("size"),
        _count("number"),
        _count("versions", "1"),
        _text("scan"),
        _count("revision", "1"),
        _now("created_at"),
        _now("updated_at"),
        _later("trashed_at"),
        _id("trash_root", null=True),
        _key(table, "id"),
        _workspace(table),
        _to(table, "folders", "folder_id", "SET NULL (folder_id)"),
        _check(table, "sealed_name", _SEALED_NAME),
        _check(table, "name_key", _NAME_KEY),
        _check(table, "scan", _SCANS),
        _check(table, "counts", "size >= 0 AND number >= 1 AND versions >= 1"),
        _check(table, "media_type", "length(media_type) BETWEEN 3 AND 120"),
        _check(table, "kind", "length(kind) BETWEEN 3 AND 20"),
        _check(table, "trash", _TRASH),
    )
    _name_index(table, "folder_id")
    _trash_indexes(table)
    for name, columns in (
        ("created", ["created_at", "id"]),
        ("updated", ["updated_at", "id"]),
        ("size", ["size", "id"]),
        ("folder", ["folder_id", "created_at", "id"]),
    ):
        op.create_index(op.f(f"ix_files_{name}"), table, ["workspace_id", *columns])
    op.create_index(
        op.f("ix_files_words"), table, ["workspace_id", "words"], postgresql_using="gin"
    )


def _blobs() -> None:
    table = "file_blobs"
    op.create_table(
        table,
        _id("workspace_id"),
        _id("id"),
        _id("owner_id", null=True),
        _text("state", "writing"),
        _size("size", "0"),
        _bytes("content_key", null=True),
        _bytes("sealed_key"),
        _bytes("sealed_digest", null=True),
        _now("changed_at"),
        _key(table, "id"),
        _workspace(table),
        _check(table, "state", "state IN ('writing', 'ready', 'doomed')"),
        _check(table, "size", "size >= 0"),
        _check(table, "content_key", "octet_length(content_key) = 16"),
        _check(table, "sealed_key", "octet_length(sealed_key) <= 200"),
        _check(table, "sealed_digest", "octet_length(sealed_digest) <= 200"),
        _check(
            table,
            "ready",
            "state <> 'ready' OR (content_key IS NOT NULL AND sealed_digest IS NOT NULL)",
        ),
    )
    op.create_index(
        op.f("uq_file_blobs_content_key"),
        table,
        ["workspace_id", "content_key"],
        unique=True,
        postgresql_where=sa.text("state = 'ready'"),
    )
    op.create_index(
        op.f("ix_file_blobs_changed_at"),
        table,
        ["changed_at"],
        postgresql_where=sa.text("state <> 'ready'"),
    )


def _versions() -> None:
    table = "file_versions"
    op.create_table(
        table,
        _id("workspace_id"),
        _id("file_id"),
        _count("number"),
        _id("blob_id"),
        _size("size"),
        _text("media_type"),
        _text("kind"),
        _text("scan"),
        _text("threat", null=True),
        _id("created_by"),
        _now("created_at"),
        _key(table, "file_id", "number"),
        _to(table, "files", "file_id"),
        _to(table, "file_blobs", "blob_id", None),
        _check(table, "counts", "number >= 1 AND size >= 0"),
        _check(table, "scan", _SCANS),
        _check(table, "media_type", "length(media_type) BETWEEN 3 AND 120"),
        _check(table, "kind", "length(kind) BETWEEN 3 AND 20"),
        _check(table, "threat", "length(threat) <= 200"),
    )
    op.create_index(op.f("ix_file_versions_blob_id"), table, ["workspace_id", "blob_id"])
    op.create_index(
        op.f("ix_file_versions_scanning"),
        table,
        ["created_at"],
        postgresql_where=sa.text("scan = 'scanning'"),
    )


def _uploads() -> None:
    table = "file_uploads"
    op.create_table(
        table,
        _id("workspace_id"),
        _id("id"),
        _id("user_id"),
        _flag("is_shared"),
        _id("folder_id", null=True),
        _id("replaces", null=True),
        _bytes("sealed_name"),
        _bytes("sealed_key"),
        _size("length"),
        _size("received", "0"),
        _count("parts", "0"),
        _count("epoch", "0"),
        _text("state", "open"),
        _text("problem", null=True),
        _id("file_id", null=True),
        sa.Column("number", sa.Integer()),
        _now("created_at"),
        _now("touched_at"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        _key(table, "id"),
        _workspace(table),
        _check(table, "sealed_name", _SEALED_NAME),
        _check(table, "sealed_key", "octet_length(sealed_key) <= 200"),
        _check(table, "state", _UPLOAD_STATES),
        _check(table, "received", "length >= 0 AND received BETWEEN 0 AND length"),
        _check(table, "counts", "epoch >= 0 AND parts >= 0"),
        _check(table, "problem", "length(problem) <= 100"),
    )
    op.create_index(op.f("ix_file_uploads_user_id"), table, ["workspace_id", "user_id", "state"])
    op.create_index(op.f("ix_file_uploads_expires_at"), table, ["expires_at"])


def _parts() -> None:
    table = "file_upload_parts"
    op.create_table(
        table,
        _id("workspace_id"),
        _id("upload_id"),
        _size("start"),
        _count("size"),
        _count("epoch"),
        _key(table, "upload_id", "start"),
        _to(table, "file_uploads", "upload_id"),
        _check(table, "place", "start >= 0 AND size >= 1"),
    )


def _quotas() -> None:
    table = "file_quotas"
    op.create_table(
        table,
        _id("workspace_id"),
        _id("subject_id"),
        _size("used", "0"),
        _size("reserved", "0"),
        _key(table, "subject_id"),
        _workspace(table),
        _check(table, "counts", "used >= 0 AND reserved >= 0"),
    )


def _attachments() -> None:
    table = "file_attachments"
    op.create_table(
        table,
        _id("workspace_id"),
        _id("file_id"),
        _text("kind"),
        _id("target_id"),
        _id("created_by"),
        _now("created_at"),
        _key(table, "file_id", "kind", "target_id"),
        _to(table, "files", "file_id"),
        _check(table, "kind", _TARGETS),
    )
    op.create_index(
        op.f("ix_file_attachments_target"), table, ["workspace_id", "kind", "target_id", "file_id"]
    )
