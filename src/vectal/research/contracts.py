"""What a research is, as others see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec

from vectal.platform.passages.support import Unreadable, Unsupported

Depth: TypeAlias = Literal["quick", "standard", "deep"]
State: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]
Stage: TypeAlias = Literal[
    "waiting", "planning", "searching", "reading", "reviewing", "writing", "checking", "done"
]
"""`reviewing`: what was read is looked over for what is missing; a further round may follow."""
Standing: TypeAlias = Literal["supported", "doubtful", "unsupported", "unchecked", "uncited"]
"""What became of a claim.

`doubtful`: the two checks disagree, or a source says only some of it. `unchecked`: nobody could
tell. `uncited`: it names no source.
"""
Lack: TypeAlias = Literal["unanswered", "contradicted"]
"""Why a further round asks: no source says it, or sources say different things."""
Judgement: TypeAlias = Literal["yes", "no", "partly"]
Author: TypeAlias = Literal["model", "extract"]
"""Who wrote a text: a model, or nobody: it is made of the sources' own sentences."""
NoticeCode: TypeAlias = Literal[
    "engine_failed",
    "pages_unread",
    "limit_searches",
    "limit_pages",
    "limit_tokens",
    "limit_cost",
    "time_short",
    "not_followed_up",
    "planned_by_rule",
    "written_by_rule",
    "checked_by_rule",
    "simulated",
    "hidden_text",
    "links_removed",
]

UNDER_WAY: Final = ("queued", "running")
QUESTION_CHARS: Final = 2_000


class Limits(msgspec.Struct, frozen=True):
    """What a research may take: searches, pages asked for, tokens in and out, money, time, rounds.

    A round plans, searches and reads; all rounds together keep to the other limits.
    """

    searches: int
    pages: int
    tokens: int
    cost_usd: Decimal
    seconds: int
    rounds: int = 1


DEPTHS: Final[Mapping[Depth, Limits]] = {
    "quick": Limits(4, 6, 40_000, Decimal("0.10"), 300, rounds=1),
    "standard": Limits(12, 15, 150_000, Decimal("0.50"), 900, rounds=2),
    "deep": Limits(40, 40, 500_000, Decimal("2.00"), 1_800, rounds=3),
}
WIDEST: Final = Limits(100, 100, 2_000_000, Decimal(50), 3_600, rounds=5)


class Spent(msgspec.Struct, frozen=True):
    searches: int = 0
    pages: int = 0
    tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    rounds: int = 0
    """That were begun."""


class Reason(msgspec.Struct, frozen=True):
    """Something that speaks for or against a source; `words` are for people."""

    code: str
    words: str


class Source(msgspec.Struct, frozen=True):
    """A page that the report may cite. What it says was written by strangers."""

    number: int
    url: str
    title: str
    site: str
    published_on: str | None = None
    is_read: bool = True
    """False: only the few words were seen that a search engine shows of it."""
    has_hidden_text: bool = False
    engines: tuple[str, ...] = ()
    weight: float = 0.0
    """From 0 to 1."""
    reasons: tuple[Reason, ...] = ()


class Checked(msgspec.Struct, frozen=True):
    """What one source says of a claim. `by_rule` is None when the rules can't tell."""

    number: int
    by_rule: bool | None
    why: Unsupported | Unreadable | None
    quote: str


class Claim(msgspec.Struct, frozen=True):
    """One thing that the report says, and whether its sources say so."""

    text: str
    standing: Standing
    words: str
    """Why, for people."""
    by_model: Judgement | None = None
    sources: tuple[Checked, ...] = ()


class FollowUp(msgspec.Struct, frozen=True):
    """What a further round searched for, and why. A model wrote it after reading pages."""

    round: int
    """From 2 on: the first round is the plan's."""
    lack: Lack
    what: str
    query: str


class Notice(msgspec.Struct, frozen=True):
    code: NoticeCode
    words: str


class Report(msgspec.Struct, frozen=True):
    """`body` is Markdown without a link, an image or HTML; numbers in brackets cite sources."""

    body: str
    written_by: Author
    sources: tuple[Source, ...] = ()
    claims: tuple[Claim, ...] = ()
    notices: tuple[Notice, ...] = ()
    queries: tuple[str, ...] = ()
    """Of all rounds."""
    follow_ups: tuple[FollowUp, ...] = ()
    engines: tuple[str, ...] = ()
    model: str | None = None
    simulated: bool = False
    is_untrusted: bool = True
    """It rests on what strangers wrote."""

    @property
    def unsupported(self) -> tuple[Claim, ...]:
        """What could not be supported, in the order of the report."""
        return tuple(claim for claim in self.claims if claim.standing != "supported")


@dataclass(frozen=True, slots=True)
class NewResearch:
    question: str
    depth: Depth
    limits: Limits


@dataclass(frozen=True, slots=True)
class Research:
    id: UUID
    question: str
    depth: Depth
    state: State
    stage: Stage
    limits: Limits
    spent: Spent
    sources_found: int
    pages_read: int
    created_at: datetime
    deadline_at: datetime
    ended_at: datetime | None
    code: str | None
    detail: str | None
    """Why it failed, for people."""
