"""From a request to an answer, by rules. The same request always gets the same answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from vectal.ai.ports import ModelRequest, ToolSpec
from vectal.ai.providers.simulated import phrases
from vectal.ai.providers.simulated.arguments import fitted, takes
from vectal.ai.providers.simulated.reading import quoted_answer
from vectal.ai.providers.simulated.recollection import Recollection, best_match, ranked
from vectal.ai.providers.simulated.scenario import Scenario, ScriptedCall
from vectal.ai.providers.simulated.steps import steps_for
from vectal.ai.providers.simulated.words import (
    BreakDown,
    CompleteTask,
    CreateTask,
    ListProjects,
    ListTasks,
    Prioritise,
    Reschedule,
    View,
    Wish,
    read_wishes,
)

TITLE_MARK: Final = "You name conversations."
_MAX_ROUNDS: Final = 5
_FIRST: Final = 3
_WORDS: Final = re.compile(r"\b(\d{2,5}) words\b", re.IGNORECASE)
_LONG: Final = re.compile(r"\b(?:long (?:text|answer|story)|story|essay)\b", re.IGNORECASE)
_DEFAULT_WORDS: Final = 400
_MAX_WORDS: Final = 20_000
_QUOTED_USER: Final = re.compile(r"<user>\s*(.*?)\s*</user>", re.DOTALL)


def answer(request: ModelRequest, *, thinks: bool) -> Scenario:
    """The next answer in the conversation."""
    if TITLE_MARK in request.system:
        return Scenario(text=_title(request))
    seen = Recollection.of(request)
    wishes = read_wishes(seen.text, seen.today)
    may_call = request.tool_choice != "none" and seen.rounds < _MAX_ROUNDS
    # Tools that may not be called are as good as none, except to speak of what they have done.
    has_tools = request.tool_choice != "none" or bool(seen.done)
    tools = {tool.name: tool for tool in request.tools} if has_tools else {}
    calls = tuple(next_calls(wishes, seen, tools)) if may_call else ()
    reasoning = phrases.reasoning(wishes, seen, calls) if thinks else ""
    if calls:
        lead = phrases.lead(calls) if seen.rounds == 0 else ""
        return Scenario(lead, reasoning, calls, "tool_calls")
    if seen.sources and not wishes:
        return Scenario(quoted_answer(seen.sources, seen.text), reasoning)
    if wishes and tools:
        return Scenario(phrases.summary(wishes, seen, frozenset(tools)), reasoning)
    return Scenario(_talk(seen.text, has_tools=bool(tools)), reasoning)


def next_calls(
    wishes: tuple[Wish, ...], seen: Recollection, tools: Mapping[str, ToolSpec]
) -> Iterator[ScriptedCall]:
    """The calls that are still to be made, once each."""
    made: set[tuple[str, str]] = set()
    for wish in wishes:
        for name, values in _calls_for(wish, seen, tools):
            if name not in tools:
                continue
            arguments = fitted(tools[name], values)
            if (name, arguments) in made or seen.has_called(name, arguments):
                continue
            made.add((name, arguments))
            yield ScriptedCall(name, arguments)


def _calls_for(
    wish: Wish, seen: Recollection, tools: Mapping[str, ToolSpec]
) -> Iterator[tuple[str, dict[str, object]]]:
    match wish:
        case ListProjects():
            yield "list_projects", {}
        case ListTasks(view=view):
            yield "list_tasks", _view(view, seen)
        case CreateTask(title=title, due_on=due_on, priority=priority):
            yield "create_task", {"title": title, "due_on": due_on, "priority": priority}
        case CompleteTask(wanted=wanted):
            yield from _on_task(wanted, seen, tools, "complete_task", {})
        case Reschedule(wanted=wanted, due_on=due_on, priority=priority):
            change: dict[str, object] = {"due_on": due_on, "priority": priority}
            yield from _on_task(wanted, seen, tools, "update_task", change)
        case BreakDown(wanted=wanted):
            steps: dict[str, object] = {"steps": list(steps_for(wanted))}
            yield from _on_task(wanted, seen, tools, "break_down_task", steps)
        case Prioritise():
            yield from _prioritised(seen, tools)


def _on_task(
    wanted: str,
    seen: Recollection,
    tools: Mapping[str, ToolSpec],
    name: str,
    values: dict[str, object],
) -> Iterator[tuple[str, dict[str, object]]]:
    """Find the task first; then call the tool that changes it."""
    if name not in tools:
        return
    # What was just prepared can be worked on, too.
    task = best_match(wanted, seen.tasks("list_tasks", "create_task"))
    if task is not None:
        yield name, {"task_id": task.id, **values}
    elif not seen.has_called("list_tasks"):
        yield "list_tasks", {}
    elif "list_tasks" in tools and takes(tools["list_tasks"], "query"):
        # Not on the first page: ask for it by name.
        yield "list_tasks", {"query": wanted}


def _prioritised(
    seen: Recollection, tools: Mapping[str, ToolSpec]
) -> Iterator[tuple[str, dict[str, object]]]:
    yield "list_tasks", {}
    if "update_task" not in tools:
        return
    for priority, task in enumerate(ranked(seen.tasks())[:_FIRST], start=1):
        if task.priority != priority:
            yield "update_task", {"task_id": task.id, "priority": priority}


def _view(view: View, seen: Recollection) -> dict[str, object]:
    today = seen.today.isoformat()
    if view == "today":
        return {"view": "today", "due_to": today}
    if view == "tomorrow":
        day = (seen.today + timedelta(days=1)).isoformat()
        return {"due_from": day, "due_to": day}
    if view == "week":
        # Seven days from now on: on a Sunday nobody asks what is left of the week.
        return {"due_to": (seen.today + timedelta(days=6)).isoformat(), "sort": "due"}
    return {"overdue": True} if view == "overdue" else {}


def _title(request: ModelRequest) -> str:
    """The first words of what the user said."""
    text = request.messages[-1].text if request.messages else ""
    quoted = _QUOTED_USER.search(text)
    words = re.findall(r"[\w'\u2019-]+", quoted.group(1) if quoted else text)[:6]
    title = " ".join(words)
    return title[:1].upper() + title[1:60] or "New conversation"


def _talk(text: str, *, has_tools: bool) -> str:
    wanted = _WORDS.search(text)
    if wanted:
        return phrases.long_text(min(int(wanted.group(1)), _MAX_WORDS))
    if _LONG.search(text):
        return phrases.long_text(_DEFAULT_WORDS)
    return phrases.introduction(text, has_tools=has_tools)
