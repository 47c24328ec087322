"""The dispatcher: delivers due jobs, brings back lost ones, queues what schedules ask for.

Runs in the scheduler. All of it can run twice at once without harm, since rows are locked and
deliveries are hints.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from vectal.platform.clock import Clock, SystemClock
from vectal.platform.db import Database
from vectal.platform.db.listening import listening
from vectal.platform.jobs import repository
from vectal.platform.jobs.contracts import Schedule
from vectal.platform.jobs.delivery import UNAVAILABLE, Sender
from vectal.platform.jobs.queue import JobQueue
from vectal.platform.jobs.repository import Due
from vectal.platform.telemetry import counter, get_logger

BATCH: Final = 200
SILENCE: Final = timedelta(seconds=30)
"""A delivered job that nobody took within it is delivered again."""
LONGEST_PAUSE_S: Final = 1.0
REDIS_PAUSE_S: Final = 1.0
KEEP_DONE: Final = timedelta(days=1)
KEEP_DEAD: Final = timedelta(days=30)

_log = get_logger(__name__)
_dispatched = counter("jobs_dispatched_total", "Deliveries put into Redis.", ["queue"])
_reclaimed = counter("jobs_reclaimed_total", "Jobs taken back from workers that vanished.")


class Dispatcher:
    def __init__(
        self,
        database: Database,
        queue: JobQueue,
        redis_url: str,
        *,
        silence: timedelta = SILENCE,
        partitions: int = 1,
        installation: str = "",
        clock: Clock | None = None,
    ) -> None:
        self._database = database
        self._queue = queue
        self._redis_url = redis_url
        self._silence = silence
        self._partitions = partitions
        self._installation = installation
        self._clock = clock or SystemClock()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop`; outlives both servers' absences."""
        async with (
            listening(self._database, repository.CHANNEL) as bell,
            Sender(self._redis_url, self._partitions, self._installation) as sender,
        ):
            while not stop.is_set():
                pause = REDIS_PAUSE_S
                try:
                    pause = await self.step(sender)
                except UNAVAILABLE as error:
                    _log.warning("jobs.dispatch_without_redis", error=repr(error))
                except Exception as error:  # noqa: BLE001 - it lives as long as its process
                    _log.warning("jobs.dispatch_interrupted", error=repr(error))
                await bell.wait(pause)

    async def step(self, sender: Sender) -> float:
        """Deliver one batch; return how long to wait before the next."""
        async with self._database.system("job dispatch") as session:
            wait = await repository.find_wait(session, self._silence)
        if wait is None or wait > 0:
            return LONGEST_PAUSE_S if wait is None else min(wait, LONGEST_PAUSE_S)
        async with self._database.system("job dispatch") as session:
            due = await repository.take_due(session, silence=self._silence, limit=BATCH)
        await self._send(sender, due)
        return 0.0 if len(due) == BATCH else 0.01

    async def _send(self, sender: Sender, due: Sequence[Due]) -> None:
        try:
            await sender.send(due)
        except BaseException:
            async with self._database.system("job dispatch") as session:
                await repository.undo_dispatch(session, [each.job_id for each in due])
            raise
        for queue, count in Counter(each.queue for each in due).items():
            _dispatched.labels(queue).inc(count)

    async def reclaim(self) -> int:
        """Queue again what vanished workers held."""
        async with self._database.system("job reclaim") as session:
            count = await repository.reclaim_lost(session, self._queue.attempts, BATCH)
        if count:
            _reclaimed.inc(count)
            _log.warning("jobs.reclaimed", count=count)
        return count

    async def keep_schedule(self, schedule: Schedule) -> bool:
        """Queue the newest occurrence when it is new."""
        occurrence = schedule.latest(self._clock.now())
        async with self._database.system("job schedule") as session:
            is_new = await repository.move_schedule(session, schedule.job_name, occurrence)
            if is_new:
                key = f"{schedule.job_name}@{occurrence.isoformat()}"
                await self._queue.enqueue(session, schedule.job_name, key)
        return is_new

    async def purge(self) -> int:
        """Delete jobs that ended long ago."""
        total, deleted = 0, BATCH * 5
        while deleted == BATCH * 5:
            async with self._database.system("job purge") as session:
                deleted = await repository.purge(
                    session, done=KEEP_DONE, dead=KEEP_DEAD, limit=BATCH * 5
                )
            total += deleted
        return total
