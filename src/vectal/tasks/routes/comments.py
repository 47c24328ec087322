"""REST of comments on a task."""

from uuid import UUID

from fastapi import APIRouter, Response

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.web import IdempotentRoute, Page
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
from vectal.tasks.schemas.comments import TaskComment, TaskCommentInput, TaskCommentPatch

router = APIRouter(prefix="/tasks/{task_id}/comments", tags=["tasks"], route_class=IdempotentRoute)


@router.get("", dependencies=[requires("task_comments.list")])
async def list_task_comments(
    task_id: UUID,
    principal: CurrentPrincipal,
    services: Services,
    limit: LimitQuery = DEFAULT,
    cursor: CursorQuery = None,
) -> Page[TaskComment]:
    """What people and their runs say about a task, the newest first."""
    page = await services.comments.list_comments(principal, task_id, cursor=cursor, limit=limit)
    items = [TaskComment.of(comment) for comment in page.items]
    return Page(items=items, next_cursor=page.next_cursor)


@router.post("", status_code=201, dependencies=[requires("task_comments.create")])
async def add_task_comment(
    task_id: UUID,
    body: TaskCommentInput,
    principal: CurrentPrincipal,
    services: Services,
    response: Response,
) -> TaskComment:
    """Say something about a task, or answer what your run has asked there."""
    comment = await services.comments.add(principal, task_id, body.text, answers=body.answers)
    response.headers["ETag"] = etag(comment.version)
    return TaskComment.of(comment)


@router.patch("/{comment_id}", dependencies=[requires("task_comments.update")], responses=CONFLICT)
async def edit_task_comment(
    task_id: UUID,
    comment_id: UUID,
    body: TaskCommentPatch,
    if_match: IfMatch,
    principal: CurrentPrincipal,
    services: Services,
    response: Response,
) -> TaskComment:
    """Write a note of your own anew."""
    version = expected_version(if_match, body.version)
    comment = await services.comments.edit(
        principal, task_id, comment_id, body.text, version=version
    )
    response.headers["ETag"] = etag(comment.version)
    return TaskComment.of(comment)


@router.delete(
    "/{comment_id}",
    status_code=204,
    dependencies=[requires("task_comments.delete")],
    responses=CONFLICT,
)
async def delete_task_comment(
    task_id: UUID,
    comment_id: UUID,
    if_match: IfMatch,
    principal: CurrentPrincipal,
    services: Services,
) -> None:
    """Delete what you, or a run of yours, have said."""
    await services.comments.delete(principal, task_id, comment_id, version=if_match)
