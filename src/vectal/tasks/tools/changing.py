"""The tools that propose changes. What they return says that nothing has happened yet."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from vectal.ai.contracts import Tool, ToolContext, ToolOutput
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Scope
from vectal.platform.ids import new_id
from vectal.tasks.contracts import Changeset, ChangesetItem, Origin, Proposal, TaskFields
from vectal.tasks.due import read_timezone
from vectal.tasks.fields import fold
from vectal.tasks.merging import describe
from vectal.tasks.service import TaskServices
from vectal.tasks.tools.inputs import (
    BreakDownTask,
    CompleteTask,
    CreateTask,
    Input,
    Step,
    UpdateTask,
)
from vectal.tasks.tools.reading import PRIVATE

_NOTE: Final = (
    "Nothing has changed yet. The user sees these changes beside your answer and accepts or "
    "rejects each. Do not prepare them again."
)


def make_changing_tools(services: TaskServices) -> tuple[Tool[Any], ...]:
    hand = _ChangingHand(services)
    return (
        _tool("create_task", "Prepare a new task", "Prepare a new task.", CreateTask, hand.create),
        _tool(
            "update_task",
            "Prepare a change",
            "Prepare a change of a task. Only what you name changes.",
            UpdateTask,
            hand.update,
        ),
        _tool(
            "complete_task",
            "Prepare a completion",
            "Prepare to mark a task as done.",
            CompleteTask,
            hand.complete,
        ),
        _tool(
            "break_down_task",
            "Prepare subtasks",
            "Prepare subtasks of a task: the steps that it takes.",
            BreakDownTask,
            hand.break_down,
        ),
    )


def _tool(name: str, title: str, description: str, takes: type[Input], handler: Any) -> Tool[Any]:
    return Tool(
        name=name,
        title=title,
        description=description,
        input=takes,
        scope=Scope.TASKS_WRITE,
        mode="write",
        effect="idempotent",
        handler=handler,
        returns=PRIVATE,
        proposes=True,
    )


class _ChangingHand:
    def __init__(self, services: TaskServices) -> None:
        self._services = services

    async def create(self, context: ToolContext, asked: CreateTask) -> ToolOutput:
        fields = await self._plain_fields(context, asked)
        fields["title"] = asked.title
        if asked.labels:
            fields["labels"] = asked.labels
        return await self._propose(context, [Proposal("create", fields, _made_id(context, 0))])

    async def update(self, context: ToolContext, asked: UpdateTask) -> ToolOutput:
        fields = await self._plain_fields(context, asked)
        if asked.title is not None:
            fields["title"] = asked.title
        if asked.status is not None:
            fields["status"] = asked.status
        cleared = set(asked.clear or ())
        if "due" in cleared:
            fields["due_on"], fields["due_at"] = None, None
        if "notes" in cleared:
            fields["notes"] = ""
        if "project" in cleared:
            fields["project_id"] = None
        if "parent" in cleared:
            fields["parent_id"] = None
        if "labels" in cleared or asked.add_labels or asked.remove_labels:
            fields["labels"] = await self._labels(context, asked, emptied="labels" in cleared)
        return await self._propose(context, [Proposal("update", fields, asked.task_id)])

    async def complete(self, context: ToolContext, asked: CompleteTask) -> ToolOutput:
        return await self._propose(context, [Proposal("complete", task_id=asked.task_id)])

    async def break_down(self, context: ToolContext, asked: BreakDownTask) -> ToolOutput:
        proposals = [
            Proposal("create", _step_fields(step, asked.task_id), _made_id(context, number))
            for number, step in enumerate(asked.steps)
        ]
        return await self._propose(context, proposals)

    async def _plain_fields(
        self, context: ToolContext, asked: CreateTask | UpdateTask
    ) -> TaskFields:
        """The fields that both tools take alike; null leaves them out."""
        fields = TaskFields()
        if asked.notes is not None:
            fields["notes"] = asked.notes
        if asked.priority is not None:
            fields["priority"] = asked.priority
        if asked.due_on is not None:
            fields["due_on"] = asked.due_on
        if asked.due_at is not None:
            fields["due_at"] = _on_the_wall(asked.due_at, context.timezone)
        if asked.parent_id is not None:
            fields["parent_id"] = asked.parent_id
        if asked.project is not None:
            project = await self._services.projects.get_named(context.principal, asked.project)
            fields["project_id"] = project.id
        return fields

    async def _labels(self, context: ToolContext, asked: UpdateTask, *, emptied: bool) -> list[str]:
        dropped = fold(asked.remove_labels or ())
        kept: list[str] = []
        if not emptied:
            now = await self._services.changesets.foresee_labels(
                context.principal, _origin(context), asked.task_id
            )
            kept = [name for name in now if name.lower() not in dropped]
        return [*kept, *(asked.add_labels or ())]

    async def _propose(self, context: ToolContext, proposals: Sequence[Proposal]) -> ToolOutput:
        if context.mode != "act":
            raise ForbiddenError("Changes can only be prepared in Act mode.")
        changeset = await self._services.changesets.propose(
            context.principal, _origin(context), proposals
        )
        return _output(changeset, _items_of(context, changeset, len(proposals)))


def _origin(context: ToolContext) -> Origin:
    call_id = context.call_id if context.run_id is not None else None
    return Origin(context.turn_id, context.conversation_id, context.run_id, call_id)


def _made_id(context: ToolContext, number: int) -> UUID:
    """The id of what this call creates: the same when the call is made again."""
    origin = context.run_id or context.turn_id
    if origin is None:
        return new_id()
    return uuid5(origin, f"{context.call_id}:{number}")


def _step_fields(step: Step, parent_id: UUID) -> TaskFields:
    fields = TaskFields(title=step.title, parent_id=parent_id)
    if step.notes is not None:
        fields["notes"] = step.notes
    if step.due_on is not None:
        fields["due_on"] = step.due_on
    return fields


def _on_the_wall(moment: datetime, timezone: str) -> datetime:
    """A time without an offset is one on the user's own clock."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=read_timezone(timezone))


def _items_of(context: ToolContext, changeset: Changeset, count: int) -> Sequence[ChangesetItem]:
    """What this call has proposed: now, or when it was made before."""
    if context.run_id is None:
        return changeset.items[-count:]
    return [item for item in changeset.items if item.call_id == context.call_id]


def _output(changeset: Changeset, new: Sequence[ChangesetItem]) -> ToolOutput:
    prepared = [
        {
            "operation": item.operation,
            "task_id": str(item.task_id),
            "title": item.title,
            "after": item.after,
        }
        for item in new
    ]
    content = {
        "state": "awaiting the user's decision",
        "note": _NOTE,
        "changeset_id": str(changeset.id),
        "prepared": prepared,
    }
    return ToolOutput(
        json.dumps(content, ensure_ascii=False, separators=(",", ":")),
        describe([item.operation for item in new], new[0].title),
        changeset.id,
    )
