"""Runs, wired: the service, the job that brings a run to a worker, the sweeps, the worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Final

from vectal.accounts.service import AccountService
from vectal.agents.approving import PolicyApprover
from vectal.agents.ports import AgentPorts
from vectal.agents.service import ADVANCE, ATTEND, AgentRules, AgentService
from vectal.agents.service.watching import FAILED, N8nLink
from vectal.agents.service_approvals import ApprovalRulesService
from vectal.agents.toolbox import RegistryToolbox
from vectal.ai.service.ai_service import AiService
from vectal.ai.service.tool_caller import ToolCaller
from vectal.auth.service import AuthService
from vectal.entrypoints.handover import HandoverDesk, RunAnswers
from vectal.entrypoints.surroundings import ChatSurroundings
from vectal.entrypoints.workflows import Workflows
from vectal.mcp.service import McpServices
from vectal.mcp.tools import ServerTools
from vectal.platform.background import end_tasks
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.jobs import Job, JobContext, JobQueue, JobRule, Sweep, job
from vectal.tasks.service import TaskServices

QUEUE: Final = "agents"
_RULE: Final = JobRule(queue=QUEUE, attempts=3, timeout=timedelta(minutes=1))


def wire_agents(
    database: Database,
    keyring: Keyring,
    jobs: JobQueue,
    ai: AiService,
    auth: AuthService,
    accounts: AccountService,
    tasks: TaskServices,
    outside: tuple[McpServices, Workflows],
) -> AgentService:
    """Runs over the product's own models, tools and people, and the tools of others."""
    mcp, workflows = outside
    ports = AgentPorts(
        mind=ai,
        toolbox=RegistryToolbox(ToolCaller(ai.registry), [ServerTools(mcp), workflows.tools]),
        approver=PolicyApprover(ApprovalRulesService(database)),
        rights=auth,
        surroundings=ChatSurroundings(accounts, tasks),
        desk=HandoverDesk(tasks),
    )
    rules = AgentRules(engine=workflows.engine)
    agents = open_agents(database, keyring, jobs, ports, rules, workflows.link)
    tasks.comments.answers = RunAnswers(agents)
    return agents


def open_agents(
    database: Database,
    keyring: Keyring,
    jobs: JobQueue,
    ports: AgentPorts,
    rules: AgentRules | None = None,
    link: N8nLink | None = None,
) -> AgentService:
    """Build everything and register the jobs."""
    agents = AgentService.build(
        database=database, keyring=keyring, jobs=jobs, ports=ports, rules=rules, link=link
    )
    jobs.register(_advance_job(agents.runner.ring))
    jobs.register(attend_job(agents))
    return agents


def make_sweeps(agents: AgentService, keep: timedelta) -> Sequence[Sweep]:
    """From PostgreSQL alone: who does not heed, who waits for a worker, whose time is over.

    Runs that ended longer ago than `keep` are deleted; none at all where it is nothing.
    """
    sweeper, watcher = agents.sweeper, agents.watcher
    forget = Sweep("agents.purge", timedelta(hours=1), lambda: agents.forgetter.purge(keep))
    return [
        *([forget] if keep else []),
        Sweep("agents.stop_unheeded", timedelta(milliseconds=400), sweeper.stop_unheeded),
        Sweep("agents.deliver", timedelta(seconds=2), sweeper.deliver),
        Sweep("agents.let_time_run_out", timedelta(seconds=5), sweeper.let_time_run_out),
        Sweep("agents.n8n_due", timedelta(seconds=1), watcher.deliver),
        Sweep("agents.n8n_failed", timedelta(seconds=10), watcher.deliver_failed),
    ]


async def work(
    agents: AgentService, queues: Collection[str], stop: asyncio.Event, patience_s: float
) -> None:
    """Work at runs until `stop`, if this worker serves their queue; then hand them back."""
    if queues and QUEUE not in queues:
        return
    looking = asyncio.create_task(agents.runner.run())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({looking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        # Leases are renewed while the last steps end.
        await agents.runner.drain(patience_s)
    finally:
        stopping.cancel()
        await end_tasks([looking])
    if not looking.cancelled():
        looking.result()


def _advance_job(ring: Callable[[], None]) -> Job:
    @job(ADVANCE, _RULE)
    async def advance(context: JobContext, ids: Mapping[str, str]) -> None:
        """A bell: which runs are taken, their rows decide."""
        del context, ids
        ring()

    return advance


def attend_job(agents: AgentService) -> Job:
    @job(ATTEND, _RULE)
    async def attend(context: JobContext, ids: Mapping[str, str]) -> None:
        """A bell too: what is due at n8n, the table says."""
        del ids
        if context.key == FAILED:
            await agents.watcher.find_failed()
        await agents.watcher.attend()

    return attend
