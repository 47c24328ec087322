"""The engine of our own: workers claim what waits. A bell says that there is something."""

from __future__ import annotations

from typing import Final

from vectal.agents.repository import runs
from vectal.agents.run import RunMove
from vectal.agents.tables import RunRow
from vectal.platform.db import WriteSession
from vectal.platform.jobs import JobQueue, JobsFullError
from vectal.platform.telemetry import get_logger

ADVANCE: Final = "agents.advance"

_log = get_logger(__name__)


class NativeEngine:
    def __init__(self, jobs: JobQueue) -> None:
        self._jobs = jobs

    async def begin(self, session: WriteSession, row: RunRow) -> None:
        """Nothing: the row is all that workers need."""

    async def wake(self, session: WriteSession, row: RunRow, move: RunMove | None) -> None:
        """A job brings the run to a worker; the row itself is what the worker goes by.

        Workers that listen to PostgreSQL hear of it sooner, and need no Redis.
        """
        del move
        await runs.notify(session)
        try:
            await self._jobs.enqueue(session, ADVANCE, f"{row.id}:{row.last_seq}", run_id=row.id)
        except JobsFullError:
            # A bell less: the run is in the table, and workers look there anyway.
            _log.warning("agents.no_room_for_a_bell", run_id=row.id)

    async def rest(self, session: WriteSession, row: RunRow) -> None:
        """Nothing: workers look for what waits for them alone."""
