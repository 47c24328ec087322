"""Delivery through docket: a hint in Redis that a job is due, one docket for each queue.

Only the job's id travels. What is lost with Redis is delivered again from PostgreSQL; what comes
twice is taken once, since a worker claims the row first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self
from uuid import UUID

from redis.exceptions import RedisError

from vectal.platform.jobs.repository import Due
from vectal.platform.telemetry import get_logger

if TYPE_CHECKING:
    from docket import Docket

# A claimed row is safe in PostgreSQL, so an unfinished message may come again soon.
REDELIVERY: Final = timedelta(seconds=30)
RECONNECT: Final = timedelta(seconds=1)
CHECK: Final = timedelta(milliseconds=100)
KEEP_RECORDS: Final = timedelta(seconds=10)
UNAVAILABLE: Final = (RedisError, OSError, TimeoutError)

Take = Callable[[UUID], Awaitable[None]]

_log = get_logger(__name__)


def _open_docket(queue: str, redis_url: str) -> Docket:
    # A tenth of all that a server imports, and it sends no hints before it has jobs.
    from docket import Docket  # noqa: PLC0415

    return Docket(f"vectal-jobs-{queue}", redis_url, execution_ttl=KEEP_RECORDS)


async def deliver(job_id: str) -> None:
    """Stand for the worker's function of the same name, which docket finds by it."""
    raise NotImplementedError(job_id)


class Sender:
    """Puts hints into Redis; connects when it first has one."""

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._dockets: dict[str, Docket] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
        self._dockets.clear()

    async def send(self, due: Due) -> None:
        """Raises one of `UNAVAILABLE` when Redis does not take it."""
        docket = self._dockets.get(due.queue)
        if docket is None:
            docket = _open_docket(due.queue, self._redis_url)
            await self._stack.enter_async_context(docket)
            docket.register(deliver)
            self._dockets[due.queue] = docket
        key = f"{due.job_id}:{due.epoch}"
        await docket.add(deliver, key=key)(str(due.job_id))


class Receiver:
    """Takes hints of some queues and hands each to `take`, a bounded number at a time."""

    def __init__(
        self, redis_url: str, queues: Collection[str], take: Take, *, concurrency: int
    ) -> None:
        self._redis_url = redis_url
        self._queues = sorted(queues)
        self._take = take
        self._concurrency = concurrency

    async def run(self, stop: asyncio.Event) -> None:
        """Receive until `stop`; outlives an absent Redis."""
        async with asyncio.TaskGroup() as group:
            for queue in self._queues:
                group.create_task(self._receive(queue, stop), name=f"jobs:{queue}")

    async def _receive(self, queue: str, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._work(queue, stop)
            except UNAVAILABLE as error:
                _log.warning("jobs.receiver_without_redis", queue=queue, error=repr(error))
                await _sleep(stop, RECONNECT.total_seconds())

    async def _work(self, queue: str, stop: asyncio.Event) -> None:
        async def deliver(job_id: str) -> None:
            await self._take(UUID(job_id))

        async with _open_docket(queue, self._redis_url) as docket:
            docket.register(deliver)
            from docket import Worker  # noqa: PLC0415 - see `_open_docket`

            async with Worker(
                docket,
                concurrency=self._concurrency,
                redelivery_timeout=REDELIVERY,
                reconnection_delay=RECONNECT,
                minimum_check_interval=CHECK,
                scheduling_resolution=CHECK,
                schedule_automatic_tasks=False,
            ) as worker:
                running = asyncio.create_task(worker.run_forever())
                stopping = asyncio.create_task(stop.wait())
                await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
                stopping.cancel()
                running.cancel()
                await asyncio.wait({running})
                if not running.cancelled() and (error := running.exception()) is not None:
                    raise error


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
