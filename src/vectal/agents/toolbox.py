"""The tools that runs may call: the registry's and a person's own, with the caller's rights."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from vectal.agents.ports import AnyTool, ToolSource
from vectal.ai.contracts import ToolContext, ToolOutput
from vectal.ai.service.tool_caller import ToolCaller
from vectal.auth.principal import Principal


class RegistryToolbox:
    """Implements the port over what modules have registered. Holds nothing of a run.

    The principal is the one that asked for the run, so a tool can do what that person can do; what
    was granted only makes it less.
    """

    def __init__(self, caller: ToolCaller, sources: Sequence[ToolSource] = ()) -> None:
        self._caller: Final = caller
        self._sources: Final = sources

    async def offered(
        self, principal: Principal, granted: Collection[str] | None
    ) -> tuple[AnyTool, ...]:
        """By name; None grants all that the principal's scopes allow."""
        offered = list(self._caller.offered(principal, granted))
        for source in self._sources:
            more = await source.tools_of(principal)
            offered += self._caller.grant(principal, more, granted)
        return tuple(sorted(offered, key=lambda tool: tool.name))

    async def call(self, tool: AnyTool, context: ToolContext, arguments: str) -> ToolOutput:
        """Never raises. Whoever calls has asked for the approvals that the call needs."""
        # Runs may prepare changes; chat's two modes are for people who look on.
        return await self._caller.call(tool, replace(context, mode="act"), arguments)

    async def find_result(
        self, tool: AnyTool, context: ToolContext, arguments: Mapping[str, Any]
    ) -> ToolOutput | None:
        """What an earlier call has done. Raises `ToolUnsureError` when that can't be told."""
        return await self._caller.find_result(tool, replace(context, mode="act"), arguments)
