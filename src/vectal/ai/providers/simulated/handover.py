"""What the Simulator knows of work that is handed over: two goals by name, and when to ask.

The goals are those of `agents/handover.py`; their words are read here, as a model would read them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from vectal.ai.ports import ToolSpec
from vectal.ai.providers.simulated.arguments import fitted
from vectal.ai.providers.simulated.recollection import Recollection, ranked
from vectal.ai.providers.simulated.scenario import ScriptedCall
from vectal.ai.providers.simulated.steps import steps_for
from vectal.ai.providers.untrusted import as_list, as_object, as_text

_BREAK_DOWN: Final = re.compile(
    r"^Break down the task “(?P<title>.*?)”\n\nIts id is (?P<id>[0-9a-f-]{36})\.", re.DOTALL
)
_PRIORITISE: Final = "Prioritise the open tasks of today."
_ASK: Final = re.compile(
    r"\bask me (?P<what>(?:which|what|who|when|where|how|whether)\b[^.?!\n]{1,200})", re.IGNORECASE
)
_FIRST: Final = 3


def is_breakdown(goal: str) -> bool:
    return _BREAK_DOWN.match(goal) is not None


def is_known(goal: str) -> bool:
    return goal.startswith(_PRIORITISE) or is_breakdown(goal)


def first_look(goal: str) -> tuple[str, dict[str, object]]:
    """What to look at before anything is prepared."""
    if (task := _BREAK_DOWN.match(goal)) is not None:
        return "get_task", {"task_id": task["id"]}
    return ("list_tasks", {"view": "today"}) if goal.startswith(_PRIORITISE) else ("list_tasks", {})


def calls_for(
    goal: str, seen: Recollection, tools: Mapping[str, ToolSpec]
) -> Iterator[ScriptedCall]:
    """What a goal of these still needs; each change is prepared once."""
    if (task := _BREAK_DOWN.match(goal)) is not None:
        if "break_down_task" in tools and not seen.has_called("break_down_task"):
            there = _subtasks_in(seen)
            steps = [step for step in steps_for(task["title"]) if step not in there]
            if steps:
                values = {"task_id": task["id"], "steps": steps}
                yield ScriptedCall("break_down_task", fitted(tools["break_down_task"], values))
        return
    if "update_task" not in tools:
        return
    for priority, each in enumerate(ranked(seen.tasks())[:_FIRST], start=1):
        arguments = fitted(tools["update_task"], {"task_id": each.id, "priority": priority})
        if each.priority != priority and not seen.has_called("update_task", arguments):
            yield ScriptedCall("update_task", arguments)


def _subtasks_in(seen: Recollection) -> set[str]:
    """Titles of the subtasks that the task has already."""
    titles: set[str] = set()
    for done in seen.done:
        if done.call.name == "get_task" and done.result.ok:
            try:
                parsed: object = json.loads(done.result.content)
            except (ValueError, RecursionError):
                continue
            below = as_list(as_object(as_object(parsed).get("task")).get("subtasks")) or []
            titles.update(as_text(as_object(each).get("title")) or "" for each in below)
    return titles


def order_of(goal: str, seen: Recollection) -> list[str]:
    """Lines of the report that name the order, where one was asked for."""
    if not goal.startswith(_PRIORITISE):
        return []
    first = ranked(seen.tasks())[:_FIRST]
    lines = [
        f"{place}. {task.title} ({'due ' + task.due[:10] if task.due else 'without a date'})"
        for place, task in enumerate(first, start=1)
    ]
    return ["", "In this order, by due date and importance:", "", *lines] if lines else []


def question_of(goal: str) -> str | None:
    """What the goal wants to be asked, as “Ask me which one”."""
    match = _ASK.search(goal)
    if match is None:
        return None
    what = match["what"].strip()
    return f"{what[:1].upper()}{what[1:]}?"


def answer_in(seen: Recollection) -> str:
    """What the person has answered, if she was asked."""
    answers = [done.result.content for done in seen.done if done.call.name == "ask_user"]
    return " ".join(" ".join(answers).split())[:200]
