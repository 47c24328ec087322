"""The Simulator at work on a run: a plan, a look at the tasks, one change, a report.

It does what the goal plainly asks for, where it understands it; else it prepares a single task
that stands for the goal. The same run always goes the same way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from vectal.ai.contracts import ChatMessage, ToolCallPart, ToolResultPart
from vectal.ai.ports import ModelRequest, ToolSpec
from vectal.ai.providers.simulated import brain, handover, phrases
from vectal.ai.providers.simulated.arguments import fitted
from vectal.ai.providers.simulated.recollection import Done, Recollection, today_of
from vectal.ai.providers.simulated.scenario import Scenario, ScriptedCall
from vectal.ai.providers.simulated.words import CreateTask, ListTasks, Wish, read_wishes

RUN_MARK: Final = "You are an agent of Vectal"
CHECK_MARK: Final = "You check the work of an agent of Vectal"
_MOST_STEPS: Final = 12
_TITLE_CHARS: Final = 120
_LABEL: Final = "**Simulated:** there is no AI model behind this run, so rules have done it."
_GOAL: Final = re.compile(r"<goal>\n(.*?)\n</goal>", re.DOTALL)
_CRITERIA: Final = re.compile(r"<criteria>\n(.*?)\n</criteria>", re.DOTALL)
_BULLET: Final = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s*")
_OURS: Final = re.compile(r"\s*<[a-z_]+(?: [^>\n]*)?>\n")
"""A user message that begins so, or is one of the context's own, is no person's."""
_FRAME: Final = ("Work on the goal.", "Go on.", "The results of ")


def is_run(request: ModelRequest) -> bool:
    return request.system.startswith((RUN_MARK, CHECK_MARK))


def next_step(request: ModelRequest, *, thinks: bool) -> Scenario:
    """What the Simulator says and calls next in the run."""
    tools = {tool.name: tool for tool in request.tools}
    criteria = _criteria(request.system)
    if request.system.startswith(CHECK_MARK):
        return _verdict(criteria, tools)
    goal = _unescaped(_first(_GOAL, request.system))
    seen = _recollect(request, goal)
    calls = tuple(_calls(goal, request, seen, tools))
    reasoning = f"The next step is {', '.join(c.name for c in calls)}." if thinks and calls else ""
    if calls:
        return Scenario(_lead(seen), reasoning, calls, "tool_calls")
    report = _report(goal, seen, frozenset(tools))
    if "finish" not in tools:
        return Scenario(report, reasoning)
    evidence = [{"criterion": each, "evidence": _evidence(seen)} for each in criteria]
    given = json.dumps({"report": report, "evidence": evidence}, ensure_ascii=False)
    return Scenario("", reasoning, (ScriptedCall("finish", given),), "tool_calls")


def _calls(
    goal: str, request: ModelRequest, seen: Recollection, tools: Mapping[str, ToolSpec]
) -> Iterator[ScriptedCall]:
    if "update_plan" in tools and not seen.has_called("update_plan"):
        steps = ["Look at the tasks", "Prepare one change", "Report what was found"]
        yield ScriptedCall("update_plan", fitted(tools["update_plan"], {"steps": steps}))
        return
    if seen.rounds >= _MOST_STEPS:
        return
    look, at = handover.first_look(goal)
    if look in tools and not seen.has_called(look):
        yield ScriptedCall(look, fitted(tools[look], at))
        return
    question = handover.question_of(goal)
    if question is not None and "ask_user" in tools and not seen.has_called("ask_user"):
        yield ScriptedCall("ask_user", fitted(tools["ask_user"], {"question": question}))
        return
    if handover.is_known(goal):
        yield from handover.calls_for(goal, seen, tools)
        return
    wishes = tuple(_wishes(goal, request, seen))
    yield from brain.next_calls(wishes, seen, tools)


def _wishes(goal: str, request: ModelRequest, seen: Recollection) -> Iterator[Wish]:
    texts = [goal, *_steering(request.messages)]
    wishes = [wish for text in texts for wish in read_wishes(text, seen.today)]
    yield from wishes
    if all(isinstance(wish, ListTasks) for wish in wishes):
        title = " ".join(goal.split())[:_TITLE_CHARS].strip(" .") or "Look at this run"
        yield CreateTask(title[:1].upper() + title[1:])


def _steering(messages: tuple[ChatMessage, ...]) -> Iterator[str]:
    """What people have said in the middle of the run."""
    for message in messages:
        text = message.text
        if message.role == "user" and not _OURS.match(text) and not text.startswith(_FRAME):
            yield text


def _recollect(request: ModelRequest, goal: str) -> Recollection:
    """All of the run's calls with their results, and not only those since somebody spoke."""
    seen = Recollection(goal, today_of(request.system))
    calls: dict[str, ToolCallPart] = {}
    for message in request.messages:
        seen.rounds += message.role == "assistant"
        for part in message.parts:
            if isinstance(part, ToolCallPart):
                calls[part.call_id] = part
            elif isinstance(part, ToolResultPart) and part.call_id in calls:
                seen.done.append(Done(calls[part.call_id], part))
    return seen


def _verdict(criteria: list[str], tools: Mapping[str, ToolSpec]) -> Scenario:
    why = "Simulated: the report is taken at its word, since rules can't judge it."
    if "verdict" not in tools:
        return Scenario(why)
    given = {"criteria": [{"met": True, "why": why} for _ in criteria]}
    return Scenario("", "", (ScriptedCall("verdict", json.dumps(given)),), "tool_calls")


def _lead(seen: Recollection) -> str:
    return "I begin with a plan. (Simulated)" if seen.rounds == 0 else ""


def _report(goal: str, seen: Recollection, tools: frozenset[str]) -> str:
    looked = len([task for task in seen.tasks() if task.is_open])
    prepared = seen.count_prepared(phrases.WRITE_TOOLS)
    lines = [_LABEL, ""]
    if goal:
        # A goal that is known has its id and its rules below the first line.
        words = goal.split("\n", 1)[0] if handover.is_known(goal) else goal
        lines.append(f"The goal was: “{' '.join(words.split())[:200]}”")
    if "list_tasks" in tools and not handover.is_breakdown(goal):
        lines.append(f"- I looked at {looked} open task{'' if looked == 1 else 's'}.")
    changes = "one change" if prepared == 1 else f"{prepared} changes"
    lines.append(
        f"- I prepared {changes}; nothing counts before you accept it."
        if prepared
        else "- I prepared no change."
    )
    if answer := handover.answer_in(seen):
        lines.append(f"- You answered: “{answer}”")
    lines += handover.order_of(goal, seen)
    failed = [done for done in seen.done if not done.result.ok]
    lines += [f"- `{done.call.name}` did not work." for done in failed]
    lines += ["", "For real work, add an API key under **Settings → Providers**."]
    return "\n".join(lines)


def _evidence(seen: Recollection) -> str:
    prepared = seen.count_prepared(phrases.WRITE_TOOLS)
    return f"Simulated: {len(seen.done)} tool calls were made, {prepared} changes prepared."


def _criteria(system: str) -> list[str]:
    lines = (_BULLET.sub("", line).strip() for line in _first(_CRITERIA, system).splitlines())
    return [_unescaped(line) for line in lines if line]


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match.group(1) if match else ""


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
