"""Changesets: nothing happens before a person accepts, and nothing of a person is lost."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from tests.fixtures.accounts import MakeUser
from tests.tasks.conftest import NOON, Desk, MakeDesk

from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Role, Scope
from vectal.platform.db import Scope as DataScope
from vectal.platform.ids import new_id
from vectal.tasks.contracts import (
    Changeset,
    ChangesetFilter,
    Operation,
    Origin,
    Proposal,
    Task,
    TaskFields,
)
from vectal.tasks.errors import (
    ChangesetClosedError,
    ChangesetDependencyError,
    ChangesetItemNotFoundError,
    ChangesetNotFoundError,
    InvalidFieldError,
    LimitReachedError,
    NothingToChangeError,
    TaskNotFoundError,
    TooDeepError,
    UnknownReferenceError,
)


def proposal(operation: Operation, task: Task | UUID | None = None, **fields: Any) -> Proposal:
    task_id = task.id if isinstance(task, Task) else task
    return Proposal(operation, cast("TaskFields", fields), task_id)


async def propose(desk: Desk, *proposals: Proposal, turn_id: UUID | None = None) -> Changeset:
    return await desk.services.changesets.propose(desk.me, Origin(turn_id), proposals)


async def accept(desk: Desk, changeset: Changeset, *items: int, force: bool = False) -> Changeset:
    return await desk.services.changesets.accept(
        desk.me, changeset.id, ids(changeset, items), force=force
    )


async def undo(desk: Desk, changeset: Changeset, *items: int, force: bool = False) -> Changeset:
    return await desk.services.changesets.undo(
        desk.me, changeset.id, ids(changeset, items), force=force
    )


def ids(changeset: Changeset, items: Sequence[int]) -> list[UUID] | None:
    return [changeset.items[index].id for index in items] or None


def statuses(changeset: Changeset) -> list[str]:
    return [item.status for item in changeset.items]


async def edit(desk: Desk, task: Task | UUID, **fields: Any) -> Task:
    task_id = task.id if isinstance(task, Task) else task
    return await desk.services.tasks.update(desk.me, task_id, cast("TaskFields", fields))


async def test_a_proposal_shows_the_difference_and_changes_nothing(desk: Desk) -> None:
    task = await desk.add(labels=["home"])
    turn, conversation = new_id(), new_id()
    changeset = await desk.services.changesets.propose(
        desk.me,
        Origin(turn, conversation),
        [
            proposal("update", task, priority=1, due_on=date(2026, 7, 20), title="Pay rent"),
            proposal("create", title="Call bank", labels=["home", "new"]),
            proposal("complete", task),
        ],
    )
    update, create, complete = changeset.items
    assert (update.before, update.after) == (
        {"priority": 4, "due_on": None, "due_at": None},
        {"priority": 1, "due_on": "2026-07-20", "due_at": None},
    )
    assert create.before is None
    assert create.after is not None
    assert create.after["labels"] == ["home", "new"]
    assert (complete.before, complete.after) == ({"status": "todo"}, {"status": "done"})
    assert [item.title for item in changeset.items] == ["Pay rent", "Call bank", "Pay rent"]
    assert changeset.status == "pending"
    assert (changeset.turn_id, changeset.conversation_id) == (turn, conversation)
    assert changeset.title == "1 new task, 1 changed task, 1 completed task"
    assert await desk.get(task) == task
    assert [one.name for one in (await desk.services.labels.list_labels(desk.me)).items] == ["home"]
    assert await desk.services.changesets.get(desk.me, changeset.id) == changeset


async def test_accepting_does_it_with_versions_and_history(desk: Desk) -> None:
    task = await desk.add()
    changeset = await propose(
        desk, proposal("update", task, priority=1), proposal("create", title="Call")
    )
    done = await accept(desk, changeset)
    assert (done.status, statuses(done)) == ("accepted", ["accepted", "accepted"])
    changed = await desk.get(task)
    assert (changed.priority, changed.version) == (1, 2)
    created = await desk.services.tasks.get(desk.me, changeset.items[1].task_id)
    assert (created.title, created.created_by) == ("Call", desk.me.user_id)
    for one in (changed, created):
        history = await desk.services.lists.list_history(desk.me, one.id)
        assert history.items[0].changeset_id == changeset.id
    assert await accept(desk, changeset) == done
    assert await desk.get(task) == changed


async def test_items_are_decided_one_by_one(desk: Desk) -> None:
    task = await desk.add()
    changeset = await propose(
        desk,
        proposal("update", task, priority=1),
        proposal("update", task, notes="x"),
        proposal("complete", task),
    )
    partly = await accept(desk, changeset, 0)
    assert (partly.status, statuses(partly)) == ("partly", ["accepted", "pending", "pending"])
    rejected = await desk.services.changesets.reject(desk.me, changeset.id, [changeset.items[1].id])
    assert statuses(rejected) == ["accepted", "rejected", "pending"]
    done = await accept(desk, changeset)
    assert (done.status, statuses(done)) == ("partly", ["accepted", "rejected", "accepted"])
    now = await desk.get(task)
    assert (now.priority, now.notes, now.status) == (1, "", "done")


async def test_decided_items_stay_decided(desk: Desk) -> None:
    task = await desk.add()
    changeset = await propose(
        desk, proposal("update", task, priority=1), proposal("update", task, notes="x")
    )
    reject = desk.services.changesets.reject
    first, second = changeset.items
    await accept(desk, changeset, 0)
    await reject(desk.me, changeset.id, [second.id])
    assert statuses(await reject(desk.me, changeset.id, [second.id])) == ["accepted", "rejected"]
    with pytest.raises(ChangesetClosedError):
        await reject(desk.me, changeset.id, [first.id])
    with pytest.raises(ChangesetClosedError):
        await accept(desk, changeset, 1)
    with pytest.raises(ChangesetClosedError):
        await undo(desk, changeset, 1)
    undone = await undo(desk, changeset)
    assert (undone.status, statuses(undone)) == ("undone", ["undone", "rejected"])
    assert await undo(desk, changeset, 0) == undone
    with pytest.raises(ChangesetClosedError):
        await accept(desk, changeset, 0)
    with pytest.raises(ChangesetItemNotFoundError):
        await desk.services.changesets.accept(desk.me, changeset.id, [new_id()])


async def test_undoing_gives_back_only_what_was_touched(desk: Desk) -> None:
    task = await desk.add(notes="old", labels=["home"], due_at=NOON)
    changeset = await propose(
        desk,
        proposal(
            "update", task, priority=1, due_on=date(2026, 7, 20), labels=["home", "ai"], notes="new"
        ),
    )
    await accept(desk, changeset)
    await edit(desk, task, title="Renamed later", labels=["home", "ai", "mine"])
    undone = await undo(desk, changeset)
    assert undone.status == "undone"
    now = await desk.get(task)
    assert (now.title, now.notes, now.priority) == ("Renamed later", "old", 4)
    assert (now.due_on, now.due_at) == (None, NOON)
    assert [label.name for label in now.labels] == ["home", "mine"]
    history = await desk.services.lists.list_history(desk.me, task.id)
    assert history.items[0].changeset_id == changeset.id


async def test_undoing_keeps_what_people_changed_since_unless_forced(desk: Desk) -> None:
    task = await desk.add()
    changeset = await propose(desk, proposal("update", task, priority=1, notes="ai", title="AI"))
    await accept(desk, changeset)
    await edit(desk, task, title="Mine", notes="mine")
    stuck = await undo(desk, changeset)
    (item,) = stuck.items
    assert (stuck.status, item.status) == ("accepted", "conflict")
    assert item.conflict is not None
    assert set(item.conflict.fields) == {"title", "notes"}
    assert item.conflict.current == {"title": "Mine", "notes": "mine"}
    now = await desk.get(task)
    assert (now.title, now.notes, now.priority) == ("Mine", "mine", 4)
    # What was given back is the person's own again, even if she sets it as the model had.
    await edit(desk, task, priority=1)
    await undo(desk, changeset)
    assert (await desk.get(task)).priority == 1
    done = await undo(desk, changeset, force=True)
    assert (done.status, done.items[0].conflict) == ("undone", None)
    now = await desk.get(task)
    assert (now.title, now.notes, now.priority) == ("Pay rent", "", 1)


async def test_accepting_what_people_have_overtaken_is_a_conflict_unless_forced(
    desk: Desk,
) -> None:
    task = await desk.add()
    changeset = await propose(desk, proposal("update", task, title="AI", notes="ai"))
    mine = await edit(desk, task, title="Mine")
    stuck = await accept(desk, changeset)
    (item,) = stuck.items
    assert (stuck.status, item.status) == ("pending", "conflict")
    assert item.conflict is not None
    assert (item.conflict.fields, item.conflict.current) == (("title",), {"title": "Mine"})
    assert await desk.get(task) == mine
    done = await accept(desk, changeset, force=True)
    assert (done.status, done.items[0].conflict) == ("accepted", None)
    assert ((await desk.get(task)).title, (await desk.get(task)).notes) == ("AI", "ai")
    await undo(desk, changeset)
    assert (await desk.get(task)).title == "Mine"


async def test_what_people_did_already_is_no_conflict_and_not_undone(desk: Desk) -> None:
    task = await desk.add()
    changeset = await propose(desk, proposal("complete", task))
    mine = await edit(desk, task, status="done")
    assert (await accept(desk, changeset)).status == "accepted"
    assert await desk.get(task) == mine
    assert (await undo(desk, changeset)).status == "undone"
    assert await desk.get(task) == mine


async def test_reopening_and_undoing_gives_back_when_it_was_done(desk: Desk) -> None:
    task = await desk.add(status="done")
    desk.clock.advance(3600)
    changeset = await propose(desk, proposal("update", task, status="todo"))
    await accept(desk, changeset)
    assert (await desk.get(task)).completed_at is None
    desk.clock.advance(3600)
    await undo(desk, changeset)
    assert (await desk.get(task)).completed_at == NOON


async def test_a_family_is_proposed_accepted_and_undone_as_one(desk: Desk) -> None:
    flat = await desk.services.projects.create(desk.me, "Flat")
    top, child = new_id(), new_id()
    changeset = await propose(
        desk,
        proposal("create", top, title="Move out", project_id=flat.id),
        proposal("create", child, title="Find boxes", parent_id=top),
        proposal("create", title="Ask Ann", parent_id=child),
        proposal("update", child, priority=1),
    )
    assert [item.after and item.after.get("project_id") for item in changeset.items[:3]] == [
        str(flat.id)
    ] * 3
    await accept(desk, changeset)
    found = await desk.services.tasks.get(desk.me, child)
    assert (found.parent_id, found.priority, found.project_id) == (top, 1, flat.id)
    assert (await desk.services.tasks.get(desk.me, top)).subtasks.total == 1
    undone = await undo(desk, changeset)
    assert (undone.status, set(statuses(undone))) == ("undone", {"undone"})
    for task_id in (top, child):
        with pytest.raises(TaskNotFoundError):
            await desk.services.tasks.get(desk.me, task_id)


async def test_an_item_waits_for_the_task_that_it_needs(desk: Desk) -> None:
    top = new_id()
    changeset = await propose(
        desk,
        proposal("create", top, title="Move out"),
        proposal("create", title="Find boxes", parent_id=top),
        proposal("update", top, priority=1),
    )
    with pytest.raises(ChangesetDependencyError) as caught:
        await accept(desk, changeset, 1, 2)
    assert caught.value.extra == {"needed_item_ids": [str(changeset.items[0].id)]}
    await accept(desk, changeset, 0)
    assert (await accept(desk, changeset, 1)).status == "partly"


async def test_rejecting_a_task_rejects_what_builds_on_it(desk: Desk) -> None:
    top = new_id()
    changeset = await propose(
        desk,
        proposal("create", top, title="Move out"),
        proposal("create", title="Find boxes", parent_id=top),
        proposal("create", title="Else"),
    )
    rejected = await desk.services.changesets.reject(desk.me, changeset.id, [changeset.items[0].id])
    assert statuses(rejected) == ["rejected", "rejected", "pending"]
    all_of_it = await desk.services.changesets.reject(desk.me, changeset.id)
    assert all_of_it.status == "rejected"


async def test_a_created_task_that_people_worked_on_stays_unless_forced(desk: Desk) -> None:
    changeset = await propose(desk, proposal("create", title="Call"))
    await accept(desk, changeset)
    task_id = changeset.items[0].task_id
    await edit(desk, task_id, notes="mine")
    await desk.add("My subtask", parent_id=task_id)
    stuck = await undo(desk, changeset)
    (item,) = stuck.items
    assert item.conflict is not None
    assert set(item.conflict.fields) == {"notes", "subtasks"}
    assert (await desk.services.tasks.get(desk.me, task_id)).notes == "mine"
    assert (await undo(desk, changeset, force=True)).status == "undone"
    with pytest.raises(TaskNotFoundError):
        await desk.services.tasks.get(desk.me, task_id)
    assert (await desk.services.tasks.restore(desk.me, task_id)).subtasks.total == 1


async def test_deleting_and_undoing_brings_the_family_back(desk: Desk) -> None:
    task = await desk.add()
    child = await desk.add("Call", parent_id=task.id)
    changeset = await propose(desk, proposal("delete", task))
    assert changeset.items[0].after is None
    assert changeset.items[0].before is not None
    await accept(desk, changeset)
    with pytest.raises(TaskNotFoundError):
        await desk.get(child)
    assert (await undo(desk, changeset)).status == "undone"
    assert (await desk.get(task)).subtasks.total == 1
    assert (await desk.get(child)).title == "Call"


@pytest.mark.parametrize("what", ["task", "child", "new child"])
async def test_a_deletion_of_what_people_worked_on_is_a_conflict(desk: Desk, what: str) -> None:
    task = await desk.add()
    child = await desk.add("Call", parent_id=task.id)
    changeset = await propose(desk, proposal("delete", task))
    if what == "task":
        await edit(desk, task, notes="mine")
    elif what == "child":
        await edit(desk, child, notes="mine")
    else:
        await desk.add("Sign", parent_id=task.id)
    (item,) = (await accept(desk, changeset)).items
    assert item.conflict is not None
    assert item.conflict.fields == (("notes",) if what == "task" else ("subtasks",))
    assert await desk.get(task)
    assert (await accept(desk, changeset, force=True)).status == "accepted"


async def test_what_a_person_deleted_again_stays_deleted_unless_forced(desk: Desk) -> None:
    task = await desk.add()
    changeset = await propose(desk, proposal("delete", task))
    await accept(desk, changeset)
    await desk.services.tasks.restore(desk.me, task.id)
    desk.clock.advance(60)
    await desk.services.tasks.delete(desk.me, task.id)
    (item,) = (await undo(desk, changeset)).items
    assert item.status == "conflict"
    with pytest.raises(TaskNotFoundError):
        await desk.get(task)
    await undo(desk, changeset, force=True)
    assert await desk.get(task)


async def test_a_deleted_task_is_a_conflict_even_by_force(desk: Desk) -> None:
    task = await desk.add()
    changeset = await propose(desk, proposal("update", task, priority=1))
    await desk.services.tasks.delete(desk.me, task.id)
    for force in (False, True):
        (item,) = (await accept(desk, changeset, force=force)).items
        assert item.conflict is not None
        assert item.conflict.fields == ("deleted",)


async def test_what_is_no_longer_possible_is_a_conflict_with_its_reason(desk: Desk) -> None:
    flat = await desk.services.projects.create(desk.me, "Flat")
    changeset = await propose(
        desk,
        proposal("create", title="Call", project_id=flat.id, labels=["only here"]),
        proposal("create", title="Else"),
    )
    await desk.services.projects.delete(desk.me, flat.id)
    done = await accept(desk, changeset)
    assert statuses(done) == ["conflict", "accepted"]
    conflict = done.items[0].conflict
    assert conflict is not None
    assert (conflict.fields, conflict.detail) == (("project_id",), "There is no such project.")
    assert not (await desk.services.labels.list_labels(desk.me)).items


async def test_undoing_a_move_gives_project_and_parent_back(desk: Desk) -> None:
    flat = await desk.services.projects.create(desk.me, "Flat")
    parent = await desk.add()
    child = await desk.add("Call", parent_id=parent.id)
    changeset = await propose(desk, proposal("update", child, project_id=flat.id))
    assert changeset.items[0].after == {"project_id": str(flat.id), "parent_id": None}
    await accept(desk, changeset)
    await undo(desk, changeset)
    back = await desk.get(child)
    assert (back.project_id, back.parent_id) == (None, parent.id)


async def test_later_items_see_what_earlier_ones_would_make(desk: Desk) -> None:
    task = await desk.add()
    changeset = await propose(
        desk, proposal("update", task, title="B"), proposal("update", task, title="C")
    )
    assert changeset.items[1].before == {"title": "B"}
    (item,) = (await accept(desk, changeset, 1)).items[1:]
    assert item.status == "conflict"
    done = await accept(desk, changeset)
    assert done.status == "accepted"
    assert (await desk.get(task)).title == "C"
    await undo(desk, changeset)
    assert (await desk.get(task)).title == "Pay rent"


async def test_a_turn_collects_its_proposals_in_one_changeset(desk: Desk) -> None:
    turn = new_id()
    first = await propose(desk, proposal("create", title="A"), turn_id=turn)
    second = await propose(
        desk, proposal("update", first.items[0].task_id, priority=1), turn_id=turn
    )
    assert second.id == first.id
    assert [item.position for item in second.items] == [0, 1]
    await accept(desk, second)
    third = await propose(desk, proposal("create", title="B"), turn_id=turn)
    assert third.id != first.id
    other = await propose(desk, proposal("create", title="C"), turn_id=new_id())
    assert other.id not in {first.id, third.id}
    listed = await desk.services.changesets.list_changesets(desk.me, ChangesetFilter(turn_id=turn))
    assert [one.id for one in listed.items] == [third.id, first.id]


async def test_a_turn_that_starts_anew_puts_its_proposals_aside(desk: Desk) -> None:
    turn = new_id()
    task = await desk.add()
    pending = await propose(desk, proposal("update", task, priority=1), turn_id=turn)
    scope = DataScope(desk.me.workspace_id, desk.me.user_id)
    await desk.services.changesets.discard_pending(scope, turn)
    found = await desk.services.changesets.get(desk.me, pending.id)
    assert (found.status, statuses(found)) == ("superseded", ["rejected"])
    with pytest.raises(ChangesetClosedError):
        await accept(desk, pending)
    with pytest.raises(ChangesetClosedError):
        await desk.services.changesets.reject(desk.me, pending.id)
    await desk.services.changesets.discard_pending(scope, turn)
    again = await propose(desk, proposal("update", task, priority=1), turn_id=turn)
    assert (again.id != pending.id, again.status) == (True, "pending")


async def test_what_was_accepted_survives_a_turn_that_starts_anew(desk: Desk) -> None:
    turn = new_id()
    task = await desk.add()
    changeset = await propose(
        desk,
        proposal("update", task, priority=1),
        proposal("update", task, notes="x"),
        turn_id=turn,
    )
    await accept(desk, changeset, 0)
    scope = DataScope(desk.me.workspace_id, desk.me.user_id)
    await desk.services.changesets.discard_pending(scope, turn)
    found = await desk.services.changesets.get(desk.me, changeset.id)
    assert (found.status, statuses(found)) == ("partly", ["accepted", "rejected"])
    assert (await undo(desk, changeset)).status == "undone"


async def test_what_can_not_be_done_is_not_proposed(desk: Desk, make_user: MakeUser) -> None:
    done = await desk.add(status="done")
    deleted = await desk.add()
    await desk.services.tasks.delete(desk.me, deleted.id)
    line = [new_id() for _ in range(6)]
    deep = [
        proposal("create", line[level], title="x", parent_id=line[level - 1] if level else None)
        for level in range(6)
    ]
    stranger = await make_user()
    refused: list[tuple[type[Exception], list[Proposal]]] = [
        (LimitReachedError, []),
        (LimitReachedError, [proposal("create", title="x")] * 201),
        (NothingToChangeError, [proposal("complete", done)]),
        (NothingToChangeError, [proposal("update", done, title="Pay rent")]),
        (NothingToChangeError, [proposal("update", done)]),
        (TaskNotFoundError, [proposal("update", deleted, title="x")]),
        (TaskNotFoundError, [proposal("update", new_id(), title="x")]),
        (TaskNotFoundError, [proposal("complete")]),
        (TaskNotFoundError, [proposal("delete", done), proposal("update", done, title="x")]),
        (InvalidFieldError, [proposal("create")]),
        (InvalidFieldError, [proposal("create", title="x", priority=9)]),
        (UnknownReferenceError, [proposal("create", title="x", project_id=new_id())]),
        (UnknownReferenceError, [proposal("create", title="x", parent_id=new_id())]),
        (UnknownReferenceError, [proposal("create", title="x", assignee_id=stranger.user.id)]),
        (TooDeepError, deep),
        (
            NothingToChangeError,
            [proposal("create", line[0], title="x"), proposal("delete", line[0])],
        ),
    ]
    for error, proposals in refused:
        with pytest.raises(error):
            await propose(desk, *proposals)
    listed = await desk.services.changesets.list_changesets(desk.me, ChangesetFilter())
    assert not listed.items


async def test_only_who_may_do_it_by_hand_may_propose_and_accept(
    desk: Desk, make_user: MakeUser
) -> None:
    task = await desk.add()
    changeset = await propose(desk, proposal("update", task, priority=1))
    reading = replace(desk.me, scopes=frozenset({Scope.TASKS_READ}))
    viewing = replace(desk.me, role=Role.VIEWER)
    changesets = desk.services.changesets
    for weak in (reading, viewing):
        with pytest.raises(ForbiddenError):
            await changesets.propose(weak, Origin(), [proposal("update", task, priority=2)])
        with pytest.raises(ForbiddenError):
            await changesets.accept(weak, changeset.id)
    await accept(desk, changeset)
    with pytest.raises(ForbiddenError):
        await changesets.undo(viewing, changeset.id)
    colleague = await make_user(workspace_id=desk.me.workspace_id, role=Role.OWNER)
    with pytest.raises(ChangesetNotFoundError):
        await changesets.get(colleague.principal, changeset.id)
    for step in (changesets.accept, changesets.reject, changesets.undo):
        with pytest.raises(ChangesetNotFoundError):
            await step(colleague.principal, changeset.id)
    listed = await changesets.list_changesets(colleague.principal, ChangesetFilter())
    assert not listed.items


async def test_a_stranger_can_not_propose_on_others_tasks(desk: Desk, make_desk: MakeDesk) -> None:
    task = await desk.add()
    stranger = await make_desk()
    with pytest.raises(TaskNotFoundError):
        await propose(stranger, proposal("update", task, priority=1))
    with pytest.raises(UnknownReferenceError):
        await propose(stranger, proposal("create", title="x", parent_id=task.id))


async def test_changesets_page_newest_first(desk: Desk) -> None:
    conversation = new_id()
    made = [
        await desk.services.changesets.propose(
            desk.me, Origin(new_id(), conversation), [proposal("create", title=str(number))]
        )
        for number in range(3)
    ]
    wanted = ChangesetFilter(conversation_id=conversation, status="pending")
    page = await desk.services.changesets.list_changesets(desk.me, wanted, limit=2)
    rest = await desk.services.changesets.list_changesets(desk.me, wanted, cursor=page.next_cursor)
    assert [*page.items, *rest.items] == made[::-1]
    assert rest.next_cursor is None


async def test_days_later_it_can_still_be_undone(desk: Desk) -> None:
    task = await desk.add(due_at=datetime(2026, 7, 20, 9, tzinfo=UTC))
    changeset = await propose(desk, proposal("update", task, due_on=date(2026, 8, 1)))
    await accept(desk, changeset)
    desk.clock.advance(timedelta(days=30).total_seconds())
    await undo(desk, changeset)
    assert (await desk.get(task)).due_at == datetime(2026, 7, 20, 9, tzinfo=UTC)
