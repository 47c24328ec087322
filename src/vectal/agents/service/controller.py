"""The controller: works at one run under a lease, one action after the other, until it must not.

What to do next is decided by the history alone. Before each effect its intent is in the journal,
after it its result; no transaction is open meanwhile. Whatever happens to this process, the next
one reads the same history and repeats at most the one call that was in flight.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from vectal.agents import entries
from vectal.agents.entries import Entry, UnknownEntryError
from vectal.agents.next_action import (
    SPENDING,
    Act,
    Action,
    AskInput,
    Await,
    AwaitAgents,
    BeginCheck,
    Delegate,
    EndCheck,
    Fail,
    FindResult,
    Finish,
    Judge,
    Plan,
    Refuse,
    Review,
    Think,
    find_limit,
    next_action,
    too_little,
)
from vectal.agents.ports import AgentPorts
from vectal.agents.run import RunMove
from vectal.agents.service import thinking
from vectal.agents.service.calls import Calls
from vectal.agents.service.hold import Hold, Signal
from vectal.agents.service.holding import Holding
from vectal.agents.service.journal import Lease, LeaseLostError
from vectal.agents.service.moving import Move
from vectal.agents.service.rules import AgentRules
from vectal.agents.service.stint import Stint
from vectal.agents.service.witness import SupersededError, ThoughtWitness, note_cut
from vectal.ai.errors import AllowanceExceededError
from vectal.platform.clock import Clock, monotonic
from vectal.platform.db.patience import through_outage
from vectal.platform.errors import AppError
from vectal.platform.telemetry import get_logger

_log = get_logger(__name__)

APPROVAL_TIME: Final = timedelta(days=1)
UNSAFE_PATIENCE_S: Final = 60.0
_STOP_PATIENCE_S: Final = 0.5
_HALT_LOOK_S: Final = 0.1
_RIGHTS_S: Final = 1.0

_REVOKED: Final = Fail(
    "auth.revoked", "The session, key or person that this run acts for has lost the right."
)


class Controller:
    def __init__(
        self,
        holding: Holding,
        calls: Calls,
        ports: AgentPorts,
        clock: Clock,
        rules: AgentRules,
    ) -> None:
        self._crash_limit = rules.crash_limit
        self.holding = holding
        self._calls = calls
        self._ports = ports
        self._clock = clock

    async def run(self, lease: Lease, signal: Signal, stint: Stint | None = None) -> None:
        """Work until the run has ended, waits for a person, or belongs to another process.

        With a `stint` it is handed back when that is over. Cancelled, it leaves the run to whoever
        takes it next.
        """
        try:
            hold = await through_outage(lambda: self.holding.open(lease, signal))
            hold.stint = stint or hold.stint
            if lease.crashes >= self._crash_limit:
                await self._give_up(hold)
            else:
                await self._attend(hold)
        except LeaseLostError:
            _log.info("agents.run_left_to_another", run_id=lease.run_id, epoch=lease.epoch)
        except UnknownEntryError as error:
            _log.info("agents.run_left_to_newer_release", run_id=lease.run_id, error=repr(error))
            await self.holding.hand_back_unread(lease)

    async def _attend(self, hold: Hold) -> None:
        """Work, and stop as soon as the signal says so."""
        working = asyncio.create_task(self._work(hold))
        stopping = asyncio.create_task(hold.signal.event.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                await self._halt(hold, working)
        finally:
            stopping.cancel()
            working.cancel()
            await asyncio.wait({working}, timeout=_STOP_PATIENCE_S)
        if working.done() and not working.cancelled():
            working.result()
        while not hold.has_left and hold.signal.ask is not None:
            await self._heed(hold)

    async def _work(self, hold: Hold) -> None:
        while not hold.has_left and hold.signal.ask is None:
            action = next_action(hold.history, hold.facts, self._clock.now())
            if hold.stint.takes(action):
                await self._step(hold, action)
            else:
                hold.signal.send("hand_back")

    async def _halt(self, hold: Hold, working: asyncio.Task[None]) -> None:
        """Let the step end where its outcome would else be unknown, unless it is cancelled."""
        until = monotonic() + self._patience(hold)
        while not working.done() and hold.signal.ask != "cancel" and monotonic() < until:
            await asyncio.wait({working}, timeout=_HALT_LOOK_S)
        working.cancel()
        await asyncio.wait({working}, timeout=_STOP_PATIENCE_S)

    def _patience(self, hold: Hold) -> float:
        if hold.signal.ask == "hand_back":
            return hold.signal.patience_s
        return UNSAFE_PATIENCE_S if hold.unsafe_call else 0.0

    async def _heed(self, hold: Hold) -> None:
        note_cut(hold, self._clock)
        ask, call = hold.signal.ask, hold.history.call_in_flight
        doubt = f"Whether the call of {call.asked.tool} took effect is not known." if call else ""
        if ask == "cancel":
            await self.holding.leave(hold, Move(RunMove.CANCEL, reason=doubt), insist=True)
        elif ask == "pause":
            await self.holding.leave(hold, Move(RunMove.PAUSE), insist=True)
        else:
            await self.holding.leave(hold, Move(RunMove.HAND_BACK), insist=True)

    async def _give_up(self, hold: Hold) -> None:
        reason = f"The worker was gone each time, {hold.lease.crashes} times over the same step."
        move = Move(RunMove.FAIL, reason=reason, code="agents.abandoned")
        await self.holding.leave(hold, move, insist=True)

    async def _step(self, hold: Hold, action: Action) -> None:
        if isinstance(action, SPENDING):
            action = await self._find_end(hold) or action
        match action:
            case Think():
                await self._think(hold, action)
            case Judge():
                await self._judge(hold, action)
            case Act():
                await self._calls.act(hold, action.call)
            case FindResult():
                await self._calls.find_result(hold, action.call)
            case Delegate():
                await self._calls.delegate(hold, action)
            case AwaitAgents():
                await self._calls.hear_agents(hold, action)
            case Refuse() | Plan() | BeginCheck() | EndCheck():
                hold.note(self._noted(action))
            case AskInput() | Await() | Finish() | Review() | Fail():
                await self.holding.leave(hold, self._leaving(hold, action))

    async def _find_end(self, hold: Hold) -> Fail | None:
        """The limit that forbids another step, if any."""
        run, now = hold.run, self._clock.now()
        limit = find_limit(hold.history.spend, run.budget, run.deadline_at, now)
        if limit is not None or monotonic() - hold.rights_at < _RIGHTS_S:
            return limit
        principal = hold.principal
        lost = await self._ports.rights.still_valid([principal])
        hold.rights_at = monotonic()
        held = (principal.session_id, principal.api_key_id, principal.user_id)
        return _REVOKED if any(each in lost for each in held) else None

    async def _think(self, hold: Hold, action: Think) -> None:
        number = action.number
        hold.history.hear_out()
        request = thinking.request_of(hold, action, self._clock.now())
        witness = ThoughtWitness(hold, action, self.holding, self._clock)
        hold.taken = None
        try:
            thought = await self._ports.mind.think(hold.principal, request, witness)
        except SupersededError:
            return
        except AllowanceExceededError as error:
            await self.holding.leave(hold, self._leaving(hold, too_little(error.unit, hold.run)))
            return
        except AppError as error:
            failure = thinking.failed(number, error, hold.taken, self._clock.now())
            hold.taken = None
            hold.note(failure)
            if not failure.final:
                pause_s = thinking.pause_after(hold.history.failures)
                move = Move(RunMove.HAND_BACK, reason=error.detail, pause_s=pause_s)
                await self.holding.leave(hold, move)
            return
        hold.taken = None
        hold.note(thinking.ended(hold.run.id, number, thought, self._clock.now()))

    async def _judge(self, hold: Hold, action: Judge) -> None:
        asked = await self._calls.judge(hold, action.call, APPROVAL_TIME)
        if asked is None:
            await self._calls.act(hold, action.call)
            return
        values = {"approval_expires_at": asked.expires_at}
        move = Move(RunMove.ASK_APPROVAL, (asked,), reason=asked.why, values=values)
        await self.holding.leave(hold, move)

    def _noted(self, action: Refuse | Plan | BeginCheck | EndCheck) -> Entry:
        now = self._clock.now()
        match action:
            case Refuse(call, words):
                return entries.CallEnded(
                    at=now, call_id=call.id, tool=call.tool, ok=False, content=words,
                    summary=words, refused=True,
                )  # fmt: skip
            case Plan(call, steps):
                return entries.Planned(at=now, call_id=call.id, steps=steps)
            case BeginCheck():
                return entries.CheckBegun(
                    at=now, round=action.round, report=action.report, call_id=action.call_id,
                    evidence=action.evidence,
                )  # fmt: skip
            case EndCheck():
                return entries.CheckEnded(at=now, round=action.round, criteria=action.criteria)

    def _leaving(self, hold: Hold, action: AskInput | Await | Finish | Review | Fail) -> Move:
        now = self._clock.now()
        match action:
            case AskInput(call, question):
                asked = entries.InputAsked(at=now, call_id=call.id, question=question)
                return Move(RunMove.ASK_INPUT, (asked,))
            case Await("input"):
                return Move(RunMove.ASK_INPUT)
            case Await():
                pending = [a for a in hold.history.approvals.values() if a.decided is None]
                values = {"approval_expires_at": pending[-1].asked.expires_at} if pending else {}
                return Move(RunMove.ASK_APPROVAL, values=values)
            case Finish(report, evidence):
                reported = entries.Reported(at=now, report=report, evidence=evidence)
                return Move(RunMove.SUCCEED, (reported,), report=report)
            case Review(code, reason):
                offered = hold.history.offered
                report = None if offered is None else offered.report
                return Move(RunMove.ASK_REVIEW, reason=reason, code=code, report=report)
            case Fail(code, reason):
                return Move(RunMove.FAIL, reason=reason, code=code)
