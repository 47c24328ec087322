"""What one transaction did to tasks: written down as it happens, kept in few statements."""

from collections.abc import AsyncGenerator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from vectal.platform.db import WriteSession
from vectal.platform.errors import AppError
from vectal.platform.events import Event
from vectal.platform.ids import new_id
from vectal.tasks.contracts import FIELDS, Change, TaskFields
from vectal.tasks.events import Kind, ProjectChanged, TaskChanged
from vectal.tasks.fields import encode
from vectal.tasks.repository import history

NAMED_AT_MOST: Final = 200
"""More tasks changed at once are told of by their project."""
DELETED: Final = (Change("deleted", before=False, after=True),)
RESTORED: Final = (Change("deleted", before=True, after=False),)


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes, where, in which timezone, and as part of which changeset of which run."""

    workspace_id: UUID
    user_id: UUID
    timezone: ZoneInfo
    changeset_id: UUID | None = None
    run_id: UUID | None = None
    """The run that proposed the changeset."""


class Ledger:
    """Collects history and events of one transaction; `flush` writes them.

    `at` is the one moment of all of it.
    """

    def __init__(self, session: WriteSession, author: Author, at: datetime) -> None:
        self.session = session
        self.author = author
        self.at = at
        self._entries: list[history.Entry] = []
        self._events: dict[tuple[type[Event], UUID], Event] = {}

    @property
    def workspace_id(self) -> UUID:
        return self.author.workspace_id

    def record(self, task_id: UUID, version: int, changes: Iterable[Change]) -> None:
        listed = tuple(changes)
        if listed:
            self._entries.append(history.Entry(new_id(), task_id, version, listed))

    def tell_task(
        self, task_id: UUID, version: int, kind: Kind, *, completed: bool = False
    ) -> None:
        """The last word on a task counts, but what is new stays new."""
        known = self._events.get((TaskChanged, task_id))
        if isinstance(known, TaskChanged):
            completed = completed or known.completed
            if known.kind == "created" and kind == "updated":
                kind = "created"
        run_id = self.author.run_id
        told = TaskChanged(task_id, version, kind, completed=completed, run_id=run_id)
        self._events[TaskChanged, task_id] = told

    def tell_tasks(
        self, versions: Mapping[UUID, int], kind: Kind, projects: Collection[UUID | None]
    ) -> None:
        if len(versions) <= NAMED_AT_MOST:
            for task_id, version in versions.items():
                self.tell_task(task_id, version, kind)
            return
        for project_id in projects:
            if project_id is not None:
                self.tell(project_id, ProjectChanged(project_id, "updated"))

    def tell(self, subject: UUID, event: Event) -> None:
        self._events[type(event), subject] = event

    @asynccontextmanager
    async def attempt(self) -> AsyncGenerator[None]:
        """A part that is undone alone when its block raises, in the database and in here."""
        entries, events = list(self._entries), dict(self._events)
        try:
            async with self.session.savepoint():
                yield
        except AppError:
            self._entries, self._events = entries, events
            raise

    async def flush(self) -> None:
        if self._entries:
            await history.append(
                self.session,
                self.workspace_id,
                self.author.user_id,
                self.author.changeset_id,
                self._entries,
                self.at,
            )
        for event in self._events.values():
            await self.session.emit(event)
        self._entries.clear()
        self._events.clear()


def changes_between(before: TaskFields, after: TaskFields) -> list[Change]:
    """The fields of `after`, each with what `before` held."""
    old, new = encode(before), encode(after)
    return [Change(name, old.get(name), new[name]) for name in FIELDS if name in new]
