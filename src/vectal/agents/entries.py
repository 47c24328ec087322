"""What a run's journal says: one frozen struct for each kind of entry, with its version.

An entry is written once and read for as long as the run is kept, also by later releases. Whoever
changes a struct in a way that old entries don't fit counts its version up and says in `UPCASTS`
how an older one becomes a newer one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final, Literal, TypeAlias, cast
from uuid import UUID

import msgspec

from vectal.agents.contracts import DecidedVia, EngineName
from vectal.agents.run import RunMove, RunState
from vectal.ai.contracts import Effect, Taint

Fields: TypeAlias = dict[str, Any]


class UnknownEntryError(Exception):
    """A newer release wrote it; this one must not work at the run."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    KIND: ClassVar[str]
    VERSION: ClassVar[int] = 1

    at: datetime


class Created(Entry, frozen=True, kw_only=True, omit_defaults=True):
    """What was asked, as it was asked."""

    KIND = "created"
    VERSION = 2

    goal: str
    criteria: tuple[str, ...] = ()
    depth: int = 0
    """How many runs stand above it that began one another."""
    reads: tuple[Taint, ...] = ()
    """What whoever wrote the goal had read, or the run that this one follows."""


class Received(Entry, frozen=True, kw_only=True, omit_defaults=True):
    """What came in and began the run: a delivery, a mail, or what happened to a task or file."""

    KIND = "received"

    origin: str
    text: str
    reads: tuple[Taint, ...] = ()


class Moved(Entry, frozen=True, kw_only=True, omit_defaults=True):
    """A move of the run to another state; `by` is the person who made it."""

    KIND = "moved"

    move: RunMove
    state: RunState
    reason: str = ""
    code: str | None = None
    by: UUID | None = None
    epoch: int = 0
    attempt: int = 0
    crashes: int = 0


class ThinkBegun(Entry, frozen=True, kw_only=True, omit_defaults=True):
    """A model is asked; `number` counts the thoughts of a run from 1."""

    KIND = "think_begun"

    number: int
    prompt: Literal["agent", "agent-check"] = "agent"
    worst_cost_usd: str | None = None
    """The most that it can take, a decimal; what a call that a crash cuts off counts with."""
    worst_tokens: int = 0
    cut_cost_usd: str | None = None
    """What the call before under this number may have taken, whose end nobody has seen."""
    cut_tokens: int = 0


class SaidPart(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of what the model said. Calls carry the model's own id and ours."""

    type: Literal["text", "reasoning", "call"]
    text: str = ""
    """Of a call: the JSON text of its arguments, as the model wrote it."""
    name: str = ""
    model_call_id: str = ""
    call_id: str = ""
    signature: str | None = None
    provider: str | None = None
    redacted: bool = False


class ThinkEnded(Entry, frozen=True, kw_only=True, omit_defaults=True):
    KIND = "think_ended"

    number: int
    parts: tuple[SaidPart, ...]
    finish_reason: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: str | None = None
    """A decimal; None where no price is known."""
    provider: str = ""
    model: str = ""
    why: str = ""
    """The route in a sentence."""
    simulated: bool = False
    duration_ms: int = 0


class ThinkFailed(Entry, frozen=True, kw_only=True, omit_defaults=True):
    """No model gave an answer. `final`: to ask again would bring the same."""

    KIND = "think_failed"

    number: int
    code: str
    detail: str
    final: bool = False
    cost_usd: str | None = None
    """What it took nevertheless."""
    tokens: int = 0


class ThinkCut(Entry, frozen=True, kw_only=True, omit_defaults=True):
    """The run was stopped or handed over while a model was asked; the thought is asked again."""

    KIND = "think_cut"

    number: int
    cost_usd: str | None = None
    tokens: int = 0


class CallBegun(Entry, frozen=True, kw_only=True, omit_defaults=True):
    """The intent: written before the tool is called, so that a crash leaves no unknown effect."""

    KIND = "call_begun"

    call_id: str
    tool: str
    title: str
    arguments: str
    sha256: str
    """Of the canonical arguments, in hexadecimal."""
    effect: Effect


class CallEnded(Entry, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a call. `found`: an earlier attempt had done it, and its result was found."""

    KIND = "call_ended"
    VERSION = 2

    call_id: str
    tool: str
    ok: bool
    content: str
    summary: str
    changeset_id: UUID | None = None
    found: bool = False
    refused: bool = False
    """It was never made."""
    reads: tuple[Taint, ...] = ()
    cost_usd: str | None = None
    """What the tool itself paid to models."""
    tokens: int = 0


class Steered(Entry, frozen=True, kw_only=True, omit_defaults=True):
    """A person says something in mid run."""

    KIND = "steered"

    text: str
    by: UUID


class InputAsked(Entry, frozen=True, kw_only=True, omit_defaults=True):
    KIND = "input_asked"

    call_id: str
    question: str


class InputGiven(Entry, frozen=True, kw_only=True, omit_defaults=True):
    KIND = "input_given"

    call_id: str
    text: str
    by: UUID


class ApprovalAsked(Entry, frozen=True, kw_only=True, omit_defaults=True):
    """A person must say yes to exactly these arguments before `expires_at`."""

    KIND = "approval_asked"

    approval_id: UUID
    call_id: str
    tool: str
    title: str
    arguments: str
    sha256: str
    why: str
    expires_at: datetime


class ApprovalDecided(Entry, frozen=True, kw_only=True, omit_defaults=True):
    """`by` is None where nobody decided in time; `via` is the way on which `by` came."""

    KIND = "approval_decided"

    approval_id: UUID
    call_id: str
    sha256: str
    approved: bool
    note: str = ""
    by: UUID | None = None
    via: DecidedVia = "app"


class EngineChanged(Entry, frozen=True, kw_only=True, omit_defaults=True):
    """Another engine brings the run on from here."""

    KIND = "engine_changed"

    engine: EngineName
    reason: str = ""


class PlanStep(msgspec.Struct, frozen=True, omit_defaults=True):
    text: str
    done: bool = False


class Planned(Entry, frozen=True, kw_only=True, omit_defaults=True):
    KIND = "planned"

    call_id: str
    steps: tuple[PlanStep, ...]


class Evidence(msgspec.Struct, frozen=True):
    criterion: str
    evidence: str


class CheckBegun(Entry, frozen=True, kw_only=True, omit_defaults=True):
    """The model says that it is done; `call_id` is None where it only stopped to call."""

    KIND = "check_begun"

    round: int
    report: str
    call_id: str | None = None
    evidence: tuple[Evidence, ...] = ()


class Judged(msgspec.Struct, frozen=True):
    met: bool
    why: str


class CheckEnded(Entry, frozen=True, kw_only=True, omit_defaults=True):
    KIND = "check_ended"

    round: int
    criteria: tuple[Judged, ...] = ()

    @property
    def is_met(self) -> bool:
        return all(each.met for each in self.criteria)


class SubAgent(msgspec.Struct, frozen=True):
    run_id: UUID
    goal: str


class Delegated(Entry, frozen=True, kw_only=True, omit_defaults=True):
    """Runs were begun that work at parts of the goal; each may use so much."""

    KIND = "delegated"

    call_id: str
    agents: tuple[SubAgent, ...]
    cost_usd: str
    tokens: int


class Settled(Entry, frozen=True, kw_only=True, omit_defaults=True):
    """A person says what became of a call whose outcome was unknown."""

    KIND = "settled"

    call_id: str
    outcome: Literal["done", "not_done"]
    by: UUID
    result: str = ""


class Reported(Entry, frozen=True, kw_only=True, omit_defaults=True):
    KIND = "reported"

    report: str
    evidence: tuple[Evidence, ...] = ()


KINDS: Final[Mapping[str, type[Entry]]] = {
    each.KIND: each
    for each in (
        Created,
        Received,
        Moved,
        ThinkBegun,
        ThinkEnded,
        ThinkFailed,
        ThinkCut,
        CallBegun,
        CallEnded,
        Steered,
        InputAsked,
        InputGiven,
        ApprovalAsked,
        ApprovalDecided,
        EngineChanged,
        Planned,
        CheckBegun,
        CheckEnded,
        Delegated,
        Settled,
        Reported,
    )
}


def _with_labels(fields: Fields) -> Fields:
    """Before it was written down what a result makes of its reader, all of it counts as both."""
    tainted = fields.pop("tainted", True)
    return fields | {"reads": ["untrusted", "private"] if tainted else []}


UPCASTS: Final[Mapping[tuple[str, int], Callable[[Fields], Fields]]] = {
    (Created.KIND, 1): lambda fields: fields,
    (CallEnded.KIND, 1): _with_labels,
}
"""How the fields of an entry of this kind and version become those of the next version."""


def encode(entry: Entry) -> bytes:
    return msgspec.json.encode(entry)


def fields_of(entry: Entry) -> Fields:
    """As plain JSON, for whoever looks at the journal."""
    return cast("Fields", msgspec.to_builtins(entry))


def require_known(kind: str, version: int) -> type[Entry]:
    known = KINDS.get(kind)
    if known is None or version > known.VERSION:
        raise UnknownEntryError(f"{kind} v{version}")
    return known


def decode(kind: str, version: int, body: bytes) -> Entry:
    """An entry of any version up to this release's; raises `UnknownEntryError` for a newer one."""
    known = require_known(kind, version)
    if version == known.VERSION:
        return msgspec.json.decode(body, type=known)
    fields: Fields = msgspec.json.decode(body)
    for older in range(version, known.VERSION):
        fields = UPCASTS[kind, older](fields)
    return msgspec.convert(fields, known)
