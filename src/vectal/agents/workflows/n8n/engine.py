"""The engine: writes down that n8n should call, and has somebody look whether it does."""

from __future__ import annotations

from typing import Final

from vectal.agents.repository import executions, runs
from vectal.agents.run import ENDED, RunMove, RunState
from vectal.agents.tables import RunRow
from vectal.platform.db import Scope, WriteSession
from vectal.platform.jobs import JobQueue, JobsFullError
from vectal.platform.telemetry import get_logger

ATTEND: Final = "agents.attend"

_log = get_logger(__name__)


class N8nEngine:
    """`silence_s` after its time somebody asks n8n what has become of a call."""

    def __init__(self, jobs: JobQueue, silence_s: float) -> None:
        self._jobs = jobs
        self._silence_s = silence_s

    async def begin(self, session: WriteSession, row: RunRow) -> None:
        await executions.add(session, _scope(row), row.id)

    async def wake(self, session: WriteSession, row: RunRow, move: RunMove | None) -> None:
        """After a step n8n goes on by itself; else it has to be told, which a job does."""
        if move is RunMove.HAND_BACK:
            waits = row.not_before == runs.UNTIL_AGENTS_END
            # The end of the last of its agents has it looked at before that.
            pause_s = 0.0 if waits else (row.not_before - row.queued_at).total_seconds()
            await executions.expect(
                session, _scope(row), row.id, in_s=max(0.0, pause_s), look_s=self._silence_s
            )
            return
        await executions.expect(session, _scope(row), row.id, in_s=0.0, look_s=0.0)
        try:
            await self._jobs.enqueue(session, ATTEND, f"{row.id}:{row.last_seq}")
        except JobsFullError:
            # The sweep finds it a moment later.
            _log.warning("agents.no_room_for_a_bell", run_id=row.id)

    async def rest(self, session: WriteSession, row: RunRow) -> None:
        """What waits at n8n for a run that has ended is looked for once, and let go."""
        if RunState(row.state) in ENDED:
            await executions.look_now(session, _scope(row), row.id)
        else:
            await executions.expect_nothing(session, _scope(row), row.id)


def _scope(row: RunRow) -> Scope:
    return Scope(row.workspace_id, row.owner_id)
