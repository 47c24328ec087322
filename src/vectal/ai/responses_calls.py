"""One call of a tool, as every loop makes it: checked, in time, and with an answer in any case."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from pydantic import BaseModel, ValidationError

from vectal.ai.contracts import ToolContext, ToolOutput
from vectal.ai.toolset import AnyTool
from vectal.ai.usage.tokens import count_tokens, shorten
from vectal.platform.errors import AppError
from vectal.platform.telemetry import get_logger

MAX_RESULT_TOKENS: Final = 8_000
MAX_SUMMARY_CHARS: Final = 200
TOOL_TIMEOUT_S: Final = 30.0
_SHOWN_MISTAKES: Final = 8
_SERVER_ERROR: Final = 500
_CUT_MARK: Final = "\n… (the rest was cut; ask for less at once)"

_log = get_logger(__name__)


async def run_tool(tool: AnyTool, context: ToolContext, given: BaseModel) -> ToolOutput:
    """What the handler says. Never raises: what goes wrong is an output that is not `ok`."""
    limit = TOOL_TIMEOUT_S if tool.timeout_s is None else tool.timeout_s
    try:
        async with asyncio.timeout(limit):
            return await tool.handler(context, given)
    except AppError as error:
        if error.status >= _SERVER_ERROR:
            _log.warning("ai.tool_failed", tool=tool.name, code=error.code)
        return refusal(error.detail)
    except TimeoutError:
        _log.warning("ai.tool_slow", tool=tool.name, timeout_s=limit)
        return refusal("The tool took too long and was stopped.")
    except Exception:  # noqa: BLE001  (see below)
        # A fault of a tool must not cost the answer; the log has the trace.
        _log.exception("ai.tool_broke", tool=tool.name)
        return refusal("The tool failed by an error of the app. Tell the user so.")


def refusal(detail: str) -> ToolOutput:
    return ToolOutput(f"Error: {detail}", detail, ok=False)


def describe(error: ValidationError) -> str:
    """What is wrong with arguments, for the model: places and reasons, no values."""
    mistakes = [
        f"{'.'.join(map(str, entry['loc'])) or 'arguments'}: {entry['msg']}"
        for entry in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    more = len(mistakes) - _SHOWN_MISTAKES
    shown = "; ".join(mistakes[:_SHOWN_MISTAKES]) + (f"; and {more} more" if more > 0 else "")
    return f"The arguments don't fit: {shown}."


def bounded(output: ToolOutput, room_tokens: int = MAX_RESULT_TOKENS) -> tuple[ToolOutput, int]:
    """The output as far as there is room for it, with one line of summary; and its tokens."""
    limit = min(MAX_RESULT_TOKENS, max(room_tokens, 0))
    content, tokens = output.content, count_tokens(output.content)
    if tokens > limit:
        content, tokens = shorten(content, limit) + _CUT_MARK, limit
    summary = " ".join(output.summary.split())[:MAX_SUMMARY_CHARS]
    return replace(output, content=content, summary=summary), tokens
