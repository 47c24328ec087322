"""A proposed change is put into other words, then accepted, and undone as any other."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from tests.fixtures.accounts import MakeUser
from tests.tasks.conftest import Desk
from tests.tasks.deciding import accept, edit, proposal, propose, statuses, undo

from vectal.auth.principal import Role
from vectal.platform.ids import new_id
from vectal.tasks.contracts import Changeset, TaskFields
from vectal.tasks.errors import (
    ChangesetClosedError,
    ChangesetItemNotFoundError,
    ChangesetNotFoundError,
    InvalidFieldError,
    LimitReachedError,
    NothingToChangeError,
    UnknownReferenceError,
)
from vectal.tasks.limits import EDITS_AN_ITEM


async def reword(desk: Desk, changeset: Changeset, which: int, **fields: Any) -> Changeset:
    return await desk.services.changesets.edit(
        desk.me, changeset.id, changeset.items[which].id, cast("TaskFields", fields)
    )


async def test_what_is_accepted_is_what_the_person_wrote_and_the_proposal_stays_visible(
    desk: Desk,
) -> None:
    task = await desk.add()
    changeset = await propose(
        desk,
        proposal("update", task, title="Pay the rent", priority=1),
        proposal("create", title="Call bank", labels=["home"]),
    )
    await reword(desk, changeset, 0, title="Pay rent by Friday")
    edited = await reword(
        desk, changeset, 1, title="Call the bank", labels=[], due_on=date(2026, 7, 1)
    )
    update, create = edited.items
    assert update.after == {"title": "Pay rent by Friday", "priority": 1}
    assert update.proposed == {"title": "Pay the rent", "priority": 1}
    assert (create.title, create.status, create.edited_at is None) == (
        "Call the bank",
        "pending",
        False,
    )
    assert create.proposed == changeset.items[1].after
    assert await desk.get(task) == task
    done = await accept(desk, edited)
    assert done.status == "accepted"
    assert [item.proposed for item in done.items] == [item.proposed for item in edited.items]
    made = await desk.services.tasks.get(desk.me, create.task_id)
    assert (made.title, made.due_on, made.labels) == ("Call the bank", date(2026, 7, 1), ())
    assert (await desk.get(task)).title == "Pay rent by Friday"
    undone = await undo(desk, done)
    assert undone.status == "undone"
    assert (await desk.get(task)).title == task.title


async def test_the_title_of_a_changeset_follows_its_only_item(desk: Desk) -> None:
    changeset = await propose(desk, proposal("create", title="Call bank"))
    edited = await reword(desk, changeset, 0, title="Call the bank")
    assert edited.title == "Create “Call the bank”"
    assert await desk.services.changesets.get(desk.me, changeset.id) == edited


async def test_the_first_proposal_stays_over_many_edits_which_are_bounded(desk: Desk) -> None:
    changeset = await propose(desk, proposal("create", title="First"))
    for number in range(EDITS_AN_ITEM):
        changeset = await reword(desk, changeset, 0, title=f"Edit {number}")
    (item,) = changeset.items
    assert item.proposed is not None
    assert item.proposed["title"] == "First"
    assert await reword(desk, changeset, 0, title=item.title) == changeset
    with pytest.raises(LimitReachedError):
        await reword(desk, changeset, 0, title="One more")


async def test_what_people_have_changed_since_is_a_conflict_also_for_what_was_edited(
    desk: Desk,
) -> None:
    task = await desk.add()
    changeset = await propose(desk, proposal("update", task, title="Model's", priority=1))
    await edit(desk, task, title="A person's")
    await reword(desk, changeset, 0, title="Edited")
    stuck = await accept(desk, changeset)
    (item,) = stuck.items
    assert (item.status, item.conflict and item.conflict.fields) == ("conflict", ("title",))
    assert not item.is_applied
    assert (await desk.get(task)).title == "A person's"
    again = await reword(desk, changeset, 0, title="A person's", priority=2)
    assert statuses(again) == ["pending"]
    assert statuses(await accept(desk, changeset)) == ["accepted"]
    now = await desk.get(task)
    assert (now.title, now.priority) == ("A person's", 2)


async def test_a_day_takes_the_place_of_a_moment(desk: Desk) -> None:
    task = await desk.add(due_at=datetime(2026, 7, 1, 9, tzinfo=UTC))
    later = datetime(2026, 7, 2, 9, tzinfo=UTC)
    changeset = await propose(desk, proposal("update", task, due_at=later))
    edited = await reword(desk, changeset, 0, due_on=date(2026, 7, 3))
    assert edited.items[0].after == {"due_on": "2026-07-03", "due_at": None}
    await accept(desk, edited)
    assert (await desk.get(task)).due_on == date(2026, 7, 3)


async def test_an_update_keeps_to_what_it_proposes_and_to_what_would_change_something(
    desk: Desk,
) -> None:
    task = await desk.add()
    changeset = await propose(desk, proposal("update", task, title="New"))
    with pytest.raises(InvalidFieldError):
        await reword(desk, changeset, 0, priority=1)
    with pytest.raises(InvalidFieldError):
        await reword(desk, changeset, 0, title=" ")
    with pytest.raises(NothingToChangeError):
        await reword(desk, changeset, 0, title=task.title)


async def test_a_subtask_stays_in_the_project_of_its_parent(desk: Desk) -> None:
    projects = desk.services.projects
    home, work = [await projects.create(desk.me, name, None) for name in ("Home", "Work")]
    top, parent = new_id(), await desk.add(project_id=home.id)
    changeset = await propose(
        desk,
        proposal("create", top, title="Top", project_id=home.id),
        proposal("create", title="Below", parent_id=top),
        proposal("create", title="Child", parent_id=parent.id),
        proposal("update", parent, project_id=work.id),
    )
    for which in (1, 2):
        with pytest.raises(UnknownReferenceError):
            await reword(desk, changeset, which, project_id=work.id)
        await reword(desk, changeset, which, notes="Other words")
    with pytest.raises(UnknownReferenceError):
        await reword(desk, changeset, 0, project_id=new_id())
    with pytest.raises(UnknownReferenceError):
        await reword(desk, changeset, 3, project_id=new_id())
    await reword(desk, changeset, 0, project_id=work.id)
    done = await accept(desk, changeset, 0, 1)
    for item in done.items[:2]:
        made = await desk.services.tasks.get(desk.me, item.task_id)
        assert made.project_id == work.id


async def test_only_what_waits_and_holds_fields_is_edited(desk: Desk) -> None:
    one, two, three = [await desk.add() for _ in range(3)]
    changeset = await propose(
        desk,
        proposal("update", one, title="A"),
        proposal("update", two, title="B"),
        proposal("complete", three),
        proposal("delete", three),
    )
    await accept(desk, changeset, 0)
    await desk.services.changesets.reject(desk.me, changeset.id, [changeset.items[1].id])
    for which in range(4):
        with pytest.raises(ChangesetClosedError):
            await reword(desk, changeset, which, title="C")
    await undo(desk, changeset, 0)
    with pytest.raises(ChangesetClosedError):
        await reword(desk, changeset, 0, title="C")


async def test_an_assignee_is_a_member(desk: Desk) -> None:
    changeset = await propose(desk, proposal("create", title="A"))
    with pytest.raises(UnknownReferenceError):
        await reword(desk, changeset, 0, assignee_id=UUID(int=7))
    edited = await reword(desk, changeset, 0, assignee_id=desk.me.user_id)
    assert (edited.items[0].after or {})["assignee_id"] == str(desk.me.user_id)


async def test_nobody_else_edits_it_and_items_have_to_be_there(
    desk: Desk, make_user: MakeUser
) -> None:
    changeset = await propose(desk, proposal("create", title="A"))
    other = await make_user(workspace_id=desk.me.workspace_id, role=Role.OWNER)
    changesets, wanted = desk.services.changesets, TaskFields(title="B")
    with pytest.raises(ChangesetNotFoundError):
        await changesets.edit(other.principal, changeset.id, changeset.items[0].id, wanted)
    with pytest.raises(ChangesetItemNotFoundError):
        await changesets.edit(desk.me, changeset.id, new_id(), wanted)
    await changesets.edit(desk.me, changeset.id, changeset.items[0].id, TaskFields())
