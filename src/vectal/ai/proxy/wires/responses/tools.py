"""The tools of a responses body: functions, free text, groups of them, and what OpenAI runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import msgspec

from vectal.ai.ports import ModelRequest, NamedTool, ToolSpec
from vectal.ai.proxy.wires.offers import left_out, refuse_kind
from vectal.ai.proxy.wires.port import Known
from vectal.ai.proxy.wires.reading import cache_of, check_choice, refuse
from vectal.ai.proxy.wires.responses.shapes import Choice, Tool

Json = dict[str, Any]

INPUT: Final = "input"
"""The one argument of the function that stands for a tool that takes free text."""
_JOINT: Final = "__"
_OFFERED: Final = ("web_search", "tool_search")
"""Begin the names of what OpenAI itself does for a model, where the model wants it."""
_FREE_TEXT: Final[Json] = {
    "type": "object",
    "properties": {INPUT: {"type": "string", "description": "All of the tool's input, as text."}},
    "required": [INPUT],
    "additionalProperties": False,
}


class Tools(NamedTuple):
    """What a model is offered, how the client knows it, and what it is not offered."""

    specs: tuple[ToolSpec, ...]
    known: Mapping[str, Known]
    left_out: tuple[str, ...]


def joined(name: str, namespace: str | None) -> str:
    """The name of a tool where there are no groups."""
    return f"{namespace}{_JOINT}{name}" if namespace else name


def as_arguments(text: str) -> str:
    """Free text as the arguments of a function."""
    return msgspec.json.encode({INPUT: text}).decode()


def read_tools(tools: Sequence[Tool]) -> Tools:
    """Raises BadCallError."""
    specs: list[ToolSpec] = []
    known: dict[str, Known] = {}
    offers: list[tuple[str, str]] = []
    for index, tool in enumerate(tools):
        at = f"tools[{index}]"
        if tool.type.startswith(_OFFERED) and tool.execution != "client":
            offers.append((f"{at}.type", tool.type))
            continue
        for spec, name, where in _read(tool, at):
            if spec.name in known:
                refuse(f"{where}.name", f"there is a tool {spec.name[:64]!r} already.")
            known[spec.name] = name
            specs.append(spec)
    named = {name: each for name, each in known.items() if each.namespace or each.is_custom}
    return Tools(tuple(specs), named, left_out(offers, beside=bool(specs)))


def with_choice(request: ModelRequest, choice: Choice) -> ModelRequest:
    """Raises BadCallError for tools that are not there."""
    if choice.type != "allowed_tools":
        wanted = joined(choice.name or "", choice.namespace)
        name = check_choice(wanted, request.tools, "tool_choice.name")
        return replace(request, tool_choice=NamedTool(name))
    names = {joined(str(each.get("name")), _text(each, "namespace")) for each in choice.tools or ()}
    tools = tuple(tool for tool in request.tools if tool.name in names)
    if not tools:
        refuse("tool_choice.tools", "none of them is in 'tools'.")
    return replace(request, tools=tools, tool_choice=choice.mode)


def _read(tool: Tool, at: str) -> Iterator[tuple[ToolSpec, Known, str]]:
    if tool.type != "namespace":
        yield _one(tool, at, None), Known(_name(tool, at), None, tool.type == "custom"), at
        return
    group, about = _name(tool, at), tool.description
    for index, each in enumerate(tool.tools or ()):
        where = f"{at}.tools[{index}]"
        spec = _one(each, where, group)
        if about:
            # Said once: it may be long, and is about all of them.
            spec = replace(spec, description=_lines(f"{group}: {about}", spec.description))
            about = None
        yield spec, Known(_name(each, where), group, each.type == "custom"), where


def _one(tool: Tool, at: str, group: str | None) -> ToolSpec:
    name, about = joined(_name(tool, at), group), tool.description or ""
    if tool.type == "function":
        return ToolSpec(name, about, tool.parameters or {}, tool.strict, cache_of(tool))
    if tool.type != "custom":
        refuse_kind(f"{at}.type", tool.type)
    rule = tool.format
    if rule is not None and rule.type == "grammar":
        about = _lines(about, f"The input follows this grammar ({rule.syntax}):", rule.definition)
    return ToolSpec(name, about, _FREE_TEXT, cache=cache_of(tool))


def _name(tool: Tool, at: str) -> str:
    if tool.name is None:
        if tool.type in {"function", "custom", "namespace"}:
            refuse(f"{at}.name", "it is required.")
        refuse_kind(f"{at}.type", tool.type)
    return tool.name


def _lines(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)


def _text(members: Json, name: str) -> str | None:
    value = members.get(name)
    return value if isinstance(value, str) else None
