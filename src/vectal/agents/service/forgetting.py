"""Runs that are forgotten: by their owner, or by the house once it has kept them long enough."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from vectal.agents.errors import RunNotFoundError, RunOpenError
from vectal.agents.events import RunChanged
from vectal.agents.policy import can_see
from vectal.agents.repository import runs
from vectal.agents.run import ENDED, RunState
from vectal.auth.principal import Principal
from vectal.platform.db import Database
from vectal.platform.telemetry import get_logger

_AT_ONCE: Final = 200

_log = get_logger(__name__)


class Forgetter:
    """What runs have changed stays, and what they have proposed waits on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def delete(self, principal: Principal, run_id: UUID) -> None:
        """Delete a run that has ended, with its journal and the runs that it has begun.

        Raises `RunNotFoundError`; `RunOpenError` while somebody may go on with any of it.
        """
        async with self._database.transaction(principal) as session:
            row = await runs.find(session, principal, run_id, lock=True)
            if row is None or not can_see(principal, row.owner_id):
                raise RunNotFoundError
            state = RunState(row.state)
            if row.parent_run_id is not None:
                raise RunOpenError("It goes with the run that has begun it.")
            if state not in ENDED:
                raise RunOpenError("Stop it first, or close it.")
            if await runs.has_open_agents(session, principal, run_id):
                raise RunOpenError("A run that it has begun is still about to stop.")
            await runs.remove(session, principal, run_id)
            await session.emit(RunChanged(run_id, state, row.last_seq), user_id=row.owner_id)

    async def purge(self, keep: timedelta) -> int:
        """Delete runs that ended longer ago than `keep`; for the scheduler."""
        total, removed = 0, _AT_ONCE
        while removed == _AT_ONCE:
            async with self._database.system("agents.purge") as session:
                removed = await runs.remove_old(session, keep, _AT_ONCE)
            total += removed
        if total:
            _log.info("agents.purged", runs=total)
        return total
