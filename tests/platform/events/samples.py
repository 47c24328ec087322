"""Events that only tests emit."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from vectal.platform.events import Event


@dataclass(frozen=True)
class Counted(Event):
    type: ClassVar[str] = "testing.counted"

    number: int
    thing_id: UUID | None = None


@dataclass(frozen=True)
class Other(Event):
    type: ClassVar[str] = "testing.other"

    number: int
