"""Tools of servers as runs are offered them: what the person has consented to, as it was then.

What comes back is a stranger's. It is private, too, where the server knows us by a credential or
runs here: what it hands out may be nobody else's business.
"""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Sequence
from typing import Any, Final, cast

from pydantic import BaseModel, RootModel, model_validator

from vectal.ai.contracts import TAINTS, Taint, Tool, ToolContext, ToolOutput
from vectal.auth.principal import Principal, Scope
from vectal.mcp.answers import read_answer
from vectal.mcp.service import McpServices
from vectal.mcp.service.tools import OfferedTool
from vectal.mcp.wire.schemas import find_faults

_UNTRUSTED: Final = frozenset[Taint](("untrusted",))
_TIMEOUT_S: Final = 120.0


class ServerTools:
    """Implements the source of tools that runs ask."""

    def __init__(self, services: McpServices) -> None:
        self._services = services

    async def tools_of(self, principal: Principal) -> Sequence[Tool[Any]]:
        """By name. None of them where nobody has consented to any."""
        offered = await self._services.tools.list_offered(principal)
        made = [self._tool(each) for each in offered]
        return sorted(made, key=lambda tool: tool.name)

    def _tool(self, offered: OfferedTool) -> Tool[Any]:
        async def call(context: ToolContext, asked: Arguments) -> ToolOutput:
            reply = await self._services.calling.call(
                context.principal, offered.id, asked.root, context.run_id
            )
            return read_answer(reply)

        definition = offered.definition
        only_reads = offered.effect == "pure"
        return Tool(
            name=offered.offered_as,
            title=f"mcp.{offered.server.name}.{definition.name}",
            description=definition.description or definition.title or definition.name,
            input=input_of(json.dumps(definition.schema, sort_keys=True)),
            scope=Scope.AGENTS_WRITE,
            mode="read" if only_reads else "write",
            effect=offered.effect,
            handler=call,
            egress="read" if only_reads else "write",
            returns=TAINTS if offered.server.is_private else _UNTRUSTED,
            timeout_s=_TIMEOUT_S,
        )


class Arguments(RootModel[dict[str, Any]]):
    """Arguments as a server's schema wants them."""


@functools.lru_cache(maxsize=512)
def input_of(schema: str) -> type[BaseModel]:
    """A model that takes what the schema takes, and shows the schema as it is."""
    parsed = cast("dict[str, Any]", json.loads(schema))

    class Fitting(Arguments):
        @model_validator(mode="after")
        def _fit(self) -> Fitting:
            if faults := find_faults(parsed, self.root):
                raise ValueError("; ".join(faults))
            return self

        @classmethod
        def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
            return copy.deepcopy(parsed)

    return Fitting
