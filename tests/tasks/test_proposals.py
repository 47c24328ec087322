"""Proposing: everything is checked as if it were done now, and nothing is done."""

from dataclasses import replace
from datetime import date

import pytest
from tests.fixtures.accounts import MakeUser
from tests.tasks.conftest import Desk, MakeDesk
from tests.tasks.deciding import accept, proposal, propose, statuses, undo

from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Role, Scope
from vectal.platform.db import Scope as DataScope
from vectal.platform.ids import new_id
from vectal.tasks.contracts import (
    ChangesetFilter,
    Origin,
    Proposal,
)
from vectal.tasks.errors import (
    ChangesetClosedError,
    ChangesetNotFoundError,
    InvalidFieldError,
    LimitReachedError,
    NothingToChangeError,
    TaskNotFoundError,
    TooDeepError,
    UnknownReferenceError,
)


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
