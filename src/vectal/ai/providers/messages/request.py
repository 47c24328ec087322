"""A canonical request as the body of `/v1/messages`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from vectal.ai.contracts import Part, ReasoningPart, ToolCallPart, ToolResultPart
from vectal.ai.ports import Effort, ModelRequest, NamedTool, ToolSpec
from vectal.ai.providers.fitting import (
    PLAIN_JSON,
    Abilities,
    fitted,
    sampling_fields,
    schema_words,
)
from vectal.ai.providers.messages.content import cache_control, marked, merged_messages, text_block
from vectal.ai.providers.schemas import closed

Json = dict[str, Any]

_BUDGETS: Final[dict[Effort | None, int]] = {
    "low": 2_048,
    "medium": 8_192,
    "high": 24_576,
    "xhigh": 32_768,
    "max": 63_999,
}
_MIN_BUDGET: Final = 1_024
_ABILITIES: Final = Abilities(
    frozenset(("temperature", "top_p", "top_k")),
    max_temperature=1.0,
    samples_while_thinking=False,
    forces_tools_while_thinking=False,
    blank_stops=False,
)
_NO_SAMPLING: Final = replace(_ABILITIES, sampling=frozenset())
_ONE_OF_TWO: Final = replace(_ABILITIES, sampling=frozenset(("temperature", "top_k")))
# From 4.7 on, models answer 400 to temperature, top_p and top_k; a name we don't know is newer.
_SAMPLES: Final = re.compile(
    r"claude-(?:instant|2|3|(?:opus|sonnet|haiku)-(?:3|4(?!-(?:[7-9]|\d\d)(?!\d))))"
)
# From Opus 4.1 on, one of temperature and top_p may be said; both are answered with 400.
_BOTH: Final = re.compile(r"claude-(?:instant|2|3|(?:opus|sonnet|haiku)-(?:3|4(?!-\d(?!\d))))")


def request_body(request: ModelRequest) -> Json:
    """Raises ProviderFault for what can't be said to this vendor at all."""
    request = fitted(_thinking_where_it_may(request), _abilities(request))
    automatic = request.cache == "automatic" and not _is_marked(request)
    asked = request.response_schema
    schema = None if asked is None else closed(asked)
    system = _system(request, automatic=automatic, in_words=schema is None)
    messages = merged_messages(request)
    if not messages and system:
        # A prompt alone is a request elsewhere; here somebody has to ask.
        messages, system = [{"role": "user", "content": system}], []
    body: Json = {
        "model": request.model,
        "max_tokens": request.max_output_tokens,
        "messages": messages,
        "stream": True,
        **_thinking(request, schema),
        **sampling_fields(request.sampling),
    }
    if automatic:
        # One mark on the last block: a tool loop reads all but its newest round from the cache.
        body["cache_control"] = cache_control("5m")
    elif request.cache in {"5m", "1h"}:
        body["cache_control"] = cache_control("1h" if request.cache == "1h" else "5m")
    if system:
        body["system"] = system
    if request.stop:
        body["stop_sequences"] = list(request.stop)
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
        if choice := _tool_choice(request):
            body["tool_choice"] = choice
    if request.user_id:
        body["metadata"] = {"user_id": request.user_id}
    if request.service_tier is not None:
        body["service_tier"] = "auto" if request.service_tier == "auto" else "standard_only"
    return body


def _abilities(request: ModelRequest) -> Abilities:
    if not _SAMPLES.match(request.model):
        return _NO_SAMPLING
    if request.sampling.temperature is None or _BOTH.match(request.model):
        return _ABILITIES
    return _ONE_OF_TWO


def _is_marked(request: ModelRequest) -> bool:
    """Whether somebody chose marks; the vendor takes four at most, so none are added then."""
    parts = (part for message in request.messages for part in message.parts)
    return (
        any(part.cache for part in request.system_parts)
        or any(tool.cache for tool in request.tools)
        or any(map(_has_mark, parts))
    )


def _has_mark(part: Part) -> bool:
    if isinstance(part, ReasoningPart):
        return False
    inside = part.pieces if isinstance(part, ToolResultPart) else ()
    return part.cache is not None or any(piece.cache for piece in inside)


def _system(request: ModelRequest, *, automatic: bool, in_words: bool) -> list[Json]:
    blocks = [block for part in request.system_blocks if (block := text_block(part)) is not None]
    if automatic and blocks:
        # A mark that outlives the conversation: rules and tools are the same in every turn.
        marked(blocks[-1], "5m")
    if request.response_schema is not None:
        if in_words:
            blocks.append({"type": "text", "text": schema_words(request.response_schema)})
    elif request.json_mode:
        blocks.append({"type": "text", "text": PLAIN_JSON})
    return blocks


def _tool(tool: ToolSpec) -> Json:
    written: Json = {"name": tool.name}
    if tool.description:
        written["description"] = tool.description
    # A function without parameters says nothing of them elsewhere; here its schema is an object.
    schema = {"type": "object", **tool.parameters}
    kept_to = closed(schema) if tool.strict else None
    written["input_schema"] = kept_to or schema
    if tool.strict is not None:
        written["strict"] = kept_to is not None
    return marked(written, tool.cache)


def _tool_choice(request: ModelRequest) -> Json | None:
    choice, parallel = request.tool_choice, request.parallel_tool_calls
    if choice == "none":
        return {"type": "none"}
    if choice == "auto" and parallel is None:
        return None
    if isinstance(choice, NamedTool):
        written: Json = {"type": "tool", "name": choice.name}
    else:
        written = {"type": "any" if choice == "required" else "auto"}
    if parallel is not None:
        written["disable_parallel_tool_use"] = not parallel
    return written


def _thinking_where_it_may(request: ModelRequest) -> ModelRequest:
    """Without thinking where the vendor would answer 400 to it."""
    if request.traits.reasoning != "optional" or not request.thinks:
        return request
    forced = bool(request.tools) and request.tool_choice not in {"auto", "none"}
    by_budget = request.traits.reasoning_style == "budget"
    if forced or (by_budget and _lost_its_thinking(request)):
        return replace(request, effort="off")
    return request


def _lost_its_thinking(request: ModelRequest) -> bool:
    """Whether a tool loop is under way whose signed thinking the client did not keep."""
    if not request.messages or request.messages[-1].role != "tool":
        return False
    answer = next((m for m in reversed(request.messages) if m.role == "assistant"), None)
    if answer is None or not any(isinstance(part, ToolCallPart) for part in answer.parts):
        return False
    first = answer.parts[0]
    return not (isinstance(first, ReasoningPart) and first.provider == "anthropic")


def _thinking(request: ModelRequest, schema: Json | None) -> Json:
    traits, effort = request.traits, request.effort
    config: Json = {}
    if schema is not None:
        config["format"] = {"type": "json_schema", "schema": schema}
    settings: Json = {}
    if request.thinks:
        if traits.reasoning_style == "adaptive":
            settings["thinking"] = {"type": "adaptive", "display": "summarized"}
            if effort is not None:
                config["effort"] = "low" if effort in {"off", "minimal"} else effort
        else:
            settings.update(_budget(request))
    elif traits.reasoning == "optional" and effort == "off" and traits.reasoning_off != "omit":
        settings["thinking"] = {"type": traits.reasoning_off}
    if config:
        settings["output_config"] = config
    return settings


def thinking_tokens(request: ModelRequest) -> int:
    """What a model that thinks by budget takes of its answer for that; 0 for the others."""
    if not request.thinks or request.traits.reasoning_style != "budget":
        return 0
    return request.thinking_budget or _BUDGETS.get(request.effort, _MIN_BUDGET)


def _budget(request: ModelRequest) -> Json:
    budget = min(thinking_tokens(request), request.max_output_tokens - 1)
    if budget < _MIN_BUDGET:
        return {}
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}
