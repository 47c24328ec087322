"""What becomes of a model's answer: its tool calls are checked and made, its end is named.

A call with arguments that don't fit is answered with what is wrong, so that the model may repair
it once. The second time the tool is closed for the rest of the response: no loop is endless.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pydantic import ValidationError

from vectal.ai.contracts import FinishReason, ToolContext, ToolOutput, ToolReturned
from vectal.ai.ports import StopReason, ToolSpec
from vectal.ai.responses_calls import bounded, describe, refusal, run_tool
from vectal.ai.toolset import AnyTool, specs_of

MAX_CALLS: Final = 50
_REPAIRS: Final = 1


class ToolDesk:
    """Makes the tool calls of one response. Never raises: what goes wrong is a result.

    `site` is the context of every call but for its id.
    """

    def __init__(self, tools: Sequence[AnyTool], site: ToolContext, room_tokens: int) -> None:
        self._tools: Mapping[str, AnyTool] = {tool.name: tool for tool in tools}
        self._site = site
        self._room = room_tokens
        self._mistakes: Counter[str] = Counter()
        self._calls = 0
        self.returned: dict[str, ToolReturned] = {}

    def specs(self) -> tuple[ToolSpec, ...]:
        return specs_of(self._tools.values())

    def title(self, name: str) -> str:
        tool = self._tools.get(name)
        return tool.title if tool is not None else name

    async def call(self, call_id: str, name: str, arguments: Mapping[str, Any]) -> str:
        """Make the call; what it returned is kept under `call_id`. Returns the model's part."""
        self._calls += 1
        if self._calls > MAX_CALLS:
            return self._keep(call_id, name, refusal("No more calls are made in this answer."))
        tool = self._tools.get(name)
        if tool is None:
            return self.fail(call_id, name, "unknown_tool")
        if self._mistakes[name] > _REPAIRS:
            return self._keep(call_id, name, _closed(name))
        try:
            given = tool.input.model_validate(arguments)
        except ValidationError as error:
            return self._mistaken(call_id, name, describe(error))
        output = await run_tool(tool, replace(self._site, call_id=call_id), given)
        return self._keep(call_id, name, output)

    def fail(self, call_id: str, name: str, problem: str) -> str:
        """Answer a call that can't even be read, as `problem` says."""
        if problem == "unknown_tool":
            names = ", ".join(self._tools) or "none"
            return self._mistaken(call_id, name, f"There is no such tool. There are: {names}.")
        return self._mistaken(call_id, name, "The arguments are no JSON object.")

    def _mistaken(self, call_id: str, name: str, problem: str) -> str:
        self._mistakes[name] += 1
        if self._mistakes[name] > _REPAIRS:
            return self._keep(call_id, name, _closed(name))
        return self._keep(call_id, name, refusal(f"{problem} Correct the call once."))

    def _keep(self, call_id: str, name: str, output: ToolOutput) -> str:
        kept, tokens = bounded(output, self._room)
        self._room -= tokens
        self.returned[call_id] = ToolReturned(
            call_id, name, kept.ok, kept.summary, kept.changeset_id, kept.content
        )
        return kept.content


def finish_reason(stop: StopReason, *, tools_exhausted: bool) -> FinishReason:
    """How an answer ended, in the words of our contract."""
    match stop:
        case "stop" | "tool_calls":
            return "tool_limit" if tools_exhausted else "stop"
        case _:
            return stop


def clean_title(text: str, limit: int = 80) -> str:
    """A model's title as one line without the decoration that models like to add."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    for prefix in ("title:", "titel:"):
        if line.lower().startswith(prefix):
            line = line[len(prefix) :]
    line = " ".join(line.strip(" \t\"'“”„«»*_#`.").split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _closed(name: str) -> ToolOutput:
    return refusal(f"{name} failed twice and is closed for this answer. Go on without it.")
