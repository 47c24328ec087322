"""What other modules say to the AI module and hear from it.

`AiService.respond` takes a `RespondRequest` and streams `ResponseEvent`s; `AiService.complete`
takes a `CompletionRequest` and returns text. Tools are `Tool` values in a `ToolRegistry`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from pydantic import BaseModel, JsonValue

from vectal.ai.contracts_documents import CacheTtl, Citation, FilePart, SourceText

if TYPE_CHECKING:
    from vectal.auth.principal import Principal

Slot: TypeAlias = Literal["pro", "reasoning", "large-context", "experimental", "fast"]
SLOTS: tuple[Slot, ...] = ("pro", "reasoning", "large-context", "experimental", "fast")

Mode: TypeAlias = Literal["ask", "act"]
Purpose: TypeAlias = Literal[
    "chat", "title", "test", "gateway", "batch", "documents", "rerank", "agent", "research"
]
Effect: TypeAlias = Literal["pure", "idempotent", "queryable", "unsafe"]
ToolEgress: TypeAlias = Literal["none", "read", "write"]
"""Whether a call leaves the house: not at all, to fetch something, or to carry something out.

What is fetched names itself in an address, so `read` can carry words out as well.
"""
Taint: TypeAlias = Literal["untrusted", "private"]
"""`untrusted`: others wrote it, who may want the reader to do their will. `private`: it is known to
the person or the workspace alone."""
TAINTS: frozenset[Taint] = frozenset(("untrusted", "private"))
FinishReason: TypeAlias = Literal["stop", "length", "content_filter", "tool_limit", "refusal"]


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What the caller asked for: a slot, a model by name or alias, or neither (auto)."""

    slot: Slot | None = None
    model: str | None = None

    def __post_init__(self) -> None:
        if self.slot is not None and self.model is not None:
            raise ValueError("choose a slot or a model, not both")

    @property
    def is_auto(self) -> bool:
        return self.slot is None and self.model is None


AUTO = ModelChoice()


# --- messages ---------------------------------------------------------------------------------


ImageDetail: TypeAlias = Literal["auto", "low", "high", "original"]


@dataclass(frozen=True, slots=True)
class TextPart:
    text: str
    citations: tuple[Citation, ...] = ()
    cache: CacheTtl | None = None
    refusal: bool = False
    """The model's own words for why it does not answer."""


@dataclass(frozen=True, slots=True)
class ImagePart:
    """An image: `content` is the raw file; or the vendor fetches it from `url`."""

    media_type: str
    content: bytes = b""
    url: str | None = None
    detail: ImageDetail | None = None
    cache: CacheTtl | None = None


@dataclass(frozen=True, slots=True)
class ReasoningPart:
    """Thinking of a model. `signature` and `provider` tie it to the vendor that wrote it.

    A `redacted` part has no text: its signature is the vendor's encrypted block.
    """

    text: str
    signature: str | None = None
    provider: str | None = None
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class ToolCallPart:
    """A call that a model made; `arguments` is the JSON text as the model wrote it."""

    call_id: str
    name: str
    arguments: str
    cache: CacheTtl | None = None


ResultPiece: TypeAlias = TextPart | ImagePart | FilePart


@dataclass(frozen=True, slots=True)
class ToolResultPart:
    """What the tool answered; pairs with the `ToolCallPart` of the same `call_id`."""

    call_id: str
    name: str
    content: str
    ok: bool = True
    pieces: tuple[ResultPiece, ...] = ()
    """All of it, in order, when it was more than one text; `content` then holds its texts."""
    cache: CacheTtl | None = None
    summary: str = ""
    """What stands for it, once it is old and there is no room for all of it."""

    @property
    def all_pieces(self) -> tuple[ResultPiece, ...]:
        """What it consists of. Whoever changed `content` since has changed the answer."""
        if self.pieces and joined_text(self.pieces) == self.content:
            return self.pieces
        return (TextPart(self.content),) if self.content else ()


def joined_text(parts: Iterable[object]) -> str:
    """The texts among `parts`, each a paragraph."""
    return "\n\n".join(part.text for part in parts if isinstance(part, TextPart))


Part: TypeAlias = TextPart | ImagePart | FilePart | ReasoningPart | ToolCallPart | ToolResultPart


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a history.

    `assistant` messages hold text, reasoning and tool calls; `tool` messages hold tool results
    and follow the assistant message that called; `user` messages hold text, images and files.
    """

    role: Literal["user", "assistant", "tool"]
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))


def user_message(text: str) -> ChatMessage:
    return ChatMessage("user", (TextPart(text),))


def assistant_message(text: str) -> ChatMessage:
    return ChatMessage("assistant", (TextPart(text),))


# --- tools ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToolContext:
    """Who calls a tool and from where. A handler acts with the rights of `principal`."""

    principal: Principal
    turn_id: UUID | None
    conversation_id: UUID | None
    call_id: str
    mode: Mode
    timezone: str = "UTC"
    run_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Allowance:
    """The most that a call may take, or what it has taken."""

    cost_usd: Decimal
    tokens: int


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """`content` goes to the model, `summary` (one short line) to the person."""

    content: str
    summary: str
    changeset_id: UUID | None = None
    ok: bool = True
    taken: Allowance | None = None
    """What it paid to models, beside what the caller paid; None: nothing."""


InputT = TypeVar("InputT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Tool(Generic[InputT]):
    """Something a model may call.

    `scope` is the token scope that the principal needs. `read` tools are offered in both modes,
    `write` tools in act mode only. `effect` says what a repeated call would do (D5). `handler`
    receives a validated instance of `input`; it raises `AppError` for what the caller may not do
    or what does not exist: the model is told the detail and may try another way.

    `egress`, `returns` and `proposes` are what approvals go by (D11). `find_result` tells what an
    earlier call with the id in the context has done, None if nothing; `queryable` tools have it.
    """

    name: str
    title: str
    description: str
    input: type[InputT]
    scope: str
    mode: Literal["read", "write"]
    effect: Effect
    handler: Callable[[ToolContext, InputT], Awaitable[ToolOutput]]
    egress: ToolEgress = "none"
    returns: frozenset[Taint] = frozenset()
    """What reading its result makes of whoever reads it."""
    proposes: bool = False
    """It changes nothing: what it writes waits in a changeset until a person accepts it."""
    find_result: Callable[[ToolContext, InputT], Awaitable[ToolOutput | None]] | None = None
    timeout_s: float | None = None
    """Seconds that one call may take, where the usual ones don't do."""
    cost_usd: Decimal = Decimal(0)
    """What one call costs beside the model's tokens, at most."""


# --- requests ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pinned:
    """Something that the model must know about, as data: it is delimited, never obeyed."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class SystemContext:
    """The facts that the system prompt is filled with."""

    user_name: str
    workspace_name: str
    timezone: str
    now: datetime
    pinned: tuple[Pinned, ...] = ()


@dataclass(frozen=True, slots=True)
class RespondRequest:
    """One turn of a conversation. The last message of `history` is the user's newest."""

    choice: ModelChoice
    mode: Mode
    system: SystemContext
    history: tuple[ChatMessage, ...]
    conversation_id: UUID | None = None
    turn_id: UUID | None = None
    purpose: Purpose = "chat"
    tools: tuple[str, ...] | None = None
    """Names of the tools to offer; None offers all that mode and scopes allow."""
    sources: tuple[SourceText, ...] = ()
    """Passages for the newest message, the best first; what has no room is left out."""
    deadline_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that one call may take: tokens in and out, and USD where a price is known."""

    tokens: int
    cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """A single short text by a named prompt, without tools; `values` fill the prompt as data.

    Purpose `title` takes `user` and `assistant`, `rerank` takes `question` and passages by number,
    `research` takes what `ai/prompts/research.py` says.
    """

    purpose: Purpose
    values: Mapping[str, str]
    conversation_id: UUID | None = None
    turn_id: UUID | None = None
    choice: ModelChoice = field(default=ModelChoice(slot="fast"))
    max_output_tokens: int = 64
    deadline_s: float = 20.0
    ceiling: Ceiling | None = None
    """Models that could take more are left out; the text is asked for once, and not again."""


# --- what a response streams ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RouteReason:
    """Why this model answers: stable codes for machines, one sentence for people."""

    codes: tuple[str, ...]
    sentence: str

    def as_json(self) -> dict[str, JsonValue]:
        return {"codes": list(self.codes), "sentence": self.sentence}


@dataclass(frozen=True, slots=True)
class Routed:
    """Sent first; sent again when another model had to take over before it said anything."""

    provider: str
    model: str
    slot: Slot | None
    reason: RouteReason
    simulated: bool


@dataclass(frozen=True, slots=True)
class ContextBuilt:
    """`ledger` says what went in, what was cut and why: `{budget, used, lines: [...]}`.

    `sources` are the numbers of those that the model sees.
    """

    ledger: dict[str, JsonValue]
    sources: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    text: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str
    refusal: bool = False
    """The model says why it does not answer."""
    opens: bool = False
    """A block of its own begins here: what is cited after it belongs to this block alone."""


@dataclass(frozen=True, slots=True)
class ToolCalled:
    call_id: str
    name: str
    title: str
    arguments: dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """`content` is what the model saw: keep it if a later turn should see it again."""

    call_id: str
    name: str
    ok: bool
    summary: str
    changeset_id: UUID | None = None
    content: str = ""


class Charges(NamedTuple):
    """What a vendor charges for one call beside the plain price of its tokens."""

    searches: int = 0
    previews: int = 0
    """Searches by a tool of an older price."""
    files: int = 0
    """Searches in files that the vendor keeps."""
    code_runs: int = 0
    containers: int = 0
    kept_tokens: int = 0
    """Written into the vendor's cache to stay there for an hour, which costs more."""
    percent: int = 0
    """On top of the price of all tokens."""


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of one or more calls.

    Input includes cache reads and writes; output includes reasoning.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    charges: Charges | None = None
    """None where tokens are all that is charged. Those of single calls have no sum."""

    def __add__(self, other: TokenUsage) -> TokenUsage:
        return TokenUsage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
        )


@dataclass(frozen=True, slots=True)
class UsageReported:
    """The sum over all model calls of the response, sent once before the end.

    `cost_usd` is None when no price is known (a local model, for example).
    """

    usage: TokenUsage
    cost_usd: Decimal | None
    first_token_ms: int | None
    duration_ms: int
    attempts: int
    estimated: bool = False
    """True when the provider reported no usage and we counted ourselves."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A text, and what answered."""

    text: str
    provider: str
    model: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class Finished:
    finish_reason: FinishReason


@dataclass(frozen=True, slots=True)
class Failed:
    """The end of a response that could not be completed; the text so far stays valid."""

    code: str
    detail: str
    retryable: bool


LoopEvent: TypeAlias = TextDelta | ReasoningDelta | ToolCalled | ToolReturned
"""What a model says and what its tools return."""

ResponseEvent: TypeAlias = (
    Routed
    | ContextBuilt
    | ReasoningDelta
    | TextDelta
    | ToolCalled
    | ToolReturned
    | UsageReported
    | Finished
    | Failed
)
"""`Routed` and `ContextBuilt` come first, `UsageReported` then `Finished` or `Failed` last.

A request that cannot even start (no model fits) yields `Failed` alone.
"""
