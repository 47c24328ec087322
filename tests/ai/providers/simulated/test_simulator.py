"""The Simulator as a provider: deterministic, honest, and broken when it is told to be."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.contracts import (
    ChatMessage,
    ReasoningDelta,
    TextDelta,
    ToolCallPart,
    ToolResultPart,
    user_message,
)
from vectal.ai.ports import (
    CallLimits,
    Credentials,
    ModelEvent,
    ModelFinished,
    ModelRequest,
    ProviderFault,
    ToolArgumentsDelta,
    ToolSpec,
)
from vectal.ai.prompts.library import title_prompt, title_question
from vectal.ai.providers.simulated.adapter import PLAIN, THINKING, SimulatorAdapter
from vectal.ai.providers.simulated.scenario import Scenario
from vectal.ai.providers.simulated.steps import steps_for
from vectal.ai.usage.tokens import count_tokens

Json = dict[str, Any]
LIMITS = CallLimits(deadline_s=20, first_word_s=0.05, idle_s=0.05)
TEXT: Json = {"type": "string"}
TASKS = {
    "tasks": [
        {"id": "t-1", "title": "Pay rent", "status": "todo", "due_on": "2026-11-24", "priority": 4},
        {"id": "t-2", "title": "Plan the party", "status": "todo", "priority": 2},
        {"id": "t-3", "title": "Old rent", "status": "done"},
    ]
}


def _tool(name: str, **properties: Any) -> ToolSpec:
    return ToolSpec(name, "", {"type": "object", "properties": properties})


STEP: Json = {"$ref": "#/$defs/Step"}
BREAKDOWN: Json = {
    "type": "object",
    "properties": {"task_id": TEXT, "steps": {"type": "array", "items": STEP}},
    "$defs": {"Step": {"type": "object", "properties": {"title": TEXT}}},
}
TOOLS = (
    _tool("list_tasks", q=TEXT, view=TEXT, due_from=TEXT, due_to=TEXT, sort=TEXT),
    _tool("list_projects"),
    _tool("create_task", title=TEXT, due_on={"anyOf": [TEXT, {"type": "null"}]}),
    _tool("complete_task", task_id=TEXT),
    _tool("update_task", task_id=TEXT, priority={"type": "integer"}, due_on=TEXT),
    ToolSpec("break_down_task", "", BREAKDOWN),
)
READ_ONLY = TOOLS[:2]


def _request(
    *messages: ChatMessage, tools: tuple[ToolSpec, ...] = TOOLS, model: str = PLAIN
) -> ModelRequest:
    return ModelRequest(model, "Today is Monday, 2026-11-23.", messages, 4_000, tools)


async def _collect(
    request: ModelRequest, adapter: SimulatorAdapter | None = None
) -> list[ModelEvent]:
    stream = (adapter or SimulatorAdapter(0.0)).stream(Credentials(""), request, LIMITS)
    return [event async for event in stream]


def _last(events: list[ModelEvent]) -> ModelFinished:
    assert isinstance(events[-1], ModelFinished)
    return events[-1]


def _answer(name: str, arguments: Json) -> str:
    if name == "list_tasks":
        return json.dumps(TASKS)
    if name == "list_projects":
        return json.dumps({"projects": [{"id": "p-1", "name": "Flat"}]})
    made = [f"{arguments['task_id']}-{i}" for i, _ in enumerate(arguments.get("steps", ()))]
    ids = made or [arguments.get("task_id", "new")]
    prepared = [{"task_id": each, "title": "New one"} for each in ids]
    return json.dumps({"state": "awaiting", "prepared": prepared})


async def _converse(
    said: str, tools: tuple[ToolSpec, ...] = TOOLS
) -> tuple[list[tuple[str, Json]], str]:
    """Play the tools until the Simulator has no more calls; the calls and its last words."""
    messages: list[ChatMessage] = [user_message(said)]
    made: list[tuple[str, Json]] = []
    for _ in range(8):
        message = _last(await _collect(_request(*messages, tools=tools))).message
        calls = [part for part in message.parts if isinstance(part, ToolCallPart)]
        if not calls:
            return made, message.text
        asked = [(c.name, json.loads(c.arguments)) for c in calls]
        made += asked
        answers = (_answer(*each) for each in asked)
        results = (
            ToolResultPart(c.call_id, c.name, a) for c, a in zip(calls, answers, strict=True)
        )
        messages += [message, ChatMessage("tool", tuple(results))]
    raise AssertionError("it never came to an end")


# --- as a demo --------------------------------------------------------------------------------


DEMO: list[tuple[str, list[tuple[str, Json]]]] = [
    ("What's due today?", [("list_tasks", {"view": "today", "due_to": "2026-11-23"})]),
    (
        "What's due tomorrow?",
        [("list_tasks", {"due_from": "2026-11-24", "due_to": "2026-11-24"})],
    ),
    ("What is due this week?", [("list_tasks", {"due_to": "2026-11-29", "sort": "due"})]),
    ("Which projects are there?", [("list_projects", {})]),
    (
        "Add a task to buy milk tomorrow",
        [("create_task", {"title": "Buy milk", "due_on": "2026-11-24"})],
    ),
    ("Mark pay rent done", [("list_tasks", {}), ("complete_task", {"task_id": "t-1"})]),
    (
        "move pay rent to tomorrow",
        [("list_tasks", {}), ("update_task", {"task_id": "t-1", "due_on": "2026-11-24"})],
    ),
    (
        "Break down plan the party",
        [
            ("list_tasks", {}),
            (
                "break_down_task",
                {"task_id": "t-2", "steps": [{"title": s} for s in steps_for("the party")]},
            ),
        ],
    ),
    (
        "Prioritise my tasks",
        [
            ("list_tasks", {}),
            ("update_task", {"task_id": "t-1", "priority": 1}),
        ],
    ),
    ("Mark xyzzy done", [("list_tasks", {}), ("list_tasks", {"q": "xyzzy"})]),
    (
        "Add a task called “New one” and break down New one",
        [
            ("create_task", {"title": "New one"}),
            ("list_tasks", {}),
            (
                "break_down_task",
                {"task_id": "new", "steps": [{"title": s} for s in steps_for("New one")]},
            ),
        ],
    ),
    ("Hello", []),
]


@pytest.mark.parametrize(("said", "calls"), DEMO)
async def test_plain_words_become_tool_calls(said: str, calls: list[tuple[str, Json]]) -> None:
    made, _ = await _converse(said)
    assert made == calls


async def test_lists_are_put_into_words() -> None:
    _, words = await _converse("List my tasks")
    assert "2 tasks are open" in words
    assert "- **Pay rent** (due 2026-11-24)" in words
    assert "Old rent" not in words
    _, words = await _converse("What is due this week?")
    assert "2 tasks are due in the next seven days" in words
    _, words = await _converse("Show my projects")
    assert words == "Your projects:\n\n- **Flat**"


async def test_proposals_are_said_to_be_proposals() -> None:
    _, words = await _converse("Mark pay rent done and add a task to call mum")
    assert "I proposed 2 changes. Nothing is changed yet" in words


async def test_it_counts_as_the_card_does() -> None:
    """A task that is broken down is an item a step; what changes twice is one item."""
    _, words = await _converse("Break down plan the party and add a task to call mum")
    steps = len(steps_for("the party"))
    assert steps > 1
    assert f"I proposed {steps + 1} changes." in words
    _, words = await _converse("Move pay rent to tomorrow and mark pay rent done")
    assert "I proposed one change." in words


async def test_what_is_not_found_is_said() -> None:
    _, words = await _converse("Mark xyzzy done")
    assert "no open task like “xyzzy”" in words


async def test_without_writing_tools_it_says_that_it_may_only_read() -> None:
    calls, words = await _converse("Add a task to buy milk", READ_ONLY)
    assert calls == []
    assert "only read in Ask mode" in words


async def test_what_it_can_not_do_it_says_and_how_to_get_a_model() -> None:
    _, words = await _converse("What is the capital of France?")
    assert "Simulator" in words
    assert "Settings → Providers" in words


async def test_it_names_conversations() -> None:
    question = title_question("When is the rent due? I forgot.", "Tomorrow.")
    request = ModelRequest(PLAIN, title_prompt().text, (user_message(question),), 64)
    assert _last(await _collect(request)).message.text == "When is the rent due I"


async def test_long_answers_are_as_long_as_asked_for() -> None:
    _, words = await _converse("Write a story of 3000 words")
    assert 2_900 < len(words.split()) < 3_100


# --- as a provider ----------------------------------------------------------------------------


@given(st.text(max_size=120))
async def test_the_same_request_has_the_same_answer(said: str) -> None:
    one, other = [
        [e.text for e in await _collect(_request(user_message(said))) if isinstance(e, TextDelta)]
        for _ in range(2)
    ]
    assert one == other


async def test_text_streams_token_by_token_and_usage_counts_them() -> None:
    events = await _collect(_request(user_message("Hello")))
    deltas = [event.text for event in events if isinstance(event, TextDelta)]
    last = _last(events)
    assert "".join(deltas) == last.message.text
    assert last.usage is not None
    assert last.usage.output_tokens == count_tokens(last.message.text)
    assert abs(len(deltas) - last.usage.output_tokens) < 5


async def test_only_the_thinking_model_thinks() -> None:
    plain = await _collect(_request(user_message("Hello")))
    thinking = await _collect(_request(user_message("Hello"), model=THINKING))
    assert not any(isinstance(event, ReasoningDelta) for event in plain)
    assert isinstance(thinking[0], ReasoningDelta)
    usage = _last(thinking).usage
    assert usage is not None
    assert 0 < usage.reasoning_tokens < usage.output_tokens


async def test_a_long_beginning_counts_as_cached() -> None:
    old = [user_message("word " * 1_200), ChatMessage("assistant", ())]
    usage = _last(await _collect(_request(*old, user_message("Hello")))).usage
    assert usage is not None
    assert usage.cache_read_tokens > 1_000


async def test_it_keeps_its_pace() -> None:
    adapter = SimulatorAdapter(0.01, lambda _: Scenario("one two three four five"))
    began = asyncio.get_running_loop().time()
    await _collect(_request(user_message("Hi")), adapter)
    assert asyncio.get_running_loop().time() - began >= 0.05


async def test_an_unknown_model_is_none() -> None:
    with pytest.raises(ProviderFault) as caught:
        await _collect(_request(user_message("Hi"), model="simulator-9000"))
    assert caught.value.kind == "model_not_found"


@pytest.mark.parametrize(
    ("name", "kind", "spoke"),
    [
        ("400", "invalid_request", False),
        ("401", "authentication", False),
        ("429", "rate_limited", False),
        ("500", "server_error", False),
        ("529", "overloaded", False),
        ("hang", "timeout", False),
        ("cut", "cut", True),
        ("garbage", "garbage", True),
        ("stall", "timeout", True),
        ("nonesuch", "model_not_found", False),
    ],
)
async def test_faults_come_as_told(name: str, kind: str, *, spoke: bool) -> None:
    heard: list[ModelEvent] = []
    request = _request(user_message("Hello"), model=f"simulator-fault-{name}")
    fault: ProviderFault | None = None
    try:
        async for event in SimulatorAdapter(0.0).stream(Credentials(""), request, LIMITS):
            heard.append(event)  # noqa: PERF401  (what came before the fault counts)
    except ProviderFault as caught:
        fault = caught
    assert fault is not None
    assert fault.kind == kind
    assert bool(heard) == spoke


@pytest.mark.parametrize(
    ("name", "reason"), [("length", "length"), ("refusal", "refusal"), ("filter", "content_filter")]
)
async def test_odd_ends_come_as_told(name: str, reason: str) -> None:
    request = _request(user_message("Hello"), model=f"simulator-fault-{name}")
    assert _last(await _collect(request)).reason == reason


async def test_a_directive_in_the_message_works_as_well() -> None:
    with pytest.raises(ProviderFault) as caught:
        await _collect(_request(user_message("Hello [simulate:529]")))
    assert caught.value.kind == "overloaded"
    events = await _collect(_request(user_message("Hello [simulate:nonesuch]")))
    assert _last(events).reason == "stop"


async def test_bad_arguments_come_as_told() -> None:
    request = _request(user_message("Hello"), model="simulator-fault-bad-arguments")
    events = await _collect(request)
    arguments = "".join(e.text for e in events if isinstance(e, ToolArgumentsDelta))
    with pytest.raises(json.JSONDecodeError):
        json.loads(arguments)
