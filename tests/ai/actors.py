"""Actors for tests: a provider that plays a script, tools that keep what they were asked."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from vectal.ai.contracts import (
    TokenUsage,
    Tool,
    ToolCallPart,
    ToolContext,
    ToolOutput,
)
from vectal.ai.ports import (
    CallLimits,
    Credentials,
    ListedModel,
    ModelEvent,
    ModelRequest,
    ProviderFault,
    ProviderKind,
    StopReason,
)
from vectal.ai.providers.answer import Answer
from vectal.ai.toolset import ToolRegistry
from vectal.platform.errors import AppError
from vectal.platform.http.sending import current_sending

CHANGESET = UUID(int=77)
USAGE = TokenUsage(100, 20, 10, 0, 5)


@dataclass(frozen=True)
class Says:
    """One answer: what is said, then whether it ends well, breaks off or hangs."""

    text: str = ""
    reasoning: str = ""
    calls: tuple[ToolCallPart, ...] = ()
    reason: StopReason = "stop"
    usage: TokenUsage | None = USAGE
    then: ProviderFault | Literal["hang"] | None = None


Line: TypeAlias = Says | ProviderFault
Script: TypeAlias = Sequence[Line] | Callable[[ModelRequest], Line]


class ScriptedProvider:
    """Plays its lines, one a call; the last line is played again and again."""

    def __init__(self, kind: ProviderKind) -> None:
        self.kind: ProviderKind = kind
        self.lines: Script = [Says("Hello from " + kind)]
        self.requests: list[ModelRequest] = []
        self.credentials: list[Credentials] = []
        self.models: tuple[ListedModel, ...] | ProviderFault = (ListedModel("m", "m"),)
        self.open_calls = 0
        self.began = asyncio.Event()
        self.waits_to_connect = False
        """As the client of HTTP does, and says."""

    async def stream(
        self, credentials: Credentials, request: ModelRequest, limits: CallLimits
    ) -> AsyncGenerator[ModelEvent]:
        self.requests.append(request)
        self.credentials.append(credentials)
        line = self._line(request)
        if isinstance(line, ProviderFault):
            raise line
        self.open_calls += 1
        sending = current_sending()
        if self.waits_to_connect and sending is not None:
            sending.note_waiting()
        self.began.set()
        try:
            async for event in _play(self.kind, line, limits):
                yield event
        finally:
            self.open_calls -= 1

    async def list_models(
        self,
        credentials: Credentials,
        limits: CallLimits,  # noqa: ARG002  (an actor never waits)
    ) -> tuple[ListedModel, ...]:
        self.credentials.append(credentials)
        if isinstance(self.models, ProviderFault):
            raise self.models
        return self.models

    def _line(self, request: ModelRequest) -> Line:
        if callable(self.lines):
            return self.lines(request)
        return self.lines[min(len(self.requests), len(self.lines)) - 1]


async def _play(kind: ProviderKind, line: Says, limits: CallLimits) -> AsyncGenerator[ModelEvent]:
    answer = Answer(kind)
    if line.reasoning:
        yield answer.add_reasoning(line.reasoning)
        answer.sign_reasoning("signed")
    for word in re.findall(r"\s*\S+|\s+", line.text):
        await asyncio.sleep(0)
        yield answer.add_text(word)
    for index, call in enumerate(line.calls):
        yield answer.begin_tool(index, call.call_id, call.name)
        yield answer.add_arguments(index, call.arguments)
    if line.then == "hang":
        await asyncio.sleep(limits.deadline_s)
        raise ProviderFault("timeout", "The provider fell silent.")
    if line.then is not None:
        raise line.then
    yield answer.finish(line.reason, line.usage)


# --- tools ------------------------------------------------------------------------------------


@dataclass
class SeenCalls:
    """What tools were asked, in order."""

    entries: list[tuple[str, BaseModel, ToolContext]] = field(
        default_factory=list[tuple[str, BaseModel, ToolContext]]
    )

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self.entries]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ListInput(_Strict):
    view: Literal["today", "all"] = "all"


class CreateInput(_Strict):
    title: str = Field(min_length=1, max_length=50)
    due_on: str | None = None


class CompleteInput(_Strict):
    task_id: str


class NoSuchTaskError(AppError):
    code = "tests.not_found"
    status = 404
    title = "There is no such task"


TASKS = json.dumps({"tasks": [{"id": "t-1", "title": "Pay rent", "status": "todo"}]})


def sample_registry(seen: SeenCalls) -> ToolRegistry:
    """A reading tool, two writing ones, one that breaks and one that is slow."""

    async def list_tasks(context: ToolContext, given: ListInput) -> ToolOutput:
        seen.entries.append(("list_tasks", given, context))
        return ToolOutput(TASKS, "1 task")

    async def create_task(context: ToolContext, given: CreateInput) -> ToolOutput:
        seen.entries.append(("create_task", given, context))
        return ToolOutput("Proposed.", f"Create “{given.title}”", CHANGESET)

    async def complete_task(context: ToolContext, given: CompleteInput) -> ToolOutput:
        seen.entries.append(("complete_task", given, context))
        if given.task_id != "t-1":
            raise NoSuchTaskError(f"There is no task {given.task_id}.")
        return ToolOutput("Proposed.", "Complete “Pay rent”", CHANGESET)

    async def broken(context: ToolContext, given: ListInput) -> ToolOutput:
        seen.entries.append(("broken", given, context))
        raise RuntimeError("a secret detail")

    registry = ToolRegistry()
    registry.register(
        Tool(
            "list_tasks",
            "List tasks",
            "Lists tasks.",
            ListInput,
            "tasks:read",
            "read",
            "pure",
            list_tasks,
        )
    )
    registry.register(
        Tool(
            "create_task",
            "Create a task",
            "Proposes a task.",
            CreateInput,
            "tasks:write",
            "write",
            "idempotent",
            create_task,
            proposes=True,
        )
    )
    registry.register(
        Tool(
            "complete_task",
            "Complete a task",
            "Proposes to complete.",
            CompleteInput,
            "tasks:write",
            "write",
            "idempotent",
            complete_task,
            proposes=True,
        )
    )
    registry.register(
        Tool("broken", "Broken", "Always breaks.", ListInput, "tasks:read", "read", "pure", broken)
    )
    return registry


def call(name: str, call_id: str = "c-1", **arguments: object) -> ToolCallPart:
    return ToolCallPart(call_id, name, json.dumps(arguments))
