"""What a model is asked, and what of its answer goes into the journal."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from vectal.agents import control
from vectal.agents.contracts import Budget, Run, Spend
from vectal.agents.entries import PlanStep, SaidPart, ThinkEnded, ThinkFailed
from vectal.agents.history import History
from vectal.agents.next_action import Think
from vectal.agents.service.hold import Hold
from vectal.agents.service.witness import as_text
from vectal.ai.contracts import (
    Allowance,
    Pinned,
    ReasoningPart,
    SystemContext,
    TextPart,
    ToolCallPart,
)
from vectal.ai.contracts_runs import ThinkRequest, Thought
from vectal.platform.errors import AppError

THINK_S: Final = 300.0
RECEIVED_CHARS: Final = 40_000
"""How much of what began a run each of its thoughts has before it; all of it is in the journal."""
_PASSING: Final = frozenset((408, 425, 429, 500, 502, 503, 504))
_MAX_PAUSE_S: Final = 60.0


def request_of(hold: Hold, action: Think, now: datetime) -> ThinkRequest:
    """The next question to the model, with all that was said and done so far."""
    run, history = hold.run, hold.history
    is_check = action.prompt == "agent-check"
    user, workspace = hold.names
    return ThinkRequest(
        run_id=run.id,
        prompt=action.prompt,
        values=_check_values(run, history) if is_check else _values(run, history, now),
        system=SystemContext(user, workspace, hold.principal.timezone, now, _pinned(history)),
        messages=tuple(history.messages),
        tools=control.CHECK_TOOLS
        if is_check
        else (*hold.tools.values(), *control.loop_tools(run.depth)),
        choice=run.choice,
        project_id=run.project_id,
        deadline_s=max(1.0, min(THINK_S, (run.deadline_at - now).total_seconds())),
        allowance=hold.allowance,
    )


def ended(run_id: UUID, number: int, thought: Thought, now: datetime) -> ThinkEnded:
    """Each call gets an id of ours, since models repeat theirs from thought to thought."""
    parts: list[SaidPart] = []
    for part in thought.message.parts:
        if isinstance(part, ToolCallPart):
            call_id = f"{run_id}:{number}.{len(parts)}"
            parts.append(SaidPart("call", part.arguments, part.name, part.call_id, call_id))
        elif isinstance(part, ReasoningPart):
            parts.append(
                SaidPart(
                    "reasoning",
                    part.text,
                    signature=part.signature,
                    provider=part.provider,
                    redacted=part.redacted,
                )
            )
        elif isinstance(part, TextPart):
            parts.append(SaidPart("text", part.text))
    cost = thought.cost_usd
    return ThinkEnded(
        at=now,
        number=number,
        parts=tuple(parts),
        finish_reason=thought.finish_reason,
        input_tokens=thought.usage.input_tokens,
        output_tokens=thought.usage.output_tokens,
        cost_usd=None if cost is None else str(cost),
        provider=thought.provider,
        model=thought.model,
        why=thought.reason.sentence,
        simulated=thought.simulated,
        duration_ms=thought.duration_ms,
    )


def failed(number: int, error: AppError, taken: Allowance | None, now: datetime) -> ThinkFailed:
    """What is written down of a call that brought no answer; it may have cost something."""
    taken = taken or Allowance(Decimal(0), 0)
    return ThinkFailed(
        at=now,
        number=number,
        code=error.code,
        detail=error.detail,
        final=error.status not in _PASSING,
        cost_usd=as_text(taken.cost_usd),
        tokens=taken.tokens,
    )


def pause_after(failures: int) -> float:
    """Seconds to wait before the model is asked again."""
    return min(2.0**failures, _MAX_PAUSE_S)


def _pinned(history: History) -> tuple[Pinned, ...]:
    """What began the run, as data between tags: it is no message of the person's."""
    received = history.received
    if received is None:
        return ()
    left_out = len(received.text) - RECEIVED_CHARS
    more = f"\n[{left_out} more characters are left out]" if left_out > 0 else ""
    return (Pinned(received.origin, received.text[:RECEIVED_CHARS] + more),)


def _values(run: Run, history: History, now: datetime) -> dict[str, str]:
    return {
        "goal": run.goal,
        "criteria": _numbered(run.criteria),
        "plan": _plan(history.plan),
        "budget": _budget(run.budget, history.spend, run.deadline_at, now),
    }


def _check_values(run: Run, history: History) -> dict[str, str]:
    check = history.check
    said = () if check is None else check.evidence
    return {
        "goal": run.goal,
        "criteria": _numbered(run.criteria),
        "report": "" if check is None else check.report,
        "evidence": "\n".join(f"- {each.criterion}: {each.evidence}" for each in said),
    }


def _numbered(lines: tuple[str, ...]) -> str:
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1))


def _plan(steps: tuple[PlanStep, ...]) -> str:
    return "\n".join(f"- [{'x' if step.done else ' '}] {step.text}" for step in steps)


def _budget(budget: Budget, spend: Spend, deadline_at: datetime, now: datetime) -> str:
    minutes = max(0, int((deadline_at - now).total_seconds() // 60))
    return (
        f"{max(0, budget.steps - spend.steps)} steps, "
        f"{max(0, budget.tokens - spend.tokens)} tokens, "
        f"{max(budget.cost_usd - spend.cost_usd, budget.cost_usd * 0):.2f} USD, "
        f"{minutes} minutes left"
    )
