"""What the Simulator can see of the conversation: the request, and what tools have answered."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from vectal.ai.contracts import ChatMessage, ToolCallPart, ToolResultPart
from vectal.ai.ports import ModelRequest
from vectal.ai.providers.simulated.reading import SeenSource, part_sources
from vectal.ai.providers.untrusted import as_list, as_object, as_text
from vectal.platform.clock import utc_now

_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_TODAY: Final = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")
_NOISE: Final = frozenset({"the", "a", "an", "my", "to", "of", "for", "task", "and", "in", "on"})
_MAX_DEPTH: Final = 6
_OPEN: Final = frozenset({"todo", "doing", None})


@dataclass(frozen=True, slots=True)
class SeenTask:
    """A task as some tool showed it."""

    id: str
    title: str
    status: str | None = None
    due: str | None = None
    priority: int | None = None

    @property
    def is_open(self) -> bool:
        return self.status in _OPEN


@dataclass(frozen=True, slots=True)
class Done:
    """A call of this turn with its result."""

    call: ToolCallPart
    result: ToolResultPart


@dataclass(slots=True)
class Recollection:
    """The newest message of the user and everything that tools answered since."""

    text: str
    today: date
    sources: list[SeenSource] = field(default_factory=list[SeenSource])
    done: list[Done] = field(default_factory=list[Done])
    rounds: int = 0

    @classmethod
    def of(cls, request: ModelRequest) -> Recollection:
        newest = next(
            (i for i in reversed(range(len(request.messages))) if _speaks(request.messages[i])),
            None,
        )
        said = "" if newest is None else request.messages[newest].text
        sources, text = part_sources(said)
        seen = cls(text, today_of(request.system), sources)
        calls: dict[str, ToolCallPart] = {}
        for message in request.messages[(newest or 0) + 1 :]:
            seen.rounds += message.role == "assistant"
            for part in message.parts:
                if isinstance(part, ToolCallPart):
                    calls[part.call_id] = part
                elif isinstance(part, ToolResultPart) and part.call_id in calls:
                    seen.done.append(Done(calls[part.call_id], part))
        return seen

    def has_called(self, name: str, arguments: str | None = None) -> bool:
        return any(
            done.call.name == name and (arguments is None or _same(arguments, done.call.arguments))
            for done in self.done
        )

    def tasks(self, *calls: str) -> list[SeenTask]:
        """All tasks that results of these calls (`list_tasks` by default) showed, once each."""
        found: dict[str, SeenTask] = {}
        for done in self.done:
            if done.call.name in (calls or ("list_tasks",)) and done.result.ok:
                found.update((task.id, task) for task in read_tasks(done.result.content))
        return list(found.values())

    def count_prepared(self, calls: Collection[str]) -> int:
        """How many tasks these calls have prepared to change, as the card will list them.

        One call may prepare many, and two may change the same; one that says nothing of it has
        prepared one.
        """
        prepared: set[str] = set()
        for done in self.done:
            if done.call.name in calls and done.result.ok:
                prepared.update(_prepared(done.result.content) or [done.call.call_id])
        return len(prepared)

    def project_names(self) -> list[str]:
        """Names of the projects that `list_projects` showed."""
        done = next((d for d in self.done if d.call.name == "list_projects"), None)
        try:
            parsed: object = json.loads(done.result.content) if done else None
        except (ValueError, RecursionError):
            return []
        projects = as_list(as_object(parsed).get("projects")) or []
        names = (as_text(as_object(project).get("name")) for project in projects)
        return [name for name in names if name]


def _prepared(content: str) -> list[str]:
    try:
        parsed: object = json.loads(content)
    except (ValueError, RecursionError):
        return []
    entries = as_list(as_object(parsed).get("prepared")) or []
    ids = (as_text(as_object(entry).get("task_id")) for entry in entries)
    return [task_id for task_id in ids if task_id]


def read_tasks(content: str) -> list[SeenTask]:
    """Tasks in the result of a tool: JSON of any shape, or lines that carry an id."""
    try:
        parsed: object = json.loads(content)
    except (ValueError, RecursionError):
        return [
            SeenTask(match.group(), _UUID.sub("", line).strip(" -*[]():,"))
            for line in content.splitlines()
            if (match := _UUID.search(line))
        ]
    return list(_walk(parsed, 0))


def best_match(wanted: str, tasks: list[SeenTask]) -> SeenTask | None:
    """The open task whose title shares the most words with what was wanted."""
    words = _words(wanted)
    scored = [(_score(words, task), task) for task in tasks if task.is_open]
    score, task = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return task if score >= 0.5 else None  # noqa: PLR2004  (half of the words)


def ranked(tasks: list[SeenTask]) -> list[SeenTask]:
    """Open tasks: what is due first, then what was marked as important."""
    still_open = [task for task in tasks if task.is_open]
    return sorted(still_open, key=lambda task: (task.due or "9999", task.priority or 4, task.title))


def _walk(value: object, depth: int) -> list[SeenTask]:
    if depth > _MAX_DEPTH:
        return []
    entries = as_list(value)
    if entries is not None:
        return [task for entry in entries for task in _walk(entry, depth + 1)]
    fields = as_object(value)
    task = _task(fields)
    if task is not None:
        return [task]
    return [task for entry in fields.values() for task in _walk(entry, depth + 1)]


def _task(fields: dict[str, Any]) -> SeenTask | None:
    task_id = as_text(fields.get("id")) or as_text(fields.get("task_id"))
    title = as_text(fields.get("title"))
    if not task_id or not title:
        return None
    priority = fields.get("priority")
    return SeenTask(
        task_id,
        title,
        as_text(fields.get("status")),
        as_text(fields.get("due_on"))
        or as_text(fields.get("due_at"))
        or as_text(fields.get("due")),
        priority if isinstance(priority, int) else None,
    )


def _score(words: set[str], task: SeenTask) -> float:
    title = _words(task.title)
    shared = len(words & title)
    # All words of the wish count more than the words that the title has besides.
    return shared / max(len(words), 1) + shared / max(len(title), 1) / 10 if shared else 0.0


def _words(text: str) -> set[str]:
    words = set(re.findall(r"\w+", text.lower()))
    return words - _NOISE or words


def _speaks(message: ChatMessage) -> bool:
    return message.role == "user"


def today_of(system: str) -> date:
    """The date that the system prompt names, so that the same request reads the same."""
    match = _TODAY.search(system)
    try:
        return date.fromisoformat(match.group(1)) if match else utc_now().date()
    except ValueError:
        return utc_now().date()


def _same(one: str, other: str) -> bool:
    """Clients write arguments anew; what they say stays."""
    try:
        return one == other or json.loads(one) == json.loads(other)
    except (ValueError, RecursionError):
        return False
