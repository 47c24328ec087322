"""The answer of a model while it arrives: its parts in order, within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from vectal.ai.contracts import (
    ChatMessage,
    Part,
    ReasoningDelta,
    ReasoningPart,
    TextDelta,
    TextPart,
    TokenUsage,
    ToolCallPart,
)
from vectal.ai.ports import (
    ModelFinished,
    ProviderFault,
    ProviderKind,
    StopReason,
    ToolArgumentsDelta,
    ToolCallStarted,
)
from vectal.platform.ids import new_id

MAX_TOOL_CALLS: Final = 64
MAX_ARGUMENT_CHARS: Final = 256_000
_MAX_NAME_CHARS: Final = 128


@dataclass(slots=True)
class _Piece:
    """A part under construction; `call_id` and `name` belong to tool calls."""

    kind: Literal["text", "reasoning", "tool"]
    chunks: list[str]
    call_id: str = ""
    name: str = ""
    index: int = 0
    signature: str | None = None
    redacted: bool = False

    def as_part(self, provider: ProviderKind) -> Part:
        text = "".join(self.chunks)
        if self.kind == "text":
            return TextPart(text)
        if self.kind == "reasoning":
            return ReasoningPart(text, self.signature, provider, self.redacted)
        return ToolCallPart(self.call_id, self.name, text or "{}")


class Answer:
    """Collects deltas into one message and tells each as a canonical event.

    `key` is whatever the vendor uses to tell its tool calls apart.
    """

    def __init__(self, provider: ProviderKind) -> None:
        self._provider: ProviderKind = provider
        self._pieces: list[_Piece] = []
        self._tools: dict[int | str, _Piece] = {}

    @property
    def is_empty(self) -> bool:
        return not self._pieces

    @property
    def has_tool_calls(self) -> bool:
        return bool(self._tools)

    def add_text(self, text: str) -> TextDelta:
        self._open("text").chunks.append(text)
        return TextDelta(text)

    def add_reasoning(self, text: str) -> ReasoningDelta:
        self._open("reasoning").chunks.append(text)
        return ReasoningDelta(text)

    def begin_reasoning(self) -> None:
        """Start a reasoning block of its own, which will carry its own signature."""
        self._pieces.append(_Piece("reasoning", []))

    def sign_reasoning(self, signature: str) -> None:
        """Add to the signature of the open reasoning block."""
        piece = self._open("reasoning")
        piece.signature = (piece.signature or "") + signature

    def add_redacted(self, sealed: str) -> None:
        self._pieces.append(_Piece("reasoning", [], signature=sealed, redacted=True))

    def knows_tool(self, key: int | str) -> bool:
        return key in self._tools

    def begin_tool(self, key: int | str, call_id: str, name: str) -> ToolCallStarted:
        if len(self._tools) >= MAX_TOOL_CALLS:
            raise ProviderFault("garbage", f"the model made more than {MAX_TOOL_CALLS} tool calls")
        if not name or len(name) > _MAX_NAME_CHARS:
            raise ProviderFault("garbage", "the model called a tool without a usable name")
        taken = {piece.call_id for piece in self._tools.values()}
        if not call_id or call_id in taken or len(call_id) > _MAX_NAME_CHARS:
            # Some servers send none, or the same one twice; results could not be told apart.
            call_id = f"call_{new_id().hex}"
        piece = _Piece("tool", [], call_id=call_id, name=name, index=len(self._tools))
        self._tools[key] = piece
        self._pieces.append(piece)
        return ToolCallStarted(piece.index, call_id, name)

    def add_arguments(self, key: int | str, text: str) -> ToolArgumentsDelta:
        piece = self._tools[key]
        piece.chunks.append(text)
        if sum(map(len, piece.chunks)) > MAX_ARGUMENT_CHARS:
            raise ProviderFault("too_large", "the arguments of a tool call are too long")
        return ToolArgumentsDelta(piece.index, text)

    def has_arguments(self, key: int | str) -> bool:
        return bool(self._tools[key].chunks)

    def finish(self, reason: StopReason, usage: TokenUsage | None) -> ModelFinished:
        """The whole answer. The reason is made to agree with what was said."""
        if self.has_tool_calls and reason == "stop":
            reason = "tool_calls"
        elif reason == "tool_calls" and not self.has_tool_calls:
            reason = "stop"
        parts = tuple(piece.as_part(self._provider) for piece in self._pieces)
        return ModelFinished(reason, ChatMessage("assistant", parts), usage)

    def _open(self, kind: Literal["text", "reasoning"]) -> _Piece:
        last = self._pieces[-1] if self._pieces else None
        if last is None or last.kind != kind or last.redacted:
            last = _Piece(kind, [])
            self._pieces.append(last)
        return last
