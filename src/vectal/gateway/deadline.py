"""A deadline for every request. A stream that has begun may go on; it has its own rules.

So have calls under `/v1`, since models take their time, and the bytes of files.
"""

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vectal.gateway.problem import Problem
from vectal.gateway.streams import has_no_deadline
from vectal.gateway.v1.shape import is_wire_path

_STREAM: Final = b"text/event-stream"
_LATE: Final = Problem(
    504, "deadline_exceeded", "This took too long", "It was stopped; try again, or ask for less."
)


class RequestDeadline:
    def __init__(self, app: ASGIApp, *, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_wire_path(scope["path"]) or has_no_deadline(scope):
            await self._app(scope, receive, send)
            return
        has_begun = False
        deadline = asyncio.timeout(self._seconds)

        async def watched(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                if _is_stream(message):
                    deadline.reschedule(None)
            await send(message)

        try:
            async with deadline:
                await self._app(scope, receive, watched)
        except TimeoutError:
            if not deadline.expired() or has_begun:
                raise
            await _LATE.send(scope, receive, send)


def _is_stream(message: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(_STREAM)
        for name, value in message.get("headers", ())
    )
