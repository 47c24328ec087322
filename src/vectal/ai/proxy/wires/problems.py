"""Errors as OpenAI writes them; two of the three wires are its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vectal.ai.proxy.wires.lengths import OPENAI_CODE, openai_message
from vectal.ai.proxy.wires.port import WireProblem

_TYPES: Final[Mapping[int, str]] = {
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    429: "rate_limit_error",
}
_SERVER: Final = 500


def error_object(problem: WireProblem, conversation: str = "messages") -> dict[str, Any]:
    """The `error` of a body or of a stream; `conversation` is the wire's member of that."""
    if problem.too_long is not None:
        what = problem.param or conversation
        return {
            "message": openai_message(problem, what),
            "type": "invalid_request_error",
            "param": what,
            "code": OPENAI_CODE,
        }
    fallback = "server_error" if problem.status >= _SERVER else "invalid_request_error"
    return {
        "message": problem.message,
        "type": problem.type or _TYPES.get(problem.status, fallback),
        "param": problem.param,
        "code": problem.code,
    }
