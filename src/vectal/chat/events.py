"""Facts about conversations. Each is private to the owner and carries ids only."""

from dataclasses import dataclass
from typing import ClassVar, Literal
from uuid import UUID

from vectal.chat.contracts import TurnStatus
from vectal.platform.events import Event


@dataclass(frozen=True)
class ConversationChanged(Event):
    type: ClassVar[str] = "chat.conversation_changed"

    conversation_id: UUID
    kind: Literal["created", "updated", "deleted"]


@dataclass(frozen=True)
class TurnChanged(Event):
    """A turn began, or ended."""

    type: ClassVar[str] = "chat.turn_changed"

    turn_id: UUID
    conversation_id: UUID
    status: TurnStatus


@dataclass(frozen=True)
class TurnCompleted(Event):
    """A turn has an answer: what reacts to answers (titles, notices) listens here."""

    type: ClassVar[str] = "chat.turn_completed"

    turn_id: UUID
    conversation_id: UUID
    message_id: UUID
