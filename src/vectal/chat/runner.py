"""The turns that this process writes: bounded, stoppable, handed over when it ends.

A turn runs as a task under a lease. Twice a second one look at the database finds the turns that
somebody stopped and those whose process has died; a stop made in this process needs no look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vectal.chat.errors import DrainingError, TooManyTurnsError
from vectal.chat.journal import Lease
from vectal.chat.leases import Leases
from vectal.chat.turn import Turns
from vectal.platform.clock import monotonic
from vectal.platform.db.engine import detach_ambient
from vectal.platform.telemetry import counter, gauge, get_logger

_log = get_logger(__name__)
_running = gauge("chat_turns_running", "Turns that this process writes.")
_adopted = counter("chat_turns_adopted_total", "Turns taken over from a process that was gone.")

MAX_RUNNING: Final = 64
LOOK_S: Final = 0.5
RENEW_S: Final = 3.0
ADOPT_S: Final = 1.0
_ABANDON_S: Final = 2.0
_RETRY_AFTER: Final = {"Retry-After": "2"}


@dataclass(frozen=True, slots=True)
class RunningTurn:
    lease: Lease
    task: asyncio.Task[None]
    stop: asyncio.Event


class TurnRunner:
    """Start `run()` beside the server; call `drain()` before it ends."""

    def __init__(self, turns: Turns, leases: Leases, *, max_running: int = MAX_RUNNING) -> None:
        self._turns = turns
        self._leases = leases
        self._max_running = max_running
        self.active: dict[UUID, RunningTurn] = {}
        """What this process writes now, by turn."""
        self._reserved = 0
        self._is_draining = False
        self._renewed_at = float("-inf")
        self._adopted_at = float("-inf")

    @property
    def holder(self) -> UUID:
        return self._leases.holder

    @contextmanager
    def reserve(self) -> Generator[None]:
        """A place for one more turn, before anything of it is stored."""
        if self._is_draining:
            raise DrainingError(headers=_RETRY_AFTER)
        if len(self.active) + self._reserved >= self._max_running:
            raise TooManyTurnsError("This server is busy.", headers=_RETRY_AFTER)
        self._reserved += 1
        try:
            yield
        finally:
            self._reserved -= 1

    def launch(self, lease: Lease, *, crashes: int = 0, is_stopping: bool = False) -> None:
        """Run a turn whose lease is held."""
        stop = asyncio.Event()
        if is_stopping:
            stop.set()
        task = asyncio.create_task(self._run(lease, stop, crashes), name=f"turn:{lease.turn_id}")
        self.active[lease.turn_id] = RunningTurn(lease, task, stop)
        _running.set(len(self.active))

    def stop(self, turn_id: UUID) -> None:
        """Stop it if it runs here; elsewhere its process will see that it is asked to."""
        running = self.active.get(turn_id)
        if running is not None:
            running.stop.set()

    async def run(self) -> None:
        """Look after the leases until cancelled."""
        is_away = False
        while True:
            try:
                await self.look()
                is_away = False
            except Exception as error:  # noqa: BLE001 - the database may be away; turns wait for it
                if not is_away:
                    _log.warning("chat.leases_unattended", error=repr(error))
                is_away = True
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """One look: stop what is to be stopped, renew what is due, adopt what is orphaned."""
        now = monotonic()
        held = [running.lease for running in self.active.values()]
        if held:
            for turn_id in await self._leases.find_stopping(held):
                self.stop(turn_id)
        if held and now - self._renewed_at >= RENEW_S:
            await self._renew(held)
            self._renewed_at = now
        if not self._is_draining and now - self._adopted_at >= ADOPT_S:
            await self.adopt()
            self._adopted_at = now

    async def drain(self, patience_s: float) -> None:
        """Take nothing new, let turns end for a while, hand the rest to other processes."""
        self._is_draining = True
        deadline = monotonic() + patience_s
        while self.active and (left := deadline - monotonic()) > 0:
            tasks = [running.task for running in self.active.values()]
            await asyncio.wait(tasks, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(0)
        rest = list(self.active.values())
        if not rest:
            return
        for running in rest:
            running.task.cancel()
        await asyncio.wait([running.task for running in rest], timeout=_ABANDON_S)
        await self._leases.give_back([running.lease for running in rest])
        _log.info("chat.turns_handed_over", turns=len(rest))

    async def _run(self, lease: Lease, stop: asyncio.Event, crashes: int) -> None:
        detach_ambient()
        try:
            await self._turns.run(lease, stop=stop, crashes=crashes)
        except Exception:  # noqa: BLE001 - the turn waits in the database for its next attempt
            # The lease runs out, and the turn is begun again or given up where that works.
            _log.exception("chat.turn_failed", turn_id=lease.turn_id)
        finally:
            self.active.pop(lease.turn_id, None)
            _running.set(len(self.active))

    async def _renew(self, held: list[Lease]) -> None:
        ours = await self._leases.renew(held)
        for lease in held:
            running = self.active.get(lease.turn_id)
            if lease.turn_id not in ours and running is not None and running.lease == lease:
                # Another process has it, or it has ended; our tools must not act for it any more.
                running.task.cancel()

    async def adopt(self) -> None:
        """Take over as many orphaned turns as there is room for."""
        room = self._max_running - len(self.active) - self._reserved
        if room <= 0:
            return
        for lease, crashes, is_stopping in await self._leases.take_orphans(
            room, not_these=list(self.active)
        ):
            _adopted.inc()
            _log.info("chat.turn_adopted", turn_id=lease.turn_id, attempt=lease.attempt)
            self.launch(lease, crashes=crashes, is_stopping=is_stopping)
