"""What a run knows: its journal, folded. Pure, so that every process that reads it agrees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import singledispatchmethod
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from vectal.agents import entries
from vectal.agents.contracts import CallAsked, Spend
from vectal.agents.entries import Entry, PlanStep
from vectal.agents.run import RunMove, RunState
from vectal.ai.contracts import (
    ChatMessage,
    Part,
    ReasoningPart,
    Taint,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    user_message,
)

_PLAN_NOTED: Final = "The plan is noted."
_SETTLED: Final = "A person has looked: the call was done."
_UNMET: Final = "The report was checked against the criteria. Not met yet:"


def spend_of(entry: Entry) -> Spend:
    """What an entry adds to what its run has used."""
    match entry:
        case entries.ThinkEnded():
            return Spend(_usd(entry.cost_usd), entry.input_tokens + entry.output_tokens, 1)
        case entries.ThinkBegun():
            return Spend(_usd(entry.cut_cost_usd), entry.cut_tokens)
        case entries.ThinkFailed():
            return Spend(_usd(entry.cost_usd), entry.tokens, 1)
        case entries.ThinkCut():
            return Spend(_usd(entry.cost_usd), entry.tokens)
        case entries.CallEnded(refused=False):
            return Spend(_usd(entry.cost_usd), entry.tokens, 1)
        case _:
            return Spend()


def _usd(cost: str | None) -> Decimal:
    return Decimal(cost) if cost else Decimal(0)


def taint_of(entry: Entry) -> frozenset[Taint]:
    is_reader = isinstance(entry, entries.CallEnded | entries.Created | entries.Received)
    return frozenset(entry.reads) if is_reader else frozenset()


@dataclass(slots=True)
class OpenCall:
    """A call of the newest thought. It is over once it has a result."""

    asked: CallAsked
    begun: entries.CallBegun | None = None
    result: ToolResultPart | None = None


@dataclass(slots=True)
class Approval:
    asked: entries.ApprovalAsked
    decided: entries.ApprovalDecided | None = None

    def allows(self, sha256: str, now: datetime) -> bool:
        """Whether it lets a call with these arguments through now."""
        return (
            self.decided is not None
            and self.decided.approved
            and self.decided.sha256 == self.asked.sha256 == sha256
            and now < self.asked.expires_at
        )


@dataclass(slots=True)
class History:
    """Feed it entries in their order. `seq` is the number of the last one."""

    seq: int = 0
    state: RunState = RunState.QUEUED
    goal: str = ""
    criteria: tuple[str, ...] = ()
    depth: int = 0
    received: entries.Received | None = None
    messages: list[ChatMessage] = field(default_factory=list[ChatMessage])
    spend: Spend = field(default_factory=Spend)
    taint: frozenset[Taint] = frozenset()
    plan: tuple[PlanStep, ...] = ()
    thoughts: int = 0
    thinking: entries.ThinkBegun | None = None
    """A model was asked and its answer is not written down."""
    verdict: entries.ThinkEnded | None = None
    """What the checking model said, until it is written down as the end of the check."""
    closing: str | None = None
    """The text of a thought that called nothing, until it is taken as the report."""
    failures: int = 0
    """Thoughts in a row that brought nothing."""
    failed: entries.ThinkFailed | None = None
    calls: dict[str, OpenCall] = field(default_factory=dict[str, OpenCall])
    approvals: dict[str, Approval] = field(default_factory=dict[str, Approval])
    """By call."""
    question: entries.InputAsked | None = None
    delegated: entries.Delegated | None = None
    """Agents that the newest such call began."""
    check: entries.CheckBegun | None = None
    offered: entries.CheckBegun | None = None
    """The newest report that was checked, whatever came of it."""
    accepted: entries.CheckBegun | None = None
    """A report whose criteria are met."""
    rounds: int = 0
    """Checks that were not passed, since a person has last looked."""
    report: entries.Reported | None = None
    _said: list[str] = field(default_factory=list[str])

    @property
    def at_risk(self) -> Spend:
        """What a thought may have taken whose end nobody has seen."""
        thinking = self.thinking
        if thinking is None:
            return Spend()
        return Spend(_usd(thinking.worst_cost_usd), thinking.worst_tokens)

    @property
    def call_in_flight(self) -> OpenCall | None:
        return next((c for c in self.calls.values() if c.begun and c.result is None), None)

    @property
    def waiting_calls(self) -> list[OpenCall]:
        return [c for c in self.calls.values() if c.begun is None and c.result is None]

    def find_approval(self, approval_id: UUID) -> Approval | None:
        found = (a for a in self.approvals.values() if a.asked.approval_id == approval_id)
        return next(found, None)

    def apply(self, entry: Entry) -> None:
        self.seq += 1
        self.spend = self.spend + spend_of(entry)
        self.taint = self.taint | taint_of(entry)
        self._take(entry)
        self._flush()

    def hear_out(self) -> None:
        """What people said since a thought was cut off goes into the one asked in its place."""
        thinking, self.thinking = self.thinking, None
        self._flush()
        self.thinking = thinking

    @singledispatchmethod
    def _take(self, entry: Entry) -> None:
        """Each kind is taken by one of the methods below; a kind without one is a mistake."""
        raise TypeError(type(entry).__name__)

    @_take.register
    def _created(self, entry: entries.Created) -> None:
        self.goal, self.criteria, self.depth = entry.goal, entry.criteria, entry.depth

    @_take.register
    def _received(self, entry: entries.Received) -> None:
        self.received = entry

    @_take.register
    def _moved(self, entry: entries.Moved) -> None:
        self.state = entry.state
        if entry.move is RunMove.SETTLE:
            self.rounds = 0

    @_take.register
    def _think_begun(self, entry: entries.ThinkBegun) -> None:
        # A thought that is asked again may know of what was said since.
        self.thinking = None
        self._flush()
        self.thinking, self.thoughts = entry, entry.number

    @_take.register
    def _think_ended(self, entry: entries.ThinkEnded) -> None:
        begun, self.thinking = self.thinking, None
        if begun is not None and begun.prompt == "agent-check":
            self.verdict, self.failures = entry, 0
            return
        calls = [part for part in entry.parts if part.type == "call"]
        text = "".join(part.text for part in entry.parts if part.type == "text")
        if not calls and not text.strip():
            self.failures += 1
            return
        self.failures, self.failed = 0, None
        self.messages.append(ChatMessage("assistant", tuple(map(_part_of, entry.parts))))
        self.closing = None if calls else text
        self.calls = {
            part.call_id: OpenCall(
                CallAsked(part.call_id, part.name, part.text, part.model_call_id)
            )
            for part in calls
        }

    @_take.register
    def _think_failed(self, entry: entries.ThinkFailed) -> None:
        self.thinking, self.failed = None, entry
        self.failures += 1

    @_take.register
    def _think_cut(self, entry: entries.ThinkCut) -> None:
        # What it took is known, so it does not count with its worst case when it is asked again.
        if self.thinking is not None and self.thinking.number == entry.number:
            self.thinking = replace(self.thinking, worst_cost_usd=None, worst_tokens=0)

    @_take.register
    def _call_begun(self, entry: entries.CallBegun) -> None:
        if (call := self._find_open(entry.call_id)) is not None:
            call.begun = entry

    @_take.register
    def _call_ended(self, entry: entries.CallEnded) -> None:
        self._answer(entry.call_id, entry.content, ok=entry.ok, summary=entry.summary)

    @_take.register
    def _planned(self, entry: entries.Planned) -> None:
        self.plan = entry.steps
        self._answer(entry.call_id, _PLAN_NOTED)

    @_take.register
    def _steered(self, entry: entries.Steered) -> None:
        self._said.append(entry.text)

    @_take.register
    def _input_asked(self, entry: entries.InputAsked) -> None:
        self.question = entry

    @_take.register
    def _input_given(self, entry: entries.InputGiven) -> None:
        self.question = None
        self._answer(entry.call_id, entry.text)

    @_take.register
    def _approval_asked(self, entry: entries.ApprovalAsked) -> None:
        self.approvals[entry.call_id] = Approval(entry)

    @_take.register
    def _approval_decided(self, entry: entries.ApprovalDecided) -> None:
        approval = self.approvals.get(entry.call_id)
        if approval is not None and approval.asked.approval_id == entry.approval_id:
            approval.decided = entry

    @_take.register
    def _check_begun(self, entry: entries.CheckBegun) -> None:
        self.check, self.offered, self.closing = entry, entry, None

    @_take.register
    def _check_ended(self, entry: entries.CheckEnded) -> None:
        check, self.check, self.verdict = self.check, None, None
        if entry.is_met:
            self.accepted = check
            return
        self.rounds += 1
        words = _unmet(self.criteria, entry)
        if check is not None and check.call_id is not None:
            self._answer(check.call_id, words)
        else:
            self._said.append(words)

    @_take.register
    def _delegated(self, entry: entries.Delegated) -> None:
        self.delegated = entry

    @_take.register
    def _engine_changed(self, entry: entries.EngineChanged) -> None:
        """Who brings the run on changes nothing of what it knows."""

    @_take.register
    def _settled(self, entry: entries.Settled) -> None:
        if entry.outcome == "done":
            self._answer(entry.call_id, entry.result or _SETTLED)
        elif (call := self._find_open(entry.call_id)) is not None:
            call.begun = None

    @_take.register
    def _reported(self, entry: entries.Reported) -> None:
        self.report = entry

    def _find_open(self, call_id: str) -> OpenCall | None:
        call = self.calls.get(call_id)
        return None if call is None or call.result is not None else call

    def _answer(self, call_id: str, content: str, *, ok: bool = True, summary: str = "") -> None:
        if (call := self._find_open(call_id)) is not None:
            asked = call.asked
            call.result = ToolResultPart(
                asked.model_call_id, asked.tool, content, ok, summary=summary
            )

    def _flush(self) -> None:
        """Results go to the model together, and what people said comes after them."""
        results = [call.result for call in self.calls.values() if call.result is not None]
        if len(results) < len(self.calls):
            return
        if results:
            self.messages.append(ChatMessage("tool", tuple(results)))
            self.calls = {}
        # While a model is asked, a message waits for its answer: that one can't know of it.
        if self._said and self.thinking is None:
            self.messages.extend(map(user_message, self._said))
            self._said.clear()
            self.closing = None


def fold(journal: Iterable[Entry]) -> History:
    """All that follows from these entries, from the first one on."""
    history = History()
    for entry in journal:
        history.apply(entry)
    return history


def _part_of(part: entries.SaidPart) -> Part:
    if part.type == "call":
        return ToolCallPart(part.model_call_id, part.name, part.text)
    if part.type == "reasoning":
        return ReasoningPart(part.text, part.signature, part.provider, part.redacted)
    return TextPart(part.text)


def _unmet(criteria: tuple[str, ...], check: entries.CheckEnded) -> str:
    lines = [
        f"- {criteria[place] if place < len(criteria) else 'All of it'}: {judged.why}"
        for place, judged in enumerate(check.criteria)
        if not judged.met
    ]
    return "\n".join([_UNMET, *lines])
