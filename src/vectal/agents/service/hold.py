"""A run in the hands of this process: what it knows of it, and what is not written down yet."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from vectal.agents.contracts import Run, ToolFacts
from vectal.agents.entries import Entry, encode
from vectal.agents.history import History, fold
from vectal.agents.ports import AnyTool
from vectal.agents.service.journal import Lease
from vectal.agents.service.stint import Stint
from vectal.ai.contracts import Allowance
from vectal.auth.principal import Principal

Ask: TypeAlias = Literal["cancel", "pause", "hand_back"]


_ORDER: Final[Mapping[Ask, int]] = {"hand_back": 0, "pause": 1, "cancel": 2}


@dataclass
class Signal:
    """Tells the task of a run that it must stop, and for what."""

    event: asyncio.Event = field(default_factory=asyncio.Event)
    ask: Ask | None = None
    patience_s: float = 0.0
    """How long the step that is under way may take when the run is handed back."""

    def send(self, ask: Ask) -> None:
        """A cancellation beats a pause, and that beats handing the run back."""
        if self.ask is None or _ORDER[ask] > _ORDER[self.ask]:
            self.ask = ask
            self.event.set()


@dataclass
class Hold:
    """`results` are known and not stored: they are written with the next intent, or the end.

    Nothing happens between a result and the next intent that would need the one without the other.
    """

    lease: Lease
    run: Run
    principal: Principal
    tools: Mapping[str, AnyTool]
    names: tuple[str, str]
    signal: Signal
    history: History
    stored: list[Entry]
    stint: Stint = field(default_factory=Stint)
    results: list[Entry] = field(default_factory=list[Entry])
    unsafe_call: bool = False
    """A call is under way that must not be cut off, if it can be helped."""
    rights_at: float = float("-inf")
    told_at: float = float("-inf")
    has_left: bool = False
    """The lease is given back."""
    taken: Allowance | None = None
    """What the newest model call took, until it is noted."""
    facts: Mapping[str, ToolFacts] = field(init=False)

    def __post_init__(self) -> None:
        self.facts = facts_of(self.tools.values())

    @property
    def allowance(self) -> Allowance:
        """What it may still use; a thought whose end nobody has seen counts with its worst case."""
        used = self.history.spend + self.history.at_risk
        budget = self.run.budget
        return Allowance(
            max(Decimal(0), budget.cost_usd - used.cost_usd), max(0, budget.tokens - used.tokens)
        )

    def leave(self) -> None:
        self.has_left = True

    def note(self, entry: Entry) -> None:
        """Take a result in; it is stored soon."""
        self.results.append(entry)
        self.history.apply(entry)

    def store(self, written: Sequence[Entry]) -> None:
        """All of `results` and `written` is in the database."""
        self.stored += [*self.results, *written]
        self.results.clear()
        for entry in written:
            self.history.apply(entry)

    def reload(self, newer: Sequence[Entry]) -> None:
        """Others have written, or it is not known what was: begin again from the journal."""
        self.stored += newer
        known = {encode(entry) for entry in newer}
        self.results = [entry for entry in self.results if encode(entry) not in known]
        self.history = fold([*self.stored, *self.results])


def facts_of(tools: Iterable[AnyTool]) -> dict[str, ToolFacts]:
    """What the loop goes by, by name."""
    return {tool.name: ToolFacts(tool.effect, tool.title) for tool in tools}
