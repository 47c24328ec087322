"""REST of labels."""

from uuid import UUID

from fastapi import APIRouter

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.platform.web import IdempotentRoute, Page
from vectal.tasks.routes.wiring import DEFAULT, CursorQuery, LimitQuery, Services
from vectal.tasks.schemas.labels import Label, LabelInput, LabelPatch

router = APIRouter(prefix="/labels", tags=["labels"], route_class=IdempotentRoute)


@router.get("", dependencies=[requires("labels.list")])
async def list_labels(
    principal: CurrentPrincipal,
    services: Services,
    limit: LimitQuery = DEFAULT,
    cursor: CursorQuery = None,
) -> Page[Label]:
    """Labels by name."""
    page = await services.labels.list_labels(principal, cursor=cursor, limit=limit)
    return Page(items=[Label.of(label) for label in page.items], next_cursor=page.next_cursor)


@router.post("", status_code=201, dependencies=[requires("labels.create")])
async def create_label(body: LabelInput, principal: CurrentPrincipal, services: Services) -> Label:
    """Create a label. Names differ by more than their case."""
    return Label.of(await services.labels.create(principal, body.name, body.color))


@router.patch("/{label_id}", dependencies=[requires("labels.update")])
async def update_label(
    label_id: UUID, body: LabelPatch, principal: CurrentPrincipal, services: Services
) -> Label:
    """Rename or colour a label."""
    label = await services.labels.update(principal, label_id, name=body.name, color=body.color)
    return Label.of(label)


@router.delete("/{label_id}", status_code=204, dependencies=[requires("labels.delete")])
async def delete_label(label_id: UUID, principal: CurrentPrincipal, services: Services) -> None:
    """Delete a label; tasks lose it."""
    await services.labels.delete(principal, label_id)
