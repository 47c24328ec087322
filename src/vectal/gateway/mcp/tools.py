"""The tools that a client from outside is offered, and one call of them."""

from __future__ import annotations

import json
from typing import Any, Final

from vectal.agents.approving import DANGEROUS, changes, why_ask
from vectal.agents.ports import AnyTool
from vectal.agents.service_approvals import ApprovalRulesService
from vectal.ai.contracts import ToolContext
from vectal.ai.service.tool_caller import ToolCaller
from vectal.ai.toolset import input_schema
from vectal.auth.principal import Principal
from vectal.gateway.mcp.messages import INVALID_PARAMS, Object, RpcError
from vectal.platform.ids import new_id

_NAME_CHARS: Final = 64


class OutsideTools:
    """The registry's tools with the caller's rights, less what a person would have to approve."""

    def __init__(self, caller: ToolCaller, rules: ApprovalRulesService) -> None:
        self._caller = caller
        self._rules = rules

    async def list_tools(self, principal: Principal) -> list[Object]:
        """By name, as the protocol describes a tool."""
        return [_described(tool) for tool in await self._offered(principal)]

    async def call(self, principal: Principal, params: Object) -> Object:
        """What the tool says. Raises `RpcError` for what is no call of an offered tool.

        Without a run and without a turn each call that proposes makes a changeset of its own.
        """
        name, arguments = params.get("name"), params.get("arguments", {})
        if not isinstance(name, str) or len(name) > _NAME_CHARS:
            raise RpcError(INVALID_PARAMS, "The call names no tool.")
        if not isinstance(arguments, dict):
            raise RpcError(INVALID_PARAMS, "The arguments are no object.")
        offered = {tool.name: tool for tool in await self._offered(principal)}
        tool = offered.get(name)
        if tool is None:
            raise RpcError(INVALID_PARAMS, "There is no such tool for this credential.")
        context = ToolContext(
            principal=principal,
            turn_id=None,
            conversation_id=None,
            call_id=new_id().hex,
            mode="act",
            timezone=principal.timezone,
        )
        output = await self._caller.call(tool, context, json.dumps(arguments))
        return {"content": [{"type": "text", "text": output.content}], "isError": not output.ok}

    async def _offered(self, principal: Principal) -> list[AnyTool]:
        rules = await self._rules.get(principal)
        tools = self._caller.offered(principal, None)
        return [tool for tool in tools if why_ask(tool, DANGEROUS, rules) is None]


def _described(tool: AnyTool) -> Object:
    hints: dict[str, Any] = {
        "readOnlyHint": tool.mode == "read",
        "destructiveHint": changes(tool),
        "idempotentHint": tool.effect in {"pure", "idempotent"},
        "openWorldHint": tool.egress != "none",
    }
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": input_schema(tool),
        "annotations": {"title": tool.title, **hints},
    }
