"""Wire shapes of chat."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from pydantic import AfterValidator, ConfigDict, Field, model_validator

from vectal.ai.contracts import Mode, ModelChoice, Slot
from vectal.chat.contracts import (
    Conversation,
    Focus,
    Message,
    SearchHit,
    TitleSource,
    TurnRequest,
    TurnStarted,
    TurnStatus,
)
from vectal.chat.contracts_sources import (
    MAX_REFERENCES,
    Reference,
    ReferenceKind,
    Unchecked,
    Unsupported,
)
from vectal.chat.titles import MAX_TITLE_CHARS
from vectal.chat.wire import choice_json, message_json, turn_json
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Text

MAX_TEXT_CHARS = 32_000


def _has_words(value: str) -> str:
    if not value.strip():
        msg = "must hold more than spaces"
        raise ValueError(msg)
    return value


def _is_timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError) as error:
        msg = "must be a time zone such as Europe/Berlin"
        raise ValueError(msg) from error
    except KeyError as error:
        msg = "is not a known time zone"
        raise ValueError(msg) from error
    return value


Title = Annotated[Text, Field(min_length=1, max_length=MAX_TITLE_CHARS), AfterValidator(_has_words)]
MessageText = Annotated[
    Text, Field(min_length=1, max_length=MAX_TEXT_CHARS), AfterValidator(_has_words)
]
TimezoneName = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_is_timezone)]


class SlotChoice(Schema):
    """A role of a model; the workspace's settings say which model plays it."""

    slot: Slot

    def choice(self) -> ModelChoice:
        return ModelChoice(slot=self.slot)


class NamedChoice(Schema):
    """A model by name or alias."""

    model: Annotated[Text, Field(min_length=1, max_length=200)]

    def choice(self) -> ModelChoice:
        return ModelChoice(model=self.model)


class AutoChoice(Schema):
    """Let the router choose."""

    auto: Literal[True]

    def choice(self) -> ModelChoice:
        return ModelChoice()


Choice = SlotChoice | NamedChoice | AutoChoice
AUTO = AutoChoice(auto=True)


class NewConversation(Schema):
    title: Title | None = None
    choice: Choice | None = None


class ConversationPatch(Schema):
    """Only what is given changes."""

    title: Title | None = None
    archived: Flag | None = None
    active_leaf_id: Annotated[
        UUID | None, Field(description="Any message: the newest branch below it is shown")
    ] = None
    choice: Choice | None = None


class ConversationShape(Schema):
    id: UUID
    title: Annotated[str, Field(description="Empty until the first message")]
    title_source: TitleSource
    choice: Choice
    archived: Flag
    active_leaf_id: UUID | None
    last_message_at: datetime
    created_at: datetime
    version: int

    @classmethod
    def of(cls, conversation: Conversation) -> Self:
        return cls.model_validate(
            {
                "id": conversation.id,
                "title": conversation.title,
                "title_source": conversation.title_source,
                "choice": choice_json(conversation.choice),
                "archived": conversation.archived,
                "active_leaf_id": conversation.active_leaf_id,
                "last_message_at": conversation.last_message_at,
                "created_at": conversation.created_at,
                "version": conversation.version,
            }
        )


class FocusShape(Schema):
    """What you look at while asking: the model is told about it."""

    project_id: UUID | None = None
    task_id: UUID | None = None


class AttachmentInput(Schema):
    """A file, a project or a task that the message speaks of."""

    kind: ReferenceKind
    id: UUID


class NewTurn(Schema):
    """A message to be answered, or an answer to be written anew."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text": "What is due this week?", "mode": "ask", "choice": {"auto": True}}
            ]
        }
    )

    text: MessageText | None = None
    mode: Annotated[
        Mode, Field(description="`ask` only reads; `act` may propose changes to your tasks")
    ] = "ask"
    choice: Choice = AUTO
    parent_id: Annotated[
        UUID | None,
        Field(
            description="Left out: go on at the active leaf. An answer's id: a new message below "
            "it, beside those that are there (an edit). Null: beside the first message."
        ),
    ] = None
    regenerate_of: Annotated[
        UUID | None, Field(description="An answer: write another one beside it")
    ] = None
    timezone: TimezoneName | None = None
    context: FocusShape = FocusShape()
    attachments: Annotated[
        tuple[AttachmentInput, ...],
        Field(
            max_length=MAX_REFERENCES,
            description="With `text`. Tasks and projects are told to the model; of files it gets "
            "the passages that answer, as numbered sources.",
        ),
    ] = ()
    knowledge: Annotated[
        Flag, Field(description="Search all documents that you may see for the answer")
    ] = False

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.text is None) == (self.regenerate_of is None):
            msg = "give either text or regenerate_of"
            raise ValueError(msg)
        if self.regenerate_of is not None and "parent_id" in self.model_fields_set:
            msg = "regenerate_of says where the answer goes; leave parent_id out"
            raise ValueError(msg)
        if self.regenerate_of is not None and (self.attachments or self.knowledge):
            msg = "an answer is written anew with what its message came with"
            raise ValueError(msg)
        return self

    def request(self) -> TurnRequest:
        return TurnRequest(
            mode=self.mode,
            choice=self.choice.choice(),
            text=self.text,
            regenerate_of=self.regenerate_of,
            parent_id=self.parent_id if "parent_id" in self.model_fields_set else msgspec.UNSET,
            timezone=self.timezone,
            focus=Focus(self.context.project_id, self.context.task_id),
            references=tuple(Reference(each.kind, each.id) for each in self.attachments),
            knowledge=self.knowledge,
        )


class UsageShape(Schema):
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int


class TurnFaultShape(Schema):
    code: str
    detail: str


class RouteReasonShape(Schema):
    codes: list[str]
    sentence: str


class ToolCallShape(Schema):
    """`ok` is null when the turn ended before the tool did."""

    call_id: str
    name: str
    title: str
    arguments: dict[str, Any]
    ok: Flag | None
    summary: str
    changeset_id: UUID | None


class TurnShape(Schema):
    id: UUID
    conversation_id: UUID
    status: TurnStatus
    mode: Mode
    choice: Choice
    attempt: int
    model: str | None
    provider: str | None
    slot: str | None
    simulated: Flag
    route_reason: RouteReasonShape | None
    usage: UsageShape | None
    cost_usd: float | None
    first_token_ms: int | None
    duration_ms: int | None
    finish_reason: str | None
    ledger: dict[str, Any] | None
    error: TurnFaultShape | None
    tool_calls: list[ToolCallShape]
    tainted_by: Annotated[
        list[str],
        Field(
            description="What of others the model has read: `file`, `knowledge`, `history`, "
            "`hidden_text`",
            examples=[["file"]],
        ),
    ]
    created_at: datetime
    ended_at: datetime | None


class TextPartShape(Schema):
    type: Literal["text"]
    text: str


class ToolPartShape(Schema):
    """Where in the text the call with this id (see `turn.tool_calls`) was made."""

    type: Literal["tool"]
    call_id: str


class AttachmentShape(Schema):
    kind: ReferenceKind
    id: UUID
    name: Annotated[str, Field(description="What it was called when it was attached")]
    is_gone: Flag


class SourcePlaceShape(Schema):
    """A stretch of a page; offsets are of the page's text, in characters."""

    page: int
    start: int
    end: int


class SourceShape(Schema):
    """A passage that the model saw, by the number that it cites."""

    number: int
    file_id: UUID
    version: int
    name: str
    places: list[SourcePlaceShape]
    has_hidden_text: Annotated[
        Flag, Field(description="It holds characters that a reader does not see")
    ]
    is_gone: Flag


class CitationShape(Schema):
    """A number in the text, whether its source says so, and where."""

    number: int
    at: Annotated[int, Field(description="Of its bracket in `text`, in characters")]
    until: int
    supported: Annotated[
        Flag | None, Field(description="Checked by rules, not by a model; null: nobody can tell")
    ]
    why: Annotated[Unsupported | Unchecked | None, Field(description="Why it is not supported")]
    file_id: UUID
    version: int
    name: str
    quote: Annotated[str, Field(description="What the source says nearest to it")]
    page: int | None
    start: Annotated[int | None, Field(description="Of the quote in the page's text")]
    end: int | None
    boxes: Annotated[
        list[Annotated[list[float], Field(min_length=4, max_length=4)]],
        Field(description="Left, top, right and bottom in points"),
    ]
    is_gone: Annotated[Flag, Field(description="The file is gone, or not for you any more")]


class MessageShape(Schema):
    id: UUID
    conversation_id: UUID
    parent_id: UUID | None
    role: Literal["user", "assistant"]
    text: str
    reasoning: str
    parts: list[Annotated[TextPartShape | ToolPartShape, Field(discriminator="type")]]
    status: Literal["complete", "streaming", "stopped", "failed"]
    turn_id: UUID | None
    created_at: datetime
    sibling_ids: Annotated[
        list[UUID], Field(description="All messages at this place of the tree, oldest first")
    ]
    turn: TurnShape | None
    attachments: list[AttachmentShape]
    knowledge: Annotated[Flag, Field(description="All documents were searched for it")]
    sources: Annotated[list[SourceShape], Field(description="What an answer could lean on")]
    citations: Annotated[list[CitationShape], Field(description="In the order of the text")]

    @classmethod
    def of(cls, message: Message) -> Self:
        return cls.model_validate(message_json(message))


class TurnStartedShape(Schema):
    turn: TurnShape
    user_message: MessageShape
    assistant_message: MessageShape

    @classmethod
    def of(cls, started: TurnStarted) -> Self:
        return cls(
            turn=TurnShape.model_validate(
                turn_json(started.turn, started.assistant_message.content)
            ),
            user_message=MessageShape.of(started.user_message),
            assistant_message=MessageShape.of(started.assistant_message),
        )


class SearchHitShape(Schema):
    conversation: ConversationShape
    message_id: Annotated[UUID | None, Field(description="Null when the title holds the words")]
    snippet: str

    @classmethod
    def of(cls, hit: SearchHit) -> Self:
        return cls(
            conversation=ConversationShape.of(hit.conversation),
            message_id=hit.message_id,
            snippet=hit.snippet,
        )
