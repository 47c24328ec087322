"""Wire shapes of researches and their reports."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Moment, Text
from vectal.research.contracts import (
    DEPTHS,
    QUESTION_CHARS,
    WIDEST,
    Author,
    Depth,
    Judgement,
    Lack,
    Limits,
    NewResearch,
    NoticeCode,
    Stage,
    Standing,
    State,
)
from vectal.research.contracts import Claim as ClaimContract
from vectal.research.contracts import Report as ReportContract
from vectal.research.contracts import Research as ResearchContract
from vectal.research.contracts import Source as SourceContract

Count = Annotated[int, Field(ge=0)]


class ResearchLimits(Schema):
    """The most that it may take."""

    searches: Count
    pages: Count
    tokens: Count
    cost_usd: Annotated[float, Field(ge=0)]
    seconds: Count
    rounds: Annotated[
        int, Field(ge=1, description="Of searching and reading, the first one counted in")
    ]

    @classmethod
    def of(cls, limits: Limits) -> Self:
        return cls(
            searches=limits.searches,
            pages=limits.pages,
            tokens=limits.tokens,
            cost_usd=float(limits.cost_usd),
            seconds=limits.seconds,
            rounds=limits.rounds,
        )


class ResearchStatus(Schema):
    """Whether anything can be researched here, and with what."""

    is_ready: Annotated[Flag, Field(description="Whether a search engine is set up")]
    engines: Annotated[list[str], Field(examples=[["searxng", "brave"]])]
    depths: Annotated[
        dict[Depth, ResearchLimits],
        Field(description="What each takes at most"),
    ]

    @classmethod
    def of(cls, engines: Sequence[str]) -> Self:
        depths: dict[Depth, ResearchLimits] = {
            depth: ResearchLimits.of(limits) for depth, limits in DEPTHS.items()
        }
        return cls(is_ready=bool(engines), engines=list(engines), depths=depths)


class ResearchStart(Schema):
    """A question, how deep, and limits; those that are left out are the depth's own."""

    question: Annotated[
        Text,
        StringConstraints(strip_whitespace=True, min_length=3, max_length=QUESTION_CHARS),
        Field(examples=["How do tides make power, and what does it cost?"]),
    ]
    depth: Depth = "standard"
    searches: Annotated[int | None, Field(strict=True, ge=1, le=WIDEST.searches)] = None
    pages: Annotated[int | None, Field(strict=True, ge=1, le=WIDEST.pages)] = None
    tokens: Annotated[
        int | None,
        Field(strict=True, ge=0, le=WIDEST.tokens, description="In and out, of all model calls"),
    ] = None
    cost_usd: Annotated[
        Decimal | None,
        Field(
            ge=0,
            le=WIDEST.cost_usd,
            max_digits=12,
            decimal_places=6,
            description="Of searches at the engines' list prices, and of model calls",
        ),
    ] = None
    seconds: Annotated[int | None, Field(strict=True, ge=30, le=WIDEST.seconds)] = None
    rounds: Annotated[
        int | None,
        Field(
            strict=True,
            ge=1,
            le=WIDEST.rounds,
            description="Further ones follow up what the first has left open, within all limits",
        ),
    ] = None

    def wanted(self) -> NewResearch:
        own = DEPTHS[self.depth]
        limits = Limits(
            searches=own.searches if self.searches is None else self.searches,
            pages=own.pages if self.pages is None else self.pages,
            tokens=own.tokens if self.tokens is None else self.tokens,
            cost_usd=own.cost_usd if self.cost_usd is None else self.cost_usd,
            seconds=own.seconds if self.seconds is None else self.seconds,
            rounds=own.rounds if self.rounds is None else self.rounds,
        )
        return NewResearch(self.question, self.depth, limits)


class ResearchSpent(Schema):
    """What it has taken so far."""

    searches: Count
    pages: Annotated[int, Field(ge=0, description="That were asked for")]
    tokens: Count
    cost_usd: Annotated[float, Field(ge=0)]
    rounds: Annotated[int, Field(ge=0, description="That were begun")]


class Research(Schema):
    """A research, and how far it is."""

    id: UUID
    question: str
    depth: Depth
    state: State
    stage: Stage
    limits: ResearchLimits
    spent: ResearchSpent
    sources_found: Count
    pages_read: Count
    created_at: Moment
    deadline_at: Moment
    ended_at: Moment | None
    code: Annotated[str | None, Field(description="Why it failed", examples=[None])]
    detail: Annotated[str | None, Field(description="The same in words", examples=[None])]

    @classmethod
    def of(cls, one: ResearchContract) -> Self:
        spent = one.spent
        return cls(
            id=one.id,
            question=one.question,
            depth=one.depth,
            state=one.state,
            stage=one.stage,
            limits=ResearchLimits.of(one.limits),
            spent=ResearchSpent(
                searches=spent.searches,
                pages=spent.pages,
                tokens=spent.tokens,
                cost_usd=float(spent.cost_usd),
                rounds=spent.rounds,
            ),
            sources_found=one.sources_found,
            pages_read=one.pages_read,
            created_at=one.created_at,
            deadline_at=one.deadline_at,
            ended_at=one.ended_at,
            code=one.code,
            detail=one.detail,
        )


class ResearchReason(Schema):
    """Something that speaks for or against a source."""

    code: Annotated[str, Field(examples=["agreed"])]
    words: str


class ResearchSource(Schema):
    """A page that the report may cite. Strangers wrote it, its title too."""

    number: Annotated[int, Field(ge=1)]
    url: Annotated[str, Field(description="http or https, without credentials")]
    title: str
    site: str
    published_on: Annotated[str | None, Field(examples=["2026-03-01"])]
    is_read: Annotated[Flag, Field(description="False: only a search engine's words were seen")]
    has_hidden_text: Flag
    engines: list[str]
    weight: Annotated[float, Field(ge=0, le=1)]
    reasons: list[ResearchReason]

    @classmethod
    def of(cls, one: SourceContract) -> Self:
        return cls(
            number=one.number,
            url=one.url,
            title=one.title,
            site=one.site,
            published_on=one.published_on,
            is_read=one.is_read,
            has_hidden_text=one.has_hidden_text,
            engines=list(one.engines),
            weight=one.weight,
            reasons=[ResearchReason(code=each.code, words=each.words) for each in one.reasons],
        )


class ResearchCheck(Schema):
    """What one source says of a claim, by rule."""

    number: int
    is_supported: Annotated[Flag | None, Field(description="Null when the rules can't tell")]
    why: str | None
    quote: Annotated[str, Field(description="What the source says nearest to it")]


class ResearchClaim(Schema):
    """One thing that the report says, and whether its sources say so."""

    text: str
    standing: Standing
    words: str
    by_model: Annotated[Judgement | None, Field(description="What a second model judged")]
    sources: list[ResearchCheck]

    @classmethod
    def of(cls, one: ClaimContract) -> Self:
        checks = [
            ResearchCheck(
                number=each.number, is_supported=each.by_rule, why=each.why, quote=each.quote
            )
            for each in one.sources
        ]
        return cls(
            text=one.text,
            standing=one.standing,
            words=one.words,
            by_model=one.by_model,
            sources=checks,
        )


class ResearchNotice(Schema):
    """Something that a reader of the report should know."""

    code: NoticeCode
    words: str


class ResearchFollowUp(Schema):
    """What a further round searched for. A model wrote it after reading strangers' pages."""

    round: Annotated[int, Field(ge=2)]
    lack: Lack
    what: Annotated[str, Field(description="What was missing")]
    query: str


class ResearchReport(Schema):
    """The report of a research. It rests on what strangers wrote."""

    research: Research
    body: Annotated[
        str,
        Field(
            description="Markdown without links, images and HTML; `[1]` cites the source 1",
            examples=["Tides are regular. [1]"],
        ),
    ]
    written_by: Author
    model: str | None
    simulated: Flag
    is_untrusted: Flag
    sources: list[ResearchSource]
    claims: list[ResearchClaim]
    notices: list[ResearchNotice]
    queries: Annotated[list[str], Field(description="Of all rounds")]
    follow_ups: list[ResearchFollowUp]
    engines: list[str]

    @classmethod
    def of(cls, research: ResearchContract, report: ReportContract) -> Self:
        return cls(
            research=Research.of(research),
            body=report.body,
            written_by=report.written_by,
            model=report.model,
            simulated=report.simulated,
            is_untrusted=report.is_untrusted,
            sources=[ResearchSource.of(each) for each in report.sources],
            claims=[ResearchClaim.of(each) for each in report.claims],
            notices=[ResearchNotice(code=each.code, words=each.words) for each in report.notices],
            queries=list(report.queries),
            follow_ups=[
                ResearchFollowUp(round=each.round, lack=each.lack, what=each.what, query=each.query)
                for each in report.follow_ups
            ],
            engines=list(report.engines),
        )
