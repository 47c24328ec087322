"""What runs need of others; bootstrap says who provides it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from vectal.agents.contracts import Run
from vectal.ai.contracts import Taint, Tool, ToolContext, ToolOutput
from vectal.ai.contracts_runs import ThinkRequest, Thought, Witness
from vectal.auth.principal import Principal

AnyTool: TypeAlias = Tool[Any]


class Mind(Protocol):
    """The part of `ai.service.AiService` that a run needs."""

    async def check_caller(self, principal: Principal) -> None: ...

    async def think(self, principal: Principal, request: ThinkRequest, witness: Witness) -> Thought:
        """Make one model call. Raises an AppError where no model gave an answer.

        The witness is told of the most that it can take before any model is asked, and of what it
        took however it ended. Cancel the task to stop at once.
        """
        ...


class Rights(Protocol):
    """The part of `auth.service.AuthService` that a run needs."""

    async def still_valid(self, principals: Collection[Principal]) -> frozenset[UUID]:
        """Ids of the sessions and keys among these that have lost their right."""
        ...


class Toolbox(Protocol):
    """The tools that runs may call, with the caller's rights."""

    def offered(self, principal: Principal, granted: Collection[str] | None) -> tuple[AnyTool, ...]:
        """By name; None grants all that the principal's scopes allow."""
        ...

    async def call(self, tool: AnyTool, context: ToolContext, arguments: str) -> ToolOutput:
        """Never raises: what goes wrong is an output that is not `ok`.

        `arguments` is the JSON text as the model wrote it. `context.call_id` is the idempotency
        key: a call that is made again after a crash has the same.
        """
        ...

    async def find_result(
        self, tool: AnyTool, context: ToolContext, arguments: Mapping[str, Any]
    ) -> ToolOutput | None:
        """For a `queryable` tool: what an earlier call with this key has done; None if nothing."""
        ...


class Approver(Protocol):
    """Which calls a person must approve."""

    async def decide(
        self, tool: AnyTool, arguments: Mapping[str, Any], taint: Collection[Taint], run: Run
    ) -> str | None:
        """Why a person must approve this call; None when it may be made at once."""
        ...


class Surroundings(Protocol):
    """What the model is told about the person whose run it is."""

    async def names_of(self, principal: Principal) -> tuple[str, str]:
        """The person's name and the workspace's."""
        ...


class ToolSource(Protocol):
    """Tools that a workspace has of its own, beside those of the toolbox."""

    async def tools_of(self, principal: Principal) -> Sequence[AnyTool]:
        """Those that the principal's scopes allow; their names begin with the source's own."""
        ...


@dataclass(frozen=True, slots=True)
class AgentPorts:
    """All of them."""

    mind: Mind
    toolbox: Toolbox
    approver: Approver
    rights: Rights
    surroundings: Surroundings
    sources: Sequence[ToolSource] = ()

    async def tools_for(
        self, principal: Principal, granted: Collection[str] | None
    ) -> tuple[AnyTool, ...]:
        """All that a run may call; None grants all that the principal's scopes allow."""
        offered = list(self.toolbox.offered(principal, granted))
        for source in self.sources:
            own = await source.tools_of(principal)
            offered += [tool for tool in own if granted is None or tool.name in granted]
        return tuple(offered)
