"""The registry of tools that models may call.

Other modules register their tools at bootstrap; the registry decides which of them a given
request is offered: by mode, by the scopes of the caller, and by name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from pydantic import JsonValue

from vectal.ai.contracts import TAINTS, InputT, Mode, Tool
from vectal.ai.ports import ToolSpec

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_EVERY_SCOPE: Final = "*"

AnyTool = Tool[Any]


class ToolRegistry:
    """Tools by name. Filled once at bootstrap, read by every request."""

    def __init__(self) -> None:
        self._tools: dict[str, AnyTool] = {}

    def register(self, tool: Tool[InputT]) -> None:
        """Add `tool`; a bad or taken name is a mistake of the programmer, so it raises."""
        if not _NAME.fullmatch(tool.name):
            raise ValueError(f"tool name {tool.name!r} must match {_NAME.pattern}")
        if tool.name in self._tools:
            raise ValueError(f"tool {tool.name!r} is registered twice")
        if mistake := find_mistake(tool):
            raise ValueError(f"tool {tool.name!r} {mistake}")
        self._tools[tool.name] = tool

    def __iter__(self) -> Iterator[AnyTool]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)

    def find(self, name: str) -> AnyTool | None:
        return self._tools.get(name)

    def offered(
        self, mode: Mode, scopes: Collection[str], names: Collection[str] | None = None
    ) -> tuple[AnyTool, ...]:
        """The tools for a request, by name, so that the same request reads the same.

        Write tools appear in act mode only. Names that are not registered are ignored: a
        narrower installation offers fewer tools.
        """
        return tuple(
            tool
            for name, tool in sorted(self._tools.items())
            if (tool.mode == "read" or mode == "act")
            and (_EVERY_SCOPE in scopes or tool.scope in scopes)
            and (names is None or name in names)
        )


def is_harmless(tool: AnyTool) -> bool:
    """Whether it may be called where nobody can be asked for an approval.

    It stays inside, changes nothing by itself, and returns nothing that strangers wrote.
    """
    changes = tool.mode == "write" and not tool.proposes
    return tool.egress == "none" and not changes and "untrusted" not in tool.returns


def find_mistake(tool: AnyTool) -> str | None:
    """What of the tool's labels can't be true together; None when all can."""
    reads = tool.mode == "read"
    rules = (
        (
            reads and tool.effect not in {"pure", "queryable"},
            "only reads, so its effect is pure or queryable",
        ),
        (not reads and tool.effect == "pure", "writes, so its effect is not pure"),
        (
            (tool.effect == "queryable") != (tool.find_result is not None),
            "can find its result exactly when its effect is queryable",
        ),
        (reads and tool.egress == "write", "only reads, so it carries nothing out"),
        (
            tool.egress != "none" and "untrusted" not in tool.returns,
            "calls outside, so what it returns is untrusted",
        ),
        (
            tool.proposes and (reads or tool.egress != "none" or tool.effect == "unsafe"),
            "proposes, so it writes, stays inside, and is not unsafe",
        ),
        (not tool.returns <= TAINTS, "returns what nobody knows"),
        (tool.timeout_s is not None and tool.timeout_s <= 0, "has no time"),
        (tool.cost_usd < 0, "pays its caller"),
    )
    return next((words for broken, words in rules if broken), None)


def specs_of(tools: Iterable[AnyTool]) -> tuple[ToolSpec, ...]:
    """The tools as a model sees them."""
    return tuple(ToolSpec(tool.name, tool.description, input_schema(tool)) for tool in tools)


def input_schema(tool: AnyTool) -> dict[str, JsonValue]:
    """The JSON schema of the tool's arguments, as vendors take it."""
    schema: dict[str, JsonValue] = tool.input.model_json_schema()
    schema.pop("title", None)
    return schema
