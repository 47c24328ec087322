"""REST of bytes: sent whole in one request, and given out."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.files.contracts import Disposition, UploadDraft, Visibility
from vectal.files.routes.answers import answer_with
from vectal.files.routes.forms import BINARY, FORM, is_form, needed_length, read_form
from vectal.files.routes.wiring import Services, etag
from vectal.files.schemas.files import File, Name

# No IdempotentRoute: it would read a file whole to compare it.
router = APIRouter(tags=["files"])

_OCTETS: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
_GIVEN: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "All bytes",
        "content": {"application/octet-stream": _OCTETS, "*/*": _OCTETS},
    },
    206: {
        "description": "The range",
        "content": {"application/octet-stream": _OCTETS, "*/*": _OCTETS},
    },
    304: {"description": "`If-None-Match` names this version"},
    416: {"description": "There is no such range"},
}


@router.post("/files", status_code=201, dependencies=[requires("files.create")], openapi_extra=FORM)
async def upload_file(
    request: Request,
    principal: CurrentPrincipal,
    services: Services,
    response: Response,
    name: Annotated[
        Name | None, Query(description="What to call it; by default as the form does")
    ] = None,
    folder_id: Annotated[UUID | None, Query(description="At the top by default")] = None,
    visibility: Visibility = "private",
) -> File:
    """Store a file in one request: the body is its bytes, or a form with one file in it.

    A taken name gets a number. In a folder a file is as private or shared as the folder. Larger
    files, or worse networks, want `POST /uploads`, which can be resumed.
    """
    most = needed_length(request)
    if is_form(request):
        sent = await read_form(request, most)
        draft = UploadDraft(name or sent.name, most, folder_id, visibility)
        file = await services.store(principal, draft, sent.body, is_exact=False)
    else:
        draft = UploadDraft(name or "", most, folder_id, visibility)
        file = await services.store(principal, draft, request.stream())
    response.headers["ETag"] = etag(file.revision)
    return File.of(file)


@router.post(
    "/files/{file_id}/versions",
    status_code=201,
    dependencies=[requires("files.update")],
    openapi_extra=BINARY,
)
async def upload_file_version(
    file_id: UUID,
    request: Request,
    principal: CurrentPrincipal,
    services: Services,
    response: Response,
) -> File:
    """Store a new version of a file in one request: the body is its bytes."""
    known = await services.get_file(principal, file_id)
    draft = UploadDraft(known.name, needed_length(request), replaces=file_id)
    file = await services.store(principal, draft, request.stream())
    response.headers["ETag"] = etag(file.revision)
    return File.of(file)


@router.get(
    "/files/{file_id}/content",
    dependencies=[requires("files.read")],
    response_class=Response,
    responses=_GIVEN,
)
async def get_file_content(
    file_id: UUID,
    request: Request,
    principal: CurrentPrincipal,
    services: Services,
    version: Annotated[int | None, Query(ge=1, le=1_000_000, description="The newest")] = None,
    disposition: Disposition = "attachment",
) -> Response:
    """The bytes of a version. One `Range` is served, with `If-Range`.

    `inline` is for images, PDF, sound, film and plain text; everything else is a download.
    """
    opened = await services.open_version(principal, file_id, version)
    return answer_with(opened, request, disposition)


@router.get("/file-links/{token}", response_class=Response, responses=_GIVEN)
async def open_file_link(
    token: Annotated[str, Path(max_length=200)], request: Request, services: Services
) -> Response:
    """The bytes of a version, for whoever has a link to it that has not expired."""
    linked = await services.links.open(token)
    return answer_with(linked.opened, request, linked.disposition)
