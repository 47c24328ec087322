"""One line of time: events, tasks by when they are due, and the coming runs of schedules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from vectal.auth.policy import can
from vectal.auth.principal import Principal
from vectal.calendar.contracts import Agenda, AgendaEntry, AgendaKind, Occurrence, Window
from vectal.calendar.fields import read_timezone
from vectal.calendar.ports import ComingRuns
from vectal.calendar.service.listing import Listing, spans_of
from vectal.tasks.contracts import Status, Task, TaskFilter
from vectal.tasks.service import TaskServices

_MOST: Final = 200
"""Entries of each kind."""
_SHOWN: Final[frozenset[Status]] = frozenset(("todo", "doing", "done"))
_ACTIONS: Final[dict[AgendaKind, str]] = {
    "event": "calendar.list",
    "task": "tasks.list",
    "run": "schedules.list",
}
Part = tuple[list[AgendaEntry], bool]


@dataclass(frozen=True, slots=True)
class Agendas:
    listing: Listing
    tasks: TaskServices
    runs: ComingRuns

    async def show(self, principal: Principal, window: Window) -> Agenda:
        """What the principal may see of each kind, at most 200 of each, in the order of time.

        Raises `BadEventError` for a window that is none.
        """
        spans_of(window)
        parts = {"event": self._events, "task": self._tasks, "run": self._runs}
        entries: list[AgendaEntry] = []
        has_more: list[AgendaKind] = []
        hidden: list[AgendaKind] = []
        kind: AgendaKind
        for kind, action in _ACTIONS.items():
            if not can(principal, action):
                hidden.append(kind)
                continue
            found, more = await parts[kind](principal, window)
            entries += found
            if more:
                has_more.append(kind)
        entries.sort(key=lambda each: (each.key, each.kind, each.title, str(each.id)))
        return Agenda(entries, tuple(has_more), tuple(hidden))

    async def _events(self, principal: Principal, window: Window) -> Part:
        page = await self.listing.list_occurrences(principal, window, limit=_MOST)
        zone = read_timezone(window.timezone)
        found = [_of_occurrence(each, zone) for each in page.items]
        return found, page.next_cursor is not None

    async def _tasks(self, principal: Principal, window: Window) -> Part:
        zone = read_timezone(window.timezone)
        last = window.ends_at - timedelta(microseconds=1)
        wanted = TaskFilter(
            statuses=_SHOWN,
            due_from=window.starts_at.astimezone(zone).date(),
            due_to=last.astimezone(zone).date(),
            timezone=window.timezone,
        )
        page = await self.tasks.lists.list_tasks(principal, wanted, sort="due", limit=_MOST)
        found = [_of_task(task, zone) for task in page.items if _is_due_in(task, window)]
        return found, page.next_cursor is not None

    async def _runs(self, principal: Principal, window: Window) -> Part:
        """The next few of each schedule, of the schedules that a page of them holds."""
        page = await self.runs.list_coming(principal, _MOST)
        found = [
            AgendaEntry("run", each.schedule_id, each.name, key=each.at, starts_at=each.at)
            for each in page.items
            if window.starts_at <= each.at < window.ends_at
        ]
        found.sort(key=lambda each: each.key)
        return found[:_MOST], len(found) > _MOST or page.next_cursor is not None


def _of_occurrence(occurrence: Occurrence, zone: ZoneInfo) -> AgendaEntry:
    day = occurrence.starts_on
    return AgendaEntry(
        kind="event",
        id=occurrence.event.id,
        title=occurrence.event.title,
        key=occurrence.key if day is None else _begin_of(day, zone),
        starts_at=occurrence.starts_at,
        ends_at=occurrence.ends_at,
        starts_on=day,
        ends_on=occurrence.ends_on,
        occurrence=occurrence,
    )


def _of_task(task: Task, zone: ZoneInfo) -> AgendaEntry:
    due = task.due_at
    if due is None and task.due_on is not None:
        due = _begin_of(task.due_on, zone)
    return AgendaEntry(
        kind="task",
        id=task.id,
        title=task.title,
        key=due or task.created_at,
        starts_at=task.due_at,
        starts_on=task.due_on,
        is_done=task.status == "done",
    )


def _is_due_in(task: Task, window: Window) -> bool:
    """Days are asked for whole; of a moment it is known exactly."""
    return task.due_at is None or window.starts_at <= task.due_at < window.ends_at


def _begin_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)
