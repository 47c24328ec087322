"""The task list: filtered, sorted and paged by key, each branch a range of one index.

Open and closed tasks lie apart in every index, so a list that wants both merges two ranges.
Row security is a second lock here: every branch names the workspace itself.
"""
# ruff: noqa: S608 - statements are put together from constants, values are arguments

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from vectal.platform.db import ReadSession
from vectal.tasks.contracts import OPEN, Sort, Status, Task
from vectal.tasks.due import NO_DUE, DueWindow
from vectal.tasks.repository.rows import TASK, WITH_SUBTASKS, fetch, fetch_one, read_task
from vectal.tasks.search import Search

# Nobody's wall clock is further than this from another's.
_ZONES_APART: Final = timedelta(days=2)
_KEYS: Final[dict[Sort, str]] = {
    "position": "position",
    "due": "due_order",
    "priority": "priority",
    "created": "created_at",
    "updated": "updated_at",
    "title": "title_order",
}
_CLOSED: Final[frozenset[Status]] = frozenset({"done", "cancelled"})
MATCHES_AT_ONCE: Final = 2_000
"""A search with no more hits sorts them; one with more walks the list's own order."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The list's conditions with names and dates resolved."""

    project_id: UUID | None = None
    parent_id: UUID | None = None
    only_roots: bool = False
    inbox: bool = False
    statuses: frozenset[Status] = frozenset()
    priorities: frozenset[int] = frozenset()
    label_ids: tuple[UUID, ...] = ()
    due: DueWindow | None = None
    assignee_id: UUID | None = None
    search: Search | None = None


@dataclass(frozen=True, slots=True)
class Order:
    sort: Sort
    descending: bool


KeyValue = str | int | datetime


@dataclass(frozen=True, slots=True)
class After:
    """The last row of the page before."""

    key: KeyValue
    id: UUID


class _Arguments:
    """Values of a query, numbered as they come."""

    def __init__(self, *values: object) -> None:
        self.values = list(values)

    def add(self, value: object) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


async def list_tasks(
    session: ReadSession,
    workspace_id: UUID,
    selection: Selection,
    order: Order,
    after: After | None,
    limit: int,
) -> list[tuple[Task, KeyValue]]:
    """Up to `limit` tasks after a place, each with the value it was sorted by."""
    arguments = _Arguments(workspace_id)
    conditions = _conditions(selection, arguments)
    if selection.search is not None:
        conditions.append(await _matches(session, selection.search, arguments))
    query = _compose(selection, order, conditions, after, limit, arguments)
    rows = await fetch(session, query, *arguments.values)
    return [(read_task(row), row["sort_key"]) for row in rows]


def _compose(
    selection: Selection,
    order: Order,
    conditions: Sequence[str],
    after: After | None,
    limit: int,
    arguments: _Arguments,
) -> str:
    key, direction = _KEYS[order.sort], "DESC" if order.descending else "ASC"
    # A number in the text, so that a plan that is kept knows that only a page is wanted.
    bound = int(limit)
    parts: list[str] = []
    for rank, segment in enumerate(_segments(order, after, arguments)):
        branches = [
            f"(SELECT t.id, t.{key} AS sort_key, {rank} AS rank FROM tasks t"
            f" WHERE {' AND '.join([*conditions, branch, *segment])}"
            f" ORDER BY t.{key} {direction}, t.id {direction} LIMIT {bound})"
            for branch in _branches(selection.statuses)
        ]
        parts += branches
    ordered = f"rank, sort_key {direction}, id {direction}"
    return (
        f"SELECT {TASK}, page.sort_key"
        f" FROM (SELECT * FROM ({' UNION ALL '.join(parts)}) both_sides"
        f" ORDER BY {ordered} LIMIT {bound}) page"
        f" JOIN tasks t ON t.workspace_id = $1 AND t.id = page.id {WITH_SUBTASKS}"
        f" ORDER BY page.rank, page.sort_key {direction}, page.id {direction}"
    )


def _segments(order: Order, after: After | None, arguments: _Arguments) -> list[list[str]]:
    """Conditions of the ranges to read one after the other.

    Tasks without a due time come last in both directions, so sorting down reads two ranges.
    """
    key = f"t.{_KEYS[order.sort]}"
    beyond: list[str] = []
    if after is not None:
        sign = "<" if order.descending else ">"
        beyond = [f"({key}, t.id) {sign} ({arguments.add(after.key)}, {arguments.add(after.id)})"]
    if not (order.sort == "due" and order.descending):
        return [beyond]
    none = arguments.add(NO_DUE)
    with_due, without = [f"{key} < {none}"], [f"{key} = {none}"]
    if after is None:
        return [with_due, without]
    if after.key == NO_DUE:
        return [[*without, *beyond]]
    return [[*with_due, *beyond], without]


def _branches(statuses: frozenset[Status]) -> list[str]:
    if statuses and statuses <= OPEN:
        return ["t.is_open"]
    if statuses and statuses <= _CLOSED:
        return ["NOT t.is_open"]
    return ["t.is_open", "NOT t.is_open"]


def _conditions(selection: Selection, arguments: _Arguments) -> list[str]:
    conditions = ["t.workspace_id = $1", "t.deleted_at IS NULL"]
    if selection.project_id is not None:
        conditions.append(f"t.project_id = {arguments.add(selection.project_id)}")
    if selection.parent_id is not None:
        conditions.append(f"t.parent_id = {arguments.add(selection.parent_id)}")
    if selection.only_roots or selection.inbox:
        conditions.append("t.parent_id IS NULL")
    if selection.inbox:
        conditions.append("t.project_id IS NULL")
    if selection.statuses not in (frozenset(), OPEN, _CLOSED, OPEN | _CLOSED):
        conditions.append(f"t.status = ANY({arguments.add(sorted(selection.statuses))}::text[])")
    if selection.priorities:
        wanted = arguments.add(sorted(selection.priorities))
        conditions.append(f"t.priority = ANY({wanted}::smallint[])")
    if selection.assignee_id is not None:
        conditions.append(f"t.assignee_id = {arguments.add(selection.assignee_id)}")
    conditions += [
        "t.id IN (SELECT tl.task_id FROM task_labels tl"
        f" WHERE tl.workspace_id = $1 AND tl.label_id = {arguments.add(label_id)})"
        for label_id in selection.label_ids
    ]
    if selection.due is not None:
        conditions += _due_conditions(selection.due, arguments)
    return conditions


def _due_conditions(due: DueWindow, arguments: _Arguments) -> list[str]:
    """The exact condition, and one that the index can be entered by.

    `due_order` is the wall clock of whoever set it, so the window opens by all zones of the world.
    """
    days, moments, range_ = ["t.due_on IS NOT NULL"], ["t.due_at IS NOT NULL"], list[str]()
    if due.first is not None:
        days.append(f"t.due_on >= {arguments.add(due.first)}")
        range_.append(f"t.due_order >= {arguments.add(_midnight(due.first) - _ZONES_APART)}")
    if due.last is not None:
        days.append(f"t.due_on <= {arguments.add(due.last)}")
        range_.append(f"t.due_order < {arguments.add(_midnight(due.last) + 2 * _ZONES_APART)}")
    if due.starts_at is not None:
        moments.append(f"t.due_at >= {arguments.add(due.starts_at)}")
    if due.ends_at is not None:
        moments.append(f"t.due_at < {arguments.add(due.ends_at)}")
    return [f"(({' AND '.join(days)}) OR ({' AND '.join(moments)}))", *range_]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001  # wall-clock time


async def _matches(session: ReadSession, search: Search, arguments: _Arguments) -> str:
    """Return the condition for a search: the few tasks it finds, or the words themselves."""
    row = await fetch_one(
        session,
        "SELECT tasks_matching($1::text::tsquery, $2, $3) AS ids",
        search.words,
        search.part,
        MATCHES_AT_ONCE + 1,
    )
    ids: list[UUID] = row["ids"] if row else []
    if len(ids) <= MATCHES_AT_ONCE:
        return f"t.id = ANY({arguments.add(ids)}::uuid[])"
    either: list[str] = []
    if search.words is not None:
        either.append(f"t.search @@ {arguments.add(search.words)}::text::tsquery")
    if search.part is not None:
        either.append(f"t.title ILIKE {arguments.add(search.part)}")
    return f"({' OR '.join(either)})"
