"""Looks after runs whose engine is n8n: begins executions, tries them again, and gives up in time.

n8n forgets what it did when it is killed, and says nothing. So what is due is known here: whoever
should have called and has not is asked after. After a bounded number of tries, or when n8n stays
away, our own workers take the run over, which its journal says. So every run ends.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from vectal.agents.errors import N8nAwayError, N8nRefusedError
from vectal.agents.repository import executions, runs
from vectal.agents.repository.executions import Due
from vectal.agents.run import RunState
from vectal.agents.service.moving import Mover
from vectal.agents.workflows.n8n.client import N8nClient, Status
from vectal.agents.workflows.n8n.definitions import Site
from vectal.agents.workflows.n8n.engine import ATTEND
from vectal.agents.workflows.n8n.passes import RunPass, WorkflowKeys, sign_request
from vectal.platform.clock import Clock
from vectal.platform.db import Database
from vectal.platform.errors import AppError
from vectal.platform.jobs import JobQueue
from vectal.platform.telemetry import counter, get_logger

FAILED: Final = "failed"
"""Key of the job that asks n8n for failed executions first."""
PATIENCE_S: Final = 60.0
MAX_TRIES: Final = 3
_AGAIN_S: Final = 5.0
_BATCH: Final = 16
_FAILED: Final[tuple[Status, ...]] = ("crashed", "error")
_STILL_GOING: Final[frozenset[Status]] = frozenset(("new", "running", "unknown"))

_log = get_logger(__name__)
_tries = counter("agents_n8n_tries_total", "Executions begun or tried again at n8n.", ["how"])
_taken = counter("agents_n8n_taken_over_total", "Runs that our workers took over from n8n.")


@dataclass
class N8nLink:
    """n8n as the operator has named it. `patience_s` is how long it may be silent or away."""

    client: N8nClient
    keys: WorkflowKeys
    site: Site
    clock: Clock
    patience_s: float = PATIENCE_S
    workflow_id: str | None = field(default=None, init=False)
    """Of our workflow there, once it has been looked up."""

    def sign(self, **claims: str) -> str:
        """What our webhooks at n8n take."""
        return sign_request(self.keys.webhook_secret, claims, self.clock.now())


class Watcher:
    """`link` is None where n8n is not set up (any more): then every run of it is taken over."""

    def __init__(
        self,
        database: Database,
        mover: Mover,
        jobs: JobQueue,
        link: N8nLink | None,
        silence_s: float,
    ) -> None:
        self._database = database
        self._mover = mover
        self._jobs = jobs
        self._link = link
        self._silence_s = silence_s

    async def deliver(self) -> bool:
        """For the scheduler, which must not wait for n8n: queue a look when one is due."""
        async with self._database.system("agents.n8n_due") as session:
            is_due = await executions.has_due(session)
            if is_due:
                await self._jobs.enqueue(session, ATTEND, "due")
        return is_due

    async def deliver_failed(self) -> bool:
        """The same, to ask for failed executions, while n8n brings any run on."""
        async with self._database.system("agents.n8n_open") as session:
            is_open = await executions.has_open(session)
            if is_open:
                await self._jobs.enqueue(session, ATTEND, FAILED)
        return is_open

    async def find_failed(self) -> int:
        """Ask n8n for failed executions; their runs are due now."""
        link = self._link
        if link is None:
            return 0
        try:
            failed = await self._list_failed(link)
        except AppError as error:
            _log.info("agents.n8n_unheard", error=repr(error))
            return 0
        async with self._database.system("agents.ring_executions") as session:
            return await executions.ring(session, failed)

    async def attend(self) -> int:
        """Look at all that is due."""
        looked = 0
        while True:
            async with self._database.system("agents.take_due") as session:
                due = await executions.take_due(session, limit=_BATCH, again_s=_AGAIN_S)
            await asyncio.gather(*map(self._attend_one, due))
            looked += len(due)
            if len(due) < _BATCH:
                return looked

    async def _list_failed(self, link: N8nLink) -> list[str]:
        if link.workflow_id is None:
            there = await link.client.list_all("workflows")
            ours = [str(each["id"]) for each in there if each.get("name") == link.site.run_title]
            if not ours:
                return []
            link.workflow_id = ours[0]
        failed: list[str] = []
        for status in _FAILED:
            failed += await link.client.list_failed(status, link.workflow_id)
        return failed

    async def _attend_one(self, due: Due) -> None:
        link = self._link
        try:
            if due.ended:
                await self._let_go(due)
            elif link is None:
                await self._take_over(due, "n8n is not set up here any more.")
            elif due.silent_s > link.patience_s:
                await self._take_over(due, "n8n did not call in time.")
            else:
                await self._help(link, due)
        except N8nAwayError as error:
            _log.info("agents.n8n_away", run_id=due.run_id, error=repr(error.__cause__ or error))
        except Exception:  # noqa: BLE001 - one run must not keep the others from being looked at
            _log.exception("agents.n8n_look_failed", run_id=due.run_id)

    async def _let_go(self, due: Due) -> None:
        """Nobody needs the execution any more: one that waits is told so, and ends."""
        link = self._link
        if link is None or due.execution_id is None or due.resume_path is None:
            return
        if await link.client.find_status(due.execution_id) == "waiting":
            await self._resume(link, due)

    async def _help(self, link: N8nLink, due: Due) -> None:
        if due.execution_id is None:
            # It is begun already when somebody counted; the call that it owes us may be under way.
            await self._begin(link, due)
            return
        status = await link.client.find_status(due.execution_id)
        if status == "waiting" and due.resume_path is not None:
            if not await self._resume(link, due):
                await self._begin(link, due)
        elif status in _STILL_GOING:
            return
        elif status in ("crashed", "error"):
            await self._retry(link, due)
        else:
            await self._begin(link, due)

    async def _resume(self, link: N8nLink, due: Due) -> bool:
        try:
            await link.client.resume(due.resume_path or "", link.sign(run=str(due.run_id)))
        except N8nRefusedError as error:
            _log.info("agents.n8n_did_not_resume", run_id=due.run_id, answered=error.answered)
            return False
        return True

    async def _retry(self, link: N8nLink, due: Due) -> None:
        if not await self._may_try(due):
            return
        try:
            await link.client.retry(due.execution_id or "")
        except N8nRefusedError as error:
            # It has been tried again by somebody, or has nothing to go on from.
            _log.info("agents.n8n_did_not_retry", run_id=due.run_id, answered=error.answered)
            await self._begin(link, due)
            return
        await self._count(due, "retry")

    async def _begin(self, link: N8nLink, due: Due) -> None:
        """Begin an execution; what an older one still asks for is refused from now on."""
        if not await self._may_try(due):
            return
        async with self._database.transaction(due.scope) as session:
            row = await runs.find(session, due.scope, due.run_id)
            if row is None or not await executions.begin_anew(
                session, due.scope, due.run_id, due.drive
            ):
                return
        run = RunPass(due.scope, due.run_id, due.drive + 1)
        token = link.keys.sign_run(run, row.deadline_at)
        try:
            await link.client.trigger(
                link.site.run_path, link.sign(run=str(due.run_id), **{"pass": token})
            )
        except N8nRefusedError as error:
            await self._take_over(due, f"n8n refused the run (status {error.answered}).")
            return
        await self._count(due, "begin")

    async def _count(self, due: Due, how: str) -> None:
        """It was begun or tried again; it has a while to call."""
        _tries.labels(how).inc()
        async with self._database.transaction(due.scope) as session:
            await executions.count_try(
                session, due.scope, due.run_id, over=due.execution_id, look_s=self._silence_s
            )

    async def _may_try(self, due: Due) -> bool:
        """Whether it still waits for n8n, and not in vain."""
        async with self._database.read(due.scope) as session:
            row = await runs.find(session, due.scope, due.run_id)
        if row is None or RunState(row.state) not in (RunState.QUEUED, RunState.RUNNING):
            return False  # it has gone on since it was taken up
        if due.tries < MAX_TRIES:
            return True
        await self._take_over(due, f"n8n failed {due.tries} times over the same step.")
        return False

    async def _take_over(self, due: Due, reason: str) -> None:
        """Let our own workers go on, unless somebody is at work or it has gone on meanwhile."""
        async with self._database.transaction(due.scope) as session:
            row = await runs.find(session, due.scope, due.run_id, lock=True)
            known = await executions.find(session, due.scope, due.run_id, lock=True)
            if row is None or known is None or row.engine != "n8n":
                return
            is_idle = row.state == RunState.QUEUED or (
                row.state == RunState.RUNNING
                and not await runs.is_leased(session, due.scope, due.run_id)
            )
            if not is_idle or known.drive not in (due.drive, due.drive + 1):
                return
            await self._mover.hand_over(session, due.scope, row, "native", reason)
        _taken.inc()
        _log.warning("agents.taken_over_from_n8n", run_id=due.run_id, reason=reason)
