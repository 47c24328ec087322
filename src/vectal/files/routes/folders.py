"""REST of folders."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.files.routes.wiring import IfMatch, Services, etag, expected_revision
from vectal.files.schemas.folders import (
    Folder,
    FolderInput,
    FolderListQuery,
    FolderPatch,
    FolderWay,
)
from vectal.platform.web import IdempotentRoute, Page

router = APIRouter(prefix="/folders", tags=["folders"], route_class=IdempotentRoute)


@router.get("", dependencies=[requires("folders.list")])
async def list_folders(
    query: Annotated[FolderListQuery, Query()], principal: CurrentPrincipal, services: Services
) -> Page[Folder]:
    """Folders that you may see, the oldest first."""
    page = await services.folders.list_folders(
        principal,
        parent_id=query.parent_id,
        everywhere=query.everywhere,
        trashed=query.trashed,
        cursor=query.cursor,
        limit=query.limit,
    )
    return Page(items=[Folder.of(each) for each in page.items], next_cursor=page.next_cursor)


@router.post("", status_code=201, dependencies=[requires("folders.create")])
async def create_folder(
    body: FolderInput, principal: CurrentPrincipal, services: Services
) -> Folder:
    """Make a folder. A taken name gets a number; within another one it is as visible as that."""
    folder = await services.folders.create(principal, body.name, body.parent_id, body.visibility)
    return Folder.of(folder)


@router.get("/{folder_id}", dependencies=[requires("folders.list")])
async def get_folder(
    folder_id: UUID, principal: CurrentPrincipal, services: Services, response: Response
) -> Folder:
    """One folder, also in the trash."""
    folder = await services.folders.get(principal, folder_id)
    response.headers["ETag"] = etag(folder.revision)
    return Folder.of(folder)


@router.get("/{folder_id}/way", dependencies=[requires("folders.list")])
async def get_folder_way(
    folder_id: UUID, principal: CurrentPrincipal, services: Services
) -> FolderWay:
    """The folders that lead to one, from the top, itself at the end."""
    way = await services.folders.get_way(principal, folder_id)
    return FolderWay(items=[Folder.of(each) for each in way])


@router.patch("/{folder_id}", dependencies=[requires("folders.update")])
async def update_folder(
    folder_id: UUID,
    body: FolderPatch,
    if_match: IfMatch,
    principal: CurrentPrincipal,
    services: Services,
    response: Response,
) -> Folder:
    """Rename a folder, or move it with all that is in it."""
    folder = await services.folders.change(
        principal, folder_id, body.change(), revision=expected_revision(if_match, body.revision)
    )
    response.headers["ETag"] = etag(folder.revision)
    return Folder.of(folder)


@router.delete("/{folder_id}", status_code=204, dependencies=[requires("folders.delete")])
async def delete_folder(folder_id: UUID, principal: CurrentPrincipal, services: Services) -> None:
    """Put a folder into the trash with all that is in it, to be restored together."""
    await services.trash.trash_folder(principal, folder_id)


@router.post("/{folder_id}/restore", dependencies=[requires("folders.delete")])
async def restore_folder(
    folder_id: UUID, principal: CurrentPrincipal, services: Services
) -> Folder:
    """Bring a folder back from the trash with what was deleted with it."""
    return Folder.of(await services.trash.restore_folder(principal, folder_id))


@router.post("/{folder_id}/purge", status_code=204, dependencies=[requires("folders.delete")])
async def purge_folder(folder_id: UUID, principal: CurrentPrincipal, services: Services) -> None:
    """Remove a folder from the trash for good, with what was deleted with it."""
    await services.trash.purge_folder(principal, folder_id)
