"""Facts about documents."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from vectal.platform.events import Event


@dataclass(frozen=True)
class DocumentChanged(Event):
    """How far the reading of a file's version is. While it lasts, told about once a second."""

    type: ClassVar[str] = "documents.document_changed"

    file_id: UUID
    number: int
    state: str
    stage: str
    pages_done: int
    pages_total: int
    chunks_done: int
    chunks_total: int
