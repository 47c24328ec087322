"""Without a key a run does something sensible, from the first thought to the report."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel
from tests.fixtures.witness import KeepingWitness

from vectal.agents.handover import breaking_down, prioritising
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
from vectal.ai.service.ai_service import AiService
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


class _Question(BaseModel):
    question: str


LOOP = (
    _loop_tool("update_plan", _Plan),
    _loop_tool("ask_user", _Question),
    _loop_tool("finish", _Finish),
)


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
            if call.name == "ask_user":
                asked = _Question.model_validate_json(call.arguments).question
                results.append(ToolResultPart(call.call_id, call.name, f"About {asked} Blue."))
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


async def test_a_task_is_broken_down_by_its_id(
    ai: AiService, tasks: TaskServices, principal: Principal
) -> None:
    title = "Plan. The party; and “more”"
    task = await tasks.tasks.create(principal, TaskFields(title=title))
    await tasks.tasks.create(principal, TaskFields(title="Plan the party"))
    there = TaskFields(title="Plan food and drinks", parent_id=task.id)
    await tasks.tasks.create(principal, there)
    run = new_id()
    asked = breaking_down(task.id, title)
    _, names = await _work(ai, principal, run, asked.goal)
    assert names == ["update_plan", "get_task", "break_down_task", "finish"]
    (changeset,) = await _changes(tasks, principal, run)
    made = [(item.operation, (item.after or {})["parent_id"]) for item in changeset.items]
    assert made == [("create", str(task.id))] * 4
    assert "Plan food and drinks" not in [item.title for item in changeset.items]


async def test_todays_tasks_get_an_order(
    ai: AiService, tasks: TaskServices, principal: Principal
) -> None:
    today = SYSTEM.now.date()
    late = await tasks.tasks.create(
        principal, TaskFields(title="Pay rent", due_on=today - timedelta(days=1))
    )
    first = await tasks.tasks.create(principal, TaskFields(title="Call Ada", due_on=today))
    await tasks.tasks.create(principal, TaskFields(title="Some day"))
    run = new_id()
    report, _ = await _work(ai, principal, run, prioritising("UTC").goal)
    (changeset,) = await _changes(tasks, principal, run)
    assert [(item.task_id, item.after) for item in changeset.items] == [
        (late.id, {"priority": 1}),
        (first.id, {"priority": 2}),
    ]
    assert f"1. Pay rent (due {late.due_on})" in report.report
    assert "Some day" not in report.report


async def test_a_goal_that_wants_to_be_asked_is_asked_once(
    ai: AiService, tasks: TaskServices, principal: Principal
) -> None:
    run = new_id()
    report, names = await _work(ai, principal, run, "Order flowers. Ask me which colour.")
    assert names.count("ask_user") == 1
    assert "- You answered: “About Which colour? Blue.”" in report.report
    assert len(await _changes(tasks, principal, run)) == 1
