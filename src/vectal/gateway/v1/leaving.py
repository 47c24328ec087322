"""Whom nobody answers any more: a client who has left, and all who outlast a stopping server.

A model may think for minutes before its first word. An answer in one piece goes on without its
client: it has its price all the same, and may be kept for the next who asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Generator
from contextlib import contextmanager
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.types import Scope

from vectal.ai.proxy.wires.passing import peek
from vectal.ai.proxy.wires.port import BadCallError
from vectal.ai.service.gateway.call import CallRefusedError, IncomingCall
from vectal.gateway.drain import DRAIN, STOPPING, Drain
from vectal.platform.background import end_tasks

Begun = TypeVar("Begun")
_AGAIN = {"Retry-After": "1", "Connection": "close"}


class StopWatch:
    """Ends a block when the server waits for nobody any longer."""

    def __init__(self, scope: Scope) -> None:
        self._drain: Drain | None = scope.get(DRAIN)
        self.is_stopping = False

    @contextmanager
    def guarding(self, deadline: asyncio.Timeout) -> Generator[None]:
        """The block ends with TimeoutError."""
        if self._drain is None:
            yield
            return

        def stop() -> None:
            self.is_stopping = True
            deadline.reschedule(asyncio.get_running_loop().time())

        with self._drain.watched(stop):
            yield


async def while_there(request: Request, call: IncomingCall, answer: Awaitable[Begun]) -> Begun:
    """The answer, once it has begun. The body has been read.

    Raises ClientDisconnect, and CallRefusedError where the server stops first.
    """
    has_left, stops = False, StopWatch(request.scope)

    async def watch(deadline: asyncio.Timeout) -> None:
        nonlocal has_left
        while (await request.receive())["type"] != "http.disconnect":
            pass
        if is_stream(call):
            has_left = True
            deadline.reschedule(asyncio.get_running_loop().time())

    leaving: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(None) as deadline:
            leaving = asyncio.create_task(watch(deadline))
            with stops.guarding(deadline):
                return await answer
    except TimeoutError as error:
        if has_left:
            raise ClientDisconnect from error
        if stops.is_stopping:
            raise CallRefusedError(STOPPING, _AGAIN) from error
        raise
    finally:
        if leaving is not None:
            await end_tasks([leaving])


def is_stream(call: IncomingCall) -> bool:
    """Whether the client asks for one; one that can't be read has no answer of any kind."""
    try:
        return peek(call.body).stream
    except BadCallError:
        return False
