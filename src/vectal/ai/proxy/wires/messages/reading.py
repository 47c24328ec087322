"""A client's body of `/v1/messages` as a canonical request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal

from vectal.ai.contracts import TextPart, joined_text
from vectal.ai.ports import Effort, ModelRequest, NamedTool, Sampling, ToolSpec
from vectal.ai.proxy.wires.bounds import check_pieces
from vectal.ai.proxy.wires.messages.conversation import read_messages, read_texts
from vectal.ai.proxy.wires.messages.shapes import (
    BODY,
    Adaptive,
    AnyChoice,
    Body,
    Enabled,
    NoChoice,
    System,
    Tool,
    ToolChoice,
)
from vectal.ai.proxy.wires.offers import left_out, refuse_kind
from vectal.ai.proxy.wires.port import ClientCall
from vectal.ai.proxy.wires.reading import cache_of, check_choice, read_body, read_effort, refuse

# What would change the answer, and can't be had from every vendor.
_REFUSED: Final[Mapping[str, str]] = {
    "container": "there are no containers here.",
    "mcp_servers": "models reach no MCP servers from here.",
    "inference_geo": "where this provider computes can't be chosen.",
}
_OWN: Final = "custom"
_OFFERED: Final = ("web_search_", "tool_search_tool_")
"""Begin the names of what Anthropic itself does for a model, where the model wants it."""
_LOW: Final = 2_048
_MEDIUM: Final = 8_192


def read_call(raw: bytes) -> ClientCall:
    """Raises BadCallError."""
    check_pieces(raw)
    body = read_body(BODY, raw)
    for name, why in _REFUSED.items():
        if getattr(body, name):
            refuse(name, why)
    tools, unsaid = _tools(body.tools or ())
    request = _with_choice(body, replace(_request(body), tools=tools))
    return ClientCall(request, bool(body.stream), include_usage=True, body=raw, left_out=unsaid)


def _request(body: Body) -> ModelRequest:
    system = _system(body)
    kept = len(system) > 1 or any(part.cache for part in system)
    form = body.output_config.format if body.output_config is not None else None
    return ModelRequest(
        model=body.model,
        system=joined_text(system),
        system_parts=system if kept else (),
        messages=read_messages(body.messages),
        max_output_tokens=body.max_tokens,
        effort=_effort(body),
        thinking_budget=body.thinking.budget_tokens if isinstance(body.thinking, Enabled) else None,
        response_schema=form.schema if form is not None else None,
        sampling=Sampling(body.temperature, body.top_p, body.top_k),
        stop=tuple(text for text in body.stop_sequences or () if text),
        cache=cache_of(body),
        user_id=body.metadata.user_id or None if body.metadata is not None else None,
        service_tier=_tier(body),
    )


def _system(body: Body) -> tuple[TextPart, ...]:
    """The prompt, and what the system said later; one prompt, in order."""
    later = [message.content for message in body.messages if isinstance(message, System)]
    said = (body.system or "", *later)
    return tuple(part for content in said for part in read_texts(content, "system") if part.text)


def _effort(body: Body) -> Effort | None:
    config, thinking = body.output_config, body.thinking
    named = read_effort(config.effort if config is not None else None, "output_config.effort")
    if thinking is None or (named is not None and isinstance(thinking, Enabled | Adaptive)):
        return named
    if isinstance(thinking, Adaptive):
        return "high"  # what the vendor takes unsaid
    if isinstance(thinking, Enabled):
        budget = thinking.budget_tokens
        return "low" if budget <= _LOW else "medium" if budget <= _MEDIUM else "high"
    return "off"


def _tier(body: Body) -> Literal["auto", "standard"] | None:
    if body.service_tier is None:
        return None
    return "auto" if body.service_tier == "auto" else "standard"


def _with_choice(body: Body, request: ModelRequest) -> ModelRequest:
    choice = body.tool_choice
    if choice is None:
        return request
    if isinstance(choice, NoChoice):
        return replace(request, tool_choice="none")
    serial = choice.disable_parallel_tool_use
    if serial is not None:
        request = replace(request, parallel_tool_calls=not serial)
    if isinstance(choice, ToolChoice):
        name = check_choice(choice.name, request.tools, "tool_choice.name")
        return replace(request, tool_choice=NamedTool(name))
    return replace(request, tool_choice="required" if isinstance(choice, AnyChoice) else "auto")


def _tools(tools: Sequence[Tool]) -> tuple[tuple[ToolSpec, ...], tuple[str, ...]]:
    """The client's own, and the kinds of searches beside them that are left out."""
    own: list[ToolSpec] = []
    offers: list[tuple[str, str]] = []
    for index, tool in enumerate(tools):
        at, kind = f"tools[{index}]", tool.type or _OWN
        if kind.startswith(_OFFERED):
            offers.append((f"{at}.type", kind))
        else:
            own.append(_tool(tool, kind, at))
    return tuple(own), left_out(offers, beside=bool(own))


def _tool(tool: Tool, kind: str, at: str) -> ToolSpec:
    if kind != _OWN:
        refuse_kind(f"{at}.type", kind)
    if tool.input_schema is None:
        refuse(f"{at}.input_schema", "it is required.")
    return ToolSpec(
        tool.name, tool.description or "", tool.input_schema, tool.strict, cache_of(tool)
    )
