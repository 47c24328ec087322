"""Facts about events. They carry ids; whoever is interested loads the rest."""

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias
from uuid import UUID

from vectal.platform.events import Event

Kind: TypeAlias = Literal["created", "updated", "deleted"]


@dataclass(frozen=True)
class CalendarEventChanged(Event):
    """Told to its owner alone, unless the event is, or was, shown to the workspace."""

    type: ClassVar[str] = "calendar.event_changed"

    event_id: UUID
    version: int
    kind: Kind


@dataclass(frozen=True)
class CalendarImported(Event):
    """Many events of one person at once; told to that person."""

    type: ClassVar[str] = "calendar.imported"

    owner_id: UUID
    count: int
