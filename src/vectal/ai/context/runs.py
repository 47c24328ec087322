"""The context of a run's next thought: all of the goal, and of the steps what has room.

Old steps give way in blocks: while a block lasts, what stands before the newest step is the same
from request to request, and providers' caches hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from vectal.ai.context.build import BuiltContext, SystemPrompt, Window
from vectal.ai.context.ledger import Ledger, LedgerLine, Why
from vectal.ai.context.rounds import Round, split_rounds
from vectal.ai.contracts import ChatMessage, Part, TextPart, ToolResultPart, user_message
from vectal.ai.errors import ContextTooLargeError
from vectal.ai.ports import ToolSpec
from vectal.ai.usage.tokens import count_message, count_tokens, shorten, tool_tokens

BLOCK: Final = 8
"""Steps that give way at once."""
SUMMARY_TOKENS: Final = 120
"""Of an old result that has no summary."""
_OPENING: Final = user_message("Work on the goal. What was done so far follows.")
"""Vendors want the first word to be a user's."""
_CUT_MARK: Final = "\n… (shortened; call the tool again if you need all of it)"
_SHORT_MARK: Final = " (shortened)"
_NOTE_TOKENS: Final = 24
"""Room for saying that steps are left out."""

_Written: TypeAlias = Callable[[ToolResultPart], str]
"""What is to stand for a result."""


@dataclass(slots=True)
class _Step:
    """A round on its way into the context. `shown` is None when it is left out."""

    whole: Round
    tokens: int
    shown: Round | None
    shown_tokens: int
    why: Why = ""

    @property
    def is_said(self) -> bool:
        """By a person: never touched."""
        return self.whole.is_question

    def show(self, shown: Round | None, why: Why) -> None:
        self.shown, self.why = shown, why
        self.shown_tokens = 0 if shown is None else _count(shown)


def build_run_context(
    prompt: SystemPrompt,
    state: str,
    tools: Sequence[ToolSpec],
    messages: Sequence[ChatMessage],
    window: Window,
) -> BuiltContext:
    """The request's system prompt and messages, and their ledger.

    Goal, criteria, plan and what people said are always in, and so are the calls of the newest
    step. Of older steps the results are shortened first, then the oldest are left out; raises
    ContextTooLargeError when even that does not fit.
    """
    steps = [_step(each) for each in split_rounds(messages)]
    for_system, for_tools = count_tokens(prompt.text), tool_tokens(tools)
    for_state = count_message(user_message(state)) + count_message(_OPENING) + _NOTE_TOKENS
    room = window.budget - for_system - for_tools - for_state
    limit = room if window.history_limit is None else min(room, window.history_limit)
    _fit(steps, limit, room)
    lost = sum(step.shown is None for step in steps)
    last = user_message(f"{_note(lost)}{state}" or "Go on.")
    lines = (
        LedgerLine("system", prompt.id, for_system),
        *([LedgerLine("tools", f"{len(tools)} tools", for_tools)] if tools else []),
        *(_line(step) for step in steps),
        LedgerLine("message", "plan and budget", count_message(last) + count_message(_OPENING)),
    )
    ledger = Ledger(
        window.tokens, window.output_reserve, window.tool_reserve, window.slack, tuple(lines)
    )
    kept = [message for step in steps if step.shown for message in step.shown.messages]
    return BuiltContext(prompt.text, (_OPENING, *_marked(kept), last), ledger)


def _fit(steps: Sequence[_Step], limit: int, room: int) -> None:
    """Let steps give way until they have room."""
    old = [step for step in steps if not step.is_said][:-1]
    if _total(steps) <= limit:
        return
    for block in _blocks(old):
        for step in block:
            step.show(_summarised(step.whole), "old_result")
        if _total(steps) <= limit:
            return
    for block in _blocks(old):
        for step in block:
            step.show(None, "no_room" if limit == room else "history_limit")
        if _total(steps) <= limit:
            return
    newest = next((step for step in reversed(steps) if not step.is_said), None)
    if newest is not None:
        over = _total(steps) - room
        newest.show(_squeezed(newest.whole, over), "long_result")
    if (total := _total(steps)) > room:
        raise ContextTooLargeError(
            f"The goal, the plan and the newest messages of the run leave room for "
            f"{max(room, 0)} tokens; {total} are needed."
        )


def _blocks(steps: Sequence[_Step]) -> list[Sequence[_Step]]:
    return [steps[at : at + BLOCK] for at in range(0, len(steps), BLOCK)]


def _summarised(whole: Round) -> Round:
    return _with_results(whole, _summary)


def _summary(part: ToolResultPart) -> str:
    if part.summary:
        return f"{part.summary}{_SHORT_MARK}"
    if count_tokens(part.content) <= SUMMARY_TOKENS:
        return part.content
    return shorten(part.content, SUMMARY_TOKENS) + _CUT_MARK


def _squeezed(whole: Round, over: int) -> Round:
    """The round with its results shortened by `over` tokens, the long ones more."""
    results = [p for m in whole.messages for p in m.parts if isinstance(p, ToolResultPart)]
    sizes = [count_tokens(part.content) for part in results]
    marks = len(results) * count_tokens(_CUT_MARK)
    left = max(0, sum(sizes) - over - marks)
    # The highest limit under which all of them together have room.
    limit = left
    for rank, size in enumerate(sorted(sizes)):
        share = left // (len(sizes) - rank)
        limit = share
        if size > share:
            break
        left -= size

    def cut(part: ToolResultPart) -> str:
        if count_tokens(part.content) <= limit:
            return part.content
        return shorten(part.content, limit) + _CUT_MARK

    return _with_results(whole, cut)


def _with_results(whole: Round, written: _Written) -> Round:
    def changed(part: Part) -> Part:
        if not isinstance(part, ToolResultPart):
            return part
        content = written(part)
        return part if content == part.content else replace(part, content=content, pieces=())

    return Round(tuple(replace(m, parts=tuple(map(changed, m.parts))) for m in whole.messages))


def _marked(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """The messages with a mark for the cache at their end: what follows is new each time."""
    if not messages:
        return []
    *before, last = messages
    *parts, end = last.parts
    if isinstance(end, TextPart | ToolResultPart):
        end = replace(end, cache="5m")
    return [*before, replace(last, parts=(*parts, end))]


def _step(whole: Round) -> _Step:
    tokens = _count(whole)
    return _Step(whole, tokens, whole, tokens)


def _line(step: _Step) -> LedgerLine:
    cut = max(0, step.tokens - step.shown_tokens)
    label = "message" if step.is_said else "step"
    return LedgerLine("message", label, step.shown_tokens, cut, step.why if cut else "")


def _total(steps: Sequence[_Step]) -> int:
    return sum(step.shown_tokens for step in steps)


def _count(shown: Round) -> int:
    return sum(map(count_message, shown.messages))


def _note(lost: int) -> str:
    if not lost:
        return ""
    return (
        f"The results of {lost} older steps are left out here, since there is no room for them.\n"
    )
