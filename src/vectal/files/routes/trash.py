"""REST of the trash: delete, restore, purge."""

from uuid import UUID

from fastapi import APIRouter

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.files.routes.wiring import IfMatch, Services
from vectal.files.schemas.files import File
from vectal.platform.web import IdempotentRoute

router = APIRouter(tags=["files"], route_class=IdempotentRoute)


@router.delete("/files/{file_id}", status_code=204, dependencies=[requires("files.delete")])
async def delete_file(
    file_id: UUID, if_match: IfMatch, principal: CurrentPrincipal, services: Services
) -> None:
    """Put a file into the trash, from which it can be restored for a while."""
    await services.trash.trash_file(principal, file_id, revision=if_match)


@router.post("/files/{file_id}/restore", dependencies=[requires("files.delete")])
async def restore_file(file_id: UUID, principal: CurrentPrincipal, services: Services) -> File:
    """Bring a file back from the trash, under a free name."""
    return File.of(await services.trash.restore_file(principal, file_id))


@router.post("/files/{file_id}/purge", status_code=204, dependencies=[requires("files.delete")])
async def purge_file(file_id: UUID, principal: CurrentPrincipal, services: Services) -> None:
    """Remove a file from the trash for good, with all its versions."""
    await services.trash.purge_file(principal, file_id)
