"""From what has become of a run to what its person is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, cast
from uuid import UUID

from vectal.agents.contracts import WaitingRun
from vectal.agents.run import RunState
from vectal.agents.service import AgentService
from vectal.notifications.contracts import Kind, Told
from vectal.notifications.events import NotificationsChanged
from vectal.notifications.repository import inbox, mails
from vectal.platform.db import Database, DataScope, WriteSession
from vectal.platform.ids import new_id
from vectal.platform.jobs import JobQueue
from vectal.platform.jobs.errors import JobsFullError
from vectal.platform.telemetry import get_logger

SEND: Final = "notifications.send_mails"
MAILS_A_DAY: Final = 200
"""To one person: whoever gets more reads none of them, and runs may be many."""
_DAY: Final = timedelta(days=1)

_log = get_logger(__name__)


class Telling:
    """Compares what a run needs of its person now with what she was told, however often asked."""

    def __init__(
        self, database: Database, agents: AgentService, jobs: JobQueue, *, mails_out: bool
    ) -> None:
        self._database = database
        self._agents = agents
        self._jobs = jobs
        self._mails_out = mails_out

    async def react(self, scope: DataScope, run_id: UUID, state: RunState) -> None:
        """A run has come to `state`, or further; what is true by now counts."""
        if state is RunState.RUNNING:
            return
        async with self._database.transaction(scope) as session:
            await inbox.lock_run(session, run_id)
            known = await inbox.list_open(session, scope, run_id)
            if state is RunState.QUEUED and not known:
                return
            waiting = await self._agents.runs.find_waiting(scope, run_id)
            if waiting is None:
                return
            wanted = told_of(waiting)
            over = [
                row.id for row in known if Told(cast("Kind", row.kind), row.subject) not in wanted
            ]
            if over:
                await inbox.settle(session, scope, over)
            told = [await self._tell(session, scope, run_id, each) for each in wanted]
            if over or any(told):
                await session.emit(NotificationsChanged(), user_id=scope.user_id)

    async def _tell(
        self, session: WriteSession, scope: DataScope, run_id: UUID, told: Told
    ) -> bool:
        notification_id = await inbox.put(session, scope, run_id, told)
        if notification_id is None:
            return False
        if self._mails_out and told.kind not in await inbox.find_unmailed(session, scope):
            await self._queue_mail(session, scope, notification_id)
        return True

    async def _queue_mail(
        self, session: WriteSession, scope: DataScope, notification_id: UUID
    ) -> None:
        if await mails.count_since(session, scope, _DAY, MAILS_A_DAY) >= MAILS_A_DAY:
            _log.warning("notifications.too_many_mails", user_id=scope.user_id)
            return
        await mails.add(session, scope, new_id(), notification_id)
        try:
            await self._jobs.enqueue(session, SEND, "due")
        except JobsFullError:
            # Only the bell: the scheduler rings for what is due, too.
            _log.info("notifications.not_rung", workspace_id=scope.workspace_id)


def told_of(waiting: WaitingRun) -> Sequence[Told]:
    """What a run needs of its person, as it stands."""
    run = waiting.run
    match run.state:
        case RunState.WAITING_FOR_APPROVAL | RunState.PAUSED | RunState.WAITING_FOR_INPUT:
            told = [Told("approval", str(each.id)) for each in waiting.approvals]
            return [*told, Told("question", waiting.question)] if waiting.question else told
        case RunState.FAILED if run.parent_run_id is None and run.review in (None, "waiting"):
            return [Told("failed")]
        case RunState.NEEDS_REVIEW:
            return [Told("review")]
        case RunState.SUCCEEDED if run.review == "waiting":
            return [Told("review")]
        case _:
            return ()
