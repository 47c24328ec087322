"""Which tools are offered to whom."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.ai.actors import SeenCalls, sample_registry

from vectal.ai.contracts import Mode, Tool, ToolContext
from vectal.ai.toolset import ToolRegistry, input_schema, is_harmless

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


async def _find(context: ToolContext, given: object) -> None:
    del context, given


UNTRUSTED = frozenset({"untrusted"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mode": "write", "effect": "pure"}, "its effect is not pure"),
        ({"effect": "queryable"}, "exactly when"),
        ({"find_result": _find}, "exactly when"),
        ({"egress": "write", "returns": UNTRUSTED}, "carries nothing out"),
        ({"egress": "read"}, "is untrusted"),
        ({"egress": "read", "returns": frozenset({"private"})}, "is untrusted"),
        ({"proposes": True}, "stays inside"),
        ({"mode": "write", "effect": "unsafe", "proposes": True}, "stays inside"),
        (
            {
                "mode": "write",
                "effect": "idempotent",
                "egress": "write",
                "returns": UNTRUSTED,
                "proposes": True,
            },
            "stays inside",
        ),
        ({"returns": frozenset({"secret"})}, "nobody knows"),
        ({"timeout_s": 0.0}, "no time"),
        ({"cost_usd": Decimal(-1)}, "pays"),
    ],
)
def test_labels_that_contradict_each_other_are_refused(
    registry: ToolRegistry, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        registry.register(_changed(registry, name="other", **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"egress": "read", "returns": UNTRUSTED, "timeout_s": 60.0},
        {"mode": "write", "effect": "unsafe", "egress": "write", "returns": UNTRUSTED},
        {"mode": "write", "effect": "queryable", "find_result": _find},
        {"mode": "write", "effect": "idempotent", "proposes": True},
    ],
)
def test_labels_that_agree_are_taken(registry: ToolRegistry, changes: dict[str, Any]) -> None:
    registry.register(_changed(registry, name="other", **changes))
    assert registry.find("other") is not None


@pytest.mark.parametrize(
    ("changes", "harmless"),
    [
        ({}, True),
        ({"returns": frozenset({"private"})}, True),
        ({"returns": UNTRUSTED}, False),
        ({"egress": "read", "returns": UNTRUSTED}, False),
        ({"mode": "write", "effect": "idempotent"}, False),
        ({"mode": "write", "effect": "idempotent", "proposes": True}, True),
    ],
)
def test_where_nobody_approves_only_harmless_tools_serve(
    registry: ToolRegistry, changes: dict[str, Any], *, harmless: bool
) -> None:
    assert is_harmless(_changed(registry, name="other", **changes)) is harmless


def test_the_schema_of_a_tool_names_its_fields(registry: ToolRegistry) -> None:
    tool = registry.find("create_task")
    assert tool is not None
    schema: Any = input_schema(tool)
    assert schema["required"] == ["title"]
    assert schema["additionalProperties"] is False
    assert "title" not in set(schema) - {"properties"}
