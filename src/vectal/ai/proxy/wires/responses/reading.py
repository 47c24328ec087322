"""A client's body of `/responses` as a canonical request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from vectal.ai.contracts import TextPart, joined_text
from vectal.ai.ports import ModelRequest, Sampling
from vectal.ai.proxy.wires.bounds import check_pieces
from vectal.ai.proxy.wires.kept import WHY
from vectal.ai.proxy.wires.port import ClientCall
from vectal.ai.proxy.wires.reading import read_body, read_effort, refuse
from vectal.ai.proxy.wires.responses.conversation import read_items, read_system
from vectal.ai.proxy.wires.responses.shapes import BODY, Body
from vectal.ai.proxy.wires.responses.tools import read_tools, with_choice

_REFUSED: Final[Mapping[str, str]] = {
    **{name: why for name, why in WHY.items() if name != "input"},
    "top_logprobs": "log probabilities are not given here.",
}


def read_call(raw: bytes, default_output_tokens: int) -> ClientCall:
    """Raises BadCallError."""
    check_pieces(raw)
    body = read_body(BODY, raw)
    for name, why in _REFUSED.items():
        if getattr(body, name):
            refuse(name, why)
    tools = read_tools(body.tools or ())
    request = _with_format(body, _request(body, default_output_tokens))
    request = replace(request, tools=tools.specs, parallel_tool_calls=body.parallel_tool_calls)
    request = _with_choice(body, request)
    return ClientCall(
        request,
        bool(body.stream),
        include_usage=True,
        body=raw,
        known=tools.known,
        left_out=tools.left_out,
    )


def _request(body: Body, default_output_tokens: int) -> ModelRequest:
    items = [] if isinstance(body.input, str) else body.input
    instructions = (TextPart(body.instructions),) if body.instructions else ()
    system = (*instructions, *read_system(items))
    effort = body.reasoning.effort if body.reasoning is not None else None
    return ModelRequest(
        model=body.model,
        system=joined_text(system),
        system_parts=system if any(part.cache for part in system) else (),
        messages=read_items(body.input),
        max_output_tokens=body.max_output_tokens or default_output_tokens,
        effort=read_effort(effort, "reasoning.effort"),
        sampling=Sampling(body.temperature, body.top_p),
        user_id=body.safety_identifier or body.user or None,
    )


def _with_format(body: Body, request: ModelRequest) -> ModelRequest:
    asked = body.text.format if body.text is not None else None
    if asked is None or asked.type == "text":
        return request
    if asked.type == "json_object":
        return replace(request, json_mode=True)
    if asked.schema is None:
        refuse("text.format.schema", "it is required.")
    return replace(
        request,
        response_schema=asked.schema,
        schema_name=asked.name,
        schema_strict=asked.strict,
        schema_description=asked.description or "",
    )


def _with_choice(body: Body, request: ModelRequest) -> ModelRequest:
    choice = body.tool_choice or "auto"
    if isinstance(choice, str):
        return replace(request, tool_choice=choice)
    return with_choice(request, choice)
