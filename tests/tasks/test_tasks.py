"""Tasks are created, read, changed, deleted and restored; every change is told and remembered."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.fixtures.accounts import MakeUser
from tests.tasks.conftest import NOON, Desk, MakeDesk

from vectal.accounts.service import AccountService
from vectal.auth.principal import Role
from vectal.platform.db import Database
from vectal.platform.events.tables import OutboxEvent
from vectal.platform.ids import new_id
from vectal.tasks.contracts import Place, TaskFields, task_as_json
from vectal.tasks.errors import (
    CycleError,
    InvalidFieldError,
    LimitReachedError,
    NotDeletedError,
    TaskNotFoundError,
    TooDeepError,
    UnknownReferenceError,
    VersionConflictError,
)


async def test_a_new_task_has_what_was_given_and_defaults(desk: Desk) -> None:
    task = await desk.add("  Pay \n rent ", labels=["home", "Home", "money"])
    assert task == await desk.get(task)
    assert (task.title, task.notes, task.status, task.priority) == ("Pay rent", "", "todo", 4)
    assert [label.name for label in task.labels] == ["home", "money"]
    assert (task.version, task.created_at, task.updated_at) == (1, NOON, NOON)
    assert task.created_by == desk.me.user_id
    assert (task.subtasks.total, task.subtasks.done) == (0, 0)


async def test_a_change_counts_the_version_and_keeps_the_rest(desk: Desk) -> None:
    task = await desk.add(notes="by transfer", due_on=date(2026, 7, 20))
    desk.clock.advance(60)
    changed = await desk.services.tasks.update(desk.me, task.id, TaskFields(priority=1))
    assert changed == await desk.get(task)
    assert (changed.version, changed.priority, changed.notes) == (2, 1, "by transfer")
    assert changed.updated_at == NOON + timedelta(minutes=1)


async def test_a_change_without_a_difference_writes_nothing(desk: Desk) -> None:
    task = await desk.add(labels=["home"])
    desk.clock.advance(60)
    same = TaskFields(title="Pay rent", labels=["HOME"], due_on=None)
    assert await desk.services.tasks.update(desk.me, task.id, same) == task
    history = await desk.services.lists.list_history(desk.me, task.id)
    assert len(history.items) == 1


async def test_what_does_not_print_is_left_out(desk: Desk) -> None:
    task = await desk.add("a\x00b\u2028 \ud800c", notes="one\r\ntwo\x07\tthree\x00")
    assert (task.title, task.notes) == ("a b c", "one\ntwo\tthree")
    assert task == await desk.get(task)


async def test_setting_a_day_clears_the_moment_and_back(desk: Desk) -> None:
    task = await desk.add(due_on=date(2026, 7, 20))
    moment = datetime(2026, 7, 21, 9, tzinfo=UTC)
    task = await desk.services.tasks.update(desk.me, task.id, TaskFields(due_at=moment))
    assert (task.due_on, task.due_at) == (None, moment)
    day = date(2026, 7, 22)
    task = await desk.services.tasks.update(desk.me, task.id, TaskFields(due_on=day))
    assert (task.due_on, task.due_at) == (day, None)
    both = TaskFields(due_on=day, due_at=moment)
    with pytest.raises(InvalidFieldError):
        await desk.services.tasks.update(desk.me, task.id, both)


async def test_a_stale_version_is_refused_with_the_newer_task(desk: Desk) -> None:
    task = await desk.add()
    newer = await desk.services.tasks.update(desk.me, task.id, TaskFields(title="Pay all"))
    with pytest.raises(VersionConflictError) as caught:
        await desk.services.tasks.update(desk.me, task.id, TaskFields(priority=1), version=1)
    assert caught.value.extra == {"current": task_as_json(newer)}
    with pytest.raises(VersionConflictError):
        await desk.services.tasks.delete(desk.me, task.id, version=1)
    await desk.services.tasks.update(desk.me, task.id, TaskFields(priority=1), version=2)


async def test_done_tasks_know_when(desk: Desk) -> None:
    task = await desk.add()
    desk.clock.advance(60)
    done = await desk.services.tasks.update(desk.me, task.id, TaskFields(status="done"))
    assert done.completed_at == NOON + timedelta(minutes=1)
    again = await desk.services.tasks.update(desk.me, task.id, TaskFields(status="doing"))
    assert again.completed_at is None
    cancelled = await desk.services.tasks.update(desk.me, task.id, TaskFields(status="cancelled"))
    assert cancelled.completed_at is None


async def test_labels_are_shared_by_name_and_replaced_as_a_whole(desk: Desk) -> None:
    one = await desk.add(labels=["home", "money"])
    two = await desk.add(labels=["MONEY", "work"])
    assert {label.id for label in one.labels} & {label.id for label in two.labels}
    changed = await desk.services.tasks.update(desk.me, one.id, TaskFields(labels=["work", "x"]))
    assert [label.name for label in changed.labels] == ["work", "x"]
    assert changed == await desk.get(one)


@pytest.mark.parametrize(
    "fields",
    [
        TaskFields(title=" "),
        TaskFields(title="x" * 501),
        TaskFields(title="\x00\x07"),
        TaskFields(notes="x" * 20_001),
        TaskFields(priority=0),
        TaskFields(priority=5),
        TaskFields(labels=["x" * 51]),
        TaskFields(labels=[""]),
        TaskFields(labels=[f"l{number}" for number in range(21)]),
        TaskFields(due_on=date(1969, 12, 31)),
        TaskFields(due_on=date(2200, 1, 1)),
        TaskFields(due_at=datetime(2026, 1, 1)),  # noqa: DTZ001  # what is refused
        TaskFields(project_id=new_id()),
        TaskFields(parent_id=new_id()),
        TaskFields(assignee_id=new_id()),
    ],
)
async def test_bad_fields_are_refused_and_nothing_is_written(
    desk: Desk, fields: TaskFields
) -> None:
    task = await desk.add()
    refused = (InvalidFieldError, UnknownReferenceError, LimitReachedError)
    with pytest.raises(refused):
        await desk.services.tasks.update(desk.me, task.id, fields)
    with pytest.raises(refused):
        await desk.services.tasks.create(desk.me, TaskFields(title="x") | fields)
    assert await desk.get(task) == task


async def test_subtasks_live_where_their_parent_does_and_are_counted(desk: Desk) -> None:
    project = await desk.services.projects.create(desk.me, "Flat")
    parent = await desk.add(project_id=project.id)
    child = await desk.add("Call bank", parent_id=parent.id)
    other = await desk.add("Sign", parent_id=parent.id)
    await desk.add("Skip", parent_id=parent.id, status="cancelled")
    assert child.project_id == project.id
    await desk.services.tasks.update(desk.me, other.id, TaskFields(status="done"))
    counts = (await desk.get(parent)).subtasks
    assert (counts.total, counts.done) == (2, 1)


async def test_moving_a_parent_takes_its_family_along(desk: Desk) -> None:
    flat = await desk.services.projects.create(desk.me, "Flat")
    parent = await desk.add()
    child = await desk.add("Call bank", parent_id=parent.id)
    grandchild = await desk.add("Find number", parent_id=child.id)
    await desk.services.tasks.update(desk.me, parent.id, TaskFields(project_id=flat.id))
    for task in (child, grandchild):
        moved = await desk.get(task)
        assert (moved.project_id, moved.version) == (flat.id, 2)
        history = await desk.services.lists.list_history(desk.me, task.id)
        assert history.items[0].changes[0].field == "project_id"


async def test_a_subtask_moved_elsewhere_leaves_its_parent(desk: Desk) -> None:
    flat = await desk.services.projects.create(desk.me, "Flat")
    parent = await desk.add()
    child = await desk.add("Call bank", parent_id=parent.id)
    moved = await desk.services.tasks.update(desk.me, child.id, TaskFields(project_id=flat.id))
    assert (moved.parent_id, moved.project_id) == (None, flat.id)
    elsewhere = TaskFields(parent_id=parent.id, project_id=flat.id)
    with pytest.raises(UnknownReferenceError):
        await desk.services.tasks.update(desk.me, child.id, elsewhere)


async def test_families_have_no_circles_and_a_bounded_depth(desk: Desk) -> None:
    line = [await desk.add("1")]
    for depth in range(2, 6):
        line.append(await desk.add(str(depth), parent_id=line[-1].id))
    with pytest.raises(TooDeepError):
        await desk.add("6", parent_id=line[-1].id)
    for below in line:
        with pytest.raises(CycleError):
            await desk.services.tasks.update(desk.me, line[0].id, TaskFields(parent_id=below.id))
    top = await desk.add("new top")
    with pytest.raises(TooDeepError):
        await desk.services.tasks.update(desk.me, line[0].id, TaskFields(parent_id=top.id))
    await desk.services.tasks.update(desk.me, line[1].id, TaskFields(parent_id=top.id))


async def test_deleting_takes_the_family_and_restoring_brings_it_back(desk: Desk) -> None:
    parent = await desk.add()
    child = await desk.add("Call bank", parent_id=parent.id)
    gone = await desk.add("Gone before", parent_id=parent.id)
    await desk.services.tasks.delete(desk.me, gone.id)
    desk.clock.advance(60)
    await desk.services.tasks.delete(desk.me, parent.id)
    for task in (parent, child):
        with pytest.raises(TaskNotFoundError):
            await desk.get(task)
        with pytest.raises(TaskNotFoundError):
            await desk.services.tasks.update(desk.me, task.id, TaskFields(priority=1))
    restored = await desk.services.tasks.restore(desk.me, parent.id)
    assert (restored.version, restored.subtasks.total) == (3, 1)
    assert (await desk.get(child)).version == 3
    with pytest.raises(TaskNotFoundError):
        await desk.get(gone)
    with pytest.raises(NotDeletedError):
        await desk.services.tasks.restore(desk.me, parent.id)


async def test_a_task_comes_back_without_what_is_gone(desk: Desk) -> None:
    flat = await desk.services.projects.create(desk.me, "Flat")
    parent = await desk.add(project_id=flat.id)
    child = await desk.add("Call bank", parent_id=parent.id)
    await desk.services.tasks.delete(desk.me, child.id)
    desk.clock.advance(60)
    await desk.services.projects.delete(desk.me, flat.id)
    restored = await desk.services.tasks.restore(desk.me, child.id)
    assert (restored.parent_id, restored.project_id) == (None, None)
    assert restored == await desk.get(child)


async def test_history_says_who_changed_what(desk: Desk) -> None:
    task = await desk.add(labels=["home"])
    await desk.services.tasks.update(
        desk.me, task.id, TaskFields(title="Pay all", labels=["home", "money"])
    )
    await desk.services.tasks.delete(desk.me, task.id)
    page = await desk.services.lists.list_history(desk.me, task.id, limit=2)
    deleted, changed = page.items
    assert [(one.field, one.before, one.after) for one in deleted.changes] == [
        ("deleted", False, True)
    ]
    assert [(one.field, one.before, one.after) for one in changed.changes] == [
        ("title", "Pay rent", "Pay all"),
        ("labels", ["home"], ["home", "money"]),
    ]
    assert (changed.version, changed.actor.id, changed.changeset_id) == (2, desk.me.user_id, None)
    assert changed.actor.name == desk.person.user.display_name
    rest = await desk.services.lists.list_history(desk.me, task.id, cursor=page.next_cursor)
    assert [one.version for one in rest.items] == [1]
    assert rest.next_cursor is None


async def test_an_assignee_is_a_member_and_her_leaving_frees_the_task(
    desk: Desk, make_user: MakeUser, database: Database
) -> None:
    stranger = await make_user()
    with pytest.raises(UnknownReferenceError):
        await desk.add(assignee_id=stranger.user.id)
    member = await make_user(workspace_id=desk.me.workspace_id, role=Role.MEMBER)
    task = await desk.add(assignee_id=member.user.id)
    assert task.assignee_id == member.user.id
    await AccountService.build(database).members.remove(desk.me, member.user.id)
    assert (await desk.get(task)).assignee_id is None


async def test_another_workspace_sees_and_touches_nothing(desk: Desk, make_desk: MakeDesk) -> None:
    stranger = await make_desk()
    flat = await desk.services.projects.create(desk.me, "Flat")
    task = await desk.add(project_id=flat.id, labels=["home"])
    theirs = await stranger.add("Mine", labels=["home"])
    tasks, lists = desk.services.tasks, desk.services.lists
    with pytest.raises(TaskNotFoundError):
        await tasks.get(stranger.me, task.id)
    with pytest.raises(TaskNotFoundError):
        await tasks.update(stranger.me, task.id, TaskFields(title="x"))
    with pytest.raises(TaskNotFoundError):
        await tasks.delete(stranger.me, task.id)
    with pytest.raises(TaskNotFoundError):
        await tasks.restore(stranger.me, task.id)
    with pytest.raises(TaskNotFoundError):
        await lists.list_history(stranger.me, task.id)
    for fields in (TaskFields(project_id=flat.id), TaskFields(parent_id=task.id)):
        with pytest.raises(UnknownReferenceError):
            await tasks.update(stranger.me, theirs.id, fields)
    with pytest.raises(UnknownReferenceError):
        await tasks.update(stranger.me, theirs.id, TaskFields(), place=Place("after", task.id))
    assert theirs.labels[0].id != task.labels[0].id
    assert await desk.get(task) == task


async def test_changes_are_told_as_events(desk: Desk, database: Database) -> None:
    task = await desk.add(labels=["home"])
    await desk.services.tasks.update(desk.me, task.id, TaskFields(priority=1))
    await desk.services.tasks.delete(desk.me, task.id)
    told = await list_events(database, desk)
    label = {"label_id": str(task.labels[0].id), "kind": "created"}
    known = {"task_id": str(task.id), "completed": False, "run_id": None}
    assert told == [
        ("tasks.label_changed", label),
        ("tasks.task_changed", known | {"version": 1, "kind": "created"}),
        ("tasks.task_changed", known | {"version": 2, "kind": "updated"}),
        ("tasks.task_changed", known | {"version": 3, "kind": "deleted"}),
    ]


async def list_events(database: Database, desk: Desk) -> list[tuple[str, dict[str, object]]]:
    query = (
        select(OutboxEvent.type, OutboxEvent.payload)
        .where(OutboxEvent.workspace_id == desk.me.workspace_id, OutboxEvent.type.like("tasks.%"))
        .order_by(OutboxEvent.xid, OutboxEvent.id)
    )
    async with database.system("test") as session:
        return [(type_, payload) for type_, payload in await session.execute(query)]


async def test_a_failed_change_leaves_no_trace(desk: Desk, database: Database) -> None:
    before = await list_events(database, desk)
    with pytest.raises(UnknownReferenceError):
        await desk.add(labels=["never"], project_id=UUID(int=1))
    assert await list_events(database, desk) == before
    assert not (await desk.services.labels.list_labels(desk.me)).items
