"""What a run does next. Pure: the same history always gives the same action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from vectal.agents import control, entries
from vectal.agents.contracts import Budget, CallAsked, Run, Spend, ToolFacts
from vectal.agents.history import History, OpenCall
from vectal.ai.contracts_runs import ThinkPrompt

MAX_ROUNDS: Final = 2
MAX_FAILURES: Final = 5
MAX_CALLS: Final = 32
"""Of one thought; what is more is refused, so that no answer of a model is without a bound."""


@dataclass(frozen=True, slots=True)
class Think:
    """Ask the model; a thought that a crash cut off is asked again under its number."""

    prompt: ThinkPrompt
    number: int


@dataclass(frozen=True, slots=True)
class Judge:
    """Ask whether a person must approve the call, then ask for the approval or make the call."""

    call: CallAsked


@dataclass(frozen=True, slots=True)
class Act:
    """Make the call; its intent may be written down already."""

    call: CallAsked


@dataclass(frozen=True, slots=True)
class FindResult:
    """Ask the tool what became of a call in flight, before it is made again."""

    call: CallAsked


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer the call without making it."""

    call: CallAsked
    words: str


@dataclass(frozen=True, slots=True)
class Plan:
    call: CallAsked
    steps: tuple[entries.PlanStep, ...]


@dataclass(frozen=True, slots=True)
class AskInput:
    call: CallAsked
    question: str


@dataclass(frozen=True, slots=True)
class Await:
    """A person has the word: the question or approval is asked already."""

    what: Literal["approval", "input"]


@dataclass(frozen=True, slots=True)
class Delegate:
    """Begin agents, and wait for them."""

    call: CallAsked
    agents: tuple[control.SubAgentInput, ...]


@dataclass(frozen=True, slots=True)
class AwaitAgents:
    """Hear what became of agents that were begun, once all of them have ended."""

    call: CallAsked
    run_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class BeginCheck:
    round: int
    report: str
    call_id: str | None = None
    evidence: tuple[entries.Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class EndCheck:
    round: int
    criteria: tuple[entries.Judged, ...]


@dataclass(frozen=True, slots=True)
class Finish:
    report: str
    evidence: tuple[entries.Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """A person has to look."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Fail:
    code: str
    reason: str


Action: TypeAlias = (
    Think
    | Judge
    | Act
    | FindResult
    | Refuse
    | Plan
    | AskInput
    | Await
    | Delegate
    | AwaitAgents
    | BeginCheck
    | EndCheck
    | Finish
    | Review
    | Fail
)
SPENDING: Final = (Think, Judge, Act, FindResult)
"""Actions before which the limits of a run are looked at."""


def next_action(history: History, tools: Mapping[str, ToolFacts], now: datetime) -> Action:
    """`tools` are those that the run may call, by name, without the loop's own."""
    return (
        _think_again(history)
        or _check(history)
        or _end(history)
        or _call(history, tools, now)
        or Think("agent", history.thoughts + 1)
    )


def find_limit(spend: Spend, budget: Budget, deadline_at: datetime, now: datetime) -> Fail | None:
    """The limit that a run has reached, if any."""
    if now >= deadline_at:
        return Fail("agents.deadline", "The deadline has passed.")
    if spend.steps >= budget.steps:
        return Fail("agents.step_limit", f"All {budget.steps} steps are used.")
    if spend.tokens >= budget.tokens:
        return Fail("agents.token_limit", f"All {budget.tokens} tokens are used.")
    if spend.cost_usd >= budget.cost_usd:
        return Fail("agents.cost_limit", f"The budget of {budget.cost_usd} USD is used.")
    return None


def too_little(unit: Literal["usd", "tokens"], run: Run) -> Fail:
    """The limit that leaves too little for one more thought."""
    if unit == "tokens":
        words = f"Of {run.budget.tokens} tokens, too few are left for another thought."
        return Fail("agents.token_limit", words)
    words = f"Of {run.budget.cost_usd} USD, too little is left for another thought."
    return Fail("agents.cost_limit", words)


def _think_again(history: History) -> Action | None:
    thinking = history.thinking
    return None if thinking is None else Think(thinking.prompt, thinking.number)


def _check(history: History) -> Action | None:
    if history.check is None:
        return None
    if history.verdict is not None:
        return EndCheck(history.check.round, _judged(history, history.verdict))
    return _give_up(history) or Think("agent-check", history.thoughts + 1)


def _end(history: History) -> Action | None:
    if history.accepted is not None:
        return Finish(history.accepted.report, history.accepted.evidence)
    if history.rounds >= MAX_ROUNDS:
        return Review("agents.criteria_unmet", "The report does not meet the criteria.")
    return _give_up(history)


def _call(history: History, tools: Mapping[str, ToolFacts], now: datetime) -> Action | None:
    in_flight = history.call_in_flight
    if in_flight is not None:
        return _resume(in_flight)
    waiting = history.waiting_calls
    if waiting:
        return _next_call(history, waiting, tools, now)
    return None if history.closing is None else _close(history, history.closing)


def _give_up(history: History) -> Fail | None:
    failed = history.failed
    if history.failures < MAX_FAILURES and not (failed and failed.final):
        return None
    if failed is None:
        return Fail("agents.no_answer", "The model said nothing, again and again.")
    return Fail(failed.code, failed.detail)


def _resume(call: OpenCall) -> Action:
    """A process died between the intent and the result; the effect class says what may be done."""
    begun = call.begun
    effect = "unsafe" if begun is None else begun.effect
    if effect == "queryable":
        return FindResult(call.asked)
    if effect == "unsafe":
        return Review(
            "agents.call_in_doubt",
            f"Whether the call of {call.asked.tool} took effect is not known.",
        )
    return Act(call.asked)


def _next_call(
    history: History, waiting: list[OpenCall], tools: Mapping[str, ToolFacts], now: datetime
) -> Action:
    """Finishing comes after everything else that the model wanted in the same breath."""
    over = list(history.calls.values())[MAX_CALLS:]
    for call in waiting:
        if call in over:
            return Refuse(call.asked, f"At most {MAX_CALLS} calls at once. Call it again.")
    work = [call.asked for call in waiting if call.asked.tool != control.FINISH]
    if not work:
        *rest, last = (call.asked for call in waiting)
        return Refuse(rest[0], "Finish is called once.") if rest else _finish(history, last)
    call = work[0]
    if call.tool in control.NAMES:
        return _control(history, call)
    if call.tool not in tools:
        return Refuse(call, f"There is no tool named {call.tool!r} for this run.")
    return _judge(history, call, now)


def _judge(history: History, call: CallAsked, now: datetime) -> Action:
    approval = history.approvals.get(call.id)
    if approval is None:
        return Judge(call)
    if approval.decided is None:
        return Await("approval")
    if not approval.decided.approved:
        note = f" They say: {approval.decided.note}" if approval.decided.note else ""
        who = (
            "Nobody has approved this call in time."
            if approval.decided.by is None
            else ("The person has denied this call.")
        )
        return Refuse(call, f"{who}{note}")
    if approval.allows(approval.asked.sha256, now):
        return Act(call)
    return Judge(call)


def _control(history: History, call: CallAsked) -> Action:
    try:
        if call.tool == control.UPDATE_PLAN:
            plan = control.read(control.UpdatePlanInput, call.arguments)
            steps = tuple(entries.PlanStep(each.text, each.done) for each in plan.steps)
            return Plan(call, steps)
        if call.tool == control.ASK_USER:
            question = control.read(control.AskUserInput, call.arguments).question
            asked = history.question
            return Await("input") if asked is not None else AskInput(call, question)
        if call.tool == control.DELEGATE:
            return _delegate(history, call)
    except control.BadArgumentsError as error:
        return Refuse(call, str(error))
    return Refuse(call, f"{call.tool} can't be called here.")


def _delegate(history: History, call: CallAsked) -> Action:
    begun = history.delegated
    if begun is not None and begun.call_id == call.id:
        return AwaitAgents(call, tuple(each.run_id for each in begun.agents))
    if history.depth >= control.MAX_DEPTH:
        return Refuse(call, "An agent of an agent does its work itself.")
    return Delegate(call, tuple(control.read(control.DelegateInput, call.arguments).agents))


def _finish(history: History, call: CallAsked) -> Action:
    try:
        said = control.read(control.FinishInput, call.arguments)
    except control.BadArgumentsError as error:
        return Refuse(call, str(error))
    evidence = tuple(entries.Evidence(each.criterion, each.evidence) for each in said.evidence)
    if not history.criteria:
        return Finish(said.report, evidence)
    return BeginCheck(history.rounds + 1, said.report, call.id, evidence)


def _close(history: History, text: str) -> Action:
    if not history.criteria:
        return Finish(text)
    return BeginCheck(history.rounds + 1, text)


def _judged(history: History, verdict: entries.ThinkEnded) -> tuple[entries.Judged, ...]:
    """The verdict, one entry for each criterion; what was not judged is not met."""
    said: tuple[entries.Judged, ...] = ()
    for part in verdict.parts:
        if part.type == "call" and part.name == control.VERDICT:
            try:
                read = control.read(control.VerdictInput, part.text)
            except control.BadArgumentsError:
                continue
            said = tuple(entries.Judged(each.met, each.why) for each in read.criteria)
            break
    count = len(history.criteria)
    missing = entries.Judged(met=False, why="The check said nothing about it.")
    return (*said[:count], *[missing] * (count - len(said)))
