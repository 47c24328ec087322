"""Mappings of files, folders, versions, their sealed bytes, uploads and quotas.

Names and checksums are sealed; ids, sizes, kinds and times are not. A row that is private is shown
to its owner alone by row-level security; what hangs on a file or an upload is seen by whoever sees
that.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import LargeBinary

from vectal.platform.db.tables import Base, TenantTable

SCANS: Final = "scan IN ('scanning', 'clean', 'infected', 'unscanned')"
UPLOAD_STATES: Final = "state IN ('open', 'finishing', 'done', 'failed')"
TARGETS: Final = "kind IN ('task', 'project', 'conversation', 'message')"
SEALED_NAME: Final = "octet_length(sealed_name) <= 2048"
NAME_KEY: Final = "octet_length(name_key) = 16"
_ALIVE: Final = text("trashed_at IS NULL")
_TRASHED: Final = text("trashed_at IS NOT NULL")


def _to_workspace() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE")


def _to(table: str, *columns: str, ondelete: str | None = "CASCADE") -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", *columns], [f"{table}.workspace_id", f"{table}.id"], ondelete=ondelete
    )


class FolderRow(TenantTable, Base):
    """`trash_root` names what was deleted together: the folder or file that somebody chose."""

    __tablename__ = "folders"
    __table_args__ = (
        _to_workspace(),
        ForeignKeyConstraint(
            ["workspace_id", "parent_id"],
            ["folders.workspace_id", "folders.id"],
            ondelete="SET NULL (parent_id)",
        ),
        CheckConstraint(SEALED_NAME, name="sealed_name"),
        CheckConstraint(NAME_KEY, name="name_key"),
        CheckConstraint("parent_id <> id", name="parent"),
        CheckConstraint("(trashed_at IS NULL) = (trash_root IS NULL)", name="trash"),
        Index(
            "uq_folders_name", "workspace_id", "parent_id", "name_key",
            unique=True, postgresql_where=_ALIVE, postgresql_nulls_not_distinct=True,
        ),
        Index("ix_folders_trash_root", "workspace_id", "trash_root", postgresql_where=_TRASHED),
        Index("ix_folders_trashed_at", "trashed_at", postgresql_where=_TRASHED),
    )  # fmt: skip

    owner_id: Mapped[UUID]
    is_shared: Mapped[bool]
    parent_id: Mapped[UUID | None]
    sealed_name: Mapped[bytes]
    name_key: Mapped[bytes]
    revision: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    trashed_at: Mapped[datetime | None]
    trash_root: Mapped[UUID | None]


class FileRow(TenantTable, Base):
    """What lists need of the newest version stands here too, so that they read one table.

    `words` are the blind index of the name.
    """

    __tablename__ = "files"
    __table_args__ = (
        _to_workspace(),
        ForeignKeyConstraint(
            ["workspace_id", "folder_id"],
            ["folders.workspace_id", "folders.id"],
            ondelete="SET NULL (folder_id)",
        ),
        CheckConstraint(SEALED_NAME, name="sealed_name"),
        CheckConstraint(NAME_KEY, name="name_key"),
        CheckConstraint(SCANS, name="scan"),
        CheckConstraint("size >= 0 AND number >= 1 AND versions >= 1", name="counts"),
        CheckConstraint("length(media_type) BETWEEN 3 AND 120", name="media_type"),
        CheckConstraint("length(kind) BETWEEN 3 AND 20", name="kind"),
        CheckConstraint("(trashed_at IS NULL) = (trash_root IS NULL)", name="trash"),
        Index(
            "uq_files_name", "workspace_id", "folder_id", "name_key",
            unique=True, postgresql_where=_ALIVE, postgresql_nulls_not_distinct=True,
        ),
        Index("ix_files_created", "workspace_id", "created_at", "id"),
        Index("ix_files_updated", "workspace_id", "updated_at", "id"),
        Index("ix_files_size", "workspace_id", "size", "id"),
        Index("ix_files_folder", "workspace_id", "folder_id", "created_at", "id"),
        Index("ix_files_words", "workspace_id", "words", postgresql_using="gin"),
        Index("ix_files_trash_root", "workspace_id", "trash_root", postgresql_where=_TRASHED),
        Index("ix_files_trashed_at", "trashed_at", postgresql_where=_TRASHED),
    )  # fmt: skip

    owner_id: Mapped[UUID]
    is_shared: Mapped[bool]
    folder_id: Mapped[UUID | None]
    sealed_name: Mapped[bytes]
    name_key: Mapped[bytes]
    words: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary()), server_default="{}")
    kind: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger())
    number: Mapped[int]
    versions: Mapped[int] = mapped_column(server_default="1")
    scan: Mapped[str]
    revision: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    trashed_at: Mapped[datetime | None]
    trash_root: Mapped[UUID | None]


class BlobRow(TenantTable, Base):
    """Sealed bytes in the object storage. `owner_id` is whose key: None is the workspace's.

    `content_key` is what equal content of one owner of keys has in common, and nobody else can
    compute. A blob is `writing` before the first byte is stored and `doomed` before the last one
    is deleted, so that no object is ever without its row.
    """

    __tablename__ = "file_blobs"
    __table_args__ = (
        _to_workspace(),
        CheckConstraint("state IN ('writing', 'ready', 'doomed')", name="state"),
        CheckConstraint("size >= 0", name="size"),
        CheckConstraint("octet_length(content_key) = 16", name="content_key"),
        CheckConstraint("octet_length(sealed_key) <= 200", name="sealed_key"),
        CheckConstraint("octet_length(sealed_digest) <= 200", name="sealed_digest"),
        CheckConstraint(
            "state <> 'ready' OR (content_key IS NOT NULL AND sealed_digest IS NOT NULL)",
            name="ready",
        ),
        Index(
            "uq_file_blobs_content_key", "workspace_id", "content_key",
            unique=True, postgresql_where=text("state = 'ready'"),
        ),
        Index(
            "ix_file_blobs_changed_at", "changed_at",
            postgresql_where=text("state <> 'ready'"),
        ),
    )  # fmt: skip

    owner_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(server_default="writing")
    size: Mapped[int] = mapped_column(BigInteger(), server_default="0")
    content_key: Mapped[bytes | None]
    sealed_key: Mapped[bytes]
    sealed_digest: Mapped[bytes | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class VersionRow(Base):
    """`created_by` is whose quota it counts against."""

    __tablename__ = "file_versions"
    __table_args__ = (
        _to("files", "file_id"),
        _to("file_blobs", "blob_id", ondelete=None),
        CheckConstraint("number >= 1 AND size >= 0", name="counts"),
        CheckConstraint(SCANS, name="scan"),
        CheckConstraint("length(media_type) BETWEEN 3 AND 120", name="media_type"),
        CheckConstraint("length(kind) BETWEEN 3 AND 20", name="kind"),
        CheckConstraint("length(threat) <= 200", name="threat"),
        Index("ix_file_versions_blob_id", "workspace_id", "blob_id"),
        Index(
            "ix_file_versions_scanning", "created_at",
            postgresql_where=text("scan = 'scanning'"),
        ),
    )  # fmt: skip

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    blob_id: Mapped[UUID]
    size: Mapped[int] = mapped_column(BigInteger())
    media_type: Mapped[str]
    kind: Mapped[str]
    scan: Mapped[str]
    threat: Mapped[str | None]
    created_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class UploadRow(TenantTable, Base):
    """`epoch` grows with each request that sends; what an older one still writes is refused."""

    __tablename__ = "file_uploads"
    __table_args__ = (
        _to_workspace(),
        CheckConstraint(SEALED_NAME, name="sealed_name"),
        CheckConstraint("octet_length(sealed_key) <= 200", name="sealed_key"),
        CheckConstraint(UPLOAD_STATES, name="state"),
        CheckConstraint("length >= 0 AND received BETWEEN 0 AND length", name="received"),
        CheckConstraint("epoch >= 0 AND parts >= 0", name="counts"),
        CheckConstraint("length(problem) <= 100", name="problem"),
        Index("ix_file_uploads_user_id", "workspace_id", "user_id", "state"),
        Index("ix_file_uploads_expires_at", "expires_at"),
    )

    user_id: Mapped[UUID]
    is_shared: Mapped[bool]
    folder_id: Mapped[UUID | None]
    replaces: Mapped[UUID | None]
    sealed_name: Mapped[bytes]
    sealed_key: Mapped[bytes]
    length: Mapped[int] = mapped_column(BigInteger())
    received: Mapped[int] = mapped_column(BigInteger(), server_default="0")
    parts: Mapped[int] = mapped_column(server_default="0")
    epoch: Mapped[int] = mapped_column(server_default="0")
    state: Mapped[str] = mapped_column(server_default="open")
    problem: Mapped[str | None]
    file_id: Mapped[UUID | None]
    number: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    touched_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]


class UploadPartRow(Base):
    """The journal of an upload: which object holds the bytes from `start` on."""

    __tablename__ = "file_upload_parts"
    __table_args__ = (
        _to("file_uploads", "upload_id"),
        CheckConstraint("start >= 0 AND size >= 1", name="place"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    upload_id: Mapped[UUID] = mapped_column(primary_key=True)
    start: Mapped[int] = mapped_column(BigInteger(), primary_key=True, autoincrement=False)
    size: Mapped[int]
    epoch: Mapped[int]


class QuotaRow(Base):
    """Bytes of a workspace (its own id as the subject), or of a person in it."""

    __tablename__ = "file_quotas"
    __table_args__ = (
        _to_workspace(),
        CheckConstraint("used >= 0 AND reserved >= 0", name="counts"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    used: Mapped[int] = mapped_column(BigInteger(), server_default="0")
    reserved: Mapped[int] = mapped_column(BigInteger(), server_default="0")


class AttachmentRow(Base):
    """No foreign key to the target: it may be of any room. Whoever removes it tells by event."""

    __tablename__ = "file_attachments"
    __table_args__ = (
        _to("files", "file_id"),
        CheckConstraint(TARGETS, name="kind"),
        Index("ix_file_attachments_target", "workspace_id", "kind", "target_id", "file_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    target_id: Mapped[UUID] = mapped_column(primary_key=True)
    created_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
