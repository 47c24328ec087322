"""Without a key a run does something sensible, from the first thought to the report."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Collection, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel
from tests.fixtures.witness import KeepingWitness

from vectal.agents.toolbox import RegistryToolbox
from vectal.ai.catalog.models_file import load_models_file
from vectal.ai.contracts import (
    ChatMessage,
    SystemContext,
    Tool,
    ToolCallPart,
    ToolContext,
    ToolOutput,
    ToolResultPart,
)
from vectal.ai.contracts_runs import ThinkRequest, Thought
from vectal.ai.providers.simulated.adapter import SimulatorAdapter
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.service import AiService
from vectal.ai.service.tool_caller import ToolCaller
from vectal.auth.principal import Principal
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, DataScope
from vectal.platform.http.guard import EgressGuard
from vectal.platform.ids import new_id
from vectal.tasks.contracts import Changeset, ChangesetFilter, TaskFields
from vectal.tasks.service import TaskServices
from vectal.tasks.tools import make_tools

SYSTEM = SystemContext("Ada", "Home", "UTC", datetime(2026, 11, 23, 9, tzinfo=UTC))


class _Step(BaseModel):
    text: str
    done: bool = False


class _Plan(BaseModel):
    steps: list[_Step]


class _Evidence(BaseModel):
    criterion: str
    evidence: str


class _Finish(BaseModel):
    report: str
    evidence: list[_Evidence]


async def _never(context: ToolContext, given: BaseModel) -> ToolOutput:
    raise NotImplementedError(f"{context.call_id}: {given}")


def _loop_tool(name: str, takes: type[BaseModel]) -> Tool[Any]:
    return Tool(name, name, name, takes, "ai:use", "read", "pure", _never)


LOOP = (_loop_tool("update_plan", _Plan), _loop_tool("finish", _Finish))


class _Nobody:
    async def find_names(self, scope: DataScope, user_ids: Collection[UUID]) -> Mapping[UUID, str]:
        del scope, user_ids
        return {}


@pytest.fixture
def tasks(db: Database) -> TaskServices:
    return TaskServices.build(db, _Nobody())


@pytest.fixture
async def ai(db: Database, keyring: Keyring, tasks: TaskServices) -> AsyncGenerator[AiService]:
    proxy = ModelProxy({"simulator": SimulatorAdapter(0.0)})
    made = AiService(db, keyring, load_models_file(), proxy, EgressGuard.parse([]))
    for tool in make_tools(tasks):
        made.registry.register(tool)
    yield made
    await made.close()


async def _work(ai: AiService, who: Principal, run: UUID, goal: str) -> tuple[_Finish, list[str]]:
    """Think and act until the run finishes; returns its report and the tools it called."""
    toolbox = RegistryToolbox(ToolCaller(ai.registry))
    offered = {tool.name: tool for tool in await toolbox.offered(who, None)}
    values = {"goal": goal, "criteria": "1. Something is prepared", "budget": "20 steps"}
    messages: list[ChatMessage] = []
    names: list[str] = []
    for number in range(20):
        request = ThinkRequest(
            run, "agent", values, SYSTEM, tuple(messages), (*offered.values(), *LOOP)
        )
        thought: Thought = await ai.think(who, request, KeepingWitness())
        assert thought.simulated
        messages.append(thought.message)
        calls = [part for part in thought.message.parts if isinstance(part, ToolCallPart)]
        results: list[ToolResultPart] = []
        for place, call in enumerate(calls):
            names.append(call.name)
            if call.name == "finish":
                return _Finish.model_validate_json(call.arguments), names
            if call.name == "update_plan":
                _Plan.model_validate_json(call.arguments)
                results.append(ToolResultPart(call.call_id, call.name, "The plan is noted."))
                continue
            context = ToolContext(who, None, None, f"{number}.{place}", "act", "UTC", run)
            output = await toolbox.call(offered[call.name], context, call.arguments)
            assert output.ok, output.content
            results.append(ToolResultPart(call.call_id, call.name, output.content))
        messages.append(ChatMessage("tool", tuple(results)))
    raise AssertionError("the run has no end")


async def _changes(tasks: TaskServices, who: Principal, run: UUID) -> tuple[Changeset, ...]:
    page = await tasks.changesets.list_changesets(who, ChangesetFilter(run_id=run))
    return tuple(page.items)


async def test_any_goal_ends_with_one_proposed_task_and_a_report(
    ai: AiService, tasks: TaskServices, principal: Principal
) -> None:
    run = new_id()
    report, names = await _work(ai, principal, run, "Become a better cook.")
    assert names == ["update_plan", "list_tasks", "create_task", "finish"]
    assert report.report.startswith("**Simulated:**")
    assert [each.criterion for each in report.evidence] == ["Something is prepared"]
    (changeset,) = await _changes(tasks, principal, run)
    assert [item.title for item in changeset.items] == ["Become a better cook"]
    assert changeset.status == "pending"


async def test_a_plain_goal_is_prepared_on_the_tasks_that_are_there(
    ai: AiService, tasks: TaskServices, principal: Principal
) -> None:
    task = await tasks.tasks.create(principal, TaskFields(title="Pay rent"))
    run = new_id()
    report, names = await _work(ai, principal, run, "Break down pay rent and complete pay rent")
    assert names[-1] == "finish"
    (changeset,) = await _changes(tasks, principal, run)
    assert {item.operation for item in changeset.items} == {"create", "complete"}
    assert all(item.task_id == task.id for item in changeset.items if item.operation == "complete")
    assert f"I prepared {len(changeset.items)} changes" in report.report
    assert json.dumps(report.report)
