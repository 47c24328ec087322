"""The tools that look at tasks and projects."""

import json
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from vectal.ai.contracts import Taint, Tool, ToolContext, ToolOutput
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Scope
from vectal.tasks import policy
from vectal.tasks.contracts import OPEN, Project, Task, TaskFilter
from vectal.tasks.due import read_timezone
from vectal.tasks.service import TaskServices
from vectal.tasks.tools.inputs import MOST_TASKS, GetTask, ListProjects, ListTasks

PRIVATE: Final = frozenset[Taint](("private",))
_DEFAULT: Final = 25
_NOTES_CHARS: Final = 4_000
_GLIMPSE_CHARS: Final = 160
_MOST_PROJECTS: Final = 100


def make_reading_tools(services: TaskServices) -> tuple[Tool[Any], ...]:
    hand = _ReadingHand(services)
    return (
        Tool(
            name="list_tasks",
            title="Look at tasks",
            description="Find tasks. Without arguments: open tasks in their manual order.",
            input=ListTasks,
            scope=Scope.TASKS_READ,
            mode="read",
            effect="pure",
            handler=hand.list_tasks,
            returns=PRIVATE,
        ),
        Tool(
            name="get_task",
            title="Look at a task",
            description="Show one task with its notes and subtasks.",
            input=GetTask,
            scope=Scope.TASKS_READ,
            mode="read",
            effect="pure",
            handler=hand.get_task,
            returns=PRIVATE,
        ),
        Tool(
            name="list_projects",
            title="Look at projects",
            description="List the projects that tasks can be in.",
            input=ListProjects,
            scope=Scope.TASKS_READ,
            mode="read",
            effect="pure",
            handler=hand.list_projects,
            returns=PRIVATE,
        ),
    )


class _ReadingHand:
    def __init__(self, services: TaskServices) -> None:
        self._services = services

    async def list_tasks(self, context: ToolContext, asked: ListTasks) -> ToolOutput:
        _check(context)
        project = None
        if asked.project is not None:
            project = await self._services.projects.get_named(context.principal, asked.project)
        wanted = TaskFilter(
            q=asked.q,
            view=asked.view,
            project_id=project.id if project else None,
            parent_id=asked.parent_id,
            statuses=frozenset(asked.status or OPEN),
            priorities=frozenset(asked.priority or ()),
            labels=tuple(asked.labels or ()),
            due_from=asked.due_from,
            due_to=asked.due_to,
            overdue=asked.overdue or False,
            timezone=context.timezone,
        )
        by_time = asked.view in {"today", "upcoming", "overdue"} or wanted.overdue
        sort = asked.sort or ("due" if by_time else "updated" if asked.q else "position")
        page = await self._services.lists.list_tasks(
            context.principal,
            wanted,
            sort=sort,
            descending=sort in {"created", "updated"},
            limit=asked.limit or _DEFAULT,
        )
        shown = await self._show_all(context, page.items)
        count = len(shown)
        return ToolOutput(
            _json({"tasks": shown, "more": page.next_cursor is not None}),
            f"{count} task{'' if count == 1 else 's'}{' and more' if page.next_cursor else ''}",
        )

    async def get_task(self, context: ToolContext, asked: GetTask) -> ToolOutput:
        _check(context)
        task = await self._services.tasks.get(context.principal, asked.task_id)
        below = await self._services.lists.list_tasks(
            context.principal, TaskFilter(parent_id=task.id), limit=MOST_TASKS
        )
        (shown,) = await self._show_all(context, [task])
        shown["notes"] = _cut(task.notes, _NOTES_CHARS)
        shown["subtasks"] = list(await self._show_all(context, below.items))
        return ToolOutput(_json({"task": shown}), task.title)

    async def list_projects(self, context: ToolContext, asked: ListProjects) -> ToolOutput:
        del asked
        _check(context)
        page = await self._services.projects.list_projects(
            context.principal, archived=False, limit=_MOST_PROJECTS
        )
        shown: list[JsonValue] = [_show_project(project) for project in page.items]
        count = len(shown)
        return ToolOutput(
            _json({"projects": shown, "more": page.next_cursor is not None}),
            f"{count} project{'' if count == 1 else 's'}",
        )

    async def _show_all(self, context: ToolContext, tasks: Any) -> list[dict[str, JsonValue]]:
        names = await self._services.projects.find_names(
            context.principal, {task.project_id for task in tasks if task.project_id is not None}
        )
        zone = read_timezone(context.timezone)
        return [_show(task, names, zone) for task in tasks]


def _check(context: ToolContext) -> None:
    if not policy.can_read_tasks(context.principal):
        raise ForbiddenError("You may not read tasks in this workspace.")


def _show(task: Task, projects: dict[UUID, str], zone: ZoneInfo) -> dict[str, JsonValue]:
    """A task in few words: what is empty is left out."""
    shown: dict[str, JsonValue] = {
        "id": str(task.id),
        "title": task.title,
        "status": task.status,
        "priority": task.priority,
    }
    if task.project_id is not None:
        shown["project"] = projects.get(task.project_id, "")
    if task.parent_id is not None:
        shown["parent_id"] = str(task.parent_id)
    if task.due_on is not None:
        shown["due_on"] = task.due_on.isoformat()
    if task.due_at is not None:
        shown["due_at"] = task.due_at.astimezone(zone).isoformat(timespec="minutes")
    if task.labels:
        shown["labels"] = [label.name for label in task.labels]
    if task.subtasks.total:
        shown["subtasks_done"] = f"{task.subtasks.done} of {task.subtasks.total}"
    if task.notes:
        shown["notes"] = _cut(task.notes, _GLIMPSE_CHARS)
    return shown


def _show_project(project: Project) -> dict[str, JsonValue]:
    return {"id": str(project.id), "name": project.name}


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}… (cut)"


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
