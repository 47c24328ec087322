"""The registry's tools for whoever calls them one by one, with a journal of its own.

It has no memory: the same call may come again after a crash, in another process.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from pydantic import ValidationError

from vectal.ai.contracts import ToolContext, ToolOutput
from vectal.ai.errors import ToolUnsureError
from vectal.ai.prompts.fencing import fenced
from vectal.ai.responses_calls import (
    MAX_RESULT_TOKENS,
    TOOL_TIMEOUT_S,
    bounded,
    describe,
    refusal,
    run_tool,
)
from vectal.ai.toolset import AnyTool, ToolRegistry
from vectal.auth.principal import Principal, Scope
from vectal.platform.telemetry import get_logger

_FENCE_TOKENS = 200
"""Room for the tags around what strangers wrote, and for its escapes."""

_log = get_logger(__name__)


class ToolCaller:
    """Calls go out with the rights of the principal in their context, and with no more."""

    def __init__(self, registry: ToolRegistry) -> None:
        self._registry = registry

    def offered(self, principal: Principal, granted: Collection[str] | None) -> tuple[AnyTool, ...]:
        """By name; None grants all that the principal's scopes allow."""
        return self._registry.offered("act", principal.scopes, granted)

    def grant(
        self, principal: Principal, tools: Iterable[AnyTool], granted: Collection[str] | None
    ) -> list[AnyTool]:
        """Those of tools that are not registered which may be offered, by the same rules."""
        return [
            tool
            for tool in tools
            if _may_call(tool, principal)
            and (granted is None or tool.name in granted)
            and self._registry.find(tool.name) is None
        ]

    async def call(self, tool: AnyTool, context: ToolContext, arguments: str) -> ToolOutput:
        """Never raises: what goes wrong is an output that is not `ok`.

        `arguments` is the JSON text as the model wrote it. What strangers wrote comes back between
        tags that nothing in it can close.
        """
        if not _may_call(tool, context.principal):
            return refusal(f"You may not call {tool.name}.")
        parsed = _parse(arguments)
        if parsed is None:
            return refusal("The arguments are no JSON object. Correct the call once.")
        try:
            given = tool.input.model_validate(parsed)
        except ValidationError as error:
            return refusal(f"{describe(error)} Correct the call once.")
        return _shown(tool, await run_tool(tool, context, given))

    async def find_result(
        self, tool: AnyTool, context: ToolContext, arguments: Mapping[str, Any]
    ) -> ToolOutput | None:
        """What an earlier call with this id has done; None if it has done nothing.

        Raises `ToolUnsureError` when that can't be told: then nobody may make the call again.
        """
        if tool.find_result is None:
            raise ToolUnsureError(f"{tool.name} can't tell what it has done.")
        try:
            given = tool.input.model_validate(arguments)
        except ValidationError:
            # Such a call was refused before it reached the tool.
            return None
        limit = TOOL_TIMEOUT_S if tool.timeout_s is None else tool.timeout_s
        try:
            async with asyncio.timeout(limit):
                found = await tool.find_result(context, given)
        except Exception as error:
            _log.warning("ai.tool_unsure", tool=tool.name, error=repr(error))
            raise ToolUnsureError(f"{tool.name} could not tell what it has done.") from error
        return None if found is None else _shown(tool, found)


def _may_call(tool: AnyTool, principal: Principal) -> bool:
    return Scope.ALL in principal.scopes or tool.scope in principal.scopes


def _parse(arguments: str) -> dict[str, Any] | None:
    try:
        parsed: object = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", parsed) if isinstance(parsed, dict) else None


def _shown(tool: AnyTool, output: ToolOutput) -> ToolOutput:
    """The output within its bounds; words of strangers are fenced, also those of a summary."""
    if "untrusted" not in tool.returns:
        return bounded(output)[0]
    cut, _ = bounded(output, MAX_RESULT_TOKENS - _FENCE_TOKENS)
    return replace(cut, content=fenced(f"result of {tool.name}", cut.content))
