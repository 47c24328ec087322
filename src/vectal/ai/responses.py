"""What becomes of a model's answer: its tool calls are checked and made, its end is named.

A call with arguments that don't fit is answered with what is wrong, so that the model may repair
it once. The second time the tool is closed for the rest of the response: no loop is endless.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from vectal.ai.contracts import FinishReason, ToolContext, ToolOutput, ToolReturned
from vectal.ai.ports import StopReason, ToolSpec
from vectal.ai.toolset import AnyTool, input_schema
from vectal.ai.usage.tokens import count_tokens, shorten
from vectal.platform.errors import AppError
from vectal.platform.telemetry import get_logger

MAX_RESULT_TOKENS: Final = 8_000
MAX_SUMMARY_CHARS: Final = 200
MAX_CALLS: Final = 50
TOOL_TIMEOUT_S: Final = 30.0
_REPAIRS: Final = 1
_SHOWN_MISTAKES: Final = 8
_SERVER_ERROR: Final = 500
_CUT_MARK: Final = "\n… (the rest was cut; ask for less at once)"

_log = get_logger(__name__)


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
        return tuple(
            ToolSpec(tool.name, tool.description, input_schema(tool))
            for tool in self._tools.values()
        )

    def title(self, name: str) -> str:
        tool = self._tools.get(name)
        return tool.title if tool is not None else name

    async def call(self, call_id: str, name: str, arguments: Mapping[str, Any]) -> str:
        """Make the call; what it returned is kept under `call_id`. Returns the model's part."""
        self._calls += 1
        if self._calls > MAX_CALLS:
            return self._keep(call_id, name, _refusal("No more calls are made in this answer."))
        tool = self._tools.get(name)
        if tool is None:
            return self.fail(call_id, name, "unknown_tool")
        if self._mistakes[name] > _REPAIRS:
            return self._keep(call_id, name, _closed(name))
        try:
            given = tool.input.model_validate(arguments)
        except ValidationError as error:
            return self._mistaken(call_id, name, describe(error))
        output = await self._run(tool, given, call_id)
        return self._keep(call_id, name, output)

    def fail(self, call_id: str, name: str, problem: str) -> str:
        """Answer a call that can't even be read, as `problem` says."""
        if problem == "unknown_tool":
            names = ", ".join(self._tools) or "none"
            return self._mistaken(call_id, name, f"There is no such tool. There are: {names}.")
        return self._mistaken(call_id, name, "The arguments are no JSON object.")

    async def _run(self, tool: AnyTool, given: BaseModel, call_id: str) -> ToolOutput:
        try:
            async with asyncio.timeout(TOOL_TIMEOUT_S):
                return await tool.handler(replace(self._site, call_id=call_id), given)
        except AppError as error:
            if error.status >= _SERVER_ERROR:
                _log.warning("ai.tool_failed", tool=tool.name, code=error.code)
            return _refusal(error.detail)
        except TimeoutError:
            _log.warning("ai.tool_slow", tool=tool.name, timeout_s=TOOL_TIMEOUT_S)
            return _refusal("The tool took too long and was stopped.")
        except Exception:  # noqa: BLE001  (see below)
            # A fault of a tool must not cost the answer; the log has the trace.
            _log.exception("ai.tool_broke", tool=tool.name)
            return _refusal("The tool failed by an error of the app. Tell the user so.")

    def _mistaken(self, call_id: str, name: str, problem: str) -> str:
        self._mistakes[name] += 1
        if self._mistakes[name] > _REPAIRS:
            return self._keep(call_id, name, _closed(name))
        return self._keep(call_id, name, _refusal(f"{problem} Correct the call once."))

    def _keep(self, call_id: str, name: str, output: ToolOutput) -> str:
        content = self._fitted(output.content)
        summary = " ".join(output.summary.split())[:MAX_SUMMARY_CHARS]
        self.returned[call_id] = ToolReturned(
            call_id, name, output.ok, summary, output.changeset_id, content
        )
        return content

    def _fitted(self, content: str) -> str:
        """The result as far as the context has room for it."""
        limit = min(MAX_RESULT_TOKENS, max(self._room, 0))
        tokens = count_tokens(content)
        if tokens > limit:
            content = shorten(content, limit) + _CUT_MARK
            tokens = limit
        self._room -= tokens
        return content


def describe(error: ValidationError) -> str:
    """What is wrong with arguments, for the model: places and reasons, no values."""
    mistakes = [
        f"{'.'.join(map(str, entry['loc'])) or 'arguments'}: {entry['msg']}"
        for entry in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    more = len(mistakes) - _SHOWN_MISTAKES
    shown = "; ".join(mistakes[:_SHOWN_MISTAKES]) + (f"; and {more} more" if more > 0 else "")
    return f"The arguments don't fit: {shown}."


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


def _refusal(detail: str) -> ToolOutput:
    return ToolOutput(f"Error: {detail}", detail, ok=False)


def _closed(name: str) -> ToolOutput:
    return _refusal(f"{name} failed twice and is closed for this answer. Go on without it.")
