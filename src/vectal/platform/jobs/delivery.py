"""Delivery through docket: a hint in Redis that a job is due, one docket a queue and partition.

A workspace has its hints in one partition of each queue, and a process works at so many of each at
once: whoever floods one waits with those who share it, and the others go on. All processes have to
agree on the number; while they don't, what was delivered to nobody is delivered again.

The name of the installation is part of each name: a worker drops the hint of a job that its own
database does not know, so two installations on one Redis would lose each other's.

Only the job's id travels. What is lost with Redis is delivered again from PostgreSQL; what comes
twice is taken once, since a worker claims the row first.
"""

from __future__ import annotations

import asyncio
import zlib
from collections import defaultdict
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
SEND_S: Final = 10.0
"""docket itself waits without end for a Redis that takes connections and says nothing."""
UNAVAILABLE: Final = (RedisError, OSError, TimeoutError)

Take = Callable[[UUID], Awaitable[None]]

_log = get_logger(__name__)


def _open_docket(name: str, redis_url: str) -> Docket:
    # A tenth of all that a server imports, and it sends no hints before it has jobs.
    from docket import Docket  # noqa: PLC0415

    return Docket(name, redis_url, execution_ttl=KEEP_RECORDS)


def partition_of(workspace_id: UUID, partitions: int) -> int:
    """Where a workspace has its jobs: from 0 on."""
    return zlib.crc32(workspace_id.bytes) % partitions


def _name(installation: str, queue: str, partition: int, partitions: int) -> str:
    base = f"vectal-jobs-{installation}-{queue}" if installation else f"vectal-jobs-{queue}"
    return base if partitions == 1 else f"{base}-{partition}-of-{partitions}"


async def deliver(job_id: str) -> None:
    """Stand for the worker's function of the same name, which docket finds by it."""
    raise NotImplementedError(job_id)


class Sender:
    """Puts hints into Redis; connects when it first has one."""

    def __init__(self, redis_url: str, partitions: int = 1, installation: str = "") -> None:
        self._redis_url = redis_url
        self._partitions = partitions
        self._installation = installation
        self._dockets: dict[str, Docket] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
        self._dockets.clear()

    async def send(self, due: Collection[Due]) -> None:
        """All in a round trip or two for each docket, so that a flood holds up nobody behind it.

        Raises one of `UNAVAILABLE` when Redis does not take them all; it may have taken some.
        """
        parted = defaultdict[str, list[Due]](list)
        for each in due:
            place = partition_of(each.workspace_id, self._partitions)
            name = _name(self._installation, each.queue, place, self._partitions)
            parted[name].append(each)
        for name, some in parted.items():
            docket = await self._open(name)
            calls = [
                docket.call(deliver, key=f"{each.job_id}:{each.epoch}")(str(each.job_id))
                for each in some
            ]
            async with asyncio.timeout(SEND_S):
                added = await docket.add_many(calls)
            for each in added:
                if each.schedule_exception is not None:
                    raise each.schedule_exception

    async def _open(self, name: str) -> Docket:
        docket = self._dockets.get(name)
        if docket is None:
            docket = _open_docket(name, self._redis_url)
            await self._stack.enter_async_context(docket)
            docket.register(deliver)
            self._dockets[name] = docket
        return docket


class Receiver:
    """Takes hints of some queues and hands each to `take`, `concurrency` of a queue at a time."""

    def __init__(
        self,
        redis_url: str,
        queues: Collection[str],
        take: Take,
        *,
        concurrency: int,
        partitions: int = 1,
        installation: str = "",
    ) -> None:
        self._redis_url = redis_url
        self._names = [
            _name(installation, queue, place, partitions)
            for queue in sorted(queues)
            for place in range(partitions)
        ]
        self._take = take
        self._concurrency = max(1, concurrency // partitions)

    async def run(self, stop: asyncio.Event) -> None:
        """Receive until `stop`; outlives an absent Redis."""
        async with asyncio.TaskGroup() as group:
            for name in self._names:
                group.create_task(self._receive(name, stop), name=name)

    async def _receive(self, name: str, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._work(name, stop)
            except UNAVAILABLE as error:
                _log.warning("jobs.receiver_without_redis", docket=name, error=repr(error))
                await _sleep(stop, RECONNECT.total_seconds())

    async def _work(self, name: str, stop: asyncio.Event) -> None:
        async def deliver(job_id: str) -> None:
            await self._take(UUID(job_id))

        async with _open_docket(name, self._redis_url) as docket:
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
                try:
                    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    stopping.cancel()
                # Leaving asks it to end after what it reads now. Redis has crossed that off as
                # delivered already: a worker that was cancelled would take it along.
            await running


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
