"""Which project and parent a task may have: existing, not too deep, never in a circle."""

from typing import Final
from uuid import UUID

from vectal.tasks.contracts import Task, TaskFields
from vectal.tasks.errors import (
    CycleError,
    LimitReachedError,
    TooDeepError,
    UnknownReferenceError,
)
from vectal.tasks.limits import DEPTH, SUBTASKS_A_TASK, TASKS_DELETED_TOGETHER
from vectal.tasks.repository import projects, tasks
from vectal.tasks.repository.tasks import Descendant
from vectal.tasks.service.ledger import Ledger

_PARENT: Final = "/parent_id"
_PROJECT: Final = "/project_id"


async def settle(ledger: Ledger, wanted: TaskFields, task: Task | None = None) -> TaskFields:
    """Make project and parent agree: a subtask lives where its parent does.

    A new parent brings its project along; a new project takes a subtask away from its parent.
    `task` is the one that changes, None for a new one.
    """
    settled = wanted.copy()
    parent_id = settled.get("parent_id")
    if parent_id is not None and (
        task is None or parent_id != task.parent_id or "project_id" in settled
    ):
        parent = await _check_parent(ledger, parent_id, task)
        if settled.get("project_id") not in (None, parent.project_id):
            raise UnknownReferenceError(
                "A subtask is in the project of its parent.", pointer=_PROJECT
            )
        settled["project_id"] = parent.project_id
        return settled
    if "project_id" in settled and (task is None or settled["project_id"] != task.project_id):
        if settled["project_id"] is not None:
            await check_project(ledger, settled["project_id"])
        if task is not None and task.parent_id is not None:
            settled["parent_id"] = None
    return settled


async def check_project(ledger: Ledger, project_id: UUID) -> None:
    stored = await projects.share_project(ledger.session, ledger.workspace_id, project_id)
    if stored is None or stored.deleted_at is not None:
        raise UnknownReferenceError("There is no such project.", pointer=_PROJECT)
    if stored.project.archived_at is not None:
        raise UnknownReferenceError("The project is archived.", pointer=_PROJECT)


async def _check_parent(ledger: Ledger, parent_id: UUID, task: Task | None) -> Task:
    session, workspace_id = ledger.session, ledger.workspace_id
    height = 1
    if task is not None:
        await tasks.lock_tree(session, workspace_id)
        below = await list_family(ledger, task.id)
        height += max((one.depth for one in below), default=0)
    stored = await tasks.share_task(session, workspace_id, parent_id)
    if stored is None or stored.deleted_at is not None:
        raise UnknownReferenceError("There is no such parent.", pointer=_PARENT)
    line = await tasks.list_ancestors(session, workspace_id, parent_id)
    if task is not None and task.id in line:
        raise CycleError("A task can't go below itself.", pointer=_PARENT)
    if len(line) + height > DEPTH:
        raise TooDeepError(f"Tasks nest {DEPTH} levels deep.", pointer=_PARENT)
    is_new_there = task is None or task.parent_id != parent_id
    siblings = await tasks.count_children(session, workspace_id, parent_id)
    if is_new_there and siblings >= SUBTASKS_A_TASK:
        raise LimitReachedError(f"A task takes {SUBTASKS_A_TASK} subtasks.", pointer=_PARENT)
    return stored.task


async def list_family(ledger: Ledger, *task_ids: UUID) -> list[Descendant]:
    """Everything below the tasks; refuses families too large to change in one step."""
    found = await tasks.list_descendants(
        ledger.session, ledger.workspace_id, task_ids, TASKS_DELETED_TOGETHER + 1
    )
    if len(found) > TASKS_DELETED_TOGETHER:
        raise LimitReachedError(
            f"More than {TASKS_DELETED_TOGETHER} subtasks can't change in one step."
        )
    return found
