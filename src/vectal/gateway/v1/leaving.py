"""Who leaves before the first word of a stream is not answered any more.

A model may think for minutes before it. An answer in one piece goes on: it has its price all the
same, and may be kept for the next who asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

from vectal.ai.proxy.wires.passing import peek
from vectal.ai.proxy.wires.port import BadCallError
from vectal.ai.service.gateway.call import IncomingCall
from vectal.platform.background import end_tasks

Begun = TypeVar("Begun")


async def while_there(request: Request, call: IncomingCall, answer: Awaitable[Begun]) -> Begun:
    """The answer, once it has begun; raises ClientDisconnect. The body has been read."""
    has_left = False

    async def watch(deadline: asyncio.Timeout) -> None:
        nonlocal has_left
        while (await request.receive())["type"] != "http.disconnect":
            pass
        if _is_stream(call):
            has_left = True
            deadline.reschedule(asyncio.get_running_loop().time())

    leaving: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(None) as deadline:
            leaving = asyncio.create_task(watch(deadline))
            return await answer
    except TimeoutError as error:
        if not has_left:
            raise
        raise ClientDisconnect from error
    finally:
        if leaving is not None:
            await end_tasks([leaving])


def _is_stream(call: IncomingCall) -> bool:
    try:
        return peek(call.body).stream
    except BadCallError:
        return False
