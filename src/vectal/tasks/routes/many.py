"""REST of many tasks at once, and of lines of words."""

from fastapi import APIRouter

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.web import IdempotentRoute
from vectal.tasks.errors import InvalidFieldError
from vectal.tasks.routes.wiring import Services
from vectal.tasks.schemas.quick import ParseInput, Preview, QuickInput
from vectal.tasks.schemas.tasks import Task, TaskBulkInput, TaskBulkResult
from vectal.tasks.service import Surroundings

router = APIRouter(prefix="/tasks", tags=["tasks"], route_class=IdempotentRoute)


@router.post("/bulk", dependencies=[requires("tasks.update")])
async def change_many_tasks(
    body: TaskBulkInput, principal: CurrentPrincipal, services: Services
) -> TaskBulkResult:
    """Make one change to up to 200 tasks, named by id or by a filter.

    Each task succeeds or fails for itself.
    """
    if (body.ids is None) == (body.filter is None):
        raise InvalidFieldError("Give ids or filter, one of them.", pointer="/ids")
    which = body.filter.wanted() if body.filter is not None else body.ids or []
    return TaskBulkResult.of(await services.bulk.change(principal, which, body.change.change()))


@router.post("/parse", dependencies=[requires("tasks.parse")])
async def parse_task(body: ParseInput, principal: CurrentPrincipal, services: Services) -> Preview:
    """Show how quick add reads a line, without writing anything."""
    preview = await services.quick.preview(principal, body.text, body.timezone)
    return Preview.of(preview, body.text)


@router.post("/quick", status_code=201, dependencies=[requires("tasks.create")])
async def quick_add_task(body: QuickInput, principal: CurrentPrincipal, services: Services) -> Task:
    """Create a task from a line of words.

    Labels and a project that don't exist yet are created too.
    """
    around = Surroundings(body.project_id, body.parent_id, body.due_on, body.timezone)
    return Task.of(await services.quick.add(principal, body.text, around))
