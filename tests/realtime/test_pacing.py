"""Streams with a heartbeat and an end from outside."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from vectal.realtime.pacing import paced


class Source:
    """Gives numbers as they are put, and remembers whether it was closed."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[int | Exception] = asyncio.Queue()
        self.is_closed = False

    async def numbers(self) -> AsyncGenerator[int, None]:
        try:
            while (item := await self.queue.get()) != 0:
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.is_closed = True


async def test_items_pass_until_the_source_ends() -> None:
    source = Source()
    for item in (1, 2, 0):
        source.queue.put_nowait(item)
    stream = paced(source.numbers(), heartbeat_s=60, until=asyncio.Event())
    assert [item async for item in stream] == [1, 2]
    assert source.is_closed


async def test_silence_is_a_heartbeat_and_loses_nothing() -> None:
    source, over = Source(), asyncio.Event()
    stream = paced(source.numbers(), heartbeat_s=0.001, until=over)
    assert await anext(stream) is None
    source.queue.put_nowait(7)
    heard = [await anext(stream) for _ in range(1)]
    while heard[-1] is None:
        heard.append(await anext(stream))
    assert heard[-1] == 7
    over.set()
    assert [item async for item in stream] == []


async def test_the_end_from_outside_does_not_wait_for_the_source() -> None:
    source, over = Source(), asyncio.Event()
    stream = paced(source.numbers(), heartbeat_s=60, until=over)
    asyncio.get_running_loop().call_soon(over.set)
    assert [item async for item in stream] == []
    assert source.is_closed


async def test_a_failing_source_fails_the_stream() -> None:
    source = Source()
    source.queue.put_nowait(ValueError("broken"))
    stream = paced(source.numbers(), heartbeat_s=60, until=asyncio.Event())
    with pytest.raises(ValueError, match="broken"):
        await anext(stream)
    assert source.is_closed
