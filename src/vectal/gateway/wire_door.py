"""The short way of a model call: past the router and its layers, which cost more than the call.

It stands below the edge, so names, log lines and headers are the same for all, and asks the one
resolver and the one policy. The same doors stand in `routes`, for whoever lists them.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from vectal.ai.service.gateway.call import CallRefusedError
from vectal.auth.asking import current_principal, require
from vectal.gateway.faults import log_unexpected, problem_of_app_error
from vectal.gateway.problem import request_id_of
from vectal.gateway.scope import OPERATION
from vectal.gateway.v1.calls import BEGUN, BegunAnswer, answer, answered
from vectal.gateway.v1.doors import DOORS
from vectal.gateway.v1.shape import problem_response, respond_to
from vectal.platform.errors import AppError

_SERVER_ERRORS: Final = 500


class WireDoor:
    def __init__(self, app: ASGIApp, *, host: object) -> None:
        self._app = app
        self._host = host
        """The application, as routes find it in their request."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = DOORS.get(scope["path"]) if scope["type"] == "http" else None
        if door is None or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        scope[OPERATION], scope["app"] = door.operation, self._host
        request = Request(scope, receive)
        try:
            begun: BegunAnswer | None = scope.pop(BEGUN, None)
            if begun is None:
                principal = await current_principal(request)
                require(principal, door.action)
                response = await answer(request, principal, door.wire)
            else:
                response = await answered(request, begun.call, begun.answer, begun.since)
        except CallRefusedError as error:
            response = problem_response(scope, error.problem, error.headers)
        except ClientDisconnect:
            return
        except AppError as error:
            problem = problem_of_app_error(error)
            if problem.status >= _SERVER_ERRORS:
                log_unexpected(error, request_id_of(scope), "POST", scope["path"])
            response = respond_to(scope, problem)
        await response(scope, receive, send)
