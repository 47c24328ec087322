"""The manual order: stable under many moves, spread anew when a gap is used up."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.tasks.conftest import Desk, MakeDesk

from vectal.platform.db import Database
from vectal.tasks.contracts import Place, Task, TaskFields, TaskFilter
from vectal.tasks.errors import UnknownReferenceError
from vectal.tasks.ordering import is_long
from vectal.tasks.repository import positions
from vectal.tasks.repository.positions import Shelf


async def titles(desk: Desk, **conditions: object) -> list[str]:
    wanted = TaskFilter(**conditions)  # type: ignore[arg-type]  # tests name real conditions
    page = await desk.services.lists.list_tasks(desk.me, wanted, limit=200)
    return [task.title for task in page.items]


async def move(desk: Desk, task: Task, place: Place, **fields: object) -> Task:
    return await desk.services.tasks.update(
        desk.me,
        task.id,
        TaskFields(**fields),  # type: ignore[typeddict-item]  # tests name real fields
        place=place,
    )


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    moves=st.lists(
        st.tuples(
            st.integers(0, 4), st.sampled_from(["after", "before"]), st.none() | st.integers(0, 4)
        ),
        max_size=8,
    )
)
async def test_moves_do_what_a_plain_list_would(
    make_desk: MakeDesk, moves: list[tuple[int, str, int | None]]
) -> None:
    desk = await make_desk()
    tasks = [await desk.add(str(number)) for number in range(5)]
    expected = [str(number) for number in range(5)]
    for mover, side, neighbour in moves:
        if neighbour == mover:
            continue
        place = Place("after" if side == "after" else "before", None)
        expected.remove(str(mover))
        if neighbour is None:
            expected.insert(0 if side == "after" else len(expected), str(mover))
        else:
            place = Place(place.side, tasks[neighbour].id)
            at = expected.index(str(neighbour)) + (side == "after")
            expected.insert(at, str(mover))
        await move(desk, tasks[mover], place)
        assert await titles(desk) == expected


async def test_a_gap_that_is_used_up_is_spread_anew(desk: Desk, database: Database) -> None:
    first, *rest = [await desk.add(f"{number:03}") for number in range(6)]
    shelf = Shelf(desk.me.workspace_id, "tasks")
    # The keys of two neighbours as many insertions between them would leave them.
    tight = ["a0" + "V" * 47 + "1", "a0" + "V" * 47 + "2"]
    async with database.transaction(desk.me) as session:
        await positions.set_positions(session, shelf, [first.id, rest[0].id], tight)
    before = {task.id: (await desk.get(task)).version for task in (first, *rest)}
    moved = await move(desk, rest[-1], Place("after", first.id))
    assert await titles(desk) == ["000", "005", "001", "002", "003", "004"]
    now = [await desk.get(task) for task in (first, *rest)]
    assert not any(is_long(task.position) for task in now)
    # Making room is nobody's edit.
    others = {task.id: task.version for task in now if task.id != moved.id}
    assert others == {key: value for key, value in before.items() if key != moved.id}
    assert moved.version == 2


async def test_tasks_at_one_position_can_still_be_parted(desk: Desk, database: Database) -> None:
    tasks = [await desk.add(str(number)) for number in range(4)]
    shelf = Shelf(desk.me.workspace_id, "tasks")
    async with database.transaction(desk.me) as session:
        same = [tasks[0].position] * 4
        await positions.set_positions(session, shelf, [task.id for task in tasks], same)
    await move(desk, tasks[3], Place("after", tasks[0].id))
    assert await titles(desk) == ["0", "3", "1", "2"]


async def test_two_who_place_at_once_take_two_places(desk: Desk) -> None:
    anchor = await desk.add("anchor")
    tasks = [await desk.add(str(number)) for number in range(6)]
    await asyncio.gather(*(move(desk, task, Place("after", anchor.id)) for task in tasks))
    page = await desk.services.lists.list_tasks(desk.me, TaskFilter())
    assert len({task.position for task in page.items}) == 7
    assert page.items[0].title == "anchor"


async def test_a_neighbour_stands_in_the_same_project(desk: Desk) -> None:
    flat = await desk.services.projects.create(desk.me, "Flat")
    there = await desk.add("there", project_id=flat.id)
    here = await desk.add("here")
    with pytest.raises(UnknownReferenceError):
        await move(desk, here, Place("after", there.id))
    await move(desk, here, Place("before", there.id), project_id=flat.id)
    assert await titles(desk, project_id=flat.id) == ["here", "there"]


async def test_two_moves_that_would_close_a_circle_do_not(desk: Desk) -> None:
    one, two = await desk.add("one"), await desk.add("two")
    results = await asyncio.gather(
        desk.services.tasks.update(desk.me, one.id, TaskFields(parent_id=two.id)),
        desk.services.tasks.update(desk.me, two.id, TaskFields(parent_id=one.id)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, Task) for result in results) == 1


async def test_a_child_is_never_left_in_a_parent_that_is_being_deleted(desk: Desk) -> None:
    for _ in range(5):
        parent = await desk.add("parent")
        made, _gone = await asyncio.gather(
            desk.add("child", parent_id=parent.id),
            desk.services.tasks.delete(desk.me, parent.id),
            return_exceptions=True,
        )
        if isinstance(made, Task):
            assert "child" not in await titles(desk)
