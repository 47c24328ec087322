"""Wire shapes of presets of runs."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from vectal.agents.contracts import MAX_CRITERIA, Budget
from vectal.agents.contracts_presets import (
    DEFAULT_HOURS,
    MAX_HOURS,
    Preset,
    PresetContent,
    PresetWords,
    placeholders_of,
)
from vectal.agents.schemas import (
    Criterion,
    NewRunBudgetShape,
    RunBudgetShape,
    RunChoiceShape,
    ToolName,
    Words,
)
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Moment, Text

Name = Annotated[
    Text,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00]+$"),
]
# The longest emoji of one picture, a family with skin tones, has eleven code points.
Icon = Annotated[
    Text, StringConstraints(strip_whitespace=True, max_length=16, pattern=r"^[^\x00-\x7f]*$")
]


class NewRunPreset(Schema):
    """Everything of a preset; what is left out has its default."""

    name: Annotated[Name, Field(examples=["Plan a trip"])]
    icon: Annotated[Icon, Field(description="An emoji, or nothing", examples=["🧭"])] = ""
    goal: Annotated[
        Words,
        Field(
            max_length=20_000,
            description="`{city}` is asked for when a run begins; at most 10 such names",
            examples=["Plan three days in {city} for {people}."],
        ),
    ]
    criteria: Annotated[list[Criterion], Field(max_length=MAX_CRITERIA)] = Field(
        default_factory=list[str], description="They may hold placeholders too"
    )
    budget: NewRunBudgetShape = NewRunBudgetShape()
    hours: Annotated[
        int,
        Field(strict=True, ge=1, le=MAX_HOURS, description="From its beginning to its deadline"),
    ] = DEFAULT_HOURS
    tools: Annotated[
        list[ToolName] | None,
        Field(max_length=200, description="Names of tools; null grants all that one may use"),
    ] = None
    choice: RunChoiceShape = RunChoiceShape()
    project_id: UUID | None = None
    is_shared: Annotated[Flag, Field(description="Everybody in the workspace sees and uses it")] = (
        False
    )

    def content(self) -> PresetContent:
        budget = self.budget
        return PresetContent(
            words=PresetWords(self.name, self.icon, self.goal, tuple(self.criteria)),
            budget=Budget(budget.cost_usd, budget.tokens, budget.steps),
            hours=self.hours,
            tools=None if self.tools is None else tuple(dict.fromkeys(self.tools)),
            choice=self.choice.choice(),
            project_id=self.project_id,
            is_shared=self.is_shared,
        )


class RunPresetChange(NewRunPreset):
    """The whole preset as it shall be. `If-Match` may carry the version too."""

    version: Annotated[int | None, Field(strict=True, ge=1, le=999_999_999)] = None


class RunPreset(Schema):
    """A piece of work that one begins again and again: words, tools, model and limits."""

    id: UUID
    owner_id: UUID
    name: str
    icon: str
    goal: str
    criteria: list[str]
    placeholders: Annotated[list[str], Field(description="What is asked for", examples=[["city"]])]
    budget: RunBudgetShape
    hours: int
    tools: list[str] | None
    choice: RunChoiceShape
    project_id: UUID | None
    is_shared: Flag
    version: int
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, preset: Preset) -> Self:
        content, words, budget = preset.content, preset.content.words, preset.content.budget
        return cls(
            id=preset.id,
            owner_id=preset.owner_id,
            name=words.name,
            icon=words.icon,
            goal=words.goal,
            criteria=list(words.criteria),
            placeholders=placeholders_of(words),
            budget=RunBudgetShape(
                cost_usd=budget.cost_usd, tokens=budget.tokens, steps=budget.steps
            ),
            hours=content.hours,
            tools=None if content.tools is None else list(content.tools),
            choice=RunChoiceShape(slot=content.choice.slot, model=content.choice.model),
            project_id=content.project_id,
            is_shared=content.is_shared,
            version=preset.version,
            created_at=preset.created_at,
            updated_at=preset.updated_at,
        )
