"""Use cases of runs.

`AgentService` is what doors and processes hold: runs, what people do to them, presets of them, the
tools that they may call, the runner that works at this process's runs, and the scheduler's sweeps.
"""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from vectal.agents.contracts import EngineName
from vectal.agents.ports import AgentPorts
from vectal.agents.repository.runs import RunFilter
from vectal.agents.sealing import Seals
from vectal.agents.service.calls import Calls
from vectal.agents.service.controller import Controller
from vectal.agents.service.delegating import Delegating
from vectal.agents.service.driving import Driver
from vectal.agents.service.forgetting import Forgetter
from vectal.agents.service.handovers import Handovers
from vectal.agents.service.holding import Holding
from vectal.agents.service.journal import Journal
from vectal.agents.service.leases import Leases
from vectal.agents.service.moves import Moves
from vectal.agents.service.moving import Mover
from vectal.agents.service.reading import RunReader
from vectal.agents.service.rules import AgentRules, EngineChoice
from vectal.agents.service.runner import RunRunner
from vectal.agents.service.runs import Runs
from vectal.agents.service.sweeping import Sweeper
from vectal.agents.service.watching import N8nLink, Watcher
from vectal.agents.service.writer import JournalWriter
from vectal.agents.service_approvals import ApprovalRulesService
from vectal.agents.service_presets import PresetService
from vectal.agents.service_tools import ToolDirectory
from vectal.agents.workflows.n8n.engine import ATTEND, N8nEngine
from vectal.agents.workflows.n8n.passes import WorkflowKeys
from vectal.agents.workflows.native import ADVANCE, NativeEngine
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.ids import new_id
from vectal.platform.jobs import JobQueue

__all__ = ["ADVANCE", "ATTEND", "AgentRules", "AgentService", "RunFilter"]


@dataclass(frozen=True, slots=True)
class AgentService:
    runs: Runs
    moves: Moves
    handovers: Handovers
    forgetter: Forgetter
    runner: RunRunner
    sweeper: Sweeper
    driver: Driver
    watcher: Watcher
    journal: Journal
    presets: PresetService
    tools: ToolDirectory
    keys: WorkflowKeys | None
    """What passes of engines are read with; None where there is no other engine."""
    holder: UUID
    """This process, in leases."""

    @classmethod
    def build(
        cls,
        *,
        database: Database,
        keyring: Keyring,
        jobs: JobQueue,
        ports: AgentPorts,
        rules: AgentRules | None = None,
        link: N8nLink | None = None,
        clock: Clock | None = None,
    ) -> Self:
        clock, rules, holder = clock or SystemClock(), rules or AgentRules(), new_id()
        seals = Seals(keyring)
        writer = JournalWriter(database)
        journal, reader = Journal(database, seals, writer), RunReader(seals)
        engines = {"native": NativeEngine(jobs), "n8n": N8nEngine(jobs, rules.silence_s)}
        mover = Mover(journal, seals, engines, clock, ports.desk)
        holding = Holding(database, journal, mover, reader, ports)
        leases = Leases(database, journal, writer, holder, clock, rules)
        delegating = Delegating(database, journal, seals, mover, reader, clock)
        calls = Calls(holding, ports, clock, delegating)
        controller = Controller(holding, calls, ports, clock, rules)
        runner = RunRunner(controller, leases, max_running=rules.per_process)
        choice = EngineChoice(rules.engine, _offered(link))
        begin = _runs(database, journal, mover, reader, seals, ports, clock, choice)
        return cls(
            runs=begin,
            handovers=Handovers(database, mover, reader, begin, ports.desk, clock),
            forgetter=Forgetter(database),
            moves=Moves(
                database=database,
                journal=journal,
                mover=mover,
                reader=reader,
                runner=runner,
                clock=clock,
            ),
            runner=runner,
            sweeper=Sweeper(database, journal, mover, jobs, clock, delegating),
            driver=Driver(database, journal, runner, ports, clock, rules.silence_s),
            watcher=Watcher(database, mover, jobs, link, rules.silence_s),
            journal=journal,
            presets=PresetService(database, keyring),
            tools=ToolDirectory(ports.toolbox, ApprovalRulesService(database)),
            keys=None if link is None else link.keys,
            holder=holder,
        )


def _runs(
    database: Database,
    journal: Journal,
    mover: Mover,
    reader: RunReader,
    seals: Seals,
    ports: AgentPorts,
    clock: Clock,
    engines: EngineChoice,
) -> Runs:
    return Runs(
        database=database,
        journal=journal,
        mover=mover,
        reader=reader,
        seals=seals,
        ports=ports,
        clock=clock,
        engines=engines,
    )


def _offered(link: N8nLink | None) -> tuple[EngineName, ...]:
    return ("native",) if link is None else ("native", "n8n")
