"""REST of versions, links and attachments."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.files.contracts import TargetKind
from vectal.files.routes.wiring import DEFAULT, CursorQuery, LimitQuery, Services
from vectal.files.schemas.files import (
    Attachment,
    AttachmentList,
    File,
    FileVersion,
    Link,
    LinkInput,
)
from vectal.platform.web import IdempotentRoute, Page

router = APIRouter(prefix="/files/{file_id}", tags=["files"], route_class=IdempotentRoute)

NumberPath = Annotated[int, Path(ge=1, le=1_000_000, description="Of a version")]


@router.get("/versions", dependencies=[requires("files.read")])
async def list_file_versions(
    file_id: UUID,
    principal: CurrentPrincipal,
    services: Services,
    limit: LimitQuery = DEFAULT,
    cursor: CursorQuery = None,
) -> Page[FileVersion]:
    """The versions of a file, the newest first."""
    page = await services.versions.list_versions(principal, file_id, cursor=cursor, limit=limit)
    items = [FileVersion.of(each) for each in page.items]
    return Page(items=items, next_cursor=page.next_cursor)


@router.post("/versions/{number}/restore", dependencies=[requires("files.update")])
async def restore_file_version(
    file_id: UUID, number: NumberPath, principal: CurrentPrincipal, services: Services
) -> File:
    """Make the bytes of an older version the newest one."""
    return File.of(await services.versions.restore(principal, file_id, number))


@router.delete("/versions/{number}", dependencies=[requires("files.delete")])
async def delete_file_version(
    file_id: UUID, number: NumberPath, principal: CurrentPrincipal, services: Services
) -> File:
    """Remove a version that is not the newest, for good."""
    return File.of(await services.versions.remove(principal, file_id, number))


@router.post("/links", status_code=201, dependencies=[requires("files.link")])
async def create_file_link(
    file_id: UUID, body: LinkInput, principal: CurrentPrincipal, services: Services
) -> Link:
    """Make an address that opens one version without a credential, until it expires.

    It ends earlier when you leave the workspace, or when the file is purged.
    """
    link = await services.links.create(
        principal, file_id, body.version, body.disposition, body.lifetime()
    )
    return Link(url=f"/api/v1/file-links/{link.token}", expires_at=link.expires_at)


@router.get("/attachments", dependencies=[requires("files.read")])
async def list_file_attachments(
    file_id: UUID, principal: CurrentPrincipal, services: Services
) -> AttachmentList:
    """Where a file is attached, as far as you may see those things."""
    found = await services.attachments.list_attachments(principal, file_id)
    return AttachmentList(items=[Attachment.of(each) for each in found])


@router.put(
    "/attachments/{kind}/{target_id}",
    status_code=204,
    dependencies=[requires("files.update")],
)
async def attach_file(
    file_id: UUID,
    kind: TargetKind,
    target_id: UUID,
    principal: CurrentPrincipal,
    services: Services,
) -> None:
    """Attach a file to a task, a project, a conversation or a message that you may change."""
    await services.attachments.attach(principal, file_id, kind, target_id)


@router.delete(
    "/attachments/{kind}/{target_id}",
    status_code=204,
    dependencies=[requires("files.update")],
)
async def detach_file(
    file_id: UUID,
    kind: TargetKind,
    target_id: UUID,
    principal: CurrentPrincipal,
    services: Services,
) -> None:
    """Take a file off what it is attached to; it stays a file."""
    await services.attachments.detach(principal, file_id, kind, target_id)
