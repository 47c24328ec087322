"""Which vendor's shape a request expects, and problems written in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response
from starlette.types import Scope

from vectal.ai.proxy.wires.port import ClientWire, WireProblem
from vectal.ai.proxy.wires.registry import wire
from vectal.gateway.problem import Problem, request_id_of

PREFIX: Final = "/v1/"
_VERSION_HEADER: Final = b"anthropic-version"
_MESSAGES: Final = "/v1/messages"


def is_wire_path(path: str) -> bool:
    return path.startswith(PREFIX)


def wire_of(scope: Scope) -> ClientWire:
    """The wire of the path; for paths that both vendors have, the one the headers speak."""
    path: str = scope["path"]
    if path.startswith(_MESSAGES):
        return wire("messages")
    if path.startswith("/v1/responses"):
        return wire("responses")
    speaks = any(name == _VERSION_HEADER for name, _ in scope.get("headers", ()))
    return wire("messages" if speaks else "chat_completions")


def problem_response(
    scope: Scope, problem: WireProblem, headers: Mapping[str, str] | None = None
) -> Response:
    """`problem` as the vendor would have said it."""
    request_id = request_id_of(scope)
    spoken = wire_of(scope)
    more = {"cache-control": "no-store", **(headers or {})}
    if spoken.name == "messages":
        more["request-id"] = request_id
    body = spoken.problem(problem, request_id)
    return Response(body, problem.status, headers=more, media_type="application/json")


def respond_to(scope: Scope, problem: Problem) -> Response:
    """A problem of the house, told in the vendor's shape."""
    param = problem.extra.get("param")
    detail = problem.detail or problem.title
    told = WireProblem(problem.status, problem.code, detail, param or None)
    return problem_response(scope, told, problem.headers)
