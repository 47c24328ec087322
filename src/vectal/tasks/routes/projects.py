"""REST of projects."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

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
from vectal.tasks.schemas.projects import Project, ProjectInput, ProjectPatch

router = APIRouter(prefix="/projects", tags=["projects"], route_class=IdempotentRoute)


@router.get("", dependencies=[requires("projects.list")])
async def list_projects(
    principal: CurrentPrincipal,
    services: Services,
    archived: Annotated[bool | None, Query(description="Only these; both by default")] = None,
    limit: LimitQuery = DEFAULT,
    cursor: CursorQuery = None,
) -> Page[Project]:
    """Projects in their manual order."""
    page = await services.projects.list_projects(
        principal, archived=archived, cursor=cursor, limit=limit
    )
    items = [Project.of(project) for project in page.items]
    return Page(items=items, next_cursor=page.next_cursor)


@router.post("", status_code=201, dependencies=[requires("projects.create")])
async def create_project(
    body: ProjectInput, principal: CurrentPrincipal, services: Services
) -> Project:
    """Create a project, at the end of the list."""
    return Project.of(await services.projects.create(principal, body.name, body.color))


@router.get("/{project_id}", dependencies=[requires("projects.read")])
async def get_project(
    project_id: UUID, principal: CurrentPrincipal, services: Services, response: Response
) -> Project:
    """One project."""
    project = await services.projects.get(principal, project_id)
    response.headers["ETag"] = etag(project.version)
    return Project.of(project)


@router.patch("/{project_id}", dependencies=[requires("projects.update")], responses=CONFLICT)
async def update_project(
    project_id: UUID,
    body: ProjectPatch,
    if_match: IfMatch,
    principal: CurrentPrincipal,
    services: Services,
    response: Response,
) -> Project:
    """Rename, colour, archive or move a project."""
    project = await services.projects.update(
        principal, project_id, body.change(), version=expected_version(if_match, body.version)
    )
    response.headers["ETag"] = etag(project.version)
    return Project.of(project)


@router.delete(
    "/{project_id}",
    status_code=204,
    dependencies=[requires("projects.delete")],
    responses=CONFLICT,
)
async def delete_project(
    project_id: UUID, if_match: IfMatch, principal: CurrentPrincipal, services: Services
) -> None:
    """Delete a project with its tasks. Both can be restored."""
    await services.projects.delete(principal, project_id, version=if_match)


@router.post("/{project_id}/restore", dependencies=[requires("projects.delete")])
async def restore_project(
    project_id: UUID, principal: CurrentPrincipal, services: Services
) -> Project:
    """Bring back a deleted project with the tasks that were deleted with it."""
    return Project.of(await services.projects.restore(principal, project_id))
