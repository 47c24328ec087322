"""What the Simulator is about to answer."""

from __future__ import annotations

from dataclasses import dataclass

from vectal.ai.ports import StopReason


@dataclass(frozen=True, slots=True)
class ScriptedCall:
    """A tool call; `arguments` is the JSON text as it will be streamed."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """One answer of a model: thinking, then text, then tool calls, then why it stops."""

    text: str = ""
    reasoning: str = ""
    calls: tuple[ScriptedCall, ...] = ()
    reason: StopReason = "stop"
    stop_sequence: str | None = None
    """What of the request's own words ended it."""
