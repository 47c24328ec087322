"""A client's body of `/chat/completions` as a canonical request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from vectal.ai.contracts import joined_text
from vectal.ai.ports import ModelRequest, NamedTool, Sampling, ToolSpec
from vectal.ai.providers.untrusted import as_object
from vectal.ai.proxy.wires.bounds import check_pieces
from vectal.ai.proxy.wires.chat_completions.conversation import read_messages, read_system
from vectal.ai.proxy.wires.chat_completions.shapes import BODY, Body, Choice
from vectal.ai.proxy.wires.port import ClientCall
from vectal.ai.proxy.wires.reading import cache_of, check_choice, read_body, read_effort, refuse

Json = dict[str, Any]

# What would change the answer, and can't be had from every vendor. Null and nothing are harmless.
_REFUSED: Final[Mapping[str, str]] = {
    "functions": "functions were replaced by 'tools'; send those.",
    "function_call": "function_call was replaced by 'tool_choice'; send that.",
    "logprobs": "log probabilities are not given here.",
    "top_logprobs": "log probabilities are not given here.",
    "audio": "answers are text here, not sound.",
    "web_search_options": "models don't search the web here.",
}


def read_call(raw: bytes, default_output_tokens: int) -> ClientCall:
    """Raises BadCallError."""
    check_pieces(raw)
    body = read_body(BODY, raw)
    _refuse_what_cannot_be_had(body)
    options = body.stream_options
    request = _with_tools(body, _request(body, default_output_tokens))
    usage = options is not None and bool(options.include_usage)
    return ClientCall(request, bool(body.stream), usage, raw)


def _request(body: Body, default_output_tokens: int) -> ModelRequest:
    system = read_system(body.messages)
    stops = (body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ())
    request = ModelRequest(
        model=body.model,
        system=joined_text(system),
        system_parts=system if any(part.cache for part in system) else (),
        messages=read_messages(body.messages),
        max_output_tokens=body.max_completion_tokens or body.max_tokens or default_output_tokens,
        effort=read_effort(body.reasoning_effort, "reasoning_effort"),
        sampling=Sampling(
            body.temperature,
            body.top_p,
            body.top_k,
            body.seed,
            body.presence_penalty,
            body.frequency_penalty,
        ),
        stop=tuple(text for text in stops if text),
        cache=cache_of(body) or "automatic",
        user_id=body.safety_identifier or body.user or None,
    )
    return _with_format(body, request)


def _with_format(body: Body, request: ModelRequest) -> ModelRequest:
    asked = body.response_format
    if asked is None or asked.type == "text":
        return request
    if asked.type == "json_object":
        return replace(request, json_mode=True)
    if asked.json_schema is None:
        refuse("response_format.json_schema", "it is required.")
    return replace(
        request,
        response_schema=asked.json_schema.schema or {},
        schema_name=asked.json_schema.name,
        schema_strict=asked.json_schema.strict,
        schema_description=asked.json_schema.description or "",
    )


def _with_tools(body: Body, request: ModelRequest) -> ModelRequest:
    tools = tuple(
        ToolSpec(
            tool.function.name,
            tool.function.description or "",
            tool.function.parameters or {},
            tool.function.strict,
            cache_of(tool) or cache_of(tool.function),
        )
        for tool in body.tools or ()
    )
    choice = body.tool_choice or "auto"
    request = replace(request, tools=tools, parallel_tool_calls=body.parallel_tool_calls)
    if isinstance(choice, str):
        return replace(request, tool_choice=choice)
    return _with_choice(request, choice)


def _with_choice(request: ModelRequest, choice: Choice) -> ModelRequest:
    if choice.type == "function":
        if choice.function is None:
            refuse("tool_choice.function", "it is required.")
        name = check_choice(choice.function.name, request.tools, "tool_choice.function.name")
        return replace(request, tool_choice=NamedTool(name))
    allowed = choice.allowed_tools
    if allowed is None:
        refuse("tool_choice.allowed_tools", "it is required.")
    names = {as_object(tool.get("function")).get("name") for tool in allowed.tools}
    tools = tuple(tool for tool in request.tools if tool.name in names)
    if not tools:
        refuse("tool_choice.allowed_tools.tools", "none of them is in 'tools'.")
    return replace(request, tools=tools, tool_choice=allowed.mode)


def _refuse_what_cannot_be_had(body: Body) -> None:
    if body.n not in {None, 1}:
        refuse("n", "there is one answer to a call; send 1, or several calls.")
    if set(body.modalities or ()) - {"text"}:
        refuse("modalities", "answers are text here.")
    for name, why in _REFUSED.items():
        if getattr(body, name) not in (None, False, 0, []):
            refuse(name, why)
