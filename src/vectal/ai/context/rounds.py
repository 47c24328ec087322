"""A history in rounds: pieces that go in or stay out as a whole.

A call and its result belong together: every vendor refuses one without the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vectal.ai.contracts import ChatMessage, Part, ToolCallPart, ToolResultPart


@dataclass(frozen=True, slots=True)
class Round:
    """A user message, or an assistant message with the tool messages that answer it."""

    messages: tuple[ChatMessage, ...]

    @property
    def is_question(self) -> bool:
        return self.messages[0].role == "user"


def split_rounds(history: Iterable[ChatMessage]) -> list[Round]:
    """The history as rounds, without calls that have no result or results without a call."""
    rounds: list[Round] = []
    open_round: list[ChatMessage] = []
    for message in history:
        if message.role == "tool":
            if open_round:
                open_round.append(message)
            continue
        rounds.extend(_closed(open_round))
        open_round = []
        if message.role == "user":
            rounds.append(Round((message,)))
        else:
            open_round = [message]
    rounds.extend(_closed(open_round))
    return rounds


def _closed(messages: Sequence[ChatMessage]) -> list[Round]:
    """The round with only those calls and results that have each other."""
    if not messages:
        return []
    answer, *results = messages
    called = {p.call_id for p in answer.parts if isinstance(p, ToolCallPart)}
    returned = [p for m in results for p in m.parts if isinstance(p, ToolResultPart)]
    paired = called & {p.call_id for p in returned}
    kept = tuple(p for p in answer.parts if not _is_alone(p, paired))
    # One message for all results, the first result of each call.
    first: dict[str, Part] = {}
    for part in returned:
        if part.call_id in paired:
            first.setdefault(part.call_id, part)
    closed = [ChatMessage("assistant", kept)] if kept else []
    if first:
        closed.append(ChatMessage("tool", tuple(first.values())))
    return [Round(tuple(closed))] if closed else []


def _is_alone(part: Part, paired: set[str]) -> bool:
    return isinstance(part, ToolCallPart) and part.call_id not in paired
