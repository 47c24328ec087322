"""Calls of tools: judged, made with their intent in the journal first, or found to be made."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final, cast

from vectal.agents import entries
from vectal.agents.arguments import digest
from vectal.agents.contracts import CallAsked
from vectal.agents.next_action import AwaitAgents, Delegate
from vectal.agents.ports import AgentPorts, AnyTool
from vectal.agents.run import ENDED, RunMove
from vectal.agents.service.delegating import Delegating
from vectal.agents.service.hold import Hold
from vectal.agents.service.holding import Holding
from vectal.agents.service.moving import Move
from vectal.agents.service.witness import as_text
from vectal.ai.contracts import Taint, ToolContext, ToolOutput
from vectal.platform.clock import Clock
from vectal.platform.errors import AppError
from vectal.platform.ids import new_id

_OTHER_ARGUMENTS: Final = "What was approved is not what was to be called."


class Calls:
    def __init__(
        self, holding: Holding, ports: AgentPorts, clock: Clock, delegating: Delegating
    ) -> None:
        self._delegating = delegating
        self._holding = holding
        self._toolbox = ports.toolbox
        self._approver = ports.approver
        self._clock = clock

    async def judge(
        self, hold: Hold, call: CallAsked, time: timedelta
    ) -> entries.ApprovalAsked | None:
        """The approval that this call needs; None when it may be made at once."""
        tool, taint = hold.tools[call.tool], hold.history.taint
        why = await self._approver.decide(tool, _parsed(call.arguments), taint, hold.run)
        if why is None:
            return None
        now = self._clock.now()
        return entries.ApprovalAsked(
            at=now,
            approval_id=new_id(),
            call_id=call.id,
            tool=tool.name,
            title=tool.title,
            arguments=call.arguments,
            sha256=digest(call.arguments),
            why=why,
            expires_at=min(now + time, hold.run.deadline_at),
        )

    async def act(self, hold: Hold, call: CallAsked) -> None:
        """Write the intent down, make the call, keep its result."""
        tool = hold.tools.get(call.tool)
        if tool is None:
            await self._doubt(hold, f"{call.tool} was called and is not to be had any more.")
            return
        sha256 = digest(call.arguments)
        begun = hold.history.calls[call.id].begun
        if begun is None and tool.cost_usd > hold.allowance.cost_usd:
            words = f"It may cost {tool.cost_usd} USD, and {hold.allowance.cost_usd} are left."
            hold.note(self._ended(call, ToolOutput(words, "too dear", ok=False)))
            return
        approval = hold.history.approvals.get(call.id)
        if begun is None and approval and not approval.allows(sha256, self._clock.now()):
            hold.note(self._ended(call, ToolOutput(_OTHER_ARGUMENTS, _OTHER_ARGUMENTS, ok=False)))
            return
        intent = entries.CallBegun(
            at=self._clock.now(),
            call_id=call.id,
            tool=tool.name,
            title=tool.title,
            arguments=call.arguments,
            sha256=sha256,
            effect=tool.effect if begun is None else begun.effect,
        )
        if not await self._holding.record(hold, intent):
            return
        hold.lease.require()
        hold.unsafe_call = tool.effect == "unsafe"
        try:
            output = await self._toolbox.call(tool, _context(hold, call, tool), call.arguments)
        finally:
            hold.unsafe_call = False
        hold.note(self._ended(call, output, reads=tuple(sorted(tool.returns))))

    async def find_result(self, hold: Hold, call: CallAsked) -> None:
        """Ask what became of a call in flight; make it again only when nothing did."""
        tool = hold.tools.get(call.tool)
        if tool is None:
            await self._doubt(hold, f"{call.tool} was called and is not to be had any more.")
            return
        try:
            output = await self._toolbox.find_result(
                tool, _context(hold, call, tool), _parsed(call.arguments)
            )
        except AppError as error:
            await self._doubt(hold, error.detail)
            return
        if output is None:
            await self.act(hold, call)
        else:
            hold.note(self._ended(call, output, reads=tuple(sorted(tool.returns)), found=True))

    async def delegate(self, hold: Hold, action: Delegate) -> None:
        """Begin agents and let go of the run until they have ended."""
        share = self._delegating.share_of(hold, len(action.agents))
        if share is None:
            words = "Too little of the budget or of the time is left to share. Do it yourself."
            hold.note(self._ended(action.call, ToolOutput(words, "too little left", ok=False)))
            return
        await self._holding.leave(hold, self._delegating.begin(hold, action, share))

    async def hear_agents(self, hold: Hold, action: AwaitAgents) -> None:
        """Take the reports in; while some are at work, let go of the run again."""
        found = await self._delegating.find(hold, action.run_ids)
        if any(run.state not in ENDED for run in found):
            await self._holding.leave(hold, self._delegating.waiting())
            return
        hold.note(self._delegating.outcome(action.call, found, len(action.run_ids)))

    async def _doubt(self, hold: Hold, reason: str) -> None:
        move = Move(RunMove.ASK_REVIEW, reason=reason, code="agents.call_in_doubt")
        await self._holding.leave(hold, move)

    def _ended(
        self,
        call: CallAsked,
        output: ToolOutput,
        *,
        reads: tuple[Taint, ...] = (),
        found: bool = False,
    ) -> entries.CallEnded:
        return entries.CallEnded(
            at=self._clock.now(),
            call_id=call.id,
            tool=call.tool,
            ok=output.ok,
            content=output.content,
            summary=output.summary,
            changeset_id=output.changeset_id,
            found=found,
            reads=reads,
            cost_usd=None if output.taken is None else as_text(output.taken.cost_usd),
            tokens=0 if output.taken is None else output.taken.tokens,
        )


def _parsed(arguments: str) -> dict[str, Any]:
    """The arguments as an object; empty where the model wrote none."""
    try:
        parsed: object = json.loads(arguments)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", parsed) if isinstance(parsed, dict) else {}


def _context(hold: Hold, call: CallAsked, tool: AnyTool) -> ToolContext:
    return ToolContext(
        principal=hold.principal,
        turn_id=None,
        conversation_id=hold.run.conversation_id,
        call_id=call.id,
        mode="act" if tool.mode == "write" else "ask",
        timezone=hold.principal.timezone,
        run_id=hold.run.id,
    )
