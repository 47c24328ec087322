"""REST of files: the list, and what can be changed of one."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.files.routes.wiring import IfMatch, Services, etag, expected_revision
from vectal.files.schemas.files import (
    File,
    FileCopyInput,
    FileListQuery,
    FilePatch,
    Space,
    Usage,
)
from vectal.platform.web import Page

router = APIRouter(prefix="/files", tags=["files"])


@router.get("", dependencies=[requires("files.list")])
async def list_files(
    query: Annotated[FileListQuery, Query()], principal: CurrentPrincipal, services: Services
) -> Page[File]:
    """Files that meet every given condition, of those that you may see.

    Names are stored encrypted, so `q` finds whole words of them, in any order. A cursor belongs
    to its sort.
    """
    wanted = query.wanted()
    if wanted.attached_kind is not None and wanted.attached_id is not None:
        await services.attachments.may_list(principal, wanted.attached_kind, wanted.attached_id)
    page = await services.list_files(
        principal,
        wanted,
        sort=query.sort,
        descending=query.order == "desc",
        cursor=query.cursor,
        limit=query.limit,
    )
    return Page(items=[File.of(file) for file in page.items], next_cursor=page.next_cursor)


@router.get("/usage", dependencies=[requires("files.list")])
async def get_file_usage(principal: CurrentPrincipal, services: Services) -> Usage:
    """How much space is used, and how much there is."""
    ours, mine = await services.space.look(principal)
    return Usage(
        workspace=Space.of(ours),
        person=Space.of(mine),
        max_file_bytes=services.uploads.rules.max_bytes,
    )


@router.get("/{file_id}", dependencies=[requires("files.read")])
async def get_file(
    file_id: UUID, principal: CurrentPrincipal, services: Services, response: Response
) -> File:
    """One file, also in the trash."""
    file = await services.get_file(principal, file_id)
    response.headers["ETag"] = etag(file.revision)
    return File.of(file)


@router.patch("/{file_id}", dependencies=[requires("files.update")])
async def update_file(
    file_id: UUID,
    body: FilePatch,
    if_match: IfMatch,
    principal: CurrentPrincipal,
    services: Services,
    response: Response,
) -> File:
    """Rename a file, move it, show it to the workspace or take it back.

    A name that is taken there gets a number: `Plan (2).pdf`. What moves into a folder becomes as
    private or as shared as the folder; only its owner may do that.
    """
    file = await services.files.change(
        principal, file_id, body.change(), revision=expected_revision(if_match, body.revision)
    )
    response.headers["ETag"] = etag(file.revision)
    return File.of(file)


# Its bytes are copied between two transactions, so no single one could hold a stored answer.
@router.post("/{file_id}/copy", status_code=201, dependencies=[requires("files.create")])
async def copy_file(
    file_id: UUID,
    principal: CurrentPrincipal,
    services: Services,
    body: FileCopyInput | None = None,
) -> File:
    """Copy the newest version of a file into a folder, or to the top as a private one of yours."""
    folder_id = body.folder_id if body else None
    return File.of(await services.files.copy(principal, file_id, folder_id))
