"""What a run proposes: one changeset, nothing twice, and decided on like any other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import pytest
from tests.tasks.conftest import Desk
from tests.tasks.deciding import accept, edit, ids, proposal, statuses, undo

from vectal.ai.contracts import ToolContext, ToolOutput
from vectal.platform.ids import new_id
from vectal.tasks.contracts import Changeset, ChangesetFilter, Origin, Proposal
from vectal.tasks.errors import LimitReachedError, TaskNotFoundError
from vectal.tasks.limits import ITEMS_A_CHANGESET
from vectal.tasks.tools import make_tools


@pytest.fixture
def run() -> UUID:
    return new_id()


async def _propose(desk: Desk, run: UUID, call_id: str, *proposals: Proposal) -> Changeset:
    origin = Origin(run_id=run, call_id=call_id)
    return await desk.services.changesets.propose(desk.me, origin, proposals)


async def _call(desk: Desk, run: UUID, name: str, call_id: str, **arguments: Any) -> ToolOutput:
    tool = next(tool for tool in make_tools(desk.services) if tool.name == name)
    context = ToolContext(desk.me, None, None, call_id, "act", "UTC", run)
    output: ToolOutput = await tool.handler(context, tool.input.model_validate(arguments))
    return output


async def _all_of(desk: Desk, run: UUID) -> AsyncGenerator[Changeset]:
    page = await desk.services.changesets.list_changesets(desk.me, ChangesetFilter(run_id=run))
    for one in page.items:
        yield one


async def test_all_calls_of_a_run_are_one_changeset(desk: Desk, run: UUID) -> None:
    task = await desk.add()
    first = await _call(desk, run, "create_task", "1", title="Call bank")
    second = await _call(desk, run, "complete_task", "2", task_id=str(task.id))
    assert first.changeset_id == second.changeset_id
    (changeset,) = [one async for one in _all_of(desk, run)]
    assert (changeset.run_id, changeset.turn_id) == (run, None)
    assert [item.operation for item in changeset.items] == ["create", "complete"]
    assert [entry["operation"] for entry in json.loads(second.content)["prepared"]] == ["complete"]


async def test_a_call_that_is_made_again_proposes_nothing_twice(desk: Desk, run: UUID) -> None:
    task = await desk.add()
    steps = [{"title": "One"}, {"title": "Two"}]
    first = await _call(desk, run, "break_down_task", "1", task_id=str(task.id), steps=steps)
    await _call(desk, run, "create_task", "2", title="Between")
    again = await _call(desk, run, "break_down_task", "1", task_id=str(task.id), steps=steps)
    assert json.loads(again.content) == json.loads(first.content)
    assert (again.summary, again.changeset_id) == (first.summary, first.changeset_id)
    (changeset,) = [one async for one in _all_of(desk, run)]
    assert len(changeset.items) == 3


async def test_two_workers_at_the_same_call_propose_it_once(desk: Desk, run: UUID) -> None:
    outputs = await asyncio.gather(
        *(_call(desk, run, "create_task", "1", title="Call bank") for _ in range(6))
    )
    made = {json.loads(output.content)["prepared"][0]["task_id"] for output in outputs}
    assert len(made) == 1
    (changeset,) = [one async for one in _all_of(desk, run)]
    assert len(changeset.items) == 1


async def test_the_same_call_of_another_run_is_another_call(desk: Desk, run: UUID) -> None:
    other = new_id()
    first = await _call(desk, run, "create_task", "1", title="Call bank")
    second = await _call(desk, other, "create_task", "1", title="Call bank")
    assert first.changeset_id != second.changeset_id
    made = [json.loads(output.content)["prepared"][0]["task_id"] for output in (first, second)]
    assert made[0] != made[1]


async def test_it_stays_one_when_a_person_decides_while_the_run_goes_on(
    desk: Desk, run: UUID
) -> None:
    changeset = await _propose(desk, run, "1", proposal("create", title="One"))
    changeset = await accept(desk, changeset)
    assert changeset.status == "accepted"
    more = await _propose(desk, run, "2", proposal("create", title="Two"))
    assert more.id == changeset.id
    assert (more.status, statuses(more)) == ("partly", ["accepted", "pending"])
    again = await _propose(desk, run, "1", proposal("create", title="One"))
    assert statuses(again) == ["accepted", "pending"]
    done = await accept(desk, more)
    assert done.status == "accepted"


async def test_a_later_call_sees_what_earlier_ones_propose(desk: Desk, run: UUID) -> None:
    made = new_id()
    await _propose(desk, run, "1", proposal("create", made, title="Plan"))
    more = await _propose(desk, run, "2", proposal("create", title="Step", parent_id=made))
    accepted = await accept(desk, more)
    step = await desk.services.tasks.get(desk.me, accepted.items[1].task_id)
    assert step.parent_id == made


async def test_undoing_shows_where_people_went_on(desk: Desk, run: UUID) -> None:
    kept, moved = await desk.add("Kept"), await desk.add("Moved")
    changeset = await _propose(
        desk, run, "1", proposal("update", kept, priority=1), proposal("update", moved, priority=1)
    )
    await accept(desk, changeset)
    await edit(desk, moved, priority=2)
    undone = await undo(desk, changeset)
    assert statuses(undone) == ["undone", "conflict"]
    assert undone.items[1].conflict is not None
    assert (await desk.get(kept)).priority == 4
    assert (await desk.get(moved)).priority == 2


async def test_an_item_can_be_rejected_by_itself(desk: Desk, run: UUID) -> None:
    changeset = await _propose(
        desk, run, "1", proposal("create", title="One"), proposal("create", title="Two")
    )
    rejected = await desk.services.changesets.reject(desk.me, changeset.id, ids(changeset, [0]))
    assert statuses(rejected) == ["rejected", "pending"]


async def test_a_call_that_fails_leaves_nothing(desk: Desk, run: UUID) -> None:
    with pytest.raises(TaskNotFoundError):
        await _propose(
            desk, run, "1", proposal("create", title="One"), proposal("complete", new_id())
        )
    assert [one async for one in _all_of(desk, run)] == []


async def test_a_changeset_takes_so_much(desk: Desk, run: UUID) -> None:
    many = [proposal("create", title=f"{n}") for n in range(ITEMS_A_CHANGESET)]
    await _propose(desk, run, "1", *many)
    with pytest.raises(LimitReachedError):
        await _propose(desk, run, "2", proposal("create", title="One more"))
