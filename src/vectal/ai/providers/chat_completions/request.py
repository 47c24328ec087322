"""A canonical request as the body of `/chat/completions`."""

from __future__ import annotations

from typing import Any

from vectal.ai.ports import ModelRequest, NamedTool, ToolSpec
from vectal.ai.providers.chat_completions.content import cache_control, encoded_messages
from vectal.ai.providers.chat_completions.dialect import Dialect
from vectal.ai.providers.fitting import fitted, sampling_fields
from vectal.ai.providers.schemas import is_strict

Json = dict[str, Any]


def request_body(request: ModelRequest, dialect: Dialect) -> Json:
    """Raises ProviderFault for what can't be said to this vendor at all."""
    request = fitted(request, dialect.abilities)
    body: Json = {
        "model": request.model,
        "messages": encoded_messages(request, dialect),
        "stream": True,
        "stream_options": {"include_usage": True},
        dialect.max_tokens_field: request.max_output_tokens,
        **_effort(request, dialect),
        **sampling_fields(request.sampling),
        **_tools(request, dialect),
    }
    if dialect.cache_marks and request.cache in {"5m", "1h"}:
        body["cache_control"] = cache_control("1h" if request.cache == "1h" else "5m")
    if request.stop:
        body["stop"] = list(request.stop)
    if request.response_schema is not None or request.json_mode:
        body["response_format"] = _response_format(request, dialect)
    if request.user_id and dialect.user_field:
        body[dialect.user_field] = request.user_id
    if request.service_tier is not None and dialect.tiers:
        body["service_tier"] = "auto" if request.service_tier == "auto" else "default"
    return body


def _tools(request: ModelRequest, dialect: Dialect) -> Json:
    if not request.tools:
        return {}
    tools: Json = {"tools": [_tool(tool, dialect) for tool in request.tools]}
    if isinstance(request.tool_choice, NamedTool):
        function = {"name": request.tool_choice.name}
        tools["tool_choice"] = {"type": "function", "function": function}
    elif request.tool_choice != "auto":
        tools["tool_choice"] = request.tool_choice
    if request.parallel_tool_calls is not None:
        tools["parallel_tool_calls"] = request.parallel_tool_calls
    return tools


def _tool(tool: ToolSpec, dialect: Dialect) -> Json:
    function: Json = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    if tool.parameters:  # an object that says nothing is no schema of one to OpenAI
        function["parameters"] = _parameters(tool)
    if tool.strict is not None:
        loose = tool.strict and dialect.strict_by_form and not is_strict(tool.parameters)
        function["strict"] = tool.strict and not loose
    return {"type": "function", "function": function}


def _parameters(tool: ToolSpec) -> Json:
    # Many MCP tools that take nothing name no properties, which OpenAI refuses.
    unsaid = tool.parameters.get("type") == "object" and "properties" not in tool.parameters
    return {**tool.parameters, "properties": {}} if unsaid else dict(tool.parameters)


def _response_format(request: ModelRequest, dialect: Dialect) -> Json:
    if request.response_schema is None or not dialect.json_schema:
        return {"type": "json_object"}
    schema: Json = {"name": request.schema_name, "schema": dict(request.response_schema)}
    if request.schema_strict is not None:
        schema["strict"] = request.schema_strict
    if request.schema_description:
        schema["description"] = request.schema_description
    return {"type": "json_schema", "json_schema": schema}


def _effort(request: ModelRequest, dialect: Dialect) -> Json:
    traits, effort = request.traits, request.effort
    if traits.reasoning == "none" or dialect.effort == "none":
        return {}
    if dialect.effort == "openai":
        if effort is None:
            return {}
        if effort != "off":
            return {"reasoning_effort": effort}
        return {"reasoning_effort": "none" if traits.reasoning == "optional" else "low"}
    if not request.thinks:
        return {"thinking": {"type": "disabled"}}
    level = "low" if effort in {None, "off", "minimal", "low"} else "high"
    return {"thinking": {"type": "enabled"}, "reasoning_effort": level}
