"""Problem documents (RFC 9457): the one shape in which an error leaves the house."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    status: int
    code: str
    title: str
    detail: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def response(self, request_id: str) -> JSONResponse:
        content: dict[str, Any] = {
            "type": f"urn:vectal:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail or self.title,
            "instance": request_id,
            **self.extra,
        }
        headers = dict(self.headers)
        headers.setdefault("Cache-Control", "no-store")
        return JSONResponse(content, self.status, headers=headers, media_type=MEDIA_TYPE)

    async def send(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from a middleware, where there is no request object."""
        await self.response(request_id_of(scope))(scope, receive, send)


def request_id_of(scope: Scope) -> str:
    state: Mapping[str, Any] = scope.get("state") or {}
    return str(state.get("request_id", ""))


_CODES = {
    400: "bad_request",
    401: "auth.unauthenticated",
    403: "auth.forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "body_too_large",
    415: "unsupported_media_type",
    429: "throttled",
    503: "unavailable",
    504: "deadline_exceeded",
}


def problem_for_status(
    status: int, detail: str = "", *, headers: Mapping[str, str] | None = None
) -> Problem:
    """For errors that only have a status: an unknown path, a wrong method."""
    phrase = HTTPStatus(status).phrase
    code = _CODES.get(status, phrase.lower().replace(" ", "_"))
    return Problem(status, code, phrase, detail, headers=headers or {})


def entry(pointer: str, code: str, detail: str, source: str = "body") -> dict[str, str]:
    return {"pointer": pointer, "code": code, "detail": detail, "source": source}


def json_pointer(parts: Sequence[str | int]) -> str:
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return "".join(f"/{part}" for part in escaped)
