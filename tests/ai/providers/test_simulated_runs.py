"""The Simulator at work on a run, step by step, against the tools as they are described."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from vectal.ai.contracts import ChatMessage, SystemContext, ToolCallPart, ToolResultPart
from vectal.ai.contracts import user_message as said
from vectal.ai.ports import ModelRequest, ToolSpec
from vectal.ai.prompts.library import run_prompt, run_state
from vectal.ai.providers.simulated.running import is_run, next_step

SYSTEM = SystemContext("Ada", "Home", "UTC", datetime(2026, 11, 23, 9, tzinfo=UTC))
TASK = "018f0000-0000-7000-8000-000000000001"


def _tool(name: str, **properties: Any) -> ToolSpec:
    return ToolSpec(name, name, {"type": "object", "properties": properties})


STEPS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"text": {"type": "string"}, "done": {"type": "boolean"}},
        "required": ["text"],
    },
}
TEXT, LIST = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
TOOLS = (
    _tool("update_plan", steps=STEPS),
    _tool("list_tasks", q=TEXT),
    _tool("create_task", title=TEXT, due_on=TEXT, priority={"type": "integer"}),
    _tool("complete_task", task_id=TEXT),
    _tool("finish", report=TEXT, evidence=LIST),
)
RESULTS = {
    "update_plan": "ok",
    "list_tasks": json.dumps({"tasks": [{"id": TASK, "title": "Pay rent", "status": "todo"}]}),
    "create_task": json.dumps({"prepared": [{"task_id": "t-9"}]}),
    "complete_task": json.dumps({"prepared": [{"task_id": TASK}]}),
}


def _run(
    goal: str,
    criteria: str = "",
    tools: Sequence[ToolSpec] = TOOLS,
    steering: str = "",
    results: dict[str, str] = RESULTS,
) -> list[ToolCallPart]:
    """The calls of the run until it finishes or only speaks."""
    values = {"goal": goal, "criteria": criteria, "plan": "1. Go"}
    system = run_prompt("agent", SYSTEM, values).text
    messages: list[ChatMessage] = [said("Work on the goal. What was done so far follows.")]
    if steering:
        messages.append(said(steering))
    made: list[ToolCallPart] = []
    for _ in range(20):
        whole = (*messages, said(run_state(values)))
        scenario = next_step(ModelRequest("m", system, whole, 1_000, tuple(tools)), thinks=False)
        calls = tuple(
            ToolCallPart(f"c{len(made) + place}", call.name, call.arguments)
            for place, call in enumerate(scenario.calls)
        )
        made += calls
        if not calls or calls[0].name == "finish":
            return made
        messages.append(ChatMessage("assistant", calls))
        answers = (ToolResultPart(c.call_id, c.name, results[c.name]) for c in calls)
        messages.append(ChatMessage("tool", tuple(answers)))
    raise AssertionError("the run has no end")


def test_it_plans_looks_prepares_one_change_and_finishes() -> None:
    calls = _run("Become happier.", "- Two ideas\n- A plan & a date")
    assert [call.name for call in calls] == ["update_plan", "list_tasks", "create_task", "finish"]
    assert json.loads(calls[0].arguments)["steps"][0] == {"text": "Look at the tasks"}
    assert json.loads(calls[2].arguments) == {"title": "Become happier"}
    finish = json.loads(calls[3].arguments)
    assert finish["report"].startswith("**Simulated:**")
    assert "1 open task." in finish["report"]
    assert "one change" in finish["report"]
    assert [each["criterion"] for each in finish["evidence"]] == ["Two ideas", "A plan & a date"]


def test_a_plain_goal_is_done_as_it_asks() -> None:
    calls = _run("Mark pay rent as done and add a task to call mum tomorrow")
    assert [call.name for call in calls[2:]] == ["complete_task", "create_task", "finish"]
    assert json.loads(calls[2].arguments) == {"task_id": TASK}
    assert json.loads(calls[3].arguments) == {"title": "Call mum", "due_on": "2026-11-24"}


def test_steering_counts_like_the_goal() -> None:
    calls = _run("What is due today?", steering="Complete pay rent")
    assert [call.name for call in calls] == [
        "update_plan",
        "list_tasks",
        "complete_task",
        "finish",
    ]


def test_a_failed_call_is_reported_and_not_repeated() -> None:
    calls = _run("Become happier.", results={**RESULTS, "create_task": "Error: no"})
    assert [call.name for call in calls].count("create_task") == 1


def test_without_tools_it_says_what_it_is() -> None:
    assert _run("Become happier.", tools=()) == []
    calls = _run("Become happier.", tools=[TOOLS[-1]])
    assert "I prepared no change" in json.loads(calls[0].arguments)["report"]


def test_the_same_run_goes_the_same_way() -> None:
    assert _run("Plan the party") == _run("Plan the party")


def test_its_verdict_says_that_it_can_not_judge() -> None:
    values = {"goal": "Rest", "criteria": "1. Eight hours\n2. No phone", "report": "Done."}
    system = run_prompt("agent-check", SYSTEM, values).text
    verdict = _tool("verdict", criteria=LIST)
    request = ModelRequest("m", system, (said(run_state(values)),), 1_000, (verdict,))
    assert is_run(request)
    (call,) = next_step(request, thinks=False).calls
    entries = json.loads(call.arguments)["criteria"]
    assert [entry["met"] for entry in entries] == [True, True]
    assert all(entry["why"].startswith("Simulated") for entry in entries)
