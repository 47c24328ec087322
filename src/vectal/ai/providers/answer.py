"""The answer of a model while it arrives: its parts in order, within bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
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
from vectal.ai.contracts_documents import Citation
from vectal.ai.ports import (
    CitationDelta,
    ModelFinished,
    ProviderFault,
    ProviderKind,
    ReasoningSigned,
    StopReason,
    ToolArgumentsDelta,
    ToolCallStarted,
)
from vectal.platform.ids import new_id

MAX_TOOL_CALLS: Final = 64
MAX_ARGUMENT_CHARS: Final = 256_000
MAX_CITATIONS: Final = 1_000
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
    refusal: bool = False
    citations: list[Citation] = field(default_factory=list[Citation])
    chars: int = 0

    def as_part(self, provider: ProviderKind) -> Part:
        text = "".join(self.chunks)
        if self.kind == "text":
            return TextPart(text, tuple(self.citations), refusal=self.refusal)
        if self.kind == "reasoning":
            return ReasoningPart(text, self.signature, provider, self.redacted)
        return ToolCallPart(self.call_id, self.name, text or "{}")


class Answer:
    """Collects deltas into one message and tells each as a canonical event.

    `key` is whatever the vendor uses to tell its tool calls apart. With `keeps` False only the
    shape of the message is remembered: of an answer that is passed on, nobody reads the words.
    """

    def __init__(self, provider: ProviderKind, *, keeps: bool = True) -> None:
        self._provider: ProviderKind = provider
        self._keeps = keeps
        self._pieces: list[_Piece] = []
        self._tools: dict[int | str, _Piece] = {}

    @property
    def is_empty(self) -> bool:
        return not self._pieces

    @property
    def has_tool_calls(self) -> bool:
        return bool(self._tools)

    def add_text(self, text: str, *, refusal: bool = False, opens: bool = False) -> TextDelta:
        """`opens` begins a block of its own, which will carry its own citations."""
        last = self._pieces[-1] if self._pieces else None
        if opens or last is None or last.kind != "text" or last.refusal != refusal:
            last = _Piece("text", [], refusal=refusal)
            self._pieces.append(last)
        if self._keeps:
            last.chunks.append(text)
        return TextDelta(text, refusal, opens)

    def cite(self, citation: Citation) -> CitationDelta | None:
        """Add a source to the last text; None when there is no text, or too many already."""
        text = next((p for p in reversed(self._pieces) if p.kind == "text"), None)
        if text is None or len(text.citations) >= MAX_CITATIONS:
            return None
        if self._keeps:
            text.citations.append(citation)
        return CitationDelta(citation)

    def add_reasoning(self, text: str) -> ReasoningDelta:
        reasoning = self._open_reasoning()
        if self._keeps:
            reasoning.chunks.append(text)
        return ReasoningDelta(text)

    def begin_reasoning(self) -> None:
        """Start a reasoning block of its own, which will carry its own signature."""
        self._pieces.append(_Piece("reasoning", []))

    def sign_reasoning(self, signature: str) -> None:
        """Add to the signature of the open reasoning block."""
        piece = self._open_reasoning()
        piece.signature = (piece.signature or "") + signature

    def close_reasoning(self) -> ReasoningSigned | None:
        """The end of the open reasoning block; None when nobody signed it."""
        last = self._pieces[-1] if self._pieces else None
        if last is None or last.redacted or not last.signature:
            return None
        return ReasoningSigned(last.signature, self._provider)

    def add_redacted(self, sealed: str) -> ReasoningSigned:
        self._pieces.append(_Piece("reasoning", [], signature=sealed, redacted=True))
        return ReasoningSigned(sealed, self._provider, redacted=True)

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
        piece.chars += len(text)
        if piece.chars > MAX_ARGUMENT_CHARS:
            raise ProviderFault("too_large", "the arguments of a tool call are too long")
        return ToolArgumentsDelta(piece.index, text)

    def has_arguments(self, key: int | str) -> bool:
        return bool(self._tools[key].chunks)

    def finish(
        self,
        reason: StopReason,
        usage: TokenUsage | None,
        stop_sequence: str | None = None,
        refusal: str | None = None,
    ) -> ModelFinished:
        """The whole answer. The reason is made to agree with what was said."""
        if self.has_tool_calls and reason == "stop":
            reason = "tool_calls"
        elif reason == "tool_calls" and not self.has_tool_calls:
            reason = "stop"
        parts = tuple(piece.as_part(self._provider) for piece in self._pieces)
        message = ChatMessage("assistant", parts)
        return ModelFinished(reason, message, usage, stop_sequence, refusal)

    def _open_reasoning(self) -> _Piece:
        last = self._pieces[-1] if self._pieces else None
        if last is None or last.kind != "reasoning" or last.redacted:
            last = _Piece("reasoning", [])
            self._pieces.append(last)
        return last
