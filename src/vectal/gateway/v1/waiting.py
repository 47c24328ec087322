"""A stream whose client is shown that it lives, while nobody has said a word of the answer.

A model may think for minutes before its first word, and a proxy between it and its client cuts
what is silent for half a minute. Until then nothing is sent: what goes wrong has a status of its
own, and whoever answers is named in the head. After that the head is out, and what is no answer
ends the stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from vectal.ai.proxy.wires.breaking import broken_event
from vectal.ai.proxy.wires.port import WireProblem
from vectal.ai.service.gateway.call import Answer, CallRefusedError, IncomingCall
from vectal.ai.service.gateway.problems import problem_of
from vectal.platform.background import end_tasks
from vectal.platform.errors import AppError

_ALIVE: Final = b": waiting\n\n"
"""A comment, which every reader of event streams skips."""


class Waiting:
    """An answer that may not have begun; as a stream, its pieces and what comes before them."""

    def __init__(
        self, call: IncomingCall, answer: Coroutine[Any, Any, Answer], alive_s: float
    ) -> None:
        self._call = call
        self._begun = asyncio.create_task(answer)
        self._alive_s = alive_s
        self._found: Answer | None = None
        self._is_closed = False

    async def begin(self, seconds: float | None) -> Answer | None:
        """The answer, when it has begun by then; where it will be a stream, this is it till then.

        Raises what the answer raises. Who is cancelled meanwhile ends the call.
        """
        try:
            await asyncio.wait({self._begun}, timeout=seconds)
        except BaseException:
            await self.close()
            raise
        return self._begun.result() if self._begun.done() else None

    async def receive(self) -> bytes | None:
        """The next piece; how it broke off is the last of them."""
        if self._is_closed:
            return None
        try:
            found = self._found = self._found or await self.begin(self._alive_s)
        except (CallRefusedError, AppError) as error:
            await self.close()
            problem = error.problem if isinstance(error, CallRefusedError) else problem_of(error)
            return broken_event(self._call.wire, problem, self._call.request_id)
        if found is None:
            return _ALIVE
        return None if found.stream is None else await found.stream.receive()

    async def close(self) -> None:
        self._is_closed = True
        await end_tasks([self._begun])
        if self._begun.cancelled() or self._begun.exception() is not None:
            return
        stream = self._begun.result().stream
        if stream is not None:
            await stream.close()

    def broken(self, problem: WireProblem) -> bytes:
        """What ends it where nobody goes on with it."""
        if self._found is not None and self._found.broken is not None:
            return self._found.broken(problem)
        return broken_event(self._call.wire, problem, self._call.request_id)
