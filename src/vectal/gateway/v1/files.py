"""OpenAI's `/v1/files`, for batches alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, Final, Literal, cast

from fastapi import APIRouter, Query
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from vectal.ai.errors import BatchFileNotFoundError
from vectal.ai.proxy.wires.port import BadCallError, WireProblem
from vectal.ai.service.batches.files import KEEP, FileService
from vectal.ai.service.batches.objects import BatchFile
from vectal.ai.service.gateway.call import CallRefusedError
from vectal.ai.service.gateway.problems import malformed
from vectal.auth.deps import CurrentPrincipal, requires
from vectal.auth.principal import Principal
from vectal.gateway.v1.names import FILE, epoch, read_id, write_id
from vectal.platform.config import Settings
from vectal.platform.storage import ObjectTooLargeError
from vectal.platform.web.multipart import (
    MalformedFormError,
    MultipartReader,
    PartHead,
    boundary_of,
)

router = APIRouter(prefix="/v1/files", include_in_schema=False)
_READ = [requires("batch_files.read")]
_WRITE = [requires("batch_files.write")]
_UPLOAD_S: Final = 600.0
_DRAIN_S: Final = 10.0
_FORM_BYTES: Final = 256 << 10
"""What a form may have beside its file."""
_MAX_NAME: Final = 255
_CLOSE: Final = {"connection": "close"}


def files_of(request: Request) -> FileService:
    return cast("FileService", request.app.state.services.batches.files)


@router.post("", dependencies=_WRITE)
async def upload_wire_file(request: Request, principal: CurrentPrincipal) -> Response:
    files = files_of(request)
    body = _Body(request, files.max_bytes + _FORM_BYTES)
    try:
        boundary = boundary_of(request.headers.get("content-type"))
        async with asyncio.timeout(_UPLOAD_S):
            form = _Form(files, principal, MultipartReader(body.chunks(), boundary))
            file = await form.store()
    except BadCallError as error:
        await body.drain()
        raise CallRefusedError(malformed(error).problem, _CLOSE) from error
    except MalformedFormError as error:
        await body.drain()
        problem = malformed(BadCallError(error.detail)).problem
        raise CallRefusedError(problem, _CLOSE) from error
    except ObjectTooLargeError as error:
        await body.drain()
        text = f"A file may have at most {files.max_bytes} bytes."
        raise CallRefusedError(WireProblem(413, "file_too_large", text), _CLOSE) from error
    except TimeoutError as error:
        problem = WireProblem(408, "request_timeout", "The file did not arrive in time.")
        raise CallRefusedError(problem, _CLOSE) from error
    return JSONResponse(file_object(file))


@router.get("", dependencies=_READ)
async def list_wire_files(
    request: Request,
    principal: CurrentPrincipal,
    purpose: Annotated[str | None, Query(max_length=40)] = None,
    after: Annotated[str | None, Query(max_length=80)] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    order: Literal["asc", "desc"] = "desc",
) -> Response:
    last = read_id(FILE, after, BatchFileNotFoundError) if after else None
    page, has_more = await files_of(request).list_files(
        principal, purpose=purpose, after=last, limit=limit, newest_first=order == "desc"
    )
    return JSONResponse(list_object([file_object(file) for file in page], has_more=has_more))


@router.get("/{file_id}", dependencies=_READ)
async def get_wire_file(request: Request, file_id: str, principal: CurrentPrincipal) -> Response:
    id_ = read_id(FILE, file_id, BatchFileNotFoundError)
    return JSONResponse(file_object(await files_of(request).get(principal, id_)))


@router.get("/{file_id}/content", dependencies=_READ)
async def get_wire_file_content(
    request: Request, file_id: str, principal: CurrentPrincipal
) -> Response:
    files = files_of(request)
    file = await files.get(principal, read_id(FILE, file_id, BatchFileNotFoundError))
    headers = {"content-length": str(file.size), "cache-control": "no-store"}
    return StreamingResponse(
        files.read(principal, file), headers=headers, media_type="application/octet-stream"
    )


@router.delete("/{file_id}", dependencies=_WRITE)
async def delete_wire_file(request: Request, file_id: str, principal: CurrentPrincipal) -> Response:
    await files_of(request).delete(principal, read_id(FILE, file_id, BatchFileNotFoundError))
    return JSONResponse({"id": file_id, "object": "file", "deleted": True})


def file_object(file: BatchFile) -> dict[str, Any]:
    return {
        "id": write_id(FILE, file.id),
        "object": "file",
        "bytes": file.size,
        "created_at": epoch(file.created_at),
        "expires_at": epoch(file.expires_at),
        "filename": file.name,
        "purpose": file.purpose,
        "status": "processed",
        "status_details": None,
    }


def list_object(rows: list[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
    """A page in OpenAI's shape."""
    return {
        "object": "list",
        "data": rows,
        "first_id": rows[0]["id"] if rows else None,
        "last_id": rows[-1]["id"] if rows else None,
        "has_more": has_more,
    }


@dataclass(slots=True)
class _Form:
    """The parts of an upload, in whatever order they come; the file is stored as it comes."""

    files: FileService
    principal: Principal
    reader: MultipartReader
    fields: dict[str, str] = field(default_factory=dict[str, str])

    async def store(self) -> BatchFile:
        """Raises BadCallError; nothing is kept then."""
        stored: BatchFile | None = None
        try:
            while (head := await self.reader.head()) is not None:
                if head.name != "file":
                    self.fields[head.name] = await self.reader.field()
                else:
                    self._check_first(stored)
                    stored = await self._store(head)
            file = self._checked(stored)
            # Many clients say it behind the file.
            return await self.files.keep(self.principal, file, self._keep())
        except BaseException:
            # However the form broke off, a cancel too: its file is nobody's.
            if stored is not None:
                await self.files.delete(self.principal, stored.id)
            raise

    def _check_first(self, stored: BatchFile | None) -> None:
        if stored is not None:
            raise BadCallError("file: there may be one alone.", "file")

    async def _store(self, head: PartHead) -> BatchFile:
        name = (head.filename or "").replace("\\", "/").rpartition("/")[2].replace("\0", "")
        name = name.encode("utf-8", "replace").decode()[:_MAX_NAME] or "file"
        return await self.files.upload(self.principal, name, self.reader.body(), self._keep())

    def _keep(self) -> timedelta:
        """How long the file is kept, as far as the form has told by now."""
        text = self.fields.get("expires_after[seconds]")
        if text is None:
            return KEEP
        shortest, longest = 3_600, int(KEEP.total_seconds())
        if not text.isdecimal() or not shortest <= int(text) <= longest:
            at = "expires_after"
            raise BadCallError(f"{at}: seconds are {shortest} to {longest}.", at)
        return timedelta(seconds=int(text))

    def _checked(self, stored: BatchFile | None) -> BatchFile:
        if self.fields.get("purpose") != "batch":
            raise BadCallError("purpose: it must be 'batch'; other files are not taken.", "purpose")
        if self.fields.get("expires_after[anchor]", "created_at") != "created_at":
            raise BadCallError("expires_after: its anchor is created_at.", "expires_after")
        if stored is None:
            raise BadCallError("file: it is required.", "file")
        return stored


class _Body:
    """What the client sends, as it comes."""

    def __init__(self, request: Request, most: int) -> None:
        self._most = most
        self._stream = request.stream()
        self._silence_s = cast("Settings", request.app.state.settings).model_body_timeout_s
        self._size = 0

    async def chunks(self) -> AsyncGenerator[bytes]:
        """Raises ObjectTooLargeError, and TimeoutError when it falls silent."""
        while (chunk := await self._next()) is not None:
            if self._size > self._most:
                raise ObjectTooLargeError
            yield chunk

    async def drain(self) -> None:
        """Read and drop the rest, within bounds.

        A client that is cut off while it writes never reads why it was refused.
        """
        most = self._size + self._most
        with suppress(TimeoutError, ClientDisconnect):
            async with asyncio.timeout(_DRAIN_S):
                while self._size < most and await self._next() is not None:
                    pass

    async def _next(self) -> bytes | None:
        async with asyncio.timeout(self._silence_s):
            chunk = await anext(self._stream, None)
        self._size += len(chunk or b"")
        return chunk
