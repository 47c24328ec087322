"""What a request insists on: an answer of a JSON schema, or a call of a tool.

The Simulator has nothing of its own to fill them with, so it makes up a small instance, and says
so wherever a text stands in it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from vectal.ai.ports import ModelRequest, NamedTool, ToolSpec
from vectal.ai.providers.simulated.instances.errors import NoInstanceError
from vectal.ai.providers.simulated.instances.sampler import instance_of
from vectal.ai.providers.simulated.instances.scalars import compiled
from vectal.ai.providers.simulated.recollection import Recollection
from vectal.ai.providers.simulated.scenario import Scenario, ScriptedCall

_ANY_OBJECT: Final = {
    "simulated": True,
    "text": "This object is simulated: there is no AI model behind it.",
}
_NO_ANSWER: Final = (
    "I am the **Simulator**: there is no AI model behind me. You asked for an answer of a JSON "
    "schema, and I found none that is valid, so I give none. A real provider may do better: add an "
    "API key under **Settings → Providers**."
)
_NO_CALL: Final = (
    "I am the **Simulator**: there is no AI model behind me. You asked for a call of `{name}`, and "
    "I found no arguments that its schema takes, so I call nothing. A real provider may do better: "
    "add an API key under **Settings → Providers**."
)
_MADE_UP: Final = "The form of the answer is given, so I make up a small one that fits."


def obeyed(request: ModelRequest, scenario: Scenario) -> Scenario:
    """The answer in the form that the request insists on; without one, as it is."""
    tool = _forced(request)
    if tool is not None and not Recollection.of(request).done:
        return _called(tool, request, scenario)
    if scenario.calls:
        return scenario
    if request.response_schema is not None or request.json_mode:
        return _structured(request, scenario)
    return scenario


def _forced(request: ModelRequest) -> ToolSpec | None:
    """The tool that has to be called: the one that is named, or the first."""
    choice = request.tool_choice
    if isinstance(choice, NamedTool):
        return next((tool for tool in request.tools if tool.name == choice.name), None)
    return request.tools[0] if choice == "required" and request.tools else None


def _called(tool: ToolSpec, request: ModelRequest, scenario: Scenario) -> Scenario:
    if _does_as_told(request, scenario):
        return scenario
    try:
        arguments = _written(instance_of(_of_object(tool), strict=bool(tool.strict)))
    except NoInstanceError:
        return Scenario(_NO_CALL.format(name=tool.name[:100]), scenario.reasoning)
    reasoning = _MADE_UP if scenario.reasoning else ""
    return Scenario("", reasoning, (ScriptedCall(tool.name, arguments),), "tool_calls")


def _does_as_told(request: ModelRequest, scenario: Scenario) -> bool:
    """Whether the calls that the words of the message led to are those that are asked for."""
    tools = {tool.name: tool for tool in request.tools}
    choice = request.tool_choice
    if isinstance(choice, NamedTool) and any(c.name != choice.name for c in scenario.calls):
        return False
    try:
        return bool(scenario.calls) and all(
            call.name in tools
            and compiled(_of_object(tools[call.name])).is_valid(json.loads(call.arguments))
            for call in scenario.calls
        )
    except NoInstanceError:
        return False


def _of_object(tool: ToolSpec) -> dict[str, Any]:
    """Arguments are an object, even where the schema does not say so."""
    return {"type": "object", **tool.parameters}


def _structured(request: ModelRequest, scenario: Scenario) -> Scenario:
    schema = request.response_schema
    reasoning = _MADE_UP if scenario.reasoning else ""
    if not schema:
        return replace(scenario, text=_written(_ANY_OBJECT), reasoning=reasoning)
    try:
        found = instance_of(schema, strict=bool(request.schema_strict), filled=True)
        return replace(scenario, text=_written(found), reasoning=reasoning)
    except NoInstanceError:
        # A refusal, so that no client takes the words for the JSON that it waits for.
        return Scenario(_NO_ANSWER, scenario.reasoning, reason="refusal")


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
