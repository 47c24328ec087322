"""Wire shapes of the tools that runs may call."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field

from vectal.agents.service_tools import ListedTool
from vectal.ai.contracts import Effect, Taint, ToolEgress
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag

Why = Annotated[str | None, Field(description="Why a person is asked; null when nobody is")]


class AgentToolAsking(Schema):
    """When a call waits for a person, by what the run has read before it."""

    nothing: Why
    private: Why
    untrusted: Why
    both: Why


class AgentTool(Schema):
    """Something that a run of yours may call, with the labels that approvals go by."""

    name: Annotated[str, Field(examples=["create_task"])]
    title: Annotated[str, Field(examples=["Create a task"])]
    description: Annotated[str, Field(description="As the model reads it")]
    mode: Literal["read", "write"]
    effect: Effect
    egress: Annotated[ToolEgress, Field(description="Whether a call leaves the house")]
    returns: Annotated[list[Taint], Field(description="What reading its result means")]
    proposes: Annotated[Flag, Field(description="What it writes waits until a person accepts it")]
    cost_usd: Annotated[Decimal, Field(description="Of one call, at most, beside the tokens")]
    asks: AgentToolAsking

    @classmethod
    def of(cls, listed: ListedTool) -> Self:
        tool = listed.tool
        return cls(
            name=tool.name,
            title=tool.title,
            description=tool.description,
            mode=tool.mode,
            effect=tool.effect,
            egress=tool.egress,
            returns=sorted(tool.returns),
            proposes=tool.proposes,
            cost_usd=tool.cost_usd,
            asks=AgentToolAsking(
                nothing=listed.after_nothing,
                private=listed.after_private,
                untrusted=listed.after_untrusted,
                both=listed.after_both,
            ),
        )
