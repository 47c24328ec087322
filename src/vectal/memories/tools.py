"""What a model may do with memories: write one down, look for some, forget one."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field

from vectal.ai.contracts import Taint, Tool, ToolContext, ToolOutput
from vectal.auth.errors import ForbiddenError
from vectal.auth.policy import can
from vectal.auth.principal import Scope
from vectal.memories.contracts import MAX_CHARS, MemorySource
from vectal.memories.errors import MemoryNotFoundError
from vectal.memories.service import MemoryService

_PRIVATE: Final = frozenset[Taint](("private",))
_MOST: Final = 20


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Remember(_Input):
    text: Annotated[
        str, Field(min_length=1, max_length=MAX_CHARS, description="One fact, in one sentence")
    ]


class Recall(_Input):
    query: Annotated[
        str, Field(max_length=500, description="Words; leave empty for the newest")
    ] = ""
    limit: Annotated[int, Field(ge=1, le=_MOST)] = 10


class Forget(_Input):
    memory_id: UUID


def make_tools(service: MemoryService) -> tuple[Tool[Any], ...]:
    """The tools to register at bootstrap."""
    hand = _Hand(service)
    return (
        Tool(
            name="remember",
            title="Remember",
            description=(
                "Write one lasting fact about the user's work or wishes down, for later runs. "
                "The user sees it, and may change and delete it."
            ),
            input=Remember,
            scope=Scope.AGENTS_WRITE,
            mode="write",
            effect="idempotent",
            handler=hand.remember,
            returns=_PRIVATE,
        ),
        Tool(
            name="recall",
            title="Recall",
            description="Look for what was remembered about the user's work and wishes.",
            input=Recall,
            scope=Scope.AGENTS_READ,
            mode="read",
            effect="pure",
            handler=hand.recall,
            returns=_PRIVATE,
        ),
        Tool(
            name="forget",
            title="Forget",
            description="Delete a memory that is wrong or of no use any more.",
            input=Forget,
            scope=Scope.AGENTS_WRITE,
            mode="write",
            effect="idempotent",
            handler=hand.forget,
            returns=_PRIVATE,
        ),
    )


class _Hand:
    def __init__(self, service: MemoryService) -> None:
        self._service = service

    async def remember(self, context: ToolContext, asked: Remember) -> ToolOutput:
        _check(context, "memories.create")
        origin = context.run_id or context.turn_id
        made = None if origin is None else uuid5(origin, f"memory:{context.call_id}")
        source = MemorySource(context.run_id, context.turn_id)
        memory = await self._service.remember(context.principal, asked.text, source, made)
        return ToolOutput(json.dumps({"memory_id": str(memory.id)}), "one memory written down")

    async def recall(self, context: ToolContext, asked: Recall) -> ToolOutput:
        _check(context, "memories.list")
        found = await self._service.recall(context.principal, asked.query, asked.limit)
        shown = [
            {"memory_id": str(each.id), "text": each.text, "on": f"{each.updated_at:%Y-%m-%d}"}
            for each in found
        ]
        count = len(shown)
        return ToolOutput(
            json.dumps({"memories": shown}, ensure_ascii=False),
            f"{count} memor{'y' if count == 1 else 'ies'}",
        )

    async def forget(self, context: ToolContext, asked: Forget) -> ToolOutput:
        _check(context, "memories.delete")
        try:
            await self._service.delete(context.principal, asked.memory_id)
        except MemoryNotFoundError:
            # Also when this very call was made before a crash: it is gone as wanted.
            return ToolOutput("There is no such memory any more.", "nothing to forget")
        return ToolOutput("Forgotten.", "one memory deleted")


def _check(context: ToolContext, action: str) -> None:
    if not can(context.principal, action):
        raise ForbiddenError("You may not do that with memories in this workspace.")
