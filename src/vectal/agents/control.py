"""The loop's own tools: finish, ask a question, keep a plan, give a verdict.

The model is told of them like of any other tool. They are never called: the controller reads what
the model wrote and acts on it, so they change nothing but the run.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vectal.ai.contracts import Tool, ToolContext, ToolOutput

FINISH: Final = "finish"
ASK_USER: Final = "ask_user"
UPDATE_PLAN: Final = "update_plan"
DELEGATE: Final = "delegate"
VERDICT: Final = "verdict"
MAX_DEPTH: Final = 2
"""A run begins agents, and those may begin some; these may not."""
MAX_AGENTS: Final = 4
"""At once."""

_MAX_FAULTS: Final = 5
InputT = TypeVar("InputT", bound=BaseModel)
Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=8_000)]
Line: TypeAlias = Annotated[str, Field(min_length=1, max_length=500)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class EvidenceInput(_Input):
    criterion: Line = Field(description="The acceptance criterion, as it was given")
    evidence: Text = Field(description="What shows that it is met, and where")


class FinishInput(_Input):
    report: Annotated[str, Field(min_length=1, max_length=50_000)] = Field(
        description="The result for the person, in Markdown"
    )
    evidence: Annotated[list[EvidenceInput], Field(max_length=50)] = Field(
        default_factory=list[EvidenceInput], description="One entry for each criterion"
    )


class AskUserInput(_Input):
    question: Text


class PlanStepInput(_Input):
    text: Line
    done: bool = False


class UpdatePlanInput(_Input):
    steps: Annotated[list[PlanStepInput], Field(min_length=1, max_length=50)] = Field(
        description="The whole plan, in order"
    )


class SubAgentInput(_Input):
    goal: Text = Field(description="What it is to do, with all that it has to know")
    criteria: Annotated[list[Line], Field(max_length=10)] = Field(
        default_factory=list[Line], description="By what its result is checked"
    )
    tools: Annotated[list[Line], Field(max_length=50)] | None = Field(
        default=None, description="Names of those of your tools that it may use; all if left out"
    )


class DelegateInput(_Input):
    agents: Annotated[list[SubAgentInput], Field(min_length=1, max_length=MAX_AGENTS)]


class JudgedInput(_Input):
    met: bool
    why: Text


class VerdictInput(_Input):
    criteria: Annotated[list[JudgedInput], Field(max_length=50)] = Field(
        description="One entry for each criterion, in the order of the criteria"
    )


async def _never_called(context: ToolContext, arguments: BaseModel) -> ToolOutput:
    """Raise: the controller reads these calls itself."""
    raise NotImplementedError(f"{type(arguments).__name__} in call {context.call_id}")


def _control(
    name: str, title: str, description: str, model: type[InputT], mode: Literal["read"] = "read"
) -> Tool[InputT]:
    return Tool(
        name=name,
        title=title,
        description=description,
        input=model,
        scope="ai:use",
        mode=mode,
        effect="pure",
        handler=_never_called,
    )


FINISH_TOOL: Final = _control(
    FINISH,
    "Finish",
    "End the run with a report. Call it when every criterion is met, or can't be.",
    FinishInput,
)
ASK_USER_TOOL: Final = _control(
    ASK_USER,
    "Ask a question",
    "Ask the person something that only they can know or decide, and wait for the answer.",
    AskUserInput,
)
UPDATE_PLAN_TOOL: Final = _control(
    UPDATE_PLAN,
    "Update the plan",
    "Write down the plan of the run, or what of it is done.",
    UpdatePlanInput,
)
DELEGATE_TOOL: Final = _control(
    DELEGATE,
    "Begin agents",
    "Have parts of the goal done by other agents at the same time, and wait for their reports."
    " They share your budget and know nothing but what you write. For large, separate parts only.",
    DelegateInput,
)
VERDICT_TOOL: Final = _control(
    VERDICT,
    "Give the verdict",
    "Say for each acceptance criterion whether it is met, and why.",
    VerdictInput,
)

LOOP_TOOLS: Final[tuple[Tool[Any], ...]] = (UPDATE_PLAN_TOOL, ASK_USER_TOOL, FINISH_TOOL)
"""What every run is offered."""
CHECK_TOOLS: Final[tuple[Tool[Any], ...]] = (VERDICT_TOOL,)
NAMES: Final = frozenset((FINISH, ASK_USER, UPDATE_PLAN, DELEGATE, VERDICT))


def loop_tools(depth: int) -> tuple[Tool[Any], ...]:
    """What a run at this depth is offered beside the toolbox."""
    return (*LOOP_TOOLS, DELEGATE_TOOL) if depth < MAX_DEPTH else LOOP_TOOLS


class BadArgumentsError(Exception):
    """The model wrote something else than the tool takes; the text is for the model."""


def read(model: type[InputT], arguments: str) -> InputT:
    """Parse what the model wrote; raises `BadArgumentsError`."""
    try:
        return model.model_validate_json(arguments or "{}")
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part) for part in fault['loc']) or 'arguments'}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)[:_MAX_FAULTS]
        ]
        raise BadArgumentsError("The arguments don't fit. " + "; ".join(faults)) from error
