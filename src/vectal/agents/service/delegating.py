"""Sub-agents: runs that a run begins, with a part of its budget, and whose reports it waits for.

They are begun in the transaction that writes so into the journal of the run, which then lets go of
its worker. It is claimed again when all of them have ended: its row says that it waits, and theirs
say whether they have ended, so there is no notice that could be lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Final
from uuid import UUID

import msgspec

from vectal.agents import entries
from vectal.agents.contracts import Budget, CallAsked, Run
from vectal.agents.control import SubAgentInput
from vectal.agents.next_action import Delegate
from vectal.agents.repository import runs
from vectal.agents.run import ENDED, RunMove, RunState
from vectal.agents.sealing import Brief, Seals, brief_of
from vectal.agents.service.hold import Hold
from vectal.agents.service.journal import Journal
from vectal.agents.service.moving import Move, Mover
from vectal.agents.service.reading import RunReader
from vectal.agents.tables import RunRow
from vectal.ai.contracts import Taint
from vectal.platform.clock import Clock
from vectal.platform.db import Database, Scope, WriteSession
from vectal.platform.ids import new_id

_SHARED: Final = Decimal("0.8")
"""Of what is left; the rest is for reading the reports and finishing."""
_LEAST_TOKENS: Final = 2_000
_LEAST_STEPS: Final = 3
_LATEST: Final = timedelta(seconds=30)
"""Sub-agents have to end so long before the run that waits for them."""
_REPORT_CHARS: Final = 8_000


class Delegating:
    def __init__(
        self,
        database: Database,
        journal: Journal,
        seals: Seals,
        mover: Mover,
        reader: RunReader,
        clock: Clock,
    ) -> None:
        self._database = database
        self._journal = journal
        self._seals = seals
        self._mover = mover
        self._reader = reader
        self._clock = clock

    def share_of(self, hold: Hold, count: int) -> Budget | None:
        """What each of so many sub-agents may use; None when that is too little to begin."""
        left, steps = hold.allowance, hold.run.budget.steps - hold.history.spend.steps
        part = _SHARED / count
        cost = (left.cost_usd * part).quantize(Decimal("0.000001"), rounding=ROUND_DOWN)
        share = Budget(cost, int(left.tokens * part), int(steps * part))
        is_enough = share.tokens >= _LEAST_TOKENS and share.steps >= _LEAST_STEPS and cost > 0
        is_early = hold.run.deadline_at - self._clock.now() > 2 * _LATEST
        return share if is_enough and is_early else None

    def begin(self, hold: Hold, action: Delegate, share: Budget) -> Move:
        """The move that begins them and lets go of the run, all in one transaction."""
        started = [(new_id(), sub) for sub in action.agents]
        delegated = entries.Delegated(
            at=self._clock.now(),
            call_id=action.call.id,
            agents=tuple(entries.SubAgent(run_id, sub.goal) for run_id, sub in started),
            cost_usd=f"{share.cost_usd:f}",
            tokens=share.tokens,
        )

        async def start(session: WriteSession, parent: RunRow) -> None:
            for run_id, sub in started:
                await self._start(session, hold, parent, run_id, sub, share)

        waiting = self.waiting()
        return Move(waiting.to, (delegated,), waiting.reason, values=waiting.values, also=start)

    def waiting(self) -> Move:
        """The move of a run that waits for those that it has begun."""
        return Move(
            RunMove.HAND_BACK,
            reason="It waits for the agents that it has begun.",
            values={"not_before": runs.UNTIL_AGENTS_END},
        )

    async def find(self, hold: Hold, run_ids: Sequence[UUID]) -> list[Run]:
        """The runs that it has begun, in their order; those that are gone are left out."""
        scope = hold.lease.scope
        found: list[Run] = []
        async with self._database.read(scope) as session:
            for run_id in run_ids:
                row = await runs.find(session, scope, run_id)
                if row is not None:
                    found.append(await self._reader.run(session, scope, row))
        return found

    def outcome(self, call: CallAsked, ended: Sequence[Run], count: int) -> entries.CallEnded:
        """What all of them came to; whoever reads a report has read what its writer has read."""
        succeeded = sum(run.state is RunState.SUCCEEDED for run in ended)
        reads = frozenset[Taint]().union(*(run.taint for run in ended))
        cost = sum((run.spend.cost_usd for run in ended), Decimal(0))
        return entries.CallEnded(
            at=self._clock.now(),
            call_id=call.id,
            tool=call.tool,
            ok=succeeded > 0,
            content="\n\n".join(_told(number, run) for number, run in enumerate(ended, 1)),
            summary=f"{succeeded} of {count} agents succeeded",
            reads=tuple(sorted(reads)),
            cost_usd=f"{cost:f}" if cost else None,
            tokens=sum(run.spend.tokens for run in ended),
        )

    async def stop_orphan(self, scope: Scope, run_id: UUID) -> None:
        """Cancel what an ended run has begun."""
        async with self._database.transaction(scope) as session:
            row = await runs.find(session, scope, run_id, lock=True)
            if row is None or RunState(row.state) in ENDED:
                return
            if row.state == RunState.RUNNING and await runs.is_leased(session, scope, run_id):
                wanted = {"wanted": "cancel", "wanted_at": runs.now()}
                await runs.change(session, scope, run_id, **wanted)
                await runs.notify(session)
                return
            move = Move(RunMove.CANCEL, reason="The run that began it has ended.")
            await self._mover.move(session, scope, row, move)

    async def _start(
        self,
        session: WriteSession,
        hold: Hold,
        parent: RunRow,
        run_id: UUID,
        sub: SubAgentInput,
        share: Budget,
    ) -> None:
        scope, taint = hold.lease.scope, hold.history.taint
        brief = Brief(sub.goal, tuple(sub.criteria))
        sealed = await self._seals.seal(
            session, scope, brief_of(run_id), msgspec.json.encode(brief)
        )
        row = _row(parent, run_id, _granted(hold, sub), share, sealed)
        row.read_untrusted, row.read_private = "untrusted" in taint, "private" in taint
        session.add(row)
        await session.flush()
        created = entries.Created(
            at=self._clock.now(),
            goal=sub.goal,
            criteria=brief.criteria,
            depth=row.depth,
            reads=tuple(sorted(taint)),
        )
        await self._journal.add(session, scope, run_id, [created], after=0)
        await session.refresh(row)
        await self._mover.tell(session, row)
        await self._mover.begin(session, row)


def _granted(hold: Hold, sub: SubAgentInput) -> list[str]:
    """No tool that the run itself has not."""
    own = set(hold.tools)
    return sorted(own if sub.tools is None else own & set(sub.tools))


def _row(
    parent: RunRow, run_id: UUID, tools: list[str], share: Budget, sealed_brief: bytes
) -> RunRow:
    """It acts with the rights of the run that begins it, and is of the same schedule or trigger."""
    return RunRow(
        workspace_id=parent.workspace_id,
        id=run_id,
        owner_id=parent.owner_id,
        parent_run_id=parent.id,
        depth=parent.depth + 1,
        choice=parent.choice,
        rights=parent.rights,
        tools=tools,
        priority=parent.priority,
        project_id=parent.project_id,
        schedule_id=parent.schedule_id,
        trigger_id=parent.trigger_id,
        cost_cap_usd=share.cost_usd,
        token_cap=share.tokens,
        step_cap=share.steps,
        deadline_at=parent.deadline_at - _LATEST,
        engine="native",
        sealed_brief=sealed_brief,
        state=RunState.QUEUED.value,
        epoch=0,
        attempt=0,
        crashes=0,
        cost_usd=Decimal(0),
        tokens=0,
        steps=0,
        last_seq=1,
    )


def _told(number: int, run: Run) -> str:
    words = run.report or (run.fault.detail if run.fault else "It has no report.")
    if len(words) > _REPORT_CHARS:
        words = f"{words[:_REPORT_CHARS]}\n(The rest is in run {run.id}.)"
    return f"Agent {number}, {run.state.replace('_', ' ')}: {run.goal}\n\n{words}"
