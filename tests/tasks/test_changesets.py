"""Changesets: nothing happens before a person accepts, and nothing of a person is lost."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.tasks.conftest import NOON, Desk
from tests.tasks.deciding import accept, edit, proposal, propose, statuses, undo

from vectal.platform.ids import new_id
from vectal.tasks.errors import (
    ChangesetClosedError,
    ChangesetDependencyError,
    ChangesetItemNotFoundError,
    TaskNotFoundError,
)


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


async def test_days_later_it_can_still_be_undone(desk: Desk) -> None:
    task = await desk.add(due_at=datetime(2026, 7, 20, 9, tzinfo=UTC))
    changeset = await propose(desk, proposal("update", task, due_on=date(2026, 8, 1)))
    await accept(desk, changeset)
    desk.clock.advance(timedelta(days=30).total_seconds())
    await undo(desk, changeset)
    assert (await desk.get(task)).due_at == datetime(2026, 7, 20, 9, tzinfo=UTC)
