"""Writing an answer: a stream ends when its reader stops reading."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

WRITE_S: Final = 60.0
"""How long a client may refuse to take what is written."""
_HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}


class PieceStream(StreamingResponse):
    """Pieces of a model's answer, closed in every case."""

    def __init__(self, pieces: AsyncGenerator[bytes], headers: Mapping[str, str]) -> None:
        self._pieces = pieces
        super().__init__(pieces, headers={**_HEADERS, **headers}, media_type="text/event-stream")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def in_time(message: Message) -> None:
            async with asyncio.timeout(WRITE_S):
                await send(message)

        async with aclosing(self._pieces):
            await super().__call__(scope, receive, in_time)
