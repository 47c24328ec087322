"""Which calls a person must approve: every kind of tool, in every state of a run."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from vectal.agents.approving import (
    RULES,
    ApprovalRules,
    PolicyApprover,
    Rule,
    RunOfWorkspace,
    changes,
    reaches_out,
    why_ask,
)
from vectal.agents.ports import AnyTool
from vectal.ai.contracts import TAINTS, Taint, Tool, ToolContext, ToolOutput
from vectal.ai.toolset import find_mistake

CLEAN = frozenset[Taint]()
READ = frozenset[Taint](("untrusted",))
KNOWS = frozenset[Taint](("private",))
BOTH = READ | KNOWS
DEFAULT = ApprovalRules()


class _Nothing(BaseModel):
    pass


async def _handle(context: ToolContext, given: _Nothing) -> ToolOutput:
    del context, given
    return ToolOutput("", "")


def _tool(**labels: Any) -> AnyTool:
    fields: dict[str, Any] = {
        "name": "tool",
        "title": "Tool",
        "description": "A tool.",
        "input": _Nothing,
        "scope": "*",
        "mode": "read",
        "effect": "pure",
        "handler": _handle,
    }
    return Tool(**{**fields, **labels})


LOOK = _tool()
FETCH = _tool(egress="read", returns=READ)
PROPOSE = _tool(mode="write", effect="idempotent", proposes=True)
NOTE = _tool(mode="write", effect="idempotent")
SEND = _tool(mode="write", effect="idempotent", egress="write", returns=READ)
UNSAFE = _tool(mode="write", effect="unsafe")
DEAR = _tool(cost_usd=Decimal(2))


@pytest.mark.parametrize(
    ("tool", "asked_in"),
    [
        (LOOK, []),
        (PROPOSE, []),
        (FETCH, [BOTH]),
        (NOTE, [READ, BOTH]),
        (SEND, [CLEAN, READ, KNOWS, BOTH]),
        (UNSAFE, [CLEAN, READ, KNOWS, BOTH]),
        (DEAR, [CLEAN, READ, KNOWS, BOTH]),
    ],
)
def test_the_policy_of_a_workspace_that_has_decided_nothing(
    tool: AnyTool, asked_in: list[frozenset[Taint]]
) -> None:
    states = (CLEAN, READ, KNOWS, BOTH)
    assert [state for state in states if why_ask(tool, state, DEFAULT)] == asked_in


@pytest.mark.parametrize("tool", [LOOK, PROPOSE, FETCH, NOTE])
def test_a_workspace_can_want_to_be_asked_always(tool: AnyTool) -> None:
    assert why_ask(tool, CLEAN, ApprovalRules("always"))
    assert why_ask(tool, CLEAN, ApprovalRules(tools={"tool": "always"}))
    assert why_ask(tool, CLEAN, ApprovalRules(tools={"other": "always"})) is None


@pytest.mark.parametrize("tool", [SEND, UNSAFE, DEAR])
def test_a_workspace_can_trust_a_tool(tool: AnyTool) -> None:
    trusts = ApprovalRules("always", {"tool": "never"})
    assert why_ask(tool, CLEAN, trusts) is None
    assert why_ask(tool, KNOWS, trusts) is None


def test_what_is_dear_is_for_the_workspace_to_say() -> None:
    assert why_ask(DEAR, CLEAN, ApprovalRules(ask_above_usd=Decimal(2))) is None


_TOOLS = [
    tool
    for mode, effect, egress, returns, proposes in itertools.product(
        ("read", "write"),
        ("pure", "idempotent", "unsafe"),
        ("none", "read", "write"),
        (CLEAN, READ, KNOWS, BOTH),
        (False, True),
    )
    if find_mistake(
        tool := _tool(mode=mode, effect=effect, egress=egress, returns=returns, proposes=proposes)
    )
    is None
]


def test_there_are_tools_of_every_kind() -> None:
    assert len(_TOOLS) > 20
    assert {reaches_out(tool) for tool in _TOOLS} == {changes(tool) for tool in _TOOLS}


@given(
    tool=st.sampled_from(_TOOLS),
    rules=st.builds(
        ApprovalRules,
        st.sampled_from(RULES),
        st.dictionaries(st.just("tool"), st.sampled_from(RULES)),
        st.decimals(0, 100, allow_nan=False),
    ),
)
def test_no_rule_switches_off_what_keeps_private_data_in(
    tool: AnyTool, rules: ApprovalRules
) -> None:
    why = why_ask(tool, BOTH, rules)
    if reaches_out(tool) or changes(tool):
        assert why
    for taint in (CLEAN, READ, KNOWS):
        if why_ask(tool, taint, rules):
            assert why, "what is asked for with less taint is asked for with more"


@dataclass(frozen=True)
class _Run:
    workspace_id: UUID
    owner_id: UUID


def _run(workspace: int = 1) -> _Run:
    return _Run(UUID(int=workspace), UUID(int=9))


@dataclass
class _Rules:
    """Each workspace has its own."""

    by_workspace: dict[UUID, ApprovalRules]

    async def read(self, run: RunOfWorkspace) -> ApprovalRules:
        return self.by_workspace[run.workspace_id]


@pytest.mark.parametrize(("rule", "asks"), [("always", True), ("never", False)])
async def test_the_rules_are_those_of_the_runs_workspace(rule: Rule, *, asks: bool) -> None:
    rules = _Rules({UUID(int=1): ApprovalRules(rule), UUID(int=3): ApprovalRules()})
    approver = PolicyApprover(rules)
    assert bool(await approver.decide(SEND, {}, (), _run())) is asks
    assert await approver.decide(SEND, {}, TAINTS, _run())
    assert await approver.decide(LOOK, {}, TAINTS, _run(3)) is None
