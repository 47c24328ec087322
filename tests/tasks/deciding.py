"""Proposing and deciding in few words, for the tests of this folder."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from tests.tasks.conftest import Desk

from vectal.tasks.contracts import Changeset, Operation, Origin, Proposal, Task, TaskFields


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
