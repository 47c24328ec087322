"""The account of a context: every token has a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from pydantic import JsonValue

LineKind: TypeAlias = Literal["system", "tools", "pinned", "source", "message"]
Why: TypeAlias = Literal["", "no_room", "history_limit", "old_result", "long_result", "no_question"]


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One thing that was considered. `tokens` went in, `cut_tokens` did not."""

    kind: LineKind
    label: str
    tokens: int
    cut_tokens: int = 0
    why: Why = ""

    @property
    def state(self) -> Literal["in", "shortened", "cut"]:
        if not self.cut_tokens:
            return "in"
        return "shortened" if self.tokens else "cut"

    def as_json(self) -> dict[str, JsonValue]:
        return {
            "kind": self.kind,
            "label": self.label,
            "state": self.state,
            "tokens": self.tokens,
            "cut_tokens": self.cut_tokens,
            "why": self.why or None,
        }


@dataclass(frozen=True, slots=True)
class Ledger:
    """`window` = `output_reserve` + `slack` + `tool_reserve` + `budget`, and `used` <= `budget`.

    `slack` is kept free since vendors count tokens a little differently than we do.
    """

    window: int
    output_reserve: int
    tool_reserve: int
    slack: int
    lines: tuple[LedgerLine, ...]

    @property
    def budget(self) -> int:
        return self.window - self.output_reserve - self.tool_reserve - self.slack

    @property
    def used(self) -> int:
        return sum(line.tokens for line in self.lines)

    @property
    def cut(self) -> int:
        return sum(line.cut_tokens for line in self.lines)

    def as_json(self) -> dict[str, JsonValue]:
        return {
            "window": self.window,
            "output_reserve": self.output_reserve,
            "tool_reserve": self.tool_reserve,
            "slack": self.slack,
            "budget": self.budget,
            "used": self.used,
            "cut": self.cut,
            "lines": [line.as_json() for line in _folded(self.lines)],
        }


_SHOWN_MESSAGES = 40


def _folded(lines: tuple[LedgerLine, ...]) -> list[LedgerLine]:
    """The lines to show: of a very long history the oldest are summed into one."""
    messages = [line for line in lines if line.kind == "message"]
    if len(messages) <= _SHOWN_MESSAGES:
        return list(lines)
    old, new = messages[:-_SHOWN_MESSAGES], messages[-_SHOWN_MESSAGES:]
    causes: list[Why] = [line.why for line in old if line.why]
    folded = LedgerLine(
        "message",
        f"{len(old)} older messages",
        sum(line.tokens for line in old),
        sum(line.cut_tokens for line in old),
        causes[0] if causes else "",
    )
    return [*(line for line in lines if line.kind != "message"), folded, *new]
