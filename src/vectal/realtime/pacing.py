"""A stream with a heartbeat, and an end that does not wait for its source."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

T = TypeVar("T")


async def paced(
    source: AsyncGenerator[T, None], *, heartbeat_s: float, until: asyncio.Event
) -> AsyncIterator[T | None]:
    """The items of `source`; None for each `heartbeat_s` of silence; ends once `until` is set.

    `source` is closed at the end, however it comes.
    """
    closing = asyncio.create_task(until.wait())
    pending: asyncio.Task[T] | None = None
    try:
        while not closing.done():
            pending = pending or asyncio.create_task(_next(source))
            done, _ = await asyncio.wait(
                {pending, closing}, timeout=heartbeat_s, return_when=asyncio.FIRST_COMPLETED
            )
            if pending not in done:
                if closing not in done:
                    yield None
                continue
            try:
                item = pending.result()
            except StopAsyncIteration:
                return
            finally:
                pending = None
            yield item
    finally:
        await _abandon(closing)
        await _abandon(pending)
        await source.aclose()


async def _next(source: AsyncGenerator[T, None]) -> T:
    return await anext(source)


async def _abandon(task: asyncio.Task[T] | None) -> None:
    """Cancel a read that nobody waits for any longer; its outcome no longer matters."""
    if task is None:
        return
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()
