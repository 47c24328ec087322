"""Errors as Anthropic writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vectal.ai.proxy.wires.kept import THREAD
from vectal.ai.proxy.wires.lengths import anthropic_message
from vectal.ai.proxy.wires.port import WireProblem

_TYPES: Final[Mapping[int, str]] = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_SERVER: Final = 500
_UNTHREADED: Final[Mapping[str, Any]] = {
    "error_code": "thread_unsupported_request",
    "unsupported": [THREAD],
}
"""By these words the vendor's tool runners go on without: they send the whole conversation."""


def error_body(problem: WireProblem, request_id: str) -> dict[str, Any]:
    """All members but `type`, which says that it is an error."""
    fallback = "api_error" if problem.status >= _SERVER else "invalid_request_error"
    kind = _TYPES.get(problem.status, fallback)
    error: dict[str, Any] = {"type": kind, "message": anthropic_message(problem)}
    if problem.param == THREAD:
        error["details"] = _UNTHREADED
    return {"error": error, "request_id": request_id or None}
