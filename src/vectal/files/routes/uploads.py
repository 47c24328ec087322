"""REST of uploads: the tus protocol 1.0.0 (creation, expiration, termination, checksum)."""

import base64
import binascii
from collections.abc import Callable, Coroutine
from email.utils import format_datetime
from typing import Annotated, Any, Final, get_args
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from fastapi.routing import APIRoute

from vectal.auth.deps import CurrentPrincipal, requires
from vectal.files.contracts import Upload as UploadContract
from vectal.files.contracts import UploadDraft, Visibility
from vectal.files.errors import MediaKindError, ProtocolError, ProtocolVersionError
from vectal.files.routes.wiring import Services, length_of
from vectal.files.schemas.uploads import Upload, UploadList
from vectal.files.service.streams import CHECKSUMS, Checksum
from vectal.platform.errors import AppError

VERSION: Final = "1.0.0"
_RESUMABLE: Final = {"Tus-Resumable": VERSION}
_BYTES: Final = "application/offset+octet-stream"
_METADATA: Final = 4_096
_DIGITS: Final = 15

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _TusRoute(APIRoute):
    """Every answer names the version of the protocol, those that refuse too."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()

        async def named(request: Request) -> Response:
            try:
                response = await handler(request)
            except AppError as error:
                error.headers.update(_RESUMABLE)
                raise
            response.headers.update(_RESUMABLE)
            return response

        return named


router = APIRouter(prefix="/uploads", tags=["uploads"], route_class=_TusRoute)
_CREATE: Final = [requires("files.create")]

TusResumable = Annotated[
    str | None, Header(max_length=20, description="The version of the protocol", examples=[VERSION])
]


def _check_version(spoken: str | None) -> None:
    if spoken != VERSION:
        raise ProtocolVersionError(
            f"Send Tus-Resumable: {VERSION}.", headers={"Tus-Version": VERSION}
        )


@router.options("", status_code=204)
async def describe_uploads(services: Services, response: Response) -> None:
    """What of the upload protocol is spoken: versions, extensions, the largest file."""
    response.headers.update(
        {
            "Tus-Version": VERSION,
            "Tus-Max-Size": str(services.uploads.rules.max_bytes),
            "Tus-Extension": "creation,expiration,termination,checksum",
            "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
        }
    )


@router.get("", dependencies=[requires("files.list")])
async def list_uploads(principal: CurrentPrincipal, services: Services) -> UploadList:
    """Your uploads, the newest first; those that are done are listed for a day."""
    found = await services.uploads.list_uploads(principal)
    return UploadList(items=[Upload.of(each) for each in found])


@router.post("", status_code=201, dependencies=_CREATE)
async def create_upload(
    principal: CurrentPrincipal,
    services: Services,
    response: Response,
    upload_length: Annotated[
        str, Header(max_length=20, description="Bytes of the file", examples=["48213"])
    ],
    upload_metadata: Annotated[
        str,
        Header(
            max_length=_METADATA,
            description=(
                "Pairs of a key and its value in base64, parted by commas: `filename`, and"
                " optionally `folder_id`, `visibility` (`private`, `workspace`), `replaces` (the"
                " file that this is a new version of)"
            ),
            examples=["filename UGxhbi5wZGY="],
        ),
    ],
    tus_resumable: TusResumable = None,
) -> Upload:
    """Announce an upload, and reserve its space.

    `Location` says where its bytes go.
    """
    _check_version(tus_resumable)
    draft = _read_draft(upload_length, upload_metadata)
    upload = await services.uploads.create(principal, draft)
    response.headers["Location"] = f"/api/v1/uploads/{upload.id}"
    response.headers.update(_progress(upload))
    return Upload.of(upload)


@router.head("/{upload_id}", status_code=200, dependencies=_CREATE)
async def get_upload_offset(
    upload_id: UUID,
    principal: CurrentPrincipal,
    services: Services,
    tus_resumable: TusResumable = None,
) -> Response:
    """How far an upload has come, as `Upload-Offset`."""
    _check_version(tus_resumable)
    upload = await services.uploads.get(principal, upload_id)
    headers = {"Upload-Length": str(upload.length), "Cache-Control": "no-store"}
    return Response(headers=headers | _progress(upload))


@router.get("/{upload_id}", dependencies=_CREATE)
async def get_upload(upload_id: UUID, principal: CurrentPrincipal, services: Services) -> Upload:
    """One upload, with the file that became of it."""
    return Upload.of(await services.uploads.get(principal, upload_id))


@router.patch(
    "/{upload_id}",
    status_code=204,
    dependencies=_CREATE,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {_BYTES: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def send_upload(
    upload_id: UUID,
    request: Request,
    principal: CurrentPrincipal,
    services: Services,
    response: Response,
    upload_offset: Annotated[
        str,
        Header(max_length=20, description="Where these bytes belong", examples=["0"]),
    ],
    upload_checksum: Annotated[
        str | None,
        Header(
            max_length=200, description="Of the body: `sha256`, `sha512` or `sha1`, then base64"
        ),
    ] = None,
    tus_resumable: TusResumable = None,
) -> None:
    """Send the bytes from an offset on, all that are left or some of them.

    The request that brings the last one makes the file, and names it in `Vectal-File-Id` and
    `Vectal-File-Version`.
    """
    _check_version(tus_resumable)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _BYTES:
        raise MediaKindError(f"Send {_BYTES}.")
    upload = await services.uploads.append(
        principal,
        upload_id,
        _read_count("Upload-Offset", upload_offset),
        request.stream(),
        length=length_of(request),
        checksum=Checksum.parse(upload_checksum),
    )
    response.headers.update(_progress(upload))


@router.delete("/{upload_id}", status_code=204, dependencies=_CREATE)
async def delete_upload(
    upload_id: UUID,
    principal: CurrentPrincipal,
    services: Services,
    tus_resumable: TusResumable = None,
) -> None:
    """Give an upload up, with the bytes that it has brought."""
    _check_version(tus_resumable)
    await services.uploads.end(principal, upload_id)


def _progress(upload: UploadContract) -> dict[str, str]:
    headers = {
        "Upload-Offset": str(upload.offset),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }
    if upload.file_id is not None:
        headers["Vectal-File-Id"] = str(upload.file_id)
        headers["Vectal-File-Version"] = str(upload.number)
    return headers


def _read_count(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > _DIGITS:
        raise ProtocolError(f"{name} is no number of bytes.")
    return int(text)


def _read_draft(length: str, metadata: str) -> UploadDraft:
    fields = _read_metadata(metadata)
    visibility: Visibility = "private"
    if (given := fields.get("visibility")) is not None:
        if given not in get_args(Visibility):
            raise ProtocolError("visibility is private or workspace.")
        visibility = "workspace" if given == "workspace" else "private"
    return UploadDraft(
        name=fields.get("filename", fields.get("name", "")),
        length=_read_count("Upload-Length", length),
        folder_id=_read_id(fields, "folder_id"),
        visibility=visibility,
        replaces=_read_id(fields, "replaces"),
    )


def _read_metadata(header: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in header.split(","):
        key, _, encoded = pair.strip().partition(" ")
        try:
            value = base64.b64decode(encoded.strip(), validate=True).decode()
        except (ValueError, binascii.Error) as error:
            raise ProtocolError("Upload-Metadata holds a value that is no base64.") from error
        if key in found:
            raise ProtocolError("Upload-Metadata says one thing twice.")
        found[key] = value
    return found


def _read_id(fields: dict[str, str], name: str) -> UUID | None:
    text = fields.get(name)
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise ProtocolError(f"{name} is no id.") from error
