"""Appends of all runs of a process, together: while one transaction commits, the next gathers.

A run writes little and waits for it; a process has many runs. Alone, each append cost five round
trips and a commit of its own; together they cost that once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, TypeAlias

from vectal.agents.events import RunChanged
from vectal.agents.repository import entries as sql
from vectal.agents.repository.entries import Append, Key
from vectal.agents.run import RunState
from vectal.platform.db import Database
from vectal.platform.db.engine import detach_ambient
from vectal.platform.db.faults import will_pass
from vectal.platform.events.event import append_for

MAX_BATCH: Final = 64
Waiting: TypeAlias = tuple[Append, asyncio.Future[bool]]


class JournalWriter:
    """One a process. Works as the system role, since one statement writes for many people."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[Waiting] = []
        self._writing: asyncio.Task[None] | None = None
        self.turn = asyncio.Lock()
        """Held while rows of many runs are locked: two that lock many would wait in a circle."""

    async def append(self, wanted: Append) -> bool:
        """Whether it is stored: False when the run is not as `wanted` says.

        Raises what the database raised; then it is not known whether it is stored.
        """
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="agents:journal")
        return await done

    async def _write(self) -> None:
        detach_ambient()
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            await self._settle(batch)

    async def _settle(self, batch: list[Waiting]) -> None:
        """Store a batch and tell those who wait for it."""
        try:
            async with self.turn:
                stored = await self._store([wanted for wanted, _ in batch])
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            if len(batch) > 1 and not will_pass(error):
                # One of them can't be stored; the others must not suffer for it.
                for each in batch:
                    await self._settle([each])
                return
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
            return
        for wanted, done in batch:
            if not done.done():
                done.set_result(wanted.key in stored)

    async def _store(self, batch: Sequence[Append]) -> set[Key]:
        async with self._database.system("agents.append") as session:
            stored = await sql.append_held(session, batch)
            for wanted in batch:
                if wanted.tell and wanted.key in stored:
                    changed = RunChanged(wanted.run_id, RunState.RUNNING, wanted.last_seq)
                    await append_for(
                        session, changed, workspace_id=wanted.workspace_id, user_id=wanted.owner_id
                    )
        return stored
