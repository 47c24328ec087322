"""What models propose for the calendar: accepted, edited, rejected, undone, beside tasks."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from tests.calendar.conftest import BERLIN, Desk, MakeDesk, at

from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Role
from vectal.calendar.contracts import EventFields
from vectal.calendar.errors import (
    BadEventError,
    EventLimitError,
    EventNotFoundError,
    NotYourEventError,
)
from vectal.calendar.fields import encode
from vectal.calendar.service import writing
from vectal.platform.ids import new_id
from vectal.tasks.contracts import Changeset, Foreign, Operation, Origin, Proposal, TaskFields
from vectal.tasks.errors import (
    ChangesetClosedError,
    ChangesetDependencyError,
    InvalidFieldError,
    NothingToChangeError,
)
from vectal.tasks.service import TaskServices


def change(operation: Operation, event_id: UUID | None = None, **fields: Any) -> Foreign:
    return Foreign("event", operation, encode(EventFields(**fields)), event_id)


async def propose(
    desk: Desk, *proposals: Foreign | Proposal, turn: UUID | None = None
) -> Changeset:
    origin = Origin(turn or new_id(), new_id())
    return await desk.services.tasks.changesets.propose(desk.me, origin, proposals)


async def accept(desk: Desk, changeset: Changeset, **more: Any) -> Changeset:
    return await desk.services.tasks.changesets.accept(desk.me, changeset.id, **more)


async def undo(desk: Desk, changeset: Changeset, **more: Any) -> Changeset:
    return await desk.services.tasks.changesets.undo(desk.me, changeset.id, **more)


async def edit(desk: Desk, changeset: Changeset, **fields: Any) -> Changeset:
    item = changeset.items[0]
    return await desk.services.tasks.changesets.edit(desk.me, changeset.id, item.id, fields)


async def test_a_new_event_is_there_once_it_is_accepted_and_gone_once_it_is_undone(
    desk: Desk,
) -> None:
    event_id = new_id()
    changeset = await propose(desk, change("create", event_id, title="Board", starts_at=at(15, 9)))
    (item,) = changeset.items
    assert (changeset.title, item.kind, item.task_id) == ("Create “Board”", "event", event_id)
    assert item.after is not None
    assert (item.after["ends_at"], item.after["timezone"]) == ("2026-07-15T10:00:00Z", BERLIN)
    assert await desk.seen() == []
    accepted = await accept(desk, changeset)
    assert (accepted.status, accepted.items[0].is_applied) == ("accepted", True)
    assert await desk.seen() == [("Board", at(15, 9))]
    assert (await accept(desk, changeset)).status == "accepted"
    assert (await undo(desk, changeset)).status == "undone"
    assert await desk.seen() == []


async def test_a_change_gives_back_what_it_took(desk: Desk) -> None:
    event = await desk.add(place="Room 4", ends_at=at(15, 11))
    changeset = await propose(
        desk, change("update", event.id, starts_on=date(2026, 7, 20), place="Bonn")
    )
    (item,) = changeset.items
    assert item.before is not None
    assert set(item.before) == {
        *("place", "starts_at", "ends_at", "starts_on", "ends_on", "timezone", "rule")
    }
    await accept(desk, changeset)
    assert (await desk.get(event.id)).starts_on == date(2026, 7, 20)
    await desk.change(event, title="Other")  # touches nothing of ours
    await undo(desk, changeset)
    back = await desk.get(event.id)
    assert (back.title, back.place, back.starts_at, back.ends_at) == (
        "Other",
        "Room 4",
        at(15, 9),
        at(15, 11),
    )


async def test_what_people_have_changed_since_is_a_conflict(desk: Desk) -> None:
    event = await desk.add()
    changeset = await propose(desk, change("update", event.id, starts_at=at(16, 9)))
    await desk.change(event, ends_at=at(15, 12))
    stuck = await accept(desk, changeset)
    conflict = stuck.items[0].conflict
    assert conflict is not None
    assert conflict.fields == ("ends_at",)
    assert (await desk.get(event.id)).starts_at == at(15, 9)
    forced = await accept(desk, changeset, force=True)
    assert forced.status == "accepted"
    assert (await desk.get(event.id)).starts_at == at(16, 9)
    await desk.change(event, starts_at=at(17, 9))
    assert (await undo(desk, changeset)).items[0].conflict is not None
    assert (await desk.get(event.id)).starts_at == at(17, 9)
    assert (await undo(desk, changeset, force=True)).status == "undone"
    assert (await desk.get(event.id)).starts_at == at(15, 9)


async def test_a_deletion_is_undone_with_all_that_the_event_was(desk: Desk) -> None:
    event = await desk.add(rule="FREQ=WEEKLY", notes="Keep", visibility="workspace")
    await desk.services.events.cancel(desk.me, event.id, at(22, 9))
    kept = await desk.get(event.id)
    changeset = await propose(desk, change("delete", event.id))
    await accept(desk, changeset)
    with pytest.raises(EventNotFoundError):
        await desk.get(event.id)
    await undo(desk, changeset)
    back = await desk.get(event.id)
    assert (back.title, back.rule, back.skips, back.visibility, back.notes) == (
        kept.title,
        kept.rule,
        kept.skips,
        kept.visibility,
        kept.notes,
    )
    assert back.version > kept.version


async def test_a_deletion_of_what_has_moved_on_is_a_conflict(desk: Desk) -> None:
    event = await desk.add()
    changeset = await propose(desk, change("delete", event.id))
    await desk.change(event, notes="Important")
    assert (await accept(desk, changeset)).items[0].conflict is not None
    assert (await desk.get(event.id)).notes == "Important"
    await desk.services.events.delete(desk.me, event.id)
    gone = await accept(desk, changeset)
    assert gone.status == "accepted"  # somebody was faster
    assert (await undo(desk, changeset)).status == "undone"
    with pytest.raises(EventNotFoundError):
        await desk.get(event.id)


async def test_a_new_event_that_people_have_changed_is_not_taken_back_silently(desk: Desk) -> None:
    event_id = new_id()
    changeset = await propose(desk, change("create", event_id, title="Board", starts_at=at(15, 9)))
    await accept(desk, changeset)
    await desk.change(await desk.get(event_id), notes="Mine")
    assert (await undo(desk, changeset)).items[0].conflict is not None
    assert (await desk.get(event_id)).notes == "Mine"


async def test_later_changes_see_earlier_ones_of_the_same_turn(desk: Desk) -> None:
    turn, event_id = new_id(), new_id()
    new = change("create", event_id, title="Board", starts_at=at(15, 9))
    await propose(desk, new, turn=turn)
    changeset = await propose(desk, change("update", event_id, title="Council"), turn=turn)
    first, second = changeset.items
    assert second.before == {"title": "Board"}
    with pytest.raises(ChangesetDependencyError):
        await accept(desk, changeset, item_ids=[second.id])
    with pytest.raises(NothingToChangeError):
        await propose(desk, change("update", event_id, title="Council"), turn=turn)
    await propose(desk, change("delete", event_id), turn=turn)
    with pytest.raises(EventNotFoundError):
        await propose(desk, change("update", event_id, title="Again"), turn=turn)
    await accept(desk, changeset, item_ids=[first.id, second.id])
    assert (await desk.get(event_id)).title == "Council"


async def test_tasks_and_events_are_one_changeset(desk: Desk, tasks: TaskServices) -> None:
    changeset = await propose(
        desk,
        Proposal("create", TaskFields(title="Prepare figures")),
        change("create", title="Board", starts_at=at(15, 9)),
        change("create", title="Council", starts_at=at(16, 9)),
    )
    assert changeset.title == "1 new task, 2 new events"
    partly = await accept(desk, changeset, item_ids=[changeset.items[1].id])
    assert partly.status == "partly"
    await desk.services.tasks.changesets.reject(desk.me, changeset.id, [changeset.items[2].id])
    done = await accept(desk, changeset, item_ids=[changeset.items[0].id])
    task = await tasks.tasks.get(desk.me, done.items[0].task_id)
    assert task.title == "Prepare figures"
    assert await desk.seen() == [("Board", at(15, 9))]
    assert (await undo(desk, changeset)).status == "undone"
    assert await desk.seen() == []


async def test_a_proposal_is_put_into_other_words(desk: Desk) -> None:
    changeset = await propose(desk, change("create", title="Board", starts_at=at(15, 9)))
    edited = await edit(desk, changeset, title="Council", starts_at=at(16, 9))
    (item,) = edited.items
    assert (edited.title, item.title) == ("Create “Council”", "Council")
    assert item.proposed is not None
    assert item.proposed["title"] == "Board"
    assert item.after is not None
    assert item.after["ends_at"] == "2026-07-16T10:00:00Z"
    for wrong in ({"title": ""}, {"priority": 1}, {"ends_at": at(1)}, {"rule": "FREQ=NEVER"}):
        with pytest.raises(BadEventError):
            await edit(desk, changeset, **wrong)
    await accept(desk, changeset)
    assert await desk.seen() == [("Council", at(16, 9))]
    with pytest.raises(ChangesetClosedError):
        await edit(desk, changeset, title="Late")


async def test_an_edited_change_keeps_to_the_fields_that_it_proposes(desk: Desk) -> None:
    event = await desk.add()
    changeset = await propose(desk, change("update", event.id, title="Council"))
    with pytest.raises(BadEventError):
        await edit(desk, changeset, place="Bonn")
    with pytest.raises(NothingToChangeError):
        await edit(desk, changeset, title="Board")
    await edit(desk, changeset, title="Cabinet")
    await accept(desk, changeset)
    assert (await desk.get(event.id)).title == "Cabinet"


async def test_a_task_takes_no_fields_of_events(desk: Desk) -> None:
    changeset = await propose(desk, Proposal("create", TaskFields(title="Call")))
    with pytest.raises(InvalidFieldError):
        await edit(desk, changeset, place="Bonn")


async def test_what_could_not_be_accepted_is_not_proposed(desk: Desk, make_desk: MakeDesk) -> None:
    other = await make_desk(desk)
    viewer = await make_desk(desk, role=Role.VIEWER)
    shown = await desk.add(visibility="workspace")
    hidden = await desk.add()
    with pytest.raises(NotYourEventError):
        await propose(other, change("update", shown.id, title="Mine"))
    with pytest.raises(EventNotFoundError):
        await propose(other, change("delete", hidden.id))
    with pytest.raises(BadEventError):
        await propose(desk, change("create", title="Board"))
    with pytest.raises(BadEventError):
        await propose(desk, change("update", hidden.id, rule="FREQ=HOURLY"))
    with pytest.raises(ForbiddenError):
        await propose(viewer, change("create", title="Board", starts_at=at(15, 9)))
    with pytest.raises(ForbiddenError):
        await propose(desk, change("complete", hidden.id))


async def test_what_can_no_longer_be_done_is_a_conflict_and_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    changeset = await propose(
        desk,
        Proposal("create", TaskFields(title="Call")),
        change("create", title="Board", starts_at=at(15, 9)),
    )
    monkeypatch.setattr(writing, "MAX_EVENTS", 0)
    stuck = await accept(desk, changeset)
    assert [item.status for item in stuck.items] == ["accepted", "conflict"]
    conflict = stuck.items[1].conflict
    assert conflict is not None
    assert "at most 0 events" in conflict.detail
    assert await desk.seen() == []
    with pytest.raises(EventLimitError):
        await desk.add()
