"""Requests whose bytes are taken, and answers whose bytes are given, as they come.

Neither is read whole before a route sees it, nor has to be over in the time that others have: both
sides are let go when nothing moves for a while.
"""

import re
from typing import Final

from starlette.types import Scope

_API: Final = "/api/v1"
_TAKEN: Final = {
    "PATCH": re.compile(rf"{_API}/uploads/[^/]+"),
    "POST": re.compile(rf"{_API}/files(?:/[^/]+/versions)?"),
}
_GIVEN: Final = re.compile(rf"{_API}/(?:files/[^/]+/content|file-links/[^/]+)")


def takes_a_stream(scope: Scope) -> bool:
    """Whether the body of this request is a file's bytes, not JSON."""
    pattern = _TAKEN.get(scope["method"])
    return pattern is not None and pattern.fullmatch(scope["path"]) is not None


def has_no_deadline(scope: Scope) -> bool:
    """Whether bytes of a file come or go."""
    is_given = scope["method"] == "GET" and _GIVEN.fullmatch(scope["path"]) is not None
    return is_given or takes_a_stream(scope)
