"""The runs that this process works at: bounded, stoppable, handed back when it ends.

A run is a task under a lease. Twice a second, and when PostgreSQL notifies, one look finds what
people want of the runs here; leases are renewed in one statement for all. Runs are claimed from
the table alone, so a job, a notice, a run that ended here and the passing of time are only reasons
to look there.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vectal.agents.service.controller import Controller
from vectal.agents.service.hold import Ask, Signal
from vectal.agents.service.journal import Lease
from vectal.agents.service.leases import Leases
from vectal.agents.service.rules import PER_PROCESS
from vectal.agents.service.stint import Stint
from vectal.platform.clock import monotonic
from vectal.platform.db import Scope
from vectal.platform.db.engine import detach_ambient
from vectal.platform.db.listening import Bell
from vectal.platform.telemetry import gauge, get_logger

_log = get_logger(__name__)
_running = gauge("agents_runs_running", "Runs that this process works at.")

LOOK_S: Final = 0.5
CLAIM_S: Final = 1.0
_RENEWALS: Final = 3.3
"""In the time of one lease."""
_ABANDON_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class RunningRun:
    lease: Lease
    task: asyncio.Task[None]
    signal: Signal


class RunRunner:
    """Start `run()` beside the worker; call `drain()` before it ends."""

    def __init__(
        self, controller: Controller, leases: Leases, *, max_running: int = PER_PROCESS
    ) -> None:
        self.controller = controller
        self.leases = leases
        self._max_running = max_running
        self.active: dict[UUID, RunningRun] = {}
        """What this process works at now, by run."""
        self._bell = asyncio.Event()
        self._filling = asyncio.Lock()
        self._is_draining = False
        self._renewed_at = float("-inf")

    def ring(self) -> None:
        """A run waits for a worker, or there is room for one."""
        self._bell.set()

    def send(self, run_id: UUID, ask: Ask) -> None:
        """Stop a run if it is worked at here; elsewhere its process will see that it is asked."""
        running = self.active.get(run_id)
        if running is not None:
            running.signal.send(ask)

    async def run(self) -> None:
        """Claim runs and look after them until cancelled."""
        async with self.leases.listening() as bell, asyncio.TaskGroup() as group:
            group.create_task(self._keep_looking(bell), name="agents:look")
            group.create_task(self._keep_claiming(), name="agents:claim")

    async def attend(self) -> None:
        """Look after the runs that `take` has brought here, until cancelled; claim none."""
        async with self.leases.listening() as bell:
            await self._keep_looking(bell)

    async def take(self, scope: Scope, run_id: UUID, stint: Stint) -> asyncio.Task[None] | None:
        """Work at one run of another engine for a while; None when it can't be had now.

        `attend` must be running. The task ends when the stint is over, and never raises.
        """
        async with self._filling:
            if self._is_draining or len(self.active) >= self._max_running:
                return None
            lease = await self.leases.claim_one(scope, run_id)
            return None if lease is None else self._launch(lease, stint)

    async def look(self) -> None:
        """One look: stop what is to be stopped, renew, and claim what is due."""
        await self._look()
        await self.fill()

    async def fill(self) -> None:
        """Claim as many runs as there is room for."""
        async with self._filling:
            self._bell.clear()
            room = self._max_running - len(self.active)
            if self._is_draining or room <= 0:
                return
            for lease in await self.leases.claim(room):
                self._launch(lease)

    async def drain(self, patience_s: float) -> None:
        """Take nothing new, let steps end for a while, hand the runs to other processes."""
        self._is_draining = True
        async with self._filling:
            rest = list(self.active.values())
        for running in rest:
            running.signal.patience_s = patience_s
            running.signal.send("hand_back")
        tasks = [running.task for running in rest]
        if not tasks:
            return
        await asyncio.wait(tasks, timeout=patience_s + _ABANDON_S)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=_ABANDON_S)
        _log.info("agents.runs_handed_back", runs=len(tasks))

    async def _keep_looking(self, bell: Bell) -> None:
        is_away = False
        while True:
            try:
                await self._look()
                is_away = False
            except Exception as error:  # noqa: BLE001 - the database may be away; runs wait for it
                if not is_away:
                    _log.warning("agents.leases_unattended", error=repr(error))
                is_away = True
            if await bell.wait(LOOK_S):
                self.ring()

    async def _keep_claiming(self) -> None:
        while True:
            try:
                await self.fill()
            except Exception as error:  # noqa: BLE001 - the database may be away; runs wait for it
                _log.warning("agents.claim_interrupted", error=repr(error))
                await asyncio.sleep(CLAIM_S)
            try:
                async with asyncio.timeout(CLAIM_S):
                    await self._bell.wait()
            except TimeoutError:
                continue

    async def _look(self) -> None:
        held = [running.lease for running in self.active.values()]
        if not held:
            return
        for run_id, wanted in (await self.leases.find_wanted(held)).items():
            self.send(run_id, "cancel" if wanted == "cancel" else "pause")
        if monotonic() - self._renewed_at >= self.leases.lease_s / _RENEWALS:
            self._renewed_at = monotonic()
            await self._renew(held)

    async def _renew(self, held: list[Lease]) -> None:
        ours = await self.leases.renew(held)
        for lease in held:
            running = self.active.get(lease.run_id)
            if lease.run_id not in ours and running is not None and running.lease is lease:
                # Another process has it, or it has ended; our tools must not act for it any more.
                running.task.cancel()

    def _launch(self, lease: Lease, stint: Stint | None = None) -> asyncio.Task[None]:
        signal = Signal()
        task = asyncio.create_task(self._work(lease, signal, stint), name=f"run:{lease.run_id}")
        self.active[lease.run_id] = RunningRun(lease, task, signal)
        self._guard(lease, task)
        _running.set(len(self.active))
        return task

    def _guard(self, lease: Lease, task: asyncio.Task[None]) -> None:
        """Cancel the task when its lease may be over, before it takes another step.

        A process that was frozen wakes up in the middle of what it did. Timers that are due run
        before any task of the loop goes on, so a call that was under way does not go on either.
        """

        def check() -> None:
            if task.done():
                return
            if lease.is_sure:
                self._guard(lease, task)
            else:
                task.cancel()

        asyncio.get_running_loop().call_later(lease.sure_s, check)

    async def _work(self, lease: Lease, signal: Signal, stint: Stint | None) -> None:
        detach_ambient()
        try:
            await self.controller.run(lease, signal, stint)
        except Exception:  # noqa: BLE001 - the run waits in the database for its next attempt
            # The lease runs out, and the run is taken over or given up where that works.
            _log.exception("agents.run_failed", run_id=lease.run_id)
        finally:
            running = self.active.get(lease.run_id)
            if running is not None and running.lease is lease:
                del self.active[lease.run_id]
            _running.set(len(self.active))
            self.ring()
