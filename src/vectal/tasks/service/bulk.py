"""One change for many tasks, each with its own result."""

from collections.abc import Sequence
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database, WriteSession
from vectal.platform.errors import AppError
from vectal.tasks.contracts import (
    BulkChange,
    BulkResult,
    Failure,
    Task,
    TaskFields,
    TaskFilter,
)
from vectal.tasks.errors import LimitReachedError, NothingToChangeError, TaskNotFoundError
from vectal.tasks.fields import clean, clean_labels, fold
from vectal.tasks.limits import BULK
from vectal.tasks.repository import listing, tasks
from vectal.tasks.repository.listing import Order
from vectal.tasks.service.ledger import Ledger
from vectal.tasks.service.lists import TaskListService
from vectal.tasks.service.tasks import author_of
from vectal.tasks.service.writing import TaskWriter


class BulkService:
    """Changes many tasks in one transaction; what can't be changed is reported and left alone."""

    def __init__(
        self, database: Database, clock: Clock, writer: TaskWriter, lists: TaskListService
    ) -> None:
        self._database = database
        self._clock = clock
        self._writer = writer
        self._lists = lists

    async def change(
        self, principal: Principal, which: Sequence[UUID] | TaskFilter, change: BulkChange
    ) -> BulkResult:
        """At most `limits.BULK` tasks; a filter that finds more is refused."""
        cleaned = BulkChange(
            clean(change.fields),
            tuple(clean_labels(change.add_labels)),
            tuple(clean_labels(change.remove_labels)),
            change.delete,
        )
        if not (cleaned.fields or cleaned.add_labels or cleaned.remove_labels or cleaned.delete):
            raise NothingToChangeError
        async with self._database.transaction(principal) as session:
            ids = await self._choose(session, principal, which)
            ledger = Ledger(session, author_of(principal), self._clock.now())
            result = await self._change_all(ledger, ids, cleaned)
            await ledger.flush()
            found = await tasks.find_tasks(
                session, principal.workspace_id, [task.id for task in result.updated]
            )
        updated = tuple(found[task.id] for task in result.updated if task.id in found)
        return BulkResult(updated, result.deleted, result.failed)

    async def _choose(
        self, session: WriteSession, principal: Principal, which: Sequence[UUID] | TaskFilter
    ) -> list[UUID]:
        if not isinstance(which, TaskFilter):
            ids = list(dict.fromkeys(which))
        else:
            selection = await self._lists.select(session, principal, which)
            if selection is None:
                return []
            found = await listing.list_tasks(
                session,
                principal.workspace_id,
                selection,
                Order("created", descending=False),
                None,
                BULK + 1,
            )
            ids = [task.id for task, _ in found]
        if len(ids) > BULK:
            raise LimitReachedError(f"At most {BULK} tasks change in one step.", pointer="/ids")
        return ids

    async def _change_all(
        self, ledger: Ledger, ids: Sequence[UUID], change: BulkChange
    ) -> BulkResult:
        stored = await tasks.lock_tasks(ledger.session, ledger.workspace_id, ids)
        updated: list[Task] = []
        deleted: dict[UUID, None] = {}
        failed: list[Failure] = []
        for task_id in ids:
            found = stored.get(task_id)
            if task_id in deleted:
                continue
            try:
                if found is None or found.deleted_at is not None:
                    raise TaskNotFoundError
                if change.delete:
                    gone = await self._writer.delete(ledger, found.task)
                    deleted |= dict.fromkeys(one for one in gone if one in stored)
                else:
                    updated.append(await self._change_one(ledger, found.task, change))
            except AppError as error:
                failed.append(Failure(task_id, error.code, error.detail))
        return BulkResult(tuple(updated), tuple(deleted), tuple(failed))

    async def _change_one(self, ledger: Ledger, task: Task, change: BulkChange) -> Task:
        if {"project_id", "parent_id"} & change.fields.keys():
            # An earlier task of the same request may have taken this one along.
            again = await tasks.find_tasks(ledger.session, ledger.workspace_id, [task.id])
            task = again[task.id]
        return await self._writer.change(ledger, task, _for_one(task, change))


def _for_one(task: Task, change: BulkChange) -> TaskFields:
    fields = change.fields.copy()
    if change.add_labels or change.remove_labels:
        names = fields.get("labels", [label.name for label in task.labels])
        dropped = fold(change.remove_labels)
        kept = [name for name in names if name.lower() not in dropped]
        fields["labels"] = clean_labels([*kept, *change.add_labels])
    return fields
