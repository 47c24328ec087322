"""The canonical exchange with a model, and the protocols that its two ends implement.

Whoever wants an answer builds a `ModelRequest`; a `ProviderAdapter` turns it into a vendor's
wire and the vendor's stream back into `ModelEvent`s. Nothing above an adapter knows a vendor.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from pydantic import JsonValue

from vectal.ai.contracts import (
    ChatMessage,
    ReasoningDelta,
    TextDelta,
    TextPart,
    TokenUsage,
    joined_text,
)
from vectal.ai.contracts_documents import CacheTtl, Citation
from vectal.platform.db import DataScope

ProviderKind: TypeAlias = Literal[
    "openai", "anthropic", "deepseek", "openai_compatible", "simulator"
]
PROVIDER_KINDS: tuple[ProviderKind, ...] = (
    "openai",
    "anthropic",
    "deepseek",
    "openai_compatible",
    "simulator",
)

EMBEDDING_KINDS: frozenset[ProviderKind] = frozenset(("openai", "openai_compatible", "simulator"))
"""Those that have an endpoint for embeddings."""

SIMULATOR_FAULT_PREFIX = "simulator-fault-"
"""Models of this name fail as the rest of the name says; for tests and demos of failure."""

Effort: TypeAlias = Literal["off", "minimal", "low", "medium", "high", "xhigh", "max"]
StopReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "refusal"]

Health: TypeAlias = Literal["healthy", "degraded", "open"]
"""Of a model at a provider: answers, fails often of late, or is left alone for a while."""

FaultKind: TypeAlias = Literal[
    "authentication",
    "permission",
    "quota",
    "model_not_found",
    "invalid_request",
    "context_too_large",
    "address_refused",
    "rate_limited",
    "overloaded",
    "server_error",
    "timeout",
    "connection",
    "cut",
    "garbage",
    "too_large",
    "unavailable",
    "blocked_request",
    "blocked_answer",
]

_RETRYABLE: frozenset[FaultKind] = frozenset(
    ("rate_limited", "overloaded", "server_error", "timeout", "connection", "cut", "garbage")
)
# What speaks against the provider's health; the rest speaks about our key or our request.
_UNHEALTHY: frozenset[FaultKind] = frozenset((*_RETRYABLE, "too_large"))
# What is wrong with the request itself, whoever is asked.
_OF_THE_REQUEST: frozenset[FaultKind] = frozenset(("invalid_request", "context_too_large"))
# What the workspace's own guardrails refuse; another model would be asked in vain.
_FINAL: frozenset[FaultKind] = frozenset(("blocked_request", "blocked_answer"))


@dataclass(frozen=True, slots=True)
class TooLong:
    """A request that no window holds, in tokens; None where nobody has told."""

    tokens: int | None = None
    """Of what is to be read."""
    most: int | None = None
    """That the model takes."""
    answer_tokens: int = 0
    """Of the answer, where it needs room of its own in the window."""


@dataclass(frozen=True, slots=True)
class VendorWords:
    """What a vendor's refusal calls itself and what it is about, for the vendor's own clients.

    Short, printable and without a secret; None where the vendor said nothing of use.
    """

    code: str | None = None
    param: str | None = None
    type: str | None = None


class ProviderFault(Exception):  # noqa: N818  (a fault of the other side, not an error of ours)
    """How a call to a provider failed. `detail` is for people and holds no secret."""

    def __init__(
        self,
        kind: FaultKind,
        detail: str,
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
        said: VendorWords | None = None,
        too_long: TooLong | None = None,
        gave_up: bool = False,
        broke_off: bool = False,
    ) -> None:
        super().__init__(detail)
        self.kind: FaultKind = kind
        self.detail = detail
        self.status = status
        self.retry_after_s = retry_after_s
        self.said = said
        self.too_long = too_long
        """Only where the length of the request is what was refused."""
        self.gave_up = gave_up
        """We waited no longer for a provider who has read the request, and may charge for it."""
        self.broke_off = broke_off or kind == "cut"
        """It had begun to answer, and stopped before the end."""

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed if it is made again."""
        return self.kind in _RETRYABLE

    @property
    def has_price(self) -> bool:
        """Whether its provider has read the request, and may charge for it."""
        return self.gave_up or self.broke_off

    @property
    def is_final(self) -> bool:
        """Whether no other model is to be asked instead."""
        return self.kind in _FINAL

    @property
    def is_of_the_request(self) -> bool:
        """Whether it is the client's to mend, not the provider's or the workspace's."""
        return self.kind in _OF_THE_REQUEST

    @property
    def counts_against_health(self) -> bool:
        return self.kind in _UNHEALTHY

    @property
    def code(self) -> str:
        return code_of(self.kind)


def code_of(kind: FaultKind) -> str:
    """The stable code of a fault, for clients and the ledger."""
    if kind in _FINAL:
        return f"ai.guardrail_{kind}"
    return f"ai.provider_{kind}"


@dataclass(frozen=True, slots=True)
class WireTraits:
    """What an adapter must know of a model to write a request that the vendor takes."""

    reasoning: Literal["none", "optional", "always"] = "none"
    reasoning_off: Literal["omit", "disabled", "between_tools"] = "omit"
    """How Anthropic models are told not to think."""
    reasoning_style: Literal["adaptive", "budget"] = "adaptive"
    images: bool = False
    sampling: bool = True
    """Takes temperature and its like; where it is False they are left out."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a model sees it; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, JsonValue]
    strict: bool | None = None
    """Whether the vendor holds arguments to the schema; None leaves it to the vendor."""
    cache: CacheTtl | None = None


@dataclass(frozen=True, slots=True)
class NamedTool:
    """The choice of this one tool."""

    name: str


ToolChoice: TypeAlias = Literal["auto", "none", "required"] | NamedTool


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a model picks its words; None leaves it to the vendor."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call to a model. `model` is the vendor's own name."""

    model: str
    system: str
    messages: tuple[ChatMessage, ...]
    max_output_tokens: int
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: ToolChoice = "auto"
    effort: Effort | None = "off"
    """None when the client did not say, which leaves it to the vendor."""
    traits: WireTraits = field(default_factory=WireTraits)
    response_schema: Mapping[str, JsonValue] | None = None
    """Ask for a JSON object of this schema instead of prose."""
    schema_name: str = "answer"
    schema_strict: bool | None = None
    schema_description: str = ""
    json_mode: bool = False
    """Ask for a JSON object of any shape; a schema says more."""
    system_parts: tuple[TextPart, ...] = ()
    """`system` in the pieces that a client cut it into, to mark some for the cache."""
    sampling: Sampling = field(default_factory=Sampling)
    stop: tuple[str, ...] = ()
    parallel_tool_calls: bool | None = None
    thinking_budget: int | None = None
    """Tokens that a client allows for thinking; vendors without budgets go by `effort`."""
    cache: CacheTtl | Literal["automatic"] | None = "automatic"
    """A mark on the last part, or none but those on the parts. Automatic ones are ours."""
    user_id: str | None = None
    """Whom the client answers for, in its own words; vendors want it to find abuse."""
    service_tier: Literal["auto", "standard"] | None = None

    @property
    def system_blocks(self) -> tuple[TextPart, ...]:
        """The system prompt in pieces. Whoever changed `system` since has changed them."""
        if self.system_parts and joined_text(self.system_parts) == self.system:
            return self.system_parts
        return (TextPart(self.system),) if self.system else ()

    @property
    def thinks(self) -> bool:
        """Whether the model is asked to think, or does so anyway."""
        if self.traits.reasoning == "optional":
            return self.effort not in {"off", None}
        return self.traits.reasoning == "always"


@dataclass(frozen=True, slots=True)
class ToolCallStarted:
    """A model begins a call; `index` counts the calls of this answer."""

    index: int
    call_id: str
    name: str


@dataclass(frozen=True, slots=True)
class ToolArgumentsDelta:
    index: int
    text: str


@dataclass(frozen=True, slots=True)
class CitationDelta:
    """A source of the text block that is being written, or was the last to be."""

    citation: Citation


@dataclass(frozen=True, slots=True)
class ReasoningSigned:
    """A block of thinking is over, and signed by its vendor.

    A `redacted` one is a block of its own, of which nobody but the vendor sees more.
    """

    signature: str
    provider: ProviderKind
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class ModelFinished:
    """The one last event. `message` is the whole answer, signed reasoning included.

    `usage` is None when the provider reported none. `stop_sequence` is the one of the request
    that ended the answer; `refusal` what the vendor says of why it was ended.
    """

    reason: StopReason
    message: ChatMessage
    usage: TokenUsage | None
    stop_sequence: str | None = None
    refusal: str | None = None


ModelEvent: TypeAlias = (
    TextDelta
    | ReasoningDelta
    | ToolCallStarted
    | ToolArgumentsDelta
    | CitationDelta
    | ReasoningSigned
    | ModelFinished
)


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model as a provider lists it; None where it says nothing."""

    name: str
    label: str
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    images: bool | None = None
    reasoning: bool | None = None
    tools: bool | None = None
    retires_on: str | None = None
    embedding: bool | None = None
    """It makes vectors instead of answers; where nobody says so, its name tells."""
    dimensions: int | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where a provider is and how we say who we are. Never logged, never shown."""

    base_url: str
    key: str = field(repr=False, default="")
    scope: DataScope | None = None
    """On whose behalf the call leaves, for the egress ledger."""


@dataclass(frozen=True, slots=True)
class CallLimits:
    """How long a call may take at all, how long it may be silent before its first word, and then.

    Before a word there may be bytes: headers, comments, the frame of an answer.
    """

    deadline_s: float
    first_word_s: float = 60.0
    idle_s: float = 60.0


MAX_ANSWER_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class EgressRequest:
    """One outgoing call. `secret` is what no error text may repeat."""

    method: Literal["GET", "POST"]
    url: str
    headers: Mapping[str, str]
    content: bytes = b""
    deadline_s: float = 60.0
    secret: str = field(repr=False, default="")
    scope: DataScope | None = None
    max_bytes: int = MAX_ANSWER_BYTES
    """Of the answer."""
    answer_by: float | None = None
    """When its head is to be there, on the loop's clock, where that is before the deadline."""


class EgressResponse(Protocol):
    """An answer whose body is read as it comes; header names are lower case."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    async def receive(self, until: float) -> bytes:
        """What has come; empty at the end. Raises TimeoutError at `until`, on the loop's clock."""
        ...

    def note_whole(self) -> None:
        """It has said itself that nothing follows, so whoever closes it now leaves nothing."""
        ...

    def close(self) -> None:
        """End the call, wherever it stands; in every case, and once."""
        ...


class Egress(Protocol):
    """The way out. Raises `ProviderFault` for what happens before or between the bytes."""

    async def send(self, request: EgressRequest) -> EgressResponse:
        """The answer as soon as its head is here; `close` it.

        It waits no longer than the request says; what is not here by then is a `timeout`.
        """
        ...


class LocalEmbedder(Protocol):
    """The embedding model of the process itself; its home is above."""

    @property
    def dimensions(self) -> int: ...

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text, of length 1; off the event loop.

        Raises `InvalidInputError` for texts that it does not take, `UnavailableError` when it
        can't run.
        """
        ...


class ProviderAdapter(Protocol):
    """One vendor's wire. Raises nothing but `ProviderFault` and cancellation."""

    @property
    def kind(self) -> ProviderKind: ...

    def stream(
        self, credentials: Credentials, request: ModelRequest, limits: CallLimits
    ) -> AsyncGenerator[ModelEvent]:
        """Events in order; the last is `ModelFinished`. Closing the iterator ends the call."""
        ...

    async def list_models(
        self, credentials: Credentials, limits: CallLimits
    ) -> tuple[ListedModel, ...]:
        """What the key may use; doubles as the test of the key."""
        ...
