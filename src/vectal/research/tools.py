"""What a model may do with research: have a question answered from the web, with sources.

The work is a research of the caller's own, which goes on without the call: one that is made again
after a crash finds it by the id that the first gave it.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final, Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field

from vectal.ai.contracts import Allowance, Taint, Tool, ToolContext, ToolOutput
from vectal.auth.errors import ForbiddenError
from vectal.auth.policy import can
from vectal.auth.principal import Scope
from vectal.platform.ids import new_id
from vectal.research.contracts import DEPTHS, QUESTION_CHARS, UNDER_WAY, NewResearch, Research
from vectal.research.errors import ResearchNotFoundError
from vectal.research.report.markdown import to_markdown
from vectal.research.service import ResearchServices

_OF_STRANGERS: Final = frozenset[Taint](("untrusted",))
_LOOK_EVERY_S: Final = 1.0
_CHARS: Final = 24_000
_DEAREST: Final = DEPTHS["standard"]


class UltraSearch(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    question: Annotated[
        str,
        Field(
            min_length=3,
            max_length=QUESTION_CHARS,
            description="What is to be found out, in full sentences. It leaves the house: name"
            " nobody and nothing private in it",
        ),
    ]
    depth: Literal["quick", "standard"] = "quick"


def make_tools(services: ResearchServices) -> tuple[Tool[Any], ...]:
    """The tools to register at bootstrap; none where no search engine is set up."""
    if not services.researches.engines:
        return ()
    hand = _Hand(services)
    return (
        Tool(
            name="ultra_search",
            title="Search the web",
            description=(
                "Have a question answered from the web: pages are searched, read, weighed, and "
                "every claim of the answer is checked against its source. Takes minutes."
            ),
            input=UltraSearch,
            scope=Scope.AI_USE,
            mode="read",
            effect="queryable",
            handler=hand.search,
            find_result=hand.find,
            egress="read",
            returns=_OF_STRANGERS,
            timeout_s=_DEAREST.seconds + 30.0,
            cost_usd=_DEAREST.cost_usd,
        ),
    )


class _Hand:
    def __init__(self, services: ResearchServices) -> None:
        self._researches = services.researches
        self._rendering = services.rendering

    async def search(self, context: ToolContext, asked: UltraSearch) -> ToolOutput:
        _check(context)
        new = NewResearch(asked.question, asked.depth, DEPTHS[asked.depth])
        begun = await self._researches.create(context.principal, new, _id_of(context))
        return await self._wait(context, begun)

    async def find(self, context: ToolContext, asked: UltraSearch) -> ToolOutput | None:
        """What the call with this id began; None when it began nothing."""
        del asked
        try:
            begun = await self._researches.get(context.principal, _id_of(context))
        except ResearchNotFoundError:
            return None
        return await self._wait(context, begun)

    async def _wait(self, context: ToolContext, one: Research) -> ToolOutput:
        """Until it has ended, which its own deadline sees to."""
        while one.state in UNDER_WAY:
            await asyncio.sleep(_LOOK_EVERY_S)
            one = await self._researches.get(context.principal, one.id)
        if one.state != "done":
            words = one.detail or f"The research was {one.state}."
            return ToolOutput(words, f"the research {one.state}", ok=False, taken=_taken(one))
        _, report = await self._researches.get_report(context.principal, one.id)
        text = to_markdown(one.question, report, one.ended_at)
        if len(text) > _CHARS:
            text = f"{text[:_CHARS]}\n\n(The rest is in research {one.id}.)"
        # The words of the pages stay out of the summary: it outlives the fence around the result.
        count = len(report.sources)
        summary = f"{count} source{'' if count == 1 else 's'} of the web"
        return ToolOutput(text, summary, taken=_taken(one))


def _taken(one: Research) -> Allowance:
    return Allowance(one.spent.cost_usd, one.spent.tokens)


def _id_of(context: ToolContext) -> UUID:
    """The same for the same call, so that a repeated one begins nothing twice."""
    origin = context.run_id or context.turn_id
    return new_id() if origin is None else uuid5(origin, f"research:{context.call_id}")


def _check(context: ToolContext) -> None:
    if not can(context.principal, "research.create"):
        raise ForbiddenError("You may not have the web searched in this workspace.")
