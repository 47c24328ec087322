"""Use cases of single tasks: create, read, change, move, delete, restore."""

from uuid import UUID

from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database, WriteSession
from vectal.tasks.contracts import BOTTOM, Place, Task, TaskFields, task_as_json
from vectal.tasks.due import read_timezone
from vectal.tasks.errors import TaskNotFoundError, VersionConflictError
from vectal.tasks.fields import clean
from vectal.tasks.repository import tasks
from vectal.tasks.repository.rows import StoredTask
from vectal.tasks.service.ledger import Author, Ledger
from vectal.tasks.service.writing import TaskWriter


def author_of(
    principal: Principal, changeset_id: UUID | None = None, run_id: UUID | None = None
) -> Author:
    return Author(
        principal.workspace_id,
        principal.user_id,
        read_timezone(principal.timezone),
        changeset_id,
        run_id,
    )


class TaskService:
    """Each method is one transaction, in the caller's workspace and with the caller's rights."""

    def __init__(self, database: Database, clock: Clock, writer: TaskWriter) -> None:
        self._database = database
        self._clock = clock
        self._writer = writer

    async def create(self, principal: Principal, fields: TaskFields, place: Place = BOTTOM) -> Task:
        cleaned = clean(fields)
        async with self._database.transaction(principal) as session:
            ledger = self._ledger(session, principal)
            task = await self._writer.create(ledger, cleaned, place=place)
            await ledger.flush()
            return task

    async def get(self, principal: Principal, task_id: UUID) -> Task:
        async with self._database.read(principal) as session:
            found = await tasks.find_tasks(session, principal.workspace_id, [task_id])
        if task_id not in found:
            raise TaskNotFoundError
        return found[task_id]

    async def update(
        self,
        principal: Principal,
        task_id: UUID,
        fields: TaskFields,
        *,
        version: int | None = None,
        place: Place | None = None,
    ) -> Task:
        """Change fields, and place the task where `place` says.

        With `version` only that version is changed; a newer one raises `VersionConflictError`.
        """
        cleaned = clean(fields)
        async with self._database.transaction(principal) as session:
            ledger = self._ledger(session, principal)
            task = await self._lock(session, principal, task_id, version)
            task = await self._writer.change(ledger, task, cleaned, place=place)
            await ledger.flush()
            return task

    async def delete(
        self, principal: Principal, task_id: UUID, *, version: int | None = None
    ) -> None:
        """Delete a task with everything below it; it can be restored."""
        async with self._database.transaction(principal) as session:
            ledger = self._ledger(session, principal)
            task = await self._lock(session, principal, task_id, version)
            await self._writer.delete(ledger, task)
            await ledger.flush()

    async def restore(self, principal: Principal, task_id: UUID) -> Task:
        """Bring back a deleted task with what was deleted together with it."""
        async with self._database.transaction(principal) as session:
            ledger = self._ledger(session, principal)
            stored = await self._lock_stored(session, principal, task_id)
            await self._writer.restore(ledger, stored)
            await ledger.flush()
            found = await tasks.find_tasks(session, principal.workspace_id, [task_id])
            return found[task_id]

    def _ledger(self, session: WriteSession, principal: Principal) -> Ledger:
        return Ledger(session, author_of(principal), self._clock.now())

    async def _lock(
        self, session: WriteSession, principal: Principal, task_id: UUID, version: int | None
    ) -> Task:
        stored = await self._lock_stored(session, principal, task_id)
        if stored.deleted_at is not None:
            raise TaskNotFoundError
        if version is not None and stored.task.version != version:
            raise VersionConflictError(task_as_json(stored.task))
        return stored.task

    async def _lock_stored(
        self, session: WriteSession, principal: Principal, task_id: UUID
    ) -> StoredTask:
        stored = await tasks.lock_tasks(session, principal.workspace_id, [task_id])
        if task_id not in stored:
            raise TaskNotFoundError
        return stored[task_id]
