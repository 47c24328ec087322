"""Wire shapes of what a workspace has decided about approvals."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from vectal.agents.approving import ApprovalRules as RulesContract
from vectal.agents.approving import Rule
from vectal.platform.web import Schema

ToolName = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{0,63}$")]


class ApprovalRules(Schema):
    """When a run must ask a person before a call.

    A run that has read what others wrote and knows what is private asks before every call that
    reaches outside or changes something, whatever stands here.
    """

    everything: Annotated[
        Rule, Field(description="`always` asks before each call, `never` before none")
    ] = "policy"
    tools: Annotated[
        dict[ToolName, Rule],
        Field(
            default_factory=dict[str, Rule],
            max_length=200,
            description="By tool; goes before `everything`",
        ),
    ]
    ask_above_usd: Annotated[
        Decimal,
        Field(ge=0, le=1_000, decimal_places=4, description="The price of one call to ask from"),
    ] = Decimal("0.5")

    @classmethod
    def of(cls, rules: RulesContract) -> Self:
        return cls(
            everything=rules.everything,
            tools=dict(rules.tools),
            ask_above_usd=rules.ask_above_usd,
        )

    def wanted(self) -> RulesContract:
        return RulesContract(self.everything, self.tools, self.ask_above_usd)
