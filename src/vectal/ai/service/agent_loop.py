"""The think-act loop as responses use it, loaded when the first one asks.

Its libraries take seconds to import: workers and the scheduler never need them, and a server is
ready before they are there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from vectal.ai.context.build import BuiltContext
from vectal.ai.contracts import LoopEvent
from vectal.ai.proxy.exchange import Exchange
from vectal.ai.responses import ToolDesk

if TYPE_CHECKING:
    from vectal.ai.service.pydantic_loop import PydanticLoop


class AgentLoop:
    """One a process."""

    def __init__(self) -> None:
        self._loading: asyncio.Task[PydanticLoop] | None = None

    async def load(self) -> PydanticLoop:
        """Have the libraries, whoever asked first; a caller who gives up stops nobody else."""
        if self._loading is None:
            self._loading = asyncio.create_task(_open())
        return await asyncio.shield(self._loading)

    async def close(self) -> None:
        if self._loading is not None:
            await (await self._loading).close()

    async def run(
        self, exchange: Exchange, context: BuiltContext, desk: ToolDesk, until: float
    ) -> AsyncGenerator[LoopEvent]:
        """What the model says and what its tools return, in order.

        Raises ProviderFault, or TimeoutError when `until` (of the loop's clock) has come.
        """
        async with asyncio.timeout_at(until):
            loop = await self.load()
        async with aclosing(loop.run(exchange, context, desk, until)) as events:
            async for event in events:
                yield event


async def _open() -> PydanticLoop:
    return (await asyncio.to_thread(_import))()


def _import() -> type[PydanticLoop]:
    from vectal.ai.service.pydantic_loop import PydanticLoop  # noqa: PLC0415 - seconds of imports

    return PydanticLoop
