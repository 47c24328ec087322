"""The one place where tasks are written: with their versions, history and events."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from vectal.platform.ids import new_id
from vectal.tasks.contracts import BOTTOM, Place, Subtasks, Task, TaskFields
from vectal.tasks.due import order_of
from vectal.tasks.errors import NotDeletedError, UnknownReferenceError
from vectal.tasks.fields import BLANK, differing, fields_of
from vectal.tasks.ports import People
from vectal.tasks.repository import projects, tasks
from vectal.tasks.repository.positions import Shelf
from vectal.tasks.repository.rows import StoredTask
from vectal.tasks.repository.tasks import NewTask
from vectal.tasks.service import families, labelling, placing
from vectal.tasks.service.ledger import DELETED, RESTORED, Ledger, changes_between


class TaskWriter:
    """Writes tasks that its caller has locked, checked for version and for rights.

    Fields are clean (`fields.clean`).
    """

    def __init__(self, people: People) -> None:
        self._people = people

    async def create(
        self,
        ledger: Ledger,
        given: TaskFields,
        *,
        task_id: UUID | None = None,
        place: Place = BOTTOM,
    ) -> Task:
        fields = await families.settle(ledger, BLANK | given)
        await self._check_assignee(ledger, fields.get("assignee_id"))
        shelf = Shelf(ledger.workspace_id, "tasks", fields.get("project_id"))
        wanted = await labelling.resolve(ledger, fields.get("labels", []))
        fields["labels"] = [label.name for label in wanted]
        position, spread = await placing.find_position(ledger.session, shelf, place)
        await _tell_spread(ledger, spread)
        task = _new_task(ledger, fields, task_id or new_id(), position)
        await tasks.insert_task(
            ledger.session,
            ledger.workspace_id,
            ledger.author.user_id,
            _row_of(task, ledger),
            ledger.at,
        )
        put = await labelling.put_on(ledger, task.id, (), wanted)
        changes = changes_between(BLANK, differing(BLANK, fields))
        ledger.record(task.id, task.version, changes)
        ledger.tell_task(task.id, task.version, "created")
        return replace(task, labels=put)

    async def change(
        self,
        ledger: Ledger,
        task: Task,
        wanted: TaskFields,
        *,
        place: Place | None = None,
        completed_at: datetime | None = None,
    ) -> Task:
        """Change a task and place it; without a difference nothing is written.

        `completed_at` is when the task was done, if that was not now.
        """
        settled = await families.settle(ledger, wanted, task)
        changed = differing(fields_of(task), settled)
        await self._check_assignee(ledger, changed.get("assignee_id"))
        # Whatever may be refused is looked at before the first row is written.
        labels = await labelling.resolve(ledger, changed["labels"]) if "labels" in changed else None
        if labels is not None:
            changed["labels"] = [label.name for label in labels]
        family = await families.list_family(ledger, task.id) if "project_id" in changed else []
        values = cast("dict[str, Any]", changed.copy())
        values.pop("labels", None)
        if "project_id" in changed or place is not None:
            shelf = Shelf(ledger.workspace_id, "tasks", settled.get("project_id", task.project_id))
            values["position"], spread = await placing.find_position(
                ledger.session, shelf, place or BOTTOM, task.id
            )
            await _tell_spread(ledger, spread)
        if not changed and values.get("position", task.position) == task.position:
            return task
        if "status" in changed:
            is_done = changed["status"] == "done"
            values["completed_at"] = (completed_at or ledger.at) if is_done else None
        written = await _write(ledger, task, changed, values)
        if labels is not None:
            put = await labelling.put_on(ledger, task.id, task.labels, labels)
            written = replace(written, labels=put)
        await _take_along(ledger, [one.id for one in family], task, written.project_id)
        return written

    async def delete(self, ledger: Ledger, task: Task) -> Sequence[UUID]:
        """Delete a task and everything below it; return their ids."""
        family = [task.id, *(one.id for one in await families.list_family(ledger, task.id))]
        versions = await tasks.set_deleted(
            ledger.session, ledger.workspace_id, family, ledger.at, ledger.at
        )
        for task_id, version in versions.items():
            ledger.record(task_id, version, DELETED)
        ledger.tell_tasks(versions, "deleted", {task.project_id})
        return family

    async def restore(self, ledger: Ledger, stored: StoredTask) -> Task:
        """Bring back a task and what was deleted together with it.

        Where its parent or its project is gone, it comes back without.
        """
        task, deleted_at = stored.task, stored.deleted_at
        if deleted_at is None:
            raise NotDeletedError
        below = await tasks.list_descendants(
            ledger.session,
            ledger.workspace_id,
            [task.id],
            families.TASKS_DELETED_TOGETHER + 1,
            deleted_at=deleted_at,
        )
        family = [task.id, *(one.id for one in below)]
        versions = await tasks.set_deleted(
            ledger.session, ledger.workspace_id, family, None, ledger.at
        )
        for task_id, version in versions.items():
            ledger.record(task_id, version, RESTORED)
        ledger.tell_tasks(versions, "updated", {task.project_id})
        home = await self._find_home(ledger, task)
        back = replace(task, version=versions[task.id], updated_at=ledger.at)
        return await self.change(ledger, back, home) if home else back

    async def _find_home(self, ledger: Ledger, task: Task) -> TaskFields:
        """What of its old surroundings a restored task has to leave."""
        session, workspace_id = ledger.session, ledger.workspace_id
        home = TaskFields()
        if task.parent_id is not None:
            parent = await tasks.share_task(session, workspace_id, task.parent_id)
            if parent is None or parent.deleted_at is not None:
                home["parent_id"] = None
            elif parent.task.project_id != task.project_id:
                home["parent_id"], home["project_id"] = parent.task.id, parent.task.project_id
        if task.project_id is not None and "project_id" not in home:
            project = await projects.share_project(session, workspace_id, task.project_id)
            if project is None or project.deleted_at is not None:
                home["project_id"] = None
        return home

    async def _check_assignee(self, ledger: Ledger, assignee_id: UUID | None) -> None:
        if assignee_id is not None:
            known = await self._people.find_names(ledger.author, [assignee_id])
            if assignee_id not in known:
                raise UnknownReferenceError(
                    "The assignee is no member of this workspace.", pointer="/assignee_id"
                )


async def _write(ledger: Ledger, task: Task, changed: TaskFields, values: dict[str, Any]) -> Task:
    written = replace(task, **values, version=task.version + 1, updated_at=ledger.at)
    if {"due_on", "due_at"} & changed.keys():
        values["due_order"] = order_of(written.due_on, written.due_at, ledger.author.timezone)
    await tasks.update_task(ledger.session, ledger.workspace_id, task.id, values, ledger.at)
    ledger.record(task.id, written.version, changes_between(fields_of(task), changed))
    completed = changed.get("status") == "done"
    ledger.tell_task(task.id, written.version, "updated", completed=completed)
    return written


async def _take_along(
    ledger: Ledger, family: Sequence[UUID], task: Task, project_id: UUID | None
) -> None:
    """Move everything below a task to the project that it went to."""
    if not family:
        return
    versions = await tasks.set_project(
        ledger.session, ledger.workspace_id, family, project_id, ledger.at
    )
    moved = changes_between(
        TaskFields(project_id=task.project_id), TaskFields(project_id=project_id)
    )
    for task_id, version in versions.items():
        ledger.record(task_id, version, moved)
    ledger.tell_tasks(versions, "updated", {task.project_id, project_id})


async def _tell_spread(ledger: Ledger, spread: Sequence[UUID]) -> None:
    """Tasks that made room stand elsewhere now, in the same version."""
    if spread:
        versions = await tasks.list_versions(ledger.session, ledger.workspace_id, spread)
        for task_id, version in versions.items():
            ledger.tell_task(task_id, version, "updated")


def _new_task(ledger: Ledger, fields: TaskFields, task_id: UUID, position: str) -> Task:
    values = cast("dict[str, Any]", fields.copy())
    values["labels"] = ()
    return Task(
        id=task_id,
        position=position,
        created_by=ledger.author.user_id,
        created_at=ledger.at,
        updated_at=ledger.at,
        completed_at=ledger.at if values["status"] == "done" else None,
        version=1,
        subtasks=Subtasks(),
        **values,
    )


def _row_of(task: Task, ledger: Ledger) -> NewTask:
    return NewTask(
        id=task.id,
        project_id=task.project_id,
        parent_id=task.parent_id,
        title=task.title,
        notes=task.notes,
        status=task.status,
        priority=task.priority,
        due_on=task.due_on,
        due_at=task.due_at,
        due_order=order_of(task.due_on, task.due_at, ledger.author.timezone),
        position=task.position,
        assignee_id=task.assignee_id,
        completed_at=task.completed_at,
    )
