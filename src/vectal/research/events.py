"""Facts about researches."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from vectal.platform.events import Event


@dataclass(frozen=True)
class ResearchChanged(Event):
    """How far a research is. While it lasts, told about once a second; no word of it is in it."""

    type: ClassVar[str] = "research.research_changed"

    research_id: UUID
    state: str
    stage: str
    searches: int
    sources_found: int
    pages: int
    pages_read: int
    rounds: int
