"""REST of single tasks, and the list."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.web import IdempotentRoute, Page
from vectal.tasks.contracts import BOTTOM, Place
from vectal.tasks.routes.wiring import (
    CONFLICT,
    DEFAULT,
    CursorQuery,
    IfMatch,
    LimitQuery,
    Services,
    etag,
    expected_version,
)
from vectal.tasks.schemas.tasks import (
    Task,
    TaskHistoryEntry,
    TaskInput,
    TaskListQuery,
    TaskMove,
    TaskPatch,
)

router = APIRouter(prefix="/tasks", tags=["tasks"], route_class=IdempotentRoute)


@router.get("", dependencies=[requires("tasks.list")])
async def list_tasks(
    query: Annotated[TaskListQuery, Query()], principal: CurrentPrincipal, services: Services
) -> Page[Task]:
    """Tasks that meet every given condition, subtasks among them.

    A cursor belongs to its sort and its conditions; with others it answers 422.
    """
    page = await services.lists.list_tasks(
        principal,
        query.wanted(),
        sort=query.ordered_by(),
        descending=query.is_descending(),
        cursor=query.cursor,
        limit=query.limit,
    )
    return Page(items=[Task.of(task) for task in page.items], next_cursor=page.next_cursor)


@router.post("", status_code=201, dependencies=[requires("tasks.create")])
async def create_task(
    body: TaskInput, principal: CurrentPrincipal, services: Services, response: Response
) -> Task:
    """Create a task. Labels that don't exist yet are created too."""
    place = Place("after", body.position_after) if body.position_after else BOTTOM
    task = await services.tasks.create(principal, body.fields(), place)
    response.headers["ETag"] = etag(task.version)
    return Task.of(task)


@router.get("/{task_id}", dependencies=[requires("tasks.read")])
async def get_task(
    task_id: UUID, principal: CurrentPrincipal, services: Services, response: Response
) -> Task:
    """One task."""
    task = await services.tasks.get(principal, task_id)
    response.headers["ETag"] = etag(task.version)
    return Task.of(task)


@router.patch("/{task_id}", dependencies=[requires("tasks.update")], responses=CONFLICT)
async def update_task(
    task_id: UUID,
    body: TaskPatch,
    if_match: IfMatch,
    principal: CurrentPrincipal,
    services: Services,
    response: Response,
) -> Task:
    """Change fields of a task; what is left out stays as it is."""
    task = await services.tasks.update(
        principal, task_id, body.fields(), version=expected_version(if_match, body.version)
    )
    response.headers["ETag"] = etag(task.version)
    return Task.of(task)


@router.delete(
    "/{task_id}", status_code=204, dependencies=[requires("tasks.delete")], responses=CONFLICT
)
async def delete_task(
    task_id: UUID, if_match: IfMatch, principal: CurrentPrincipal, services: Services
) -> None:
    """Delete a task and its subtasks. They can be restored."""
    await services.tasks.delete(principal, task_id, version=if_match)


@router.post("/{task_id}/restore", dependencies=[requires("tasks.delete")])
async def restore_task(task_id: UUID, principal: CurrentPrincipal, services: Services) -> Task:
    """Bring back a deleted task, with the subtasks that were deleted together with it."""
    return Task.of(await services.tasks.restore(principal, task_id))


@router.post("/{task_id}/move", dependencies=[requires("tasks.update")], responses=CONFLICT)
async def move_task(
    task_id: UUID, body: TaskMove, principal: CurrentPrincipal, services: Services
) -> Task:
    """Put a task elsewhere: beside another task, in a project, in a column of the board."""
    task = await services.tasks.update(
        principal, task_id, body.fields(), version=body.version, place=body.place()
    )
    return Task.of(task)


@router.get("/{task_id}/history", dependencies=[requires("tasks.read")])
async def list_task_history(
    task_id: UUID,
    principal: CurrentPrincipal,
    services: Services,
    limit: LimitQuery = DEFAULT,
    cursor: CursorQuery = None,
) -> Page[TaskHistoryEntry]:
    """What became of a task, the newest first; also of a deleted one."""
    page = await services.lists.list_history(principal, task_id, cursor=cursor, limit=limit)
    items = [TaskHistoryEntry.of(entry) for entry in page.items]
    return Page(items=items, next_cursor=page.next_cursor)
