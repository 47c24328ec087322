"""The scheduler: one process leads, relays events, delivers jobs and does the upkeep.

Copies stand by. Nothing that they do needs a single leader to be right, only to be cheap.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from vectal.platform.clock import monotonic
from vectal.platform.db import Database
from vectal.platform.db.leadership import leadership
from vectal.platform.events.relay import Relay
from vectal.platform.events.retention import (
    purge_events,
    rebase_after_restore,
)
from vectal.platform.http.ledger import purge_ledger
from vectal.platform.jobs.contracts import Schedule, Sweep
from vectal.platform.jobs.dispatcher import Dispatcher
from vectal.platform.telemetry import gauge, get_logger

TICK_S: Final = 0.5
RESTART_S: Final = 1.0
SWEEP_S: Final = 120.0
"""A sweep that takes longer is cut off, so that the others get their turn."""

_log = get_logger(__name__)
_leads = gauge("scheduler_leads", "1 while this process is the scheduler at work.")

Loop = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


@dataclass
class Scheduler:
    """`sweeps` and `schedules` are what modules register at bootstrap."""

    database: Database
    relay: Relay
    dispatcher: Dispatcher
    sweeps: Sequence[Sweep] = ()
    schedules: Sequence[Schedule] = ()
    _done_at: dict[str, float] = field(default_factory=dict[str, float], init=False)

    async def run(self, stop: asyncio.Event) -> None:
        """Stand by or lead until `stop`; outlives a database that goes and comes back."""
        while not stop.is_set():
            try:
                async with leadership(self.database, "scheduler", stop) as lost:
                    if not lost.is_set():
                        await self._lead(stop, lost)
            except Exception as error:  # noqa: BLE001 - it lives as long as its process
                _log.warning("scheduler.interrupted", error=repr(error))
                await _sleep(stop, RESTART_S)

    async def _lead(self, stop: asyncio.Event, lost: asyncio.Event) -> None:
        await rebase_after_restore(self.database)
        halt = asyncio.Event()
        _leads.set(1)
        loops: tuple[Loop, ...] = (self.relay.run, self.dispatcher.run, self._tick)
        tasks = [asyncio.create_task(loop(halt)) for loop in loops]
        ends = [asyncio.create_task(stop.wait()), asyncio.create_task(lost.wait())]
        try:
            await asyncio.wait([*tasks, *ends], return_when=asyncio.FIRST_COMPLETED)
        finally:
            halt.set()
            _leads.set(0)
            for end in ends:
                end.cancel()
            await asyncio.wait([*tasks, *ends])
            for task in tasks:
                if not task.cancelled() and (error := task.exception()) is not None:
                    _log.error("scheduler.loop_failed", error=repr(error))

    async def _tick(self, halt: asyncio.Event) -> None:
        while not halt.is_set():
            for sweep in (*self._own_sweeps(), *self.sweeps):
                await self._sweep_when_due(sweep)
            await _sleep(halt, TICK_S)

    async def _sweep_when_due(self, sweep: Sweep) -> None:
        now = monotonic()
        if now < self._done_at.get(sweep.name, 0.0):
            return
        self._done_at[sweep.name] = now + sweep.every.total_seconds()
        try:
            async with asyncio.timeout(SWEEP_S):
                await sweep.run()
        except Exception as error:  # noqa: BLE001 - the next round tries again
            _log.warning("scheduler.sweep_failed", sweep=sweep.name, error=repr(error))

    def _own_sweeps(self) -> list[Sweep]:
        database, jobs = self.database, self.dispatcher
        return [
            Sweep("jobs.schedules", timedelta(seconds=1), self._keep_schedules),
            Sweep("jobs.reclaim", timedelta(seconds=5), jobs.reclaim),
            Sweep("jobs.purge", timedelta(minutes=10), jobs.purge),
            Sweep("events.purge", timedelta(minutes=10), lambda: purge_events(database)),
            Sweep("egress.purge", timedelta(hours=6), lambda: purge_ledger(database)),
        ]

    async def _keep_schedules(self) -> None:
        for schedule in self.schedules:
            await self.dispatcher.keep_schedule(schedule)


async def _sleep(until: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await until.wait()
    except TimeoutError:
        return
