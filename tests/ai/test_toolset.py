"""Which tools are offered to whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.ai.actors import SeenCalls, sample_registry

from vectal.ai.contracts import Mode, Tool
from vectal.ai.toolset import ToolRegistry, input_schema

ALL = ("broken", "complete_task", "create_task", "list_tasks")
READ = ("broken", "list_tasks")


@pytest.fixture
def registry() -> ToolRegistry:
    return sample_registry(SeenCalls())


@pytest.mark.parametrize(
    ("mode", "scopes", "names", "offered"),
    [
        ("act", {"*"}, None, ALL),
        ("ask", {"*"}, None, READ),
        ("act", {"tasks:read", "tasks:write"}, None, ALL),
        ("act", {"tasks:read"}, None, READ),
        ("act", {"chat:read"}, None, ()),
        ("act", set[str](), None, ()),
        ("act", {"*"}, ("list_tasks", "not_there"), ("list_tasks",)),
        ("ask", {"*"}, ("create_task",), ()),
        ("act", {"*"}, (), ()),
    ],
)
def test_mode_scopes_and_names_decide(
    registry: ToolRegistry,
    mode: Mode,
    scopes: set[str],
    names: tuple[str, ...] | None,
    offered: tuple[str, ...],
) -> None:
    assert tuple(tool.name for tool in registry.offered(mode, scopes, names)) == offered


def _changed(registry: ToolRegistry, **changes: Any) -> Tool[Any]:
    tool = registry.find("list_tasks")
    assert tool is not None
    return replace(tool, **changes)


@pytest.mark.parametrize("name", ["list_tasks", "", "With Space", "9lives", "x" * 65, "a-b"])
def test_a_bad_or_taken_name_is_refused(registry: ToolRegistry, name: str) -> None:
    with pytest.raises(ValueError, match="tool"):
        registry.register(_changed(registry, name=name))


@pytest.mark.parametrize("effect", ["unsafe", "idempotent"])
def test_a_tool_that_reads_changes_nothing(registry: ToolRegistry, effect: str) -> None:
    with pytest.raises(ValueError, match="only reads"):
        registry.register(_changed(registry, name="other", effect=effect))


def test_the_schema_of_a_tool_names_its_fields(registry: ToolRegistry) -> None:
    tool = registry.find("create_task")
    assert tool is not None
    schema: Any = input_schema(tool)
    assert schema["required"] == ["title"]
    assert schema["additionalProperties"] is False
    assert "title" not in set(schema) - {"properties"}
