"""Every exception becomes a problem document here, and nowhere else."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from vectal.ai.service.gateway.call import CallRefusedError
from vectal.auth.asking import GRANTS_PATH
from vectal.gateway.faults import log_unexpected, problem_of, problem_of_app_error
from vectal.gateway.inventory import allowed_methods, fixed_methods
from vectal.gateway.oauth import challenge
from vectal.gateway.problem import (
    Problem,
    entry,
    json_pointer,
    problem_for_status,
    request_id_of,
)
from vectal.gateway.v1 import shape
from vectal.platform.config import Settings
from vectal.platform.errors import AppError

_MAX_ENTRIES = 50
_GONE = 499
_SHOWN_CHARS = 100
_OUR_WORDS = "Value error, "
"""Stands before what our own checks say."""


def install(app: FastAPI) -> None:
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(CallRefusedError, _call_refused)
    app.add_exception_handler(ClientDisconnect, _client_gone)
    app.add_exception_handler(Exception, _unexpected)


async def _unexpected(request: Request, error: Exception) -> Response:
    """The framework raises it again once this is sent, and the edge logs it."""
    return _respond(request, problem_of(error))


async def _app_error(request: Request, error: Exception) -> Response:
    app_error = cast("AppError", error)
    request_id = request_id_of(request.scope)
    if app_error.status >= 500:  # noqa: PLR2004 - the class of server errors
        log_unexpected(app_error, request_id, request.method, request.url.path)
    problem = problem_of_app_error(app_error)
    if app_error.status == HTTPStatus.UNAUTHORIZED and request.url.path == GRANTS_PATH:
        # How a program gets a credential that is good here.
        told = challenge(cast("Settings", request.app.state.settings))
        problem = replace(problem, headers={**(problem.headers or {}), "WWW-Authenticate": told})
    return _respond(request, problem)


async def _call_refused(request: Request, error: Exception) -> Response:
    refused = cast("CallRefusedError", error)
    return shape.problem_response(request.scope, refused.problem, refused.headers)


async def _client_gone(request: Request, error: Exception) -> Response:
    """A client that left in the middle of its body reads no answer; the log line gets a status."""
    del request, error
    return Response(status_code=_GONE)


async def _http_error(request: Request, error: Exception) -> Response:
    http_error = cast("HTTPException", error)
    headers = dict(http_error.headers or {})
    if http_error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(allowed_methods(request.app, request.url.path))
    detail = http_error.detail
    if http_error.status_code == HTTPStatus.NOT_FOUND and shape.is_wire_path(request.url.path):
        # Vendors have more than we offer; their clients show the words alone.
        asked = f"{request.method} {request.url.path[:_SHOWN_CHARS]}"
        detail = f"{asked} is not offered here. The guide of the gateway says what is."
    problem = problem_for_status(http_error.status_code, detail, headers=headers)
    return _respond(request, problem)


async def _validation_error(request: Request, error: Exception) -> Response:
    found = cast("Sequence[Mapping[str, Any]]", cast("RequestValidationError", error).errors())
    if any(each["loc"][:1] == ("path",) for each in found):
        fixed = fixed_methods(request.app, request.url.path)
        if fixed and request.method not in fixed:  # its last word was taken for an id
            headers = {"Allow": ", ".join(fixed)}
            problem = problem_for_status(HTTPStatus.METHOD_NOT_ALLOWED, headers=headers)
            return _respond(request, problem)
    entries = [_entry(each) for each in found[:_MAX_ENTRIES]]
    detail = f"{entries[0]['source']} {entries[0]['pointer']}: {entries[0]['detail']}"
    # Vendors say 400 to what is wrong with a request, and their clients have an exception for it.
    status = 400 if shape.is_wire_path(request.url.path) else 422
    problem = Problem(
        status, "invalid_input", "The request can't be taken as it is", detail, {"errors": entries}
    )
    return _respond(request, problem)


def _respond(request: Request, problem: Problem) -> Response:
    """Clients of `/v1` expect their vendor's shape."""
    if shape.is_wire_path(request.url.path):
        return shape.respond_to(request.scope, problem)
    return problem.response(request_id_of(request.scope))


def _entry(found: Mapping[str, Any]) -> dict[str, str]:
    """Pointer, code and words; never the input, which may be a password."""
    source, *parts = cast("tuple[str | int, ...]", found["loc"]) or ("body",)
    code = str(found["type"])
    if code == "json_invalid":
        return entry("", code, "The body is not valid JSON")
    return entry(json_pointer(parts), code, str(found["msg"]).removeprefix(_OUR_WORDS), str(source))
