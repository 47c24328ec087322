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
# Bounded and read whole, but of any kind: a delivery is signed byte by byte, a calendar a text.
_RAW: Final = re.compile(rf"{_API}/(?:hooks/[^/]+(?:/mail)?|calendar/import)")
# Sealed bytes are copied for another owner of keys, which may take the store a while.
_COPIED: Final = {
    "PATCH": re.compile(rf"{_API}/files/[^/]+"),
    "POST": re.compile(rf"{_API}/files/[^/]+/copy"),
}
_GIVEN: Final = re.compile(rf"{_API}/(?:files/[^/]+/content|file-links/[^/]+)")


def takes_a_stream(scope: Scope) -> bool:
    """Whether the body of this request is a file's bytes, not JSON."""
    pattern = _TAKEN.get(scope["method"])
    return pattern is not None and pattern.fullmatch(scope["path"]) is not None


def takes_no_json(scope: Scope) -> bool:
    """Whether bytes are sent to this path, of files or deliveries: no method of it takes JSON."""
    if _RAW.fullmatch(scope["path"]) is not None:
        return True
    return any(pattern.fullmatch(scope["path"]) for pattern in _TAKEN.values())


def has_no_deadline(scope: Scope) -> bool:
    """Whether bytes of a file come, go, or are copied."""
    if scope["method"] == "GET":
        return _GIVEN.fullmatch(scope["path"]) is not None
    copied = _COPIED.get(scope["method"])
    is_copied = copied is not None and copied.fullmatch(scope["path"]) is not None
    return is_copied or takes_a_stream(scope)
