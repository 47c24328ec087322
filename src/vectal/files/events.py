"""Facts about files. They carry ids; whoever is interested loads the rest."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from vectal.platform.events import Event


@dataclass(frozen=True)
class FileStored(Event):
    """A new file is there, whole; it may still be scanned before it can be read."""

    type: ClassVar[str] = "files.file_stored"

    file_id: UUID
    number: int
    user_id: UUID


@dataclass(frozen=True)
class FileVersionAdded(Event):
    """A file has new bytes: another upload, or an older version that was restored."""

    type: ClassVar[str] = "files.file_version_added"

    file_id: UUID
    number: int
    user_id: UUID


@dataclass(frozen=True)
class FileReadable(Event):
    """A version that waited for a scan may be read now."""

    type: ClassVar[str] = "files.file_readable"

    file_id: UUID
    number: int


@dataclass(frozen=True)
class FileChanged(Event):
    """Its name, folder or visibility is another; its bytes are not."""

    type: ClassVar[str] = "files.file_changed"

    file_id: UUID


@dataclass(frozen=True)
class FolderChanged(Event):
    type: ClassVar[str] = "files.folder_changed"

    folder_id: UUID


@dataclass(frozen=True)
class FileTrashed(Event):
    type: ClassVar[str] = "files.file_trashed"

    file_id: UUID


@dataclass(frozen=True)
class FileRestored(Event):
    type: ClassVar[str] = "files.file_restored"

    file_id: UUID


@dataclass(frozen=True)
class FilePurged(Event):
    """Gone for good: whoever keeps something made from it removes that too."""

    type: ClassVar[str] = "files.file_purged"

    file_id: UUID
