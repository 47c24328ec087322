"""The list: every filter, every order in both directions, pages without gaps or repeats."""

import base64
import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.tasks.conftest import NOON, Desk, MakeDesk

from vectal.platform.db.paging import InvalidCursorError, encode_cursor
from vectal.platform.ids import new_id
from vectal.tasks.contracts import STATUSES, Sort, Task, TaskFields, TaskFilter
from vectal.tasks.errors import InvalidFieldError

SORTS: tuple[Sort, ...] = ("position", "due", "priority", "created", "updated", "title")


async def titles(desk: Desk, wanted: TaskFilter | None = None, sort: Sort = "created") -> list[str]:
    page = await desk.services.lists.list_tasks(
        desk.me, wanted or TaskFilter(), sort=sort, limit=200
    )
    assert page.next_cursor is None
    return [task.title for task in page.items]


async def read_all(
    desk: Desk, wanted: TaskFilter, sort: Sort, limit: int, *, descending: bool
) -> list[Task]:
    found: list[Task] = []
    cursor: str | None = None
    while True:
        page = await desk.services.lists.list_tasks(
            desk.me, wanted, sort=sort, descending=descending, cursor=cursor, limit=limit
        )
        found += page.items
        assert len(page.items) <= limit
        cursor = page.next_cursor
        if cursor is None:
            return found


def key_of(task: Task, sort: Sort) -> Any:
    """What a plain reading of the task says it sorts by."""
    keys = {
        "position": task.position,
        "priority": task.priority,
        "created": task.created_at,
        "updated": task.updated_at,
        "title": task.title.lower(),
        "due": due_moment(task),
    }
    return keys[sort]


def due_moment(task: Task) -> datetime:
    if task.due_at is not None:
        return task.due_at
    if task.due_on is None:
        return datetime(9999, 1, 1, tzinfo=UTC)
    # Berlin's day ends at 22:00 UTC in summer.
    day = datetime(task.due_on.year, task.due_on.month, task.due_on.day, tzinfo=UTC)
    return day + timedelta(hours=22) - timedelta(microseconds=1)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", SORTS)
async def test_every_order_pages_without_gaps_or_repeats(
    desk: Desk, *, sort: Sort, descending: bool
) -> None:
    added: set[str] = set()
    for number in range(25):
        desk.clock.advance(number % 3)
        due: dict[str, object] = {}
        if number % 3 == 0:
            due["due_on"] = date(2026, 7, 1 + number % 5)
        elif number % 3 == 1:
            due["due_at"] = NOON + timedelta(hours=7 * (number % 4))
        task = await desk.add(
            f"{'Bb' if number % 2 else 'aA'}{number % 4}",
            priority=1 + number % 4,
            status=STATUSES[number % 4],
            **due,
        )
        added.add(str(task.id))
    for limit in (1, 4, 200):
        found = await read_all(desk, TaskFilter(), sort, limit, descending=descending)
        assert {str(task.id) for task in found} == added
        assert len(found) == 25
        if sort == "due" and descending:
            dated = [task for task in found if task.due_on or task.due_at]
            assert found[: len(dated)] == dated
            found = dated
        keys = [(key_of(task, sort), task.id) for task in found]
        assert all(b <= a if descending else a <= b for a, b in pairwise(keys))


async def test_filters(desk: Desk) -> None:
    flat = await desk.services.projects.create(desk.me, "Flat")
    await desk.add("plain")
    await desk.add("in flat", project_id=flat.id, priority=1, labels=["home"])
    parent = await desk.add("done", status="done", labels=["home", "Work"])
    await desk.add("child", parent_id=parent.id, assignee_id=desk.me.user_id, status="doing")
    deleted = await desk.add("deleted", project_id=flat.id)
    await desk.services.tasks.delete(desk.me, deleted.id)
    everything = ["plain", "in flat", "done", "child"]
    (home,) = [one for one in parent.labels if one.name == "home"]
    for wanted, expected in {
        TaskFilter(): everything,
        TaskFilter(project_id=flat.id): ["in flat"],
        TaskFilter(project_id=new_id()): [],
        TaskFilter(parent_id=parent.id): ["child"],
        TaskFilter(only_roots=True): ["plain", "in flat", "done"],
        TaskFilter(inbox=True): ["plain", "done"],
        TaskFilter(view="inbox"): ["plain"],
        TaskFilter(statuses=frozenset({"done"})): ["done"],
        TaskFilter(statuses=frozenset({"todo"})): ["plain", "in flat"],
        TaskFilter(statuses=frozenset({"todo", "doing"})): ["plain", "in flat", "child"],
        TaskFilter(statuses=frozenset({"doing", "done"})): ["done", "child"],
        TaskFilter(statuses=frozenset(STATUSES)): everything,
        TaskFilter(priorities=frozenset({1, 2})): ["in flat"],
        TaskFilter(labels=("HOME",)): ["in flat", "done"],
        TaskFilter(labels=("home", "work")): ["done"],
        TaskFilter(labels=(str(home.id),)): ["in flat", "done"],
        TaskFilter(labels=("nowhere",)): [],
        TaskFilter(assignee_id=desk.me.user_id): ["child"],
        TaskFilter(project_id=flat.id, labels=("work",)): [],
    }.items():
        assert await titles(desk, wanted) == expected, wanted


async def test_due_days_are_the_callers_own(desk: Desk) -> None:
    """It is Wednesday 15 July, 10:30 in Berlin."""
    await desk.add("yesterday", due_on=date(2026, 7, 14))
    await desk.add("this morning", due_at=NOON - timedelta(hours=1))
    await desk.add("today", due_on=date(2026, 7, 15))
    await desk.add("tonight", due_at=datetime(2026, 7, 15, 21, 59, tzinfo=UTC))
    await desk.add("past midnight", due_at=datetime(2026, 7, 15, 22, 0, tzinfo=UTC))
    await desk.add("tomorrow", due_on=date(2026, 7, 16))
    await desk.add("done", due_on=date(2026, 7, 15), status="done")
    await desk.add("whenever")
    today, late = ["tonight", "today"], ["yesterday", "this morning"]
    for wanted, expected in {
        TaskFilter(view="today"): [*late, *today],
        TaskFilter(view="overdue"): late,
        TaskFilter(overdue=True): late,
        TaskFilter(view="upcoming"): ["past midnight", "tomorrow"],
        TaskFilter(view="today", statuses=frozenset({"done"})): ["done"],
        TaskFilter(view="today", due_from=date(2026, 7, 15)): ["this morning", *today],
        TaskFilter(due_from=date(2026, 7, 16)): ["past midnight", "tomorrow"],
        TaskFilter(due_to=date(2026, 7, 14)): ["yesterday"],
        # In New York the same night is still Wednesday; on Kiritimati it is Thursday by now.
        TaskFilter(view="upcoming", timezone="America/New_York"): ["tomorrow"],
        TaskFilter(view="upcoming", timezone="Pacific/Kiritimati"): [
            "tonight",
            "past midnight",
            "tomorrow",
        ],
    }.items():
        assert await titles(desk, wanted, "due") == expected, wanted


async def test_search_finds_words_beginnings_and_parts_of_titles(desk: Desk) -> None:
    await desk.add("Pay the rent", notes="by bank_transfer to flat@example.org")
    await desk.add("Parental leave")
    await desk.add("Ärzte-Termin 100% 会議の準備 🎉")
    deleted = await desk.add("Rent a car")
    await desk.services.tasks.delete(desk.me, deleted.id)
    pay, leave, other = "Pay the rent", "Parental leave", "Ärzte-Termin 100% 会議の準備 🎉"
    for q, expected in {
        "rent": [pay, leave],
        "RENT pay": [pay],
        "re": [pay],
        "p": [pay, leave],
        "transfer": [pay],
        "example org": [pay],
        "ental": [leave],
        "ärz": [other],
        "100%": [other],
        "%": [other],
        "会議": [other],
        "準備": [other],
        "🎉": [other],
        "_": [],
        "'": [],
        "rent & ! | ( ) : * <-> '\\": [pay],
        "  ": [],
        "nothing": [],
    }.items():
        assert await titles(desk, TaskFilter(q=q)) == expected, q


async def test_search_stays_in_its_workspace_and_keeps_filters(
    desk: Desk, make_desk: MakeDesk
) -> None:
    stranger = await make_desk()
    await stranger.add("Pay the rent of a stranger")
    await desk.add("Pay the rent")
    await desk.add("Pay the rent again", status="done")
    wanted = TaskFilter(q="rent", statuses=frozenset({"todo"}))
    assert await titles(desk, wanted) == ["Pay the rent"]


async def test_a_search_with_very_many_hits_still_pages(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        await desk.add(f"Rent {number}", notes="x")
    await desk.add("Parental leave")
    await desk.add("Else")
    few = await read_all(desk, TaskFilter(q="rent"), "title", 3, descending=False)
    monkeypatch.setattr("vectal.tasks.repository.listing.MATCHES_AT_ONCE", 2)
    many = await read_all(desk, TaskFilter(q="rent"), "title", 3, descending=False)
    assert few == many
    assert len(many) == 8


async def test_a_cursor_serves_only_its_own_query(desk: Desk) -> None:
    for number in range(3):
        await desk.add(str(number))
    lists = desk.services.lists
    page = await lists.list_tasks(desk.me, TaskFilter(), sort="title", limit=1)
    assert page.next_cursor is not None
    for wanted, sort, descending in (
        (TaskFilter(), "created", False),
        (TaskFilter(), "title", True),
        (TaskFilter(only_roots=True), "title", False),
    ):
        with pytest.raises(InvalidCursorError):
            await lists.list_tasks(
                desk.me,
                wanted,
                sort=sort,  # type: ignore[arg-type]  # literals of a tuple
                descending=descending,
                cursor=page.next_cursor,
            )


async def test_forged_cursors_are_refused(desk: Desk) -> None:
    await desk.add("a")
    await desk.add("b")
    lists = desk.services.lists
    forged: dict[Sort, list[object]] = {
        "title": [None, 3, "a\x00"],
        "priority": ["1", True, None, 99],
        "due": ["soon", "2026-01-01T00:00:00Z", None],
        "created": ["2026-01-01", None, "x"],
    }
    for sort, values in forged.items():
        page = await lists.list_tasks(desk.me, TaskFilter(), sort=sort, limit=1)
        assert page.next_cursor is not None
        kind = kind_of(page.next_cursor)
        for value in values:
            cursor = encode_cursor(kind, [value, str(new_id())])  # type: ignore[list-item]  # forged
            with pytest.raises(InvalidCursorError):
                await lists.list_tasks(desk.me, TaskFilter(), sort=sort, cursor=cursor)
        bad_id = encode_cursor(kind, ["a", "not an id"])
        with pytest.raises(InvalidCursorError):
            await lists.list_tasks(desk.me, TaskFilter(), sort=sort, cursor=bad_id)


def kind_of(cursor: str) -> str:
    kind: str = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))[0]
    return kind


@pytest.mark.parametrize("timezone", ["Nowhere", "../../etc/passwd", "Europe", "\x00"])
async def test_a_timezone_is_a_name(desk: Desk, timezone: str) -> None:
    with pytest.raises(InvalidFieldError):
        await titles(desk, TaskFilter(view="today", timezone=timezone))


async def test_due_bounds_lie_within_the_calendar(desk: Desk) -> None:
    for wanted in (TaskFilter(due_to=date.max), TaskFilter(due_from=date.min)):
        with pytest.raises(InvalidFieldError):
            await titles(desk, wanted)


def conditions(task: Task, wanted: TaskFilter) -> bool:
    names = {label.name for label in task.labels}
    return (
        (not wanted.statuses or task.status in wanted.statuses)
        and (not wanted.priorities or task.priority in wanted.priorities)
        and names.issuperset(wanted.labels)
        and (wanted.due_to is None or (task.due_on is not None and task.due_on <= wanted.due_to))
    )


_days = st.none() | st.dates(date(2026, 7, 10), date(2026, 7, 20))
_tasks = st.fixed_dictionaries(
    {
        "priority": st.integers(1, 4),
        "status": st.sampled_from(STATUSES),
        "due_on": _days,
        "labels": st.lists(st.sampled_from(["a", "b", "c"]), unique=True),
    }
)
_filters = st.builds(
    TaskFilter,
    statuses=st.frozensets(st.sampled_from(STATUSES)),
    priorities=st.frozensets(st.integers(1, 4), max_size=2),
    labels=st.sampled_from([(), ("a",), ("b", "c"), ("never",)]),
    due_to=_days,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    chosen=st.lists(_tasks, max_size=12),
    wanted=_filters,
    sort=st.sampled_from(SORTS),
    descending=st.booleans(),
    limit=st.integers(1, 5),
)
async def test_the_list_is_what_a_plain_loop_would_choose(
    make_desk: MakeDesk,
    *,
    chosen: list[dict[str, Any]],
    wanted: TaskFilter,
    sort: Sort,
    descending: bool,
    limit: int,
) -> None:
    desk = await make_desk()
    added = [await desk.add(**fields) for fields in chosen]
    expected = {task.id for task in added if conditions(task, wanted)}
    found = await read_all(desk, wanted, sort, limit, descending=descending)
    assert len(found) == len(expected)
    assert {task.id for task in found} == expected


async def test_a_task_that_moves_while_paging_is_never_shown_twice(desk: Desk) -> None:
    added = [await desk.add(f"{letter}") for letter in "abcdef"]
    lists = desk.services.lists
    first = await lists.list_tasks(desk.me, TaskFilter(), sort="title", limit=3)
    await desk.services.tasks.update(desk.me, added[4].id, TaskFields(title="aa"))
    second = await lists.list_tasks(
        desk.me, TaskFilter(), sort="title", limit=3, cursor=first.next_cursor
    )
    shown = [task.id for task in [*first.items, *second.items]]
    assert len(shown) == len(set(shown)) == 5
