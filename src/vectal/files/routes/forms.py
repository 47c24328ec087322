"""Bodies that carry a file in one request: the bytes alone, or a form with one file."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request

from vectal.files.errors import LengthError, MediaKindError
from vectal.files.routes.wiring import length_of
from vectal.files.service.streams import paced
from vectal.platform.web.multipart import MalformedFormError, MultipartReader, boundary_of

_MULTIPART: Final = "multipart/form-data"
_BYTES: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
_FILE: Final[dict[str, Any]] = {
    "schema": {
        "type": "object",
        "properties": {"file": {"type": "string", "format": "binary"}},
        "required": ["file"],
    }
}
# No body is a file of no bytes.
BINARY: Final[dict[str, Any]] = {
    "requestBody": {"required": False, "content": {"application/octet-stream": _BYTES}}
}
FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": False,
        "content": {"application/octet-stream": _BYTES, _MULTIPART: _FILE},
    }
}


@dataclass(frozen=True, slots=True)
class SentFile:
    name: str
    body: AsyncIterator[bytes]


def needed_length(request: Request) -> int:
    """Space is reserved by it, so nothing is taken without one."""
    length = length_of(request)
    if length is None:
        raise LengthError("Send a Content-Length; bodies without one are not taken.")
    return length


def is_form(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise MediaKindError("Send the body without Content-Encoding.")
    return kind == _MULTIPART


async def read_form(request: Request, most: int) -> SentFile:
    """The one file of a form, as it comes; raises `MalformedFormError`.

    Fields before it are passed over. What follows it must be the end of the form: a file that is
    stored by then can't be taken back unseen.
    """
    boundary = boundary_of(request.headers.get("content-type"))
    reader = MultipartReader(paced(request.stream(), most), boundary)
    while (head := await reader.head()) is not None and head.filename is None:
        await reader.field()
    if head is None:
        raise MalformedFormError("The form has no file.")

    async def body() -> AsyncGenerator[bytes]:
        async for piece in reader.body():
            yield piece
        if await reader.head() is not None:
            raise MalformedFormError("The form may have one file, as its last part.")

    return SentFile(head.filename or "", body())
