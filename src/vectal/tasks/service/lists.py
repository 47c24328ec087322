"""Use cases that read many: the task list with its cursor, and a task's history."""

import hashlib
from datetime import datetime
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database, ReadSession
from vectal.platform.db.paging import CursorValue, InvalidCursorError, decode_cursor, encode_cursor
from vectal.tasks.contracts import (
    OPEN,
    HistoryEntry,
    HistoryPage,
    Person,
    Sort,
    Task,
    TaskFilter,
    TaskPage,
)
from vectal.tasks.due import DueWindow, days_between, overdue, read_timezone, window_of
from vectal.tasks.errors import InvalidFieldError, TaskNotFoundError
from vectal.tasks.fields import FIRST_DAY, LAST_DAY
from vectal.tasks.ports import People
from vectal.tasks.repository import history, labels, listing, tasks
from vectal.tasks.repository.listing import After, KeyValue, Order, Selection
from vectal.tasks.search import read_search
from vectal.tasks.service.cursors import as_id, read_id

_FORMER_MEMBER = "Former member"
_NOBODY = UUID(int=0)
_HISTORY = "tasks.history"


class TaskListService:
    """Pages of tasks and of history."""

    def __init__(self, database: Database, clock: Clock, people: People) -> None:
        self._database = database
        self._clock = clock
        self._people = people

    async def list_tasks(
        self,
        principal: Principal,
        wanted: TaskFilter,
        *,
        sort: Sort = "position",
        descending: bool = False,
        cursor: str | None = None,
        limit: int = 50,
    ) -> TaskPage:
        order = Order(sort, descending)
        kind = _kind(wanted, order)
        after = _read_cursor(kind, order, cursor) if cursor else None
        async with self._database.read(principal) as session:
            selection = await self.select(session, principal, wanted)
            if selection is None:
                return TaskPage((), None)
            found = await listing.list_tasks(
                session, principal.workspace_id, selection, order, after, limit + 1
            )
        page = found[:limit]
        following = _write_cursor(kind, *page[-1]) if len(found) > limit else None
        return TaskPage(tuple(task for task, _ in page), following)

    async def select(
        self, session: ReadSession, principal: Principal, wanted: TaskFilter
    ) -> Selection | None:
        """The filter with names, days and views resolved; None when nothing can match."""
        search = read_search(wanted.q) if wanted.q is not None else None
        label_ids = await _find_labels(session, principal.workspace_id, wanted.labels)
        if (wanted.q is not None and search is None) or label_ids is None:
            return None
        statuses = wanted.statuses
        if not statuses and (wanted.overdue or wanted.view is not None):
            statuses = OPEN
        return Selection(
            project_id=wanted.project_id,
            parent_id=wanted.parent_id,
            only_roots=wanted.only_roots,
            inbox=wanted.inbox or wanted.view == "inbox",
            statuses=statuses,
            priorities=wanted.priorities,
            label_ids=label_ids,
            due=self._due(principal, wanted),
            assignee_id=wanted.assignee_id,
            search=search,
        )

    def _due(self, principal: Principal, wanted: TaskFilter) -> DueWindow | None:
        for name, day in (("due_from", wanted.due_from), ("due_to", wanted.due_to)):
            if day is not None and not FIRST_DAY <= day <= LAST_DAY:
                raise InvalidFieldError(
                    f"{name} lies between {FIRST_DAY} and {LAST_DAY}.", pointer=f"/{name}"
                )
        timezone = read_timezone(wanted.timezone or principal.timezone)
        now = self._clock.now()
        windows: list[DueWindow] = []
        if wanted.due_from is not None or wanted.due_to is not None:
            windows.append(days_between(wanted.due_from, wanted.due_to, timezone))
        if wanted.overdue:
            windows.append(overdue(now, timezone))
        view = window_of(wanted.view, now, timezone) if wanted.view else None
        if view is not None:
            windows.append(view)
        if not windows:
            return None
        window = windows[0]
        for other in windows[1:]:
            window = window.within(other)
        return window

    async def list_history(
        self, principal: Principal, task_id: UUID, *, cursor: str | None = None, limit: int = 50
    ) -> HistoryPage:
        """What became of a task, the newest first; also of a deleted one."""
        before = read_id(_HISTORY, cursor) if cursor else None
        async with self._database.read(principal) as session:
            known = await tasks.list_versions(session, principal.workspace_id, [task_id])
            if task_id not in known:
                raise TaskNotFoundError
            found = await history.list_entries(
                session, principal.workspace_id, task_id, before, limit + 1
            )
            actors = {one.actor_id for one in found if one.actor_id is not None}
            names = await self._people.find_names(principal, actors)
        page = found[:limit]
        items = tuple(
            HistoryEntry(
                one.entry.id,
                one.entry.version,
                Person(
                    one.actor_id or _NOBODY,
                    names.get(one.actor_id, _FORMER_MEMBER) if one.actor_id else _FORMER_MEMBER,
                ),
                one.changeset_id,
                one.entry.changes,
                one.at,
            )
            for one in page
        )
        more = len(found) > limit
        return HistoryPage(items, encode_cursor(_HISTORY, [str(items[-1].id)]) if more else None)


async def _find_labels(
    session: ReadSession, workspace_id: UUID, wanted: tuple[str, ...]
) -> tuple[UUID, ...] | None:
    """Ids of labels given by name or id; None when one does not exist."""
    if not wanted:
        return ()
    found = await labels.find_labels_by_name(session, workspace_id, wanted)
    by_name = {label.name.lower(): label.id for label in found}
    ids: list[UUID] = []
    for name in wanted:
        label_id = by_name.get(name.lower()) or as_id(name)
        if label_id is None:
            return None
        ids.append(label_id)
    return tuple(ids)


def _kind(wanted: TaskFilter, order: Order) -> str:
    """Names the query, so that a cursor does not serve another one."""
    sets = (sorted(wanted.statuses), sorted(wanted.priorities))
    plain = repr((order, sets, [getattr(wanted, name) for name in _COMPARED]))
    return f"tasks:{hashlib.blake2s(plain.encode(), digest_size=9).hexdigest()}"


_COMPARED = (
    *("project_id", "parent_id", "only_roots", "inbox", "labels", "due_from", "due_to"),
    *("overdue", "assignee_id", "q", "view", "timezone"),
)


def _write_cursor(kind: str, task: Task, key: KeyValue) -> str:
    value: CursorValue = key.isoformat() if isinstance(key, datetime) else key
    return encode_cursor(kind, [value, str(task.id)])


def _read_cursor(kind: str, order: Order, cursor: str) -> After:
    value, id_ = decode_cursor(kind, cursor, length=2)
    key = _read_key(order.sort, value)
    task_id = as_id(id_)
    if key is None or task_id is None:
        raise InvalidCursorError
    return After(key, task_id)


def _read_key(sort: Sort, value: CursorValue) -> KeyValue | None:
    if sort == "priority":
        is_small = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10  # noqa: PLR2004
        return value if is_small and isinstance(value, int) else None
    if not isinstance(value, str) or "\x00" in value:
        return None
    if sort in {"position", "title"}:
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise InvalidCursorError from error
    # Due order is wall-clock time, the others are moments.
    return moment if (moment.tzinfo is None) == (sort == "due") else None
