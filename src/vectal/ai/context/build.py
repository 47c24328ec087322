"""Filling the budget: what must be in first, then the newest, then what still has room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from vectal.ai.context.ledger import Ledger, LedgerLine, Why
from vectal.ai.context.rounds import Round, split_rounds
from vectal.ai.contracts import ChatMessage, Part, Pinned, TextPart, ToolResultPart
from vectal.ai.errors import ContextTooLargeError
from vectal.ai.ports import ToolSpec
from vectal.ai.usage.tokens import count_message, count_tokens, shorten, tool_tokens

RECENT_ROUNDS: Final = 6
"""Rounds whose tool results are kept nearly whole."""
RECENT_RESULT_TOKENS: Final = 2_000
OLD_RESULT_TOKENS: Final = 200
PINNED_TOKENS: Final = 4_000
SOURCE_TOKENS: Final = 24_000
"""Of all sources together; half of the room at most, the rest is history's."""
_CUT_MARK: Final = "\n… (shortened)"
_AROUND_SOURCES: Final = 8
"""Tokens of what parts the sources from the question."""


class SystemPrompt(Protocol):
    """A filled prompt with the name of its file and version."""

    @property
    def id(self) -> str: ...

    @property
    def text(self) -> str: ...


PromptOf = Callable[[tuple[Pinned, ...]], SystemPrompt]
"""Fills the system prompt with the pinned things that have room."""


@dataclass(frozen=True, slots=True)
class Window:
    """How large the context may be, and what of it is spoken for."""

    tokens: int
    output_reserve: int
    tool_reserve: int = 0
    slack: int = 0
    history_limit: int | None = None
    """Tokens of history that are worth their price; None takes all that has room."""

    @property
    def budget(self) -> int:
        return self.tokens - self.output_reserve - self.tool_reserve - self.slack


@dataclass(frozen=True, slots=True)
class SourceBlock:
    """A source as the model is to read it, fenced off already."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class BuiltContext:
    system: str
    messages: tuple[ChatMessage, ...]
    ledger: Ledger
    sources: frozenset[int] = frozenset()
    """Numbers of the sources that went in."""


def build_context(
    prompt_of: PromptOf,
    pinned: Sequence[Pinned],
    tools: Sequence[ToolSpec],
    history: Sequence[ChatMessage],
    window: Window,
    sources: Sequence[SourceBlock] = (),
) -> BuiltContext:
    """The request's system prompt and messages, and their ledger.

    The newest user message is always in, whole; raises ContextTooLargeError when it can't be.
    Sources stand in the message before it: never in the rules, which are ours alone.
    """
    rounds = split_rounds(history)
    if not rounds or not rounds[-1].is_question:
        raise ValueError("a history ends with the user's newest message")
    for_tools = tool_tokens(tools)
    newest = count_message(rounds[-1].messages[0])
    bare = count_tokens(prompt_of(()).text)
    room = window.budget - for_tools - newest - bare
    if room < 0:
        raise ContextTooLargeError(
            f"The message and the rules around it take {for_tools + newest + bare} tokens; "
            f"there is room for {max(window.budget, 0)}."
        )
    prompt, pinned_lines, for_system = _pin(prompt_of, pinned, bare, room)
    room -= for_system - bare
    last, source_lines = _lean(rounds[-1].messages[0], sources, min(SOURCE_TOKENS, room // 2))
    for_sources = count_message(last) - newest
    room -= for_sources
    limit = room if window.history_limit is None else min(room, window.history_limit)
    messages, lines = _recall(rounds[:-1], limit, limited=limit < room)
    ledger = Ledger(
        window.tokens,
        window.output_reserve,
        window.tool_reserve,
        window.slack,
        (
            LedgerLine("system", prompt.id, for_system - sum(line.tokens for line in pinned_lines)),
            *([LedgerLine("tools", f"{len(tools)} tools", for_tools)] if tools else []),
            *pinned_lines,
            *_exact(source_lines, for_sources),
            *lines,
            LedgerLine("message", "newest message", newest),
        ),
    )
    seen = frozenset(
        source.number for source, line in zip(sources, source_lines, strict=True) if line.tokens
    )
    return BuiltContext(prompt.text, (*messages, last), ledger, seen)


def _lean(
    question: ChatMessage, sources: Sequence[SourceBlock], room: int
) -> tuple[ChatMessage, list[LedgerLine]]:
    """The question behind the sources that have room, in their order, and a line for each."""
    kept: list[str] = []
    lines: list[LedgerLine] = []
    left = room - _AROUND_SOURCES
    for source in sources:
        # The name of a file is sealed where it is kept, so the ledger shows its number alone.
        label, tokens = f"source {source.number}", count_tokens(source.text) + 1
        if tokens > left:
            lines.append(LedgerLine("source", label, 0, tokens, "no_room"))
            continue
        left -= tokens
        kept.append(source.text)
        lines.append(LedgerLine("source", label, tokens))
    if not kept:
        return question, lines
    return replace(question, parts=(TextPart("\n".join((*kept, "", ""))), *question.parts)), lines


def _exact(lines: Sequence[LedgerLine], tokens: int) -> list[LedgerLine]:
    """The lines of the sources, the first one with what stands around all of them."""
    exact = list(lines)
    first = next((i for i, line in enumerate(exact) if line.tokens), None)
    if first is not None:
        rest = tokens - sum(line.tokens for line in exact)
        exact[first] = replace(exact[first], tokens=exact[first].tokens + rest)
    return exact


def _pin(
    prompt_of: PromptOf, pinned: Sequence[Pinned], bare: int, room: int
) -> tuple[SystemPrompt, list[LedgerLine], int]:
    """Pinned things in their order, while they have room; half of the room is history's."""
    kept: tuple[Pinned, ...] = ()
    lines: list[LedgerLine] = []
    prompt, taken = prompt_of(()), bare
    for item in pinned:
        whole = count_tokens(item.text)
        text = item.text if whole <= PINNED_TOKENS else shorten(item.text, PINNED_TOKENS)
        with_it = (*kept, replace(item, text=text if text == item.text else text + _CUT_MARK))
        tried = prompt_of(with_it)
        tokens = count_tokens(tried.text)
        if tokens - bare > room // 2:
            lines.append(LedgerLine("pinned", item.label, 0, max(whole, 1), "no_room"))
            continue
        cut = whole - PINNED_TOKENS if whole > PINNED_TOKENS else 0
        lines.append(
            LedgerLine("pinned", item.label, tokens - taken, cut, "long_result" if cut else "")
        )
        kept, prompt, taken = with_it, tried, tokens
    return prompt, lines, taken


def _recall(
    rounds: Sequence[Round], limit: int, *, limited: bool
) -> tuple[list[ChatMessage], list[LedgerLine]]:
    """The newest rounds that have room, without a gap, and a line for every round."""
    room = limit
    kept: list[tuple[Round, LedgerLine]] = []
    lines: list[LedgerLine] = []
    full = False
    for age, whole in enumerate(reversed(rounds)):
        shown, why = _aged(whole, age)
        tokens, all_tokens = _count(shown), _count(whole)
        if full or tokens > room:
            full = True
            cause: Why = "history_limit" if limited else "no_room"
            lines.append(LedgerLine("message", _label(whole), 0, all_tokens, cause))
            continue
        room -= tokens
        cut = max(0, all_tokens - tokens)
        kept.append((shown, LedgerLine("message", _label(whole), tokens, cut, why if cut else "")))
    # A conversation begins with a question; an answer at its head has lost its own.
    while kept and not kept[-1][0].is_question:
        lost, line = kept.pop()
        total = line.tokens + line.cut_tokens
        lines.insert(0, LedgerLine("message", _label(lost), 0, total, "no_question"))
    messages = [message for shown, _ in reversed(kept) for message in shown.messages]
    return messages, [*reversed(lines), *(line for _, line in reversed(kept))]


def _aged(whole: Round, age: int) -> tuple[Round, Why]:
    recent = age < RECENT_ROUNDS
    limit = RECENT_RESULT_TOKENS if recent else OLD_RESULT_TOKENS
    messages = tuple(
        replace(message, parts=tuple(_shortened(part, limit) for part in message.parts))
        for message in whole.messages
    )
    return Round(messages), "long_result" if recent else "old_result"


def _shortened(part: Part, limit: int) -> Part:
    if not isinstance(part, ToolResultPart) or count_tokens(part.content) <= limit:
        return part
    return replace(part, content=shorten(part.content, limit) + _CUT_MARK)


def _count(shown: Round) -> int:
    return sum(map(count_message, shown.messages))


def _label(whole: Round) -> str:
    """What the ledger shows: who spoke, and nothing of what was said."""
    return "question" if whole.is_question else "answer"
