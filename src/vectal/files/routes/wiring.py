"""What these routes need from the app and the request."""

import re
from typing import Annotated, Final, cast

from fastapi import Depends, Header, Query, Request

from vectal.files.errors import LengthError, RevisionConflictError
from vectal.files.service import FileServices
from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.platform.errors import InvalidInputError

_REVISION: Final = re.compile(r'(?:W/)?"(\d{1,9})"|(\d{1,9})')
_DIGITS: Final = 18


def _services(request: Request) -> FileServices:
    return cast("FileServices", request.app.state.services.files)


def _if_match(
    if_match: Annotated[
        str | None,
        Header(
            max_length=40,
            description='The revision you have seen, `"3"`; a newer one answers 412',
        ),
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    match = _REVISION.fullmatch(if_match.strip())
    if match is None:
        raise InvalidInputError('If-Match takes a revision in quotes, as in "3".')
    return int(match[1] or match[2])


Services = Annotated[FileServices, Depends(_services)]
IfMatch = Annotated[int | None, Depends(_if_match)]
LimitQuery = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows a page")]
CursorQuery = Annotated[
    str | None, Query(max_length=2048, description="`next_cursor` of the page before")
]
DEFAULT: Final = DEFAULT_LIMIT


def expected_revision(if_match: int | None, revision: int | None) -> int | None:
    """The revision that the caller has seen, from the header or the body."""
    if if_match is not None and revision is not None and if_match != revision:
        raise RevisionConflictError("If-Match and revision name two revisions.")
    return revision if if_match is None else if_match


def etag(revision: int) -> str:
    return f'"{revision}"'


def length_of(request: Request) -> int | None:
    """What `Content-Length` says; None without one."""
    text = request.headers.get("content-length")
    if text is None:
        return None
    if not text.isdecimal() or len(text) > _DIGITS:
        raise LengthError("Content-Length is no number of bytes.")
    return int(text)
