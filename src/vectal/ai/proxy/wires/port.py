"""What a client's wire is to the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, TypeAlias

from vectal.ai.contracts import TokenUsage
from vectal.ai.ports import ModelEvent, ModelFinished, ModelRequest, TooLong

WireName: TypeAlias = Literal["chat_completions", "messages", "responses"]


class BadCallError(Exception):
    """The body is no request of this wire; `param` names the member, as vendors do."""

    def __init__(self, detail: str, param: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.param = param


class Known(NamedTuple):
    """A tool as a client knows it, where models know it by another name or in another form."""

    name: str
    namespace: str | None = None
    """The group that it is in."""
    is_custom: bool = False
    """It takes free text, in the place of arguments."""


@dataclass(frozen=True, slots=True)
class ClientCall:
    """A request as a client sent it. `request.model` is the name that the client wrote."""

    request: ModelRequest
    stream: bool
    include_usage: bool
    """Whether the stream ends with counts; only chat completions make it a choice."""
    body: bytes = field(repr=False)
    """As it came, to be passed on untouched where the provider speaks the same wire."""
    known: Mapping[str, Known] = field(default_factory=dict[str, Known])
    """By the names in `request`, tools that the client knows by more than a name."""
    left_out: tuple[str, ...] = ()
    """Kinds of tools that only the vendor of this wire runs, and `request` is without."""


@dataclass(frozen=True, slots=True)
class AnswerHead:
    """What an answer is called: `id` without the wire's prefix, `created` in epoch seconds."""

    id: str
    created: int
    model: str
    request_id: str = ""
    """Named where it breaks off, by the wire that does."""


@dataclass(frozen=True, slots=True)
class WireProblem:
    """An error for a client; the wire chooses the vendor's words for its kind."""

    status: int
    code: str
    message: str
    param: str | None = None
    type: str | None = None
    """OpenAI's word for its kind, where a vendor said more than the status does."""
    too_long: TooLong | None = None
    """Clients find this one by the vendor's own code or words, so each wire has its form."""


class AnswerEncoder(Protocol):
    """Writes one answer: either `begin`, `feed`…, and `end` or `fault`; or `whole` alone."""

    def begin(self) -> bytes:
        """What opens the stream, before the first event."""
        ...

    def feed(self, event: ModelEvent) -> bytes:
        """A part of the stream; nothing for `ModelFinished`, whose place is `end`."""
        ...

    def end(self, finished: ModelFinished, usage: TokenUsage) -> bytes: ...

    def fault(self, problem: WireProblem) -> bytes:
        """The end of a stream that broke after it had begun."""
        ...

    def whole(self, finished: ModelFinished, usage: TokenUsage) -> bytes:
        """The answer as one object."""
        ...


class ClientWire(Protocol):
    @property
    def name(self) -> WireName: ...

    def read(self, body: bytes, default_output_tokens: int) -> ClientCall:
        """Raises BadCallError."""
        ...

    def encoder(self, call: ClientCall, head: AnswerHead) -> AnswerEncoder: ...

    def problem(self, problem: WireProblem, request_id: str) -> bytes:
        """The body of an error, with the status in `problem`."""
        ...
