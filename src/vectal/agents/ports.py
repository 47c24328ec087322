"""What runs need of others; bootstrap says who provides it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from vectal.agents.contracts import HandedIn, Run
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


class ToolSource(Protocol):
    """Tools that are not the same for everybody, such as those of a workspace's servers."""

    async def tools_of(self, principal: Principal) -> Sequence[AnyTool]: ...


class Toolbox(Protocol):
    """The tools that runs may call, with the caller's rights."""

    async def offered(
        self, principal: Principal, granted: Collection[str] | None
    ) -> tuple[AnyTool, ...]:
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


class TaskDesk(Protocol):
    """The task that a run was handed over with: what is said there, and what is taken.

    Each call joins the transaction in which the run itself comes so far, so that neither is there
    without the other. What the person may not do there is left out, or raises as it says.
    """

    async def ask(
        self, principal: Principal, task_id: UUID, run_id: UUID, call_id: str, question: str
    ) -> None:
        """Ask on the task; again with the same `call_id` does nothing."""
        ...

    async def answer(
        self, principal: Principal, task_id: UUID, run_id: UUID, call_id: str, text: str
    ) -> None:
        """Write down there what the run was answered."""
        ...

    async def deliver(
        self, principal: Principal, task_id: UUID, run_id: UUID, handed_in: HandedIn
    ) -> None: ...

    async def withdraw(self, principal: Principal, run_id: UUID) -> None:
        """The run asks nothing any more."""
        ...

    async def title_of(self, principal: Principal, task_id: UUID) -> str:
        """Raises an AppError where there is no such task."""
        ...

    async def take(
        self, principal: Principal, run_id: UUID, item_ids: Collection[UUID] | None
    ) -> Sequence[UUID]:
        """Do these changes of the run, or all that wait, and turn the rest down.

        Returns those that others have overtaken, which still wait. Raises `ForbiddenError`.
        """
        ...

    async def turn_down(self, principal: Principal, run_id: UUID) -> None:
        """Reject what of the run's changes waits."""
        ...

    async def complete(self, principal: Principal, task_id: UUID) -> None:
        """Mark it done, if it is there and open."""
        ...


class NoDesk:
    """Where there are no tasks: runs keep what they have to say to themselves."""

    async def ask(
        self, principal: Principal, task_id: UUID, run_id: UUID, call_id: str, question: str
    ) -> None:
        del principal, task_id, run_id, call_id, question

    async def answer(
        self, principal: Principal, task_id: UUID, run_id: UUID, call_id: str, text: str
    ) -> None:
        del principal, task_id, run_id, call_id, text

    async def deliver(
        self, principal: Principal, task_id: UUID, run_id: UUID, handed_in: HandedIn
    ) -> None:
        del principal, task_id, run_id, handed_in

    async def withdraw(self, principal: Principal, run_id: UUID) -> None:
        del principal, run_id

    async def title_of(self, principal: Principal, task_id: UUID) -> str:
        del principal
        return str(task_id)

    async def take(
        self, principal: Principal, run_id: UUID, item_ids: Collection[UUID] | None
    ) -> Sequence[UUID]:
        del principal, run_id, item_ids
        return ()

    async def turn_down(self, principal: Principal, run_id: UUID) -> None:
        del principal, run_id

    async def complete(self, principal: Principal, task_id: UUID) -> None:
        del principal, task_id


@dataclass(frozen=True, slots=True)
class AgentPorts:
    """All of them."""

    mind: Mind
    toolbox: Toolbox
    approver: Approver
    rights: Rights
    surroundings: Surroundings
    desk: TaskDesk = field(default_factory=NoDesk)
