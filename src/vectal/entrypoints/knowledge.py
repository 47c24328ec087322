"""What chat may look up in files, documents, tasks and projects, given to it here."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vectal.ai.contracts import Pinned
from vectal.auth.errors import ForbiddenError
from vectal.auth.policy import can
from vectal.auth.principal import Principal
from vectal.chat.contracts_sources import Reference, ReferenceKind
from vectal.documents.contracts import UNDER_WAY, DocumentPage, Passage, SearchQuery
from vectal.documents.errors import DocumentNotFoundError, PageNotFoundError
from vectal.documents.service import DocumentServices
from vectal.files.errors import StoredFileNotFoundError
from vectal.files.service import FileServices
from vectal.platform.clock import monotonic
from vectal.platform.errors import AppError
from vectal.tasks.contracts import Task, TaskFilter
from vectal.tasks.service import TaskServices

_READ: Final[dict[ReferenceKind, str]] = {
    "file": "files.read",
    "project": "projects.read",
    "task": "tasks.read",
}
_NOTES_CHARS: Final = 4_000
_LISTED: Final = 30
_LOOK_S: Final = 0.25
_GONE: Final = frozenset({403, 404})


@dataclass(frozen=True, slots=True)
class _Shelves:
    files: FileServices
    documents: DocumentServices


class ChatKnowledge:
    """Every look is the principal's own, with its rights and no more.

    Files know of chat, since they may be attached there; so they are put in when they are made.
    """

    def __init__(self, tasks: TaskServices, *, patience_s: float = 20.0) -> None:
        self._tasks = tasks
        self._patience_s = patience_s
        self._made: _Shelves | None = None

    def put_in(self, files: FileServices, documents: DocumentServices) -> None:
        self._made = _Shelves(files, documents)

    @property
    def _shelves(self) -> _Shelves:
        if self._made is None:
            raise RuntimeError("put_in() comes before the first question")
        return self._made

    async def name(
        self, principal: Principal, references: Sequence[Reference]
    ) -> tuple[Reference, ...]:
        """The references, each once, with their names.

        Raises `ForbiddenError` for a kind that the principal may not read, and the error of
        whoever keeps the things for one that is not there for it.
        """
        named: dict[tuple[str, UUID], Reference] = {}
        for each in references:
            if not can(principal, _READ[each.kind]):
                raise ForbiddenError(f"Attaching a {each.kind} needs the right to read it.")
            name = await self._name_of(principal, each)
            named.setdefault((each.kind, each.id), Reference(each.kind, each.id, name))
        return tuple(named.values())

    async def describe(
        self, principal: Principal, references: Sequence[Reference]
    ) -> Sequence[Pinned]:
        pinned: list[Pinned] = []
        for each in references:
            if each.kind == "file" or not can(principal, _READ[each.kind]):
                continue
            try:
                if each.kind == "task":
                    task = await self._tasks.tasks.get(principal, each.id)
                    pinned.append(Pinned("A task that was mentioned", _told(task)))
                else:
                    pinned.append(await self._project(principal, each.id))
            except AppError as error:
                if error.status not in _GONE:
                    raise
        return pinned

    async def await_reading(
        self, principal: Principal, files: Sequence[Reference]
    ) -> Sequence[Reference]:
        until = monotonic() + self._patience_s
        waiting, unread = list(files), list[Reference]()
        while waiting:
            states = [(each, await self._state(principal, each.id)) for each in waiting]
            unread += [each for each, state in states if state == "never"]
            waiting = [each for each, state in states if state == "soon"]
            if not waiting or monotonic() >= until:
                break
            await asyncio.sleep(_LOOK_S)
        return [*unread, *waiting]

    async def search(self, principal: Principal, query: SearchQuery) -> Sequence[Passage]:
        if not can(principal, "documents.search"):
            return ()
        return (await self._shelves.documents.search(principal, query)).passages

    async def read_page(
        self, principal: Principal, file_id: UUID, page: int, version: int
    ) -> DocumentPage | None:
        try:
            return await self._shelves.documents.get_page(principal, file_id, page, version)
        except (DocumentNotFoundError, PageNotFoundError):
            return None

    async def find_gone(self, principal: Principal, file_ids: Collection[UUID]) -> frozenset[UUID]:
        if not file_ids:
            return frozenset()
        found = await self._shelves.files.files.find_files(principal, file_ids)
        there = {file.id for file in found if file.trashed_at is None}
        return frozenset(file_ids) - there

    async def _name_of(self, principal: Principal, reference: Reference) -> str:
        if reference.kind == "task":
            return (await self._tasks.tasks.get(principal, reference.id)).title
        if reference.kind == "project":
            return (await self._tasks.projects.get(principal, reference.id)).name
        file = await self._shelves.files.get_file(principal, reference.id)
        if file.trashed_at is not None:
            raise StoredFileNotFoundError
        return file.name

    async def _project(self, principal: Principal, project_id: UUID) -> Pinned:
        project = await self._tasks.projects.get(principal, project_id)
        page = await self._tasks.lists.list_tasks(
            principal, TaskFilter(project_id=project_id), limit=_LISTED
        )
        lines = [f"{project.name} (id {project.id})", *(_line(task) for task in page.items)]
        return Pinned("A project that was mentioned, with its tasks", "\n".join(lines))

    async def _state(self, principal: Principal, file_id: UUID) -> str:
        """`ready`, `soon`, or `never` for what is no document or could not be read."""
        try:
            document = await self._shelves.documents.get_document(principal, file_id)
        except DocumentNotFoundError:
            gone = await self.find_gone(principal, [file_id])
            return "never" if gone else "soon"
        if document.is_searchable:
            return "ready"
        return "soon" if document.state in UNDER_WAY else "never"


def _told(task: Task) -> str:
    lines = [f"{task.title} (id {task.id})", f"status: {task.status}, priority: {task.priority}"]
    due = task.due_at or task.due_on
    if due is not None:
        lines.append(f"due: {due.isoformat()}")
    if task.notes:
        lines.append(task.notes[:_NOTES_CHARS])
    return "\n".join(lines)


def _line(task: Task) -> str:
    due = task.due_at or task.due_on
    return f"- [{task.status}] {task.title}" + (f", due {due.isoformat()}" if due else "")
