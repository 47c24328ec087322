"""Use cases of projects."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database, WriteSession
from vectal.platform.db.paging import InvalidCursorError, decode_cursor, encode_cursor
from vectal.platform.ids import new_id
from vectal.tasks.contracts import (
    Project,
    ProjectChange,
    ProjectPage,
    project_as_json,
)
from vectal.tasks.errors import (
    InvalidFieldError,
    LimitReachedError,
    NotDeletedError,
    ProjectExistsError,
    ProjectNotFoundError,
    VersionConflictError,
)
from vectal.tasks.events import Kind, ProjectChanged
from vectal.tasks.limits import (
    PROJECT_NAME,
    PROJECTS_A_WORKSPACE,
    TASKS_DELETED_TOGETHER,
    to_one_line,
)
from vectal.tasks.repository import projects, tasks
from vectal.tasks.repository.positions import Shelf
from vectal.tasks.repository.projects import StoredProject
from vectal.tasks.service import placing
from vectal.tasks.service.cursors import as_id
from vectal.tasks.service.labelling import color_for
from vectal.tasks.service.ledger import DELETED, RESTORED, Ledger
from vectal.tasks.service.tasks import author_of

_CURSOR: Final = "projects"
_KEY_CHARS: Final = 30
_COLOR: Final = re.compile(r"[a-z]{3,16}|#[0-9a-f]{6}")


def clean_color(color: str) -> str:
    lowered = color.lower()
    if not _COLOR.fullmatch(lowered):
        raise InvalidFieldError("color is a name such as teal, or #rrggbb.", pointer="/color")
    return lowered


def clean_project_name(name: str) -> str:
    line = to_one_line(name)
    if not 0 < len(line) <= PROJECT_NAME:
        raise InvalidFieldError(
            f"A project's name takes 1 to {PROJECT_NAME} characters.", pointer="/name"
        )
    return line


class ProjectService:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def list_projects(
        self,
        principal: Principal,
        *,
        archived: bool | None = None,
        words: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> ProjectPage:
        """In their manual order; `archived` None means both, `words` stand in the name."""
        kind = f"{_CURSOR}:{archived}"
        after = _read_cursor(kind, cursor) if cursor else None
        async with self._database.read(principal) as session:
            found = await projects.list_projects(
                session,
                principal.workspace_id,
                after,
                limit + 1,
                archived=archived,
                words=words.split(),
            )
        page = found[:limit]
        more = len(found) > limit
        return ProjectPage(
            tuple(page),
            encode_cursor(kind, [page[-1].position, str(page[-1].id)]) if more else None,
        )

    async def get(self, principal: Principal, project_id: UUID) -> Project:
        async with self._database.read(principal) as session:
            stored = await projects.find_project(session, principal.workspace_id, project_id)
        if stored is None or stored.deleted_at is not None:
            raise ProjectNotFoundError
        return stored.project

    async def get_named(self, principal: Principal, name: str) -> Project:
        """The project of this name or id, archived ones left out."""
        async with self._database.read(principal) as session:
            found = await projects.find_project_by_name(session, principal.workspace_id, name)
            if found is None and (project_id := as_id(name)) is not None:
                stored = await projects.find_project(session, principal.workspace_id, project_id)
                found = stored.project if stored and stored.deleted_at is None else None
        if found is None or found.archived_at is not None:
            raise ProjectNotFoundError(f"There is no project {to_one_line(name)[:100]!r}.")
        return found

    async def find_names(
        self, principal: Principal, project_ids: Collection[UUID]
    ) -> dict[UUID, str]:
        if not project_ids:
            return {}
        async with self._database.read(principal) as session:
            return await projects.find_names(session, principal.workspace_id, project_ids)

    async def create(self, principal: Principal, name: str, color: str | None = None) -> Project:
        async with self._database.transaction(principal) as session:
            ledger = self._ledger(session, principal)
            project = await self.add(ledger, name, color)
            await ledger.flush()
            return project

    async def find_or_add(self, ledger: Ledger, name: str) -> Project:
        """The project of this name, made when there is none."""
        found = await projects.find_project_by_name(ledger.session, ledger.workspace_id, name)
        return found or await self.add(ledger, name, None)

    async def add(self, ledger: Ledger, name: str, color: str | None) -> Project:
        session, workspace_id = ledger.session, ledger.workspace_id
        cleaned = clean_project_name(name)
        if await projects.count_projects(session, workspace_id) >= PROJECTS_A_WORKSPACE:
            raise LimitReachedError(f"A workspace takes {PROJECTS_A_WORKSPACE} projects.")
        project = Project(
            id=new_id(),
            name=cleaned,
            key=await _find_key(session, workspace_id, cleaned),
            color=clean_color(color) if color else color_for(cleaned),
            position=await placing.append(session, Shelf(workspace_id, "projects")),
            archived_at=None,
            created_at=ledger.at,
            updated_at=ledger.at,
            version=1,
        )
        if not await projects.insert_project(session, workspace_id, ledger.author.user_id, project):
            raise ProjectExistsError
        ledger.tell(project.id, ProjectChanged(project.id, "created"))
        return project

    async def update(
        self,
        principal: Principal,
        project_id: UUID,
        change: ProjectChange,
        *,
        version: int | None = None,
    ) -> Project:
        async with self._database.transaction(principal) as session:
            ledger = self._ledger(session, principal)
            project = (await self._lock(session, principal, project_id, version)).project
            values = await self._values(ledger, project, change)
            if not values:
                return project
            if not await projects.update_project(
                session, principal.workspace_id, project_id, values, ledger.at
            ):
                raise ProjectExistsError
            self._tell(ledger, project_id, "updated")
            await ledger.flush()
            return replace(project, **values, version=project.version + 1, updated_at=ledger.at)

    async def _values(
        self, ledger: Ledger, project: Project, change: ProjectChange
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if change.name is not None:
            values["name"] = clean_project_name(change.name)
        if change.color is not None:
            values["color"] = clean_color(change.color)
        if change.archived is not None and change.archived != (project.archived_at is not None):
            values["archived_at"] = ledger.at if change.archived else None
        if change.place is not None:
            shelf = Shelf(ledger.workspace_id, "projects")
            values["position"], spread = await placing.find_position(
                ledger.session, shelf, change.place, project.id
            )
            for one in spread:
                self._tell(ledger, one, "updated")
        return {name: value for name, value in values.items() if value != getattr(project, name)}

    async def delete(
        self, principal: Principal, project_id: UUID, *, version: int | None = None
    ) -> None:
        """Delete a project with its tasks, at one moment, by which both can be restored."""
        async with self._database.transaction(principal) as session:
            ledger = self._ledger(session, principal)
            await self._lock(session, principal, project_id, version)
            ids = await tasks.list_project_task_ids(
                session, principal.workspace_id, project_id, TASKS_DELETED_TOGETHER + 1
            )
            if len(ids) > TASKS_DELETED_TOGETHER:
                raise LimitReachedError(
                    f"The project holds more than {TASKS_DELETED_TOGETHER} tasks. Archive it."
                )
            versions = await tasks.set_deleted(
                session, principal.workspace_id, ids, ledger.at, ledger.at
            )
            for task_id, task_version in versions.items():
                ledger.record(task_id, task_version, DELETED)
            ledger.tell_tasks(versions, "deleted", ())
            await self._set_deleted(ledger, project_id, deleted=True)
            await ledger.flush()

    async def restore(self, principal: Principal, project_id: UUID) -> Project:
        """Bring back a project with the tasks that were deleted with it."""
        async with self._database.transaction(principal) as session:
            ledger = self._ledger(session, principal)
            stored = await projects.lock_project(session, principal.workspace_id, project_id)
            if stored is None:
                raise ProjectNotFoundError
            if stored.deleted_at is None:
                raise NotDeletedError
            ids = await tasks.list_project_task_ids(
                session,
                principal.workspace_id,
                project_id,
                TASKS_DELETED_TOGETHER + 1,
                deleted_at=stored.deleted_at,
            )
            versions = await tasks.set_deleted(
                session, principal.workspace_id, ids, None, ledger.at
            )
            for task_id, task_version in versions.items():
                ledger.record(task_id, task_version, RESTORED)
            ledger.tell_tasks(versions, "updated", ())
            await self._set_deleted(ledger, project_id, deleted=False)
            await ledger.flush()
        return await self.get(principal, project_id)

    async def _set_deleted(self, ledger: Ledger, project_id: UUID, *, deleted: bool) -> None:
        values = {"deleted_at": ledger.at if deleted else None}
        if not await projects.update_project(
            ledger.session, ledger.workspace_id, project_id, values, ledger.at
        ):
            raise ProjectExistsError("Another project has taken the name. Rename that one first.")
        self._tell(ledger, project_id, "deleted" if deleted else "created")

    def _ledger(self, session: WriteSession, principal: Principal) -> Ledger:
        return Ledger(session, author_of(principal), self._clock.now())

    def _tell(self, ledger: Ledger, project_id: UUID, kind: Kind) -> None:
        ledger.tell(project_id, ProjectChanged(project_id, kind))

    async def _lock(
        self, session: WriteSession, principal: Principal, project_id: UUID, version: int | None
    ) -> StoredProject:
        stored = await projects.lock_project(session, principal.workspace_id, project_id)
        if stored is None or stored.deleted_at is not None:
            raise ProjectNotFoundError
        if version is not None and stored.project.version != version:
            raise VersionConflictError(project_as_json(stored.project))
        return stored


async def _find_key(session: WriteSession, workspace_id: UUID, name: str) -> str:
    """A short word for addresses: "Meine Wohnung" is `meine-wohnung`, then `meine-wohnung-2`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_KEY_CHARS].strip("-") or "project"
    taken = await projects.list_keys(session, workspace_id, stem)
    if stem not in taken:
        return stem
    number = next(n for n in range(2, len(taken) + 3) if f"{stem}-{n}" not in taken)
    return f"{stem}-{number}"


def _read_cursor(kind: str, cursor: str) -> tuple[str, UUID]:
    position, id_ = decode_cursor(kind, cursor, length=2)
    project_id = as_id(id_)
    if not isinstance(position, str) or "\x00" in position or project_id is None:
        raise InvalidCursorError
    return position, project_id
