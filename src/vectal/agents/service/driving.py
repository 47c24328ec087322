"""Steps of runs that another engine asks for: claimed for one stint, worked at, handed back.

The engine is told what to ask for next, and nothing else. What is done, the journal decides: a call
that comes late, twice or at the wrong time does nothing that is not due.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from vectal.agents.history import fold
from vectal.agents.next_action import next_action
from vectal.agents.ports import AgentPorts
from vectal.agents.repository import executions, runs
from vectal.agents.rights import RunRights
from vectal.agents.run import ENDED, RunState
from vectal.agents.service.hold import facts_of
from vectal.agents.service.journal import Journal
from vectal.agents.service.runner import RunRunner
from vectal.agents.service.stint import Stint, Verb, verb_of
from vectal.agents.tables import RunRow
from vectal.agents.workflows.n8n.address import resume_path
from vectal.agents.workflows.n8n.passes import RunPass
from vectal.platform.clock import Clock, monotonic
from vectal.platform.db import Database, WriteSession

Next: TypeAlias = Literal["think", "act", "wait", "end"]

PATIENCE_S: Final = 20.0
"""How long a call waits for its step; then it is told to come again."""
_AGAIN_S: Final = 1.0
_LOOK_S: Final = 2.0
_LONGEST_PAUSE_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class EngineCall:
    """A call of an engine: its pass, and what it says of its execution."""

    run: RunPass
    key: str
    """The same for the same call when it comes again."""
    execution_id: str
    resume_url: str = ""


@dataclass(frozen=True, slots=True)
class Directive:
    """What to ask for next, after `pause_s` seconds."""

    next: Next
    pause_s: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {"next": self.next, "pause_s": self.pause_s}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Directive:
        return cls(stored["next"], stored["pause_s"])


END: Final = Directive("end")
"""Also for who is not wanted any more: the run has ended, or another execution brings it on."""


class Driver:
    def __init__(
        self,
        database: Database,
        journal: Journal,
        runner: RunRunner,
        ports: AgentPorts,
        clock: Clock,
        silence_s: float,
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._database = database
        self._journal = journal
        self._runner = runner
        self._ports = ports
        self._clock = clock
        self._silence_s = silence_s
        self._patience_s = patience_s

    async def step(self, call: EngineCall, verb: Verb) -> Directive:
        """Think once, or act until the next thought is due."""
        known = await self._hear(call)
        if known is not None:
            return known
        return await self._keep(call, await self._advance(call, verb))

    async def end(self, call: EngineCall) -> Directive:
        """The execution is over. If its run is not, somebody looks at once why."""
        scope, run_id = call.run.scope, call.run.run_id
        async with self._database.transaction(scope) as session:
            row = await self._find(session, call.run)
            if row is not None and row.ended_at is None:
                await executions.look_now(session, scope, run_id)
            elif row is not None:
                await executions.expect_nothing(session, scope, run_id)
        return END

    async def ring(self, execution_id: str) -> None:
        """An execution has failed: its run is looked at now."""
        async with self._database.system("agents.ring_execution") as session:
            await executions.ring(session, [execution_id])

    async def _hear(self, call: EngineCall) -> Directive | None:
        """Note that a call has come; its answer, if it is known already."""
        scope, run_id, drive = call.run.scope, call.run.run_id, call.run.drive
        async with self._database.transaction(scope) as session:
            row = await self._find(session, call.run)
            if row is None:
                return END
            await executions.hear(
                session,
                scope,
                run_id,
                execution_id=call.execution_id,
                resume_path=resume_path(call.resume_url),
                steps=row.steps,
                look_s=self._silence_s + self._patience_s,
            )
            stored = await executions.find_answer(session, scope, run_id, drive, call.key)
            if stored is not None:
                return Directive.of(stored)
            return await self._keep_within(session, call, _closed(row))

    async def _find(self, session: WriteSession, run: RunPass) -> RunRow | None:
        """The run, unless another engine or execution has it."""
        row = await runs.find(session, run.scope, run.run_id)
        known = await executions.find(session, run.scope, run.run_id, lock=True)
        if row is None or known is None or row.engine != "n8n":
            return None
        return row if known.drive == run.drive else None

    async def _advance(self, call: EngineCall, verb: Verb) -> Directive:
        """Take the step, or wait for whoever takes it, for a while.

        The work is a task of the runner: it goes on under its lease when a client hangs up.
        """
        until = monotonic() + self._patience_s
        due = await self._look(call.run)
        if due is not None and (due.next != verb or due.pause_s > 0):
            return due  # it comes too late, or too soon
        while True:
            task = await self._begin(call.run, verb)
            if task is not None:
                await asyncio.wait({task}, timeout=max(0.0, until - monotonic()))
            answer = await self._look(call.run)
            if answer is not None and (task is not None or answer.pause_s > 0):
                return answer
            if answer is not None and answer.next in ("wait", "end"):
                return answer
            if monotonic() >= until:
                return Directive(verb, _AGAIN_S)
            # Another process has it, or its workspace has too many at work.
            await asyncio.sleep(_LOOK_S)

    async def _begin(self, run: RunPass, verb: Verb) -> asyncio.Task[None] | None:
        task = await self._runner.take(run.scope, run.run_id, Stint(verb))
        if task is not None:
            return task
        running = self._runner.active.get(run.run_id)
        return None if running is None else running.task

    async def _look(self, run: RunPass) -> Directive | None:
        """What comes next, by the run as it stands; None while somebody is at work at it."""
        async with self._database.transaction(run.scope) as session:
            row = await self._find(session, run)
            waits = row is not None and await runs.waits_for_agents(session, row)
        if row is None:
            return END
        closed = _closed(row)
        if closed is not None or row.state == RunState.RUNNING:
            return closed
        if waits:
            return Directive("wait")
        for_agents = row.not_before == runs.UNTIL_AGENTS_END  # they have ended
        pause_s = 0.0 if for_agents else (row.not_before - self._clock.now()).total_seconds()
        due = await self._next_verb(row, run)
        return Directive(due, min(max(pause_s, 0.0), _LONGEST_PAUSE_S))

    async def _next_verb(self, row: RunRow, run: RunPass) -> Verb:
        history = fold(await self._journal.read(run.scope, row.id))
        principal = RunRights.from_json(row.rights).principal(row.owner_id, row.workspace_id)
        facts = facts_of(await self._ports.toolbox.offered(principal, row.tools))
        return verb_of(next_action(history, facts, self._clock.now()))

    async def _keep(self, call: EngineCall, answer: Directive) -> Directive:
        async with self._database.transaction(call.run.scope) as session:
            row = await self._find(session, call.run)
            if row is None:
                return END
            kept = await self._keep_within(session, call, answer)
        return kept or answer

    async def _keep_within(
        self, session: WriteSession, call: EngineCall, answer: Directive | None
    ) -> Directive | None:
        if answer is not None:
            run = call.run
            await executions.keep_answer(
                session, run.scope, run.run_id, run.drive, call.key, answer.as_json()
            )
        return answer


def _closed(row: RunRow) -> Directive | None:
    """The answer where no step can be taken, whoever asks."""
    state = RunState(row.state)
    if state in ENDED:
        return END
    return None if state in (RunState.QUEUED, RunState.RUNNING) else Directive("wait")
