"""Every tool that models may call, and what a call may do: a new tool needs its row here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from fastapi import FastAPI

from vectal.accounts.contracts import Role
from vectal.agents.approving import ApprovalRules, why_ask
from vectal.ai.contracts import TAINTS, Taint, Tool
from vectal.ai.service.tool_caller import ToolCaller
from vectal.ai.toolset import ToolRegistry, find_mistake, is_harmless
from vectal.auth.principal import Principal, Scope
from vectal.entrypoints.services import Services
from vectal.platform.ids import new_id

NOTHING = frozenset[Taint]()
PRIVATE = frozenset[Taint](("private",))
UNTRUSTED = frozenset[Taint](("untrusted",))


@dataclass(frozen=True)
class ToolRow:
    """`asks` names the states of a run in which a person must approve by the defaults."""

    name: str
    scope: str
    mode: str
    effect: str
    returns: frozenset[Taint]
    egress: str = "none"
    proposes: bool = False
    in_chat: bool = True
    asks: str = ""


def _task_change(name: str) -> ToolRow:
    return ToolRow(name, "tasks:write", "write", "idempotent", PRIVATE, proposes=True)


def _event_change(name: str) -> ToolRow:
    return ToolRow(name, "calendar:write", "write", "idempotent", PRIVATE, proposes=True)


def _memory_change(name: str) -> ToolRow:
    return ToolRow(
        name,
        "agents:write",
        "write",
        "idempotent",
        PRIVATE,
        in_chat=False,
        asks="untrusted both",
    )


ROWS = [
    ToolRow("list_tasks", "tasks:read", "read", "pure", PRIVATE),
    ToolRow("get_task", "tasks:read", "read", "pure", PRIVATE),
    ToolRow("list_projects", "tasks:read", "read", "pure", PRIVATE),
    _task_change("create_task"),
    _task_change("update_task"),
    _task_change("complete_task"),
    _task_change("break_down_task"),
    ToolRow("list_events", "calendar:read", "read", "pure", PRIVATE),
    ToolRow("read_event", "calendar:read", "read", "pure", TAINTS, in_chat=False),
    ToolRow("find_free_time", "calendar:read", "read", "pure", PRIVATE),
    _event_change("create_event"),
    _event_change("update_event"),
    _event_change("delete_event"),
    ToolRow("list_notes", "files:read", "read", "pure", TAINTS, in_chat=False),
    ToolRow("read_note", "files:read", "read", "pure", TAINTS, in_chat=False),
    ToolRow("write_note", "files:write", "write", "idempotent", PRIVATE, proposes=True),
    ToolRow("search_files", "files:read", "read", "pure", TAINTS, in_chat=False),
    ToolRow("read_document", "files:read", "read", "pure", TAINTS, in_chat=False),
    ToolRow(
        "read_web_page", "ai:use", "read", "pure", UNTRUSTED, "read", in_chat=False, asks="both"
    ),
    ToolRow(
        "ultra_search", "ai:use", "read", "queryable", UNTRUSTED, "read", in_chat=False, asks="both"
    ),
    ToolRow("recall", "agents:read", "read", "pure", PRIVATE),
    _memory_change("remember"),
    _memory_change("forget"),
    ToolRow("calculate", "ai:use", "read", "pure", NOTHING),
]
STATES = {"clean": NOTHING, "untrusted": UNTRUSTED, "private": PRIVATE, "both": TAINTS}


@pytest.fixture(scope="session")
def registry(house_app: FastAPI) -> ToolRegistry:
    services: Services = house_app.state.services
    return services.ai.registry


def test_every_tool_has_its_row(registry: ToolRegistry) -> None:
    there, rows = {tool.name for tool in registry}, [row.name for row in ROWS]
    assert sorted(there - set(rows)) == [], "add a row for these tools"
    assert sorted(set(rows) - there) == [], "these tools are gone"
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_tool_is_what_its_row_says(registry: ToolRegistry, row: ToolRow) -> None:
    tool = _find(registry, row)
    assert (tool.scope, tool.mode, tool.effect) == (row.scope, row.mode, row.effect)
    assert (tool.egress, tool.returns, tool.proposes) == (row.egress, row.returns, row.proposes)
    assert is_harmless(tool) is row.in_chat
    assert find_mistake(tool) is None
    assert tool.scope in set(Scope)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_person_is_asked_where_the_row_says(registry: ToolRegistry, row: ToolRow) -> None:
    tool, rules = _find(registry, row), ApprovalRules()
    asked = [name for name, taint in STATES.items() if why_ask(tool, taint, rules)]
    assert " ".join(asked) == row.asks


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_caller_without_the_scope_is_not_offered_it(registry: ToolRegistry, row: ToolRow) -> None:
    caller = ToolCaller(registry)
    everything = Principal(new_id(), new_id(), Role.OWNER)
    lacking = replace(everything, scopes=everything.scopes - {Scope(row.scope), Scope.ALL})
    assert row.name in [tool.name for tool in caller.offered(everything, None)]
    assert row.name not in [tool.name for tool in caller.offered(lacking, None)]
    assert row.name not in [tool.name for tool in caller.offered(lacking, [row.name])]


def _find(registry: ToolRegistry, row: ToolRow) -> Tool[Any]:
    tool = registry.find(row.name)
    assert tool is not None
    return tool
