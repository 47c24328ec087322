"""What a file, a folder, a version and an upload are to everybody else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

ScanState: TypeAlias = Literal["scanning", "clean", "infected", "unscanned"]
FileKind: TypeAlias = Literal[
    "image", "document", "sheet", "slides", "text", "mail", "audio", "video", "archive", "other"
]
Visibility: TypeAlias = Literal["private", "workspace"]
UploadState: TypeAlias = Literal["open", "finishing", "done", "failed"]
Disposition: TypeAlias = Literal["attachment", "inline"]
FileSort: TypeAlias = Literal["created", "updated", "size"]
TargetKind: TypeAlias = Literal["task", "project", "conversation", "message"]

KINDS: Final[tuple[FileKind, ...]] = (
    "image", "document", "sheet", "slides", "text", "mail", "audio", "video", "archive", "other",
)  # fmt: skip
READABLE: Final[frozenset[ScanState]] = frozenset(("clean", "unscanned"))


@dataclass(frozen=True, slots=True)
class File:
    """A file as lists show it. `size` (bytes), `media_type` and `scan` are its newest version's.

    `number` counts versions of the bytes from 1, `revision` every change of the file.
    """

    id: UUID
    name: str = field(repr=False)
    folder_id: UUID | None
    owner_id: UUID
    visibility: Visibility
    kind: FileKind
    media_type: str
    size: int
    number: int
    versions: int
    scan: ScanState
    revision: int
    created_at: datetime
    updated_at: datetime
    trashed_at: datetime | None = None

    @property
    def is_readable(self) -> bool:
        return self.scan in READABLE


@dataclass(frozen=True, slots=True)
class FileVersion:
    """One state of a file's bytes; it never changes."""

    file_id: UUID
    number: int
    size: int
    media_type: str
    kind: FileKind
    scan: ScanState
    threat: str | None
    created_by: UUID
    created_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True)
class Folder:
    id: UUID
    name: str = field(repr=False)
    parent_id: UUID | None
    owner_id: UUID
    visibility: Visibility
    revision: int
    created_at: datetime
    updated_at: datetime
    trashed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """`offset` bytes of `length` are stored. Once it is `done`, `file_id` has them."""

    id: UUID
    name: str = field(repr=False)
    length: int
    offset: int
    state: UploadState
    folder_id: UUID | None
    visibility: Visibility
    file_id: UUID | None
    number: int | None
    problem: str | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class UploadDraft:
    """What somebody wants to send: a new file, or a new version of `replaces`."""

    name: str
    length: int
    folder_id: UUID | None = None
    visibility: Visibility = "private"
    replaces: UUID | None = None


@dataclass(frozen=True, slots=True)
class FileFilter:
    """Every condition that is given must hold. `folder_id` counts when `in_folder` is set."""

    in_folder: bool = False
    folder_id: UUID | None = None
    kinds: tuple[FileKind, ...] = ()
    words: str | None = None
    visibility: Visibility | None = None
    trashed: bool = False
    attached_kind: TargetKind | None = None
    attached_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class FileChange:
    """None leaves a thing as it is; `move` says that `folder_id` is meant, None being the top."""

    name: str | None = None
    move: bool = False
    folder_id: UUID | None = None
    visibility: Visibility | None = None


@dataclass(frozen=True, slots=True)
class FolderChange:
    """None leaves a thing as it is; `move` says that `parent_id` is meant, None being the top."""

    name: str | None = None
    move: bool = False
    parent_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes used and reserved by uploads under way, of those that there may be; None: no limit."""

    used: int
    reserved: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Attachment:
    file_id: UUID
    kind: TargetKind
    target_id: UUID
    created_by: UUID
    created_at: datetime
