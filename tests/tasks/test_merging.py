"""The three-way merge as a pure function: nothing of a person is overwritten unless forced."""

from datetime import UTC, date, datetime
from typing import Any, cast
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from vectal.platform.ids import new_id
from vectal.tasks.contracts import FIELDS, TaskFields
from vectal.tasks.fields import is_same
from vectal.tasks.merging import (
    ItemState,
    describe,
    find_missing,
    merge,
    merge_labels,
    status_of,
    units_of,
    whole_units,
    with_dependents,
)

_IDS = st.sampled_from([None, UUID(int=1), UUID(int=2)])
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "title": st.sampled_from(["a", "b", "c"]),
    "notes": st.sampled_from(["", "x"]),
    "status": st.sampled_from(["todo", "doing", "done"]),
    "priority": st.integers(1, 4),
    "project_id": _IDS,
    "parent_id": _IDS,
    "labels": st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True),
    "due_on": st.sampled_from([None, date(2026, 7, 1), date(2026, 7, 2)]),
    "due_at": st.sampled_from([None, datetime(2026, 7, 1, tzinfo=UTC)]),
    "assignee_id": _IDS,
}
assert tuple(_VALUES) == FIELDS

_whole = st.fixed_dictionaries(_VALUES).map(lambda fields: cast("TaskFields", fields))
_names = st.sets(st.sampled_from(FIELDS), min_size=1).map(lambda names: whole_units(sorted(names)))


def change(task: TaskFields, names: list[str], values: TaskFields) -> tuple[TaskFields, TaskFields]:
    """The before and after of a proposal that sets these fields."""
    old, new = cast("dict[str, Any]", task), cast("dict[str, Any]", values)
    before = {name: old[name] for name in names}
    after = {name: new[name] for name in names}
    return cast("TaskFields", before), cast("TaskFields", after)


def get(fields: TaskFields, name: str) -> Any:
    return cast("dict[str, Any]", fields)[name]


@given(_whole, _names, _whole)
def test_applied_to_an_untouched_task_it_does_what_it_says(
    task: TaskFields, names: list[str], values: TaskFields
) -> None:
    before, after = change(task, names, values)
    merged = merge(task, before, after)
    assert merged.conflicts == ()
    result = task | merged.wanted
    for name in FIELDS:
        assert is_same(name, get(result, name), get(values if name in names else task, name))


@given(_whole, _names, _whole)
def test_applying_then_undoing_is_the_identity(
    task: TaskFields, names: list[str], values: TaskFields
) -> None:
    before, after = change(task, names, values)
    applied = task | merge(task, before, after).wanted
    undone = applied | merge(applied, after, before).wanted
    assert all(is_same(name, get(undone, name), get(task, name)) for name in FIELDS)


@given(_whole, _names, _whole, _whole)
def test_what_a_person_changed_meanwhile_stays_or_is_a_conflict(
    task: TaskFields, names: list[str], values: TaskFields, person: TaskFields
) -> None:
    """`person` is how she left the task; `task` is what the change was made for."""
    before, after = change(task, names, values)
    merged = merge(person, before, after)
    result = person | merged.wanted
    for unit in units_of(FIELDS):
        if unit == ("labels",):
            continue
        changed = any(get(person, name) != get(task, name) for name in unit)
        if changed:
            assert all(get(result, name) == get(person, name) for name in unit)
            proposed = unit[0] in names
            already = all(get(person, name) == get(values, name) for name in unit)
            assert (set(unit) <= set(merged.conflicts)) == (proposed and not already)
        else:
            assert not set(unit) & set(merged.conflicts)


@given(_whole, _names, _whole, _whole)
def test_force_does_everything(
    task: TaskFields, names: list[str], values: TaskFields, person: TaskFields
) -> None:
    before, after = change(task, names, values)
    merged = merge(person, before, after, force=True)
    assert merged.conflicts == ()
    result = person | merged.wanted
    assert all(get(result, name) == get(values, name) for name in names if name != "labels")


_labels = st.lists(st.sampled_from(["a", "B", "c", "d"]), unique=True)


@given(_labels, _labels, _labels)
def test_labels_merge_one_by_one(now: list[str], before: list[str], after: list[str]) -> None:
    merged = set(merge_labels(now, before, after))
    assert len(merged) == len(merge_labels(now, before, after))
    for name in ("a", "B", "c", "d"):
        if (name in before) == (name in after):
            assert (name in merged) == (name in now)
        else:
            assert (name in merged) == (name in after)


def test_labels_merge_whatever_their_case() -> None:
    assert merge_labels(["HOME", "x"], ["home"], []) == ["x"]
    assert merge_labels(["Home"], [], ["home"]) == ["Home"]


def item(
    operation: Any = "update",
    task: UUID | None = None,
    parent: UUID | None = None,
    status: Any = "pending",
    *,
    applied: bool = False,
) -> ItemState:
    return ItemState(new_id(), operation, task or new_id(), parent, status, applied)


def test_items_need_what_creates_their_task_or_parent() -> None:
    top = item("create")
    child = item("create", parent=top.task_id)
    change_of_child = item(task=child.task_id)
    other = item("create")
    items = [top, child, change_of_child, other]
    assert find_missing(items, {change_of_child.id}) == [child.id]
    assert find_missing(items, {child.id, change_of_child.id}) == [top.id]
    assert find_missing(items, {one.id for one in items}) == []
    assert with_dependents(items, {top.id}) == {top.id, child.id, change_of_child.id}
    assert with_dependents(items, {other.id}) == {other.id}


def test_what_is_accepted_is_not_missing_and_waits_for_nobody() -> None:
    top = item("create", status="accepted", applied=True)
    child = item("create", parent=top.task_id)
    assert find_missing([top, child], {child.id}) == []


def test_the_status_follows_the_items() -> None:
    waiting, stuck = item(), item(status="conflict")
    done, half_undone = (item(status=s, applied=True) for s in ("accepted", "conflict"))
    rejected, undone = item(status="rejected"), item(status="undone")
    for items, expected in (
        ([waiting], "pending"),
        ([waiting, stuck], "pending"),
        ([done], "accepted"),
        ([done, half_undone], "accepted"),
        ([rejected], "rejected"),
        ([undone], "undone"),
        ([undone, rejected], "undone"),
        ([done, waiting], "partly"),
        ([done, rejected], "partly"),
        ([done, undone], "partly"),
        ([waiting, rejected], "partly"),
    ):
        assert status_of(items) == expected, items


def test_titles_say_what_is_proposed() -> None:
    assert describe(["create"], "Pay rent") == "Create “Pay rent”"
    assert describe(["complete"], "x" * 500) == f"Complete “{'x' * 79}…”"
    many = describe(["create", "update", "create", "delete"], "Pay rent")
    assert many == "2 new tasks, 1 changed task, 1 deleted task"
