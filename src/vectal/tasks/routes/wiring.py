"""What these routes need from the app and the request."""

import re
from typing import Annotated, Any, Final, cast

from fastapi import Depends, Header, Query, Request

from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.tasks.errors import InvalidFieldError
from vectal.tasks.service import TaskServices

_VERSION: Final = re.compile(r'(?:W/)?"(\d{1,9})"|(\d{1,9})')


def _services(request: Request) -> TaskServices:
    return cast("TaskServices", request.app.state.services.tasks)


def _if_match(
    if_match: Annotated[
        str | None,
        Header(
            max_length=40,
            description='The version you have seen, `"3"`; a newer one answers 412',
        ),
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    match = _VERSION.fullmatch(if_match.strip())
    if match is None:
        raise InvalidFieldError('If-Match takes a version in quotes, as in "3".')
    return int(match[1] or match[2])


Services = Annotated[TaskServices, Depends(_services)]
IfMatch = Annotated[int | None, Depends(_if_match)]
LimitQuery = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows a page")]
CursorQuery = Annotated[
    str | None, Query(max_length=2048, description="`next_cursor` of the page before")
]
DEFAULT: Final = DEFAULT_LIMIT
CONFLICT: Final[dict[int | str, dict[str, Any]]] = {
    412: {
        "description": "A newer version exists; `current` is it",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
        },
    }
}


def expected_version(if_match: int | None, version: int | None) -> int | None:
    """The version that the caller has seen, from the header or the body."""
    if if_match is not None and version is not None and if_match != version:
        raise InvalidFieldError("If-Match and version name two versions.", pointer="/version")
    return version if if_match is None else if_match


def etag(version: int) -> str:
    return f'"{version}"'
