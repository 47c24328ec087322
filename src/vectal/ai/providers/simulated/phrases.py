"""What the Simulator says, in Markdown and in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from vectal.ai.providers.simulated.recollection import (
    Recollection,
    SeenTask,
    best_match,
    ranked,
)
from vectal.ai.providers.simulated.scenario import ScriptedCall
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
)

WRITE_TOOLS: Final = frozenset({"create_task", "update_task", "complete_task", "break_down_task"})
_TOOLS: Final[Mapping[type[Wish], str]] = {
    ListTasks: "list_tasks",
    ListProjects: "list_projects",
    CreateTask: "create_task",
    CompleteTask: "complete_task",
    BreakDown: "break_down_task",
    Reschedule: "update_task",
    Prioritise: "list_tasks",
}
_LISTED: Final = 20
_DUE_THEN: Final[Mapping[View, str]] = {
    "all": "open",
    "today": "due today",
    "tomorrow": "due tomorrow",
    "week": "due in the next seven days",
    "overdue": "overdue",
}
_PRIORITIES: Final = {1: "high", 2: "medium", 3: "low"}
_SENTENCES: Final = (
    "This is simulated text, written by rules and not by a model.",
    "It streams at the pace of a real answer, token by token.",
    "You may stop it, reload the page, or open a second tab: the stream goes on where it was.",
    "Long answers show how the page scrolls and how the text is drawn while it grows.",
    "A list, a **bold** word and some `code` now and then keep the renderer honest.",
    "When a real provider is set up, its words stand here instead.",
)


def introduction(text: str, *, has_tools: bool) -> str:
    asked = " ".join(text.split())
    quoted = f"You wrote: “{asked[:160]}{'…' if len(asked) > 160 else ''}”\n\n" if asked else ""  # noqa: PLR2004  (a glimpse)
    tools = (
        "What I can do is show how Vectal works. Try one of these:\n\n"
        "- What's due today?\n"
        "- Add a task to call the dentist tomorrow\n"
        "- Mark “call the dentist” done\n"
        "- Break down “plan the party”\n"
        "- Prioritise my tasks\n\n"
        "Reading works in Ask mode; changes need Act mode, and you review them before they count."
        if has_tools
        else "In this conversation I have no tools, so I can only talk."
    )
    return (
        f"{quoted}I am the **Simulator**: there is no AI model behind me, so I can't really "
        f"answer that. {tools}\n\n"
        "For real answers, add an API key for OpenAI, Anthropic, DeepSeek or any "
        "OpenAI-compatible server under **Settings → Providers**."
    )


def long_text(words: int) -> str:
    """About as many words as asked for, in paragraphs, always the same."""
    out: list[str] = ["# A long simulated answer\n\n"]
    written, sentence = 0, 0
    while written < words:
        text = _SENTENCES[sentence % len(_SENTENCES)]
        written += len(text.split())
        sentence += 1
        out.append(text + ("\n\n" if sentence % 4 == 0 else " "))
    return "".join(out).rstrip()


def lead(calls: tuple[ScriptedCall, ...]) -> str:
    # Not how many changes: the first calls are rarely all of them.
    writes = any(call.name in WRITE_TOOLS for call in calls)
    return "I'll prepare that for you.\n\n" if writes else "Let me look.\n\n"


def reasoning(wishes: tuple[Wish, ...], seen: Recollection, calls: tuple[ScriptedCall, ...]) -> str:
    if not wishes:
        return "This is no request that I know a tool for, so I say what I am and what I can do."
    names = ", ".join(dict.fromkeys(call.name for call in calls))
    if calls and seen.rounds == 0:
        return f"The request has {len(wishes)} part(s). I begin with {names}."
    if calls:
        return f"Now that I know the tasks, I go on with {names}."
    return "The tools have answered; I put their results into words."


def summary(wishes: tuple[Wish, ...], seen: Recollection, tools: frozenset[str]) -> str:
    """What came of the wishes, part by part."""
    parts = [part for wish in wishes for part in _outcome(wish, seen, tools)]
    failed = [done for done in seen.done if not done.result.ok]
    parts += [f"`{done.call.name}` said: {done.result.content[:300]}" for done in failed]
    proposed = seen.count_prepared(WRITE_TOOLS)
    if proposed:
        parts.append(
            f"I proposed {_changes(proposed)}. Nothing is changed yet: look at the card and "
            "accept what you like."
        )
    return "\n\n".join(dict.fromkeys(parts)) or "That is already as you want it."


def _outcome(wish: Wish, seen: Recollection, tools: frozenset[str]) -> Iterator[str]:
    needed = _TOOLS[type(wish)]
    if needed not in tools:
        yield (
            "I may only read in Ask mode. Switch to **Act** and ask again: then I prepare the "
            "change, and you accept or reject it."
            if needed in WRITE_TOOLS
            else f"I would need the tool `{needed}` for that, and it is not offered to me here."
        )
        return
    match wish:
        case ListTasks(view=view):
            yield _listed(seen, view)
        case ListProjects():
            yield _projects(seen)
        case CompleteTask(wanted=wanted) | BreakDown(wanted=wanted) | Reschedule(wanted=wanted):
            if best_match(wanted, seen.tasks("list_tasks", "create_task")) is None:
                yield f"I found no open task like “{wanted}”."
        case Prioritise():
            yield _ranking(seen)
        case CreateTask():
            pass


def _listed(seen: Recollection, view: View) -> str:
    tasks = [task for task in seen.tasks() if task.is_open]
    what = _DUE_THEN[view]
    if not tasks:
        return f"Nothing is {what}. Enjoy it!"
    lines = [_line(task) for task in tasks[:_LISTED]]
    if len(tasks) > _LISTED:
        lines.append(f"- … and {len(tasks) - _LISTED} more")
    noun = "task is" if len(tasks) == 1 else "tasks are"
    return f"{len(tasks)} {noun} {what}:\n\n" + "\n".join(lines)


def _ranking(seen: Recollection) -> str:
    from_first = ranked(seen.tasks())
    if not from_first:
        return "There is no open task to put in order."
    lines = [f"{i}. {_line(task)[2:]}" for i, task in enumerate(from_first[:5], start=1)]
    return "I would go in this order, by due date and importance:\n\n" + "\n".join(lines)


def _projects(seen: Recollection) -> str:
    names = seen.project_names()[:_LISTED]
    if not names:
        return "There is no project yet."
    return "Your projects:\n\n" + "\n".join(f"- **{name}**" for name in names)


def _line(task: SeenTask) -> str:
    notes = [f"due {task.due[:10]}"] if task.due else []
    if task.priority in _PRIORITIES:
        notes.append(f"{_PRIORITIES[task.priority]} priority")
    return f"- **{task.title}**" + (f" ({', '.join(notes)})" if notes else "")


def _changes(number: int) -> str:
    return "one change" if number == 1 else f"{number} changes"
