"""What other modules and the wire see of a conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, TypeAlias
from uuid import UUID

import msgspec

from vectal.ai.contracts import Mode, ModelChoice
from vectal.chat.contracts_sources import Citation, Reference, Source

MessageRole: TypeAlias = Literal["user", "assistant"]
MessageStatus: TypeAlias = Literal["complete", "streaming", "stopped", "failed"]
TitleSource: TypeAlias = Literal["none", "words", "model", "person"]


class TurnStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        return self in _FINAL


_FINAL = frozenset({TurnStatus.COMPLETED, TurnStatus.STOPPED, TurnStatus.FAILED})


class TextPiece(msgspec.Struct, frozen=True, tag="text"):
    """A run of text between two tool calls."""

    text: str


class ToolPiece(msgspec.Struct, frozen=True, tag="tool"):
    """A tool call and what came of it; `ok` is None when the turn ended before it did.

    `content` is what the model was told; a later turn shows it to the model again.
    """

    call_id: str
    name: str
    title: str
    arguments: dict[str, Any]
    ok: bool | None = None
    summary: str = ""
    changeset_id: UUID | None = None
    content: str = ""


class Content(msgspec.Struct, frozen=True):
    """What a message says: sealed as JSON in its row.

    A person's message has `references` to what was attached, and `knowledge` when all documents
    may be searched for it; an answer has the `sources` that it saw, and its `citations`.
    """

    parts: tuple[TextPiece | ToolPiece, ...] = ()
    reasoning: str = ""
    references: tuple[Reference, ...] = ()
    knowledge: bool = False
    sources: tuple[Source, ...] = ()
    citations: tuple[Citation, ...] = ()

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, TextPiece))

    @property
    def tools(self) -> tuple[ToolPiece, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolPiece))

    def encode(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, raw: bytes) -> Content:
        return msgspec.json.decode(raw, type=cls)


def plain(text: str) -> Content:
    return Content((TextPiece(text),))


@dataclass(frozen=True, slots=True)
class Conversation:
    id: UUID
    title: str
    title_source: TitleSource
    choice: ModelChoice
    archived: bool
    active_leaf_id: UUID | None
    last_message_at: datetime
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class TurnFault:
    """Why a turn failed: a stable code and words for a person."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer of a model, with how it came about.

    `usage` and `ledger` are None until known.
    """

    id: UUID
    conversation_id: UUID
    user_message_id: UUID
    assistant_message_id: UUID
    status: TurnStatus
    mode: Mode
    choice: ModelChoice
    attempt: int
    created_at: datetime
    provider: str | None = None
    model: str | None = None
    slot: str | None = None
    simulated: bool = False
    route_reason: Mapping[str, Any] | None = None
    ledger: Mapping[str, Any] | None = None
    usage: Mapping[str, int] | None = None
    cost_usd: Decimal | None = None
    first_token_ms: int | None = None
    duration_ms: int | None = None
    finish_reason: str | None = None
    error: TurnFault | None = None
    tainted_by: Sequence[str] = ()
    """What of others it has read; see `contracts_sources.Taint`."""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """`sibling_ids` are all answers or wordings at this place, itself among them.

    `gone` are the files it refers to that its reader can't see any more.
    """

    id: UUID
    conversation_id: UUID
    parent_id: UUID | None
    role: MessageRole
    content: Content
    status: MessageStatus
    turn_id: UUID | None
    created_at: datetime
    sibling_ids: Sequence[UUID] = ()
    turn: Turn | None = None
    gone: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """What a newly begun turn stored. `replayed` is True for a repeated request."""

    turn: Turn
    user_message: Message
    assistant_message: Message
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A frame that has no number yet; `data` must be JSON-able."""

    event: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """One numbered step of a turn's stream. `data` is a JSON object."""

    seq: int
    event: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Focus:
    """What the person looks at while asking."""

    project_id: UUID | None = None
    task_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """What a person asks for. Exactly one of `text` and `regenerate_of` is given.

    `parent_id` places the message: `UNSET` continues at the active leaf, an id makes a sibling
    below that message, None a sibling of the first message.
    """

    mode: Mode
    choice: ModelChoice
    text: str | None = None
    regenerate_of: UUID | None = None
    parent_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    timezone: str | None = None
    focus: Focus = field(default_factory=Focus)
    references: tuple[Reference, ...] = ()
    """What is attached to `text`; their names are looked up when the turn begins."""
    knowledge: bool = False
    """Search all documents that the person may see, also without an attachment."""


@dataclass(frozen=True, slots=True)
class SearchHit:
    """`message_id` is None when the words stand in the title."""

    conversation: Conversation
    message_id: UUID | None
    snippet: str
