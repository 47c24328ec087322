"""SQL of projects."""
# ruff: noqa: S608 - statements are put together from constants, values are arguments

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from vectal.platform.db import ReadSession, WriteSession
from vectal.tasks.contracts import Project
from vectal.tasks.repository.rows import PROJECT, fetch, fetch_one, read_project
from vectal.tasks.search import like_part
from vectal.tasks.tables import ProjectRow


@dataclass(frozen=True, slots=True)
class StoredProject:
    """A project as it is stored, deleted or not."""

    project: Project
    deleted_at: datetime | None


_ONE: Final = (
    f"SELECT {PROJECT}, p.deleted_at FROM projects p WHERE p.workspace_id = $1 AND p.id = $2"
)


async def find_project(
    session: ReadSession, workspace_id: UUID, project_id: UUID
) -> StoredProject | None:
    row = await fetch_one(session, _ONE, workspace_id, project_id)
    return StoredProject(read_project(row), row["deleted_at"]) if row else None


async def share_project(
    session: WriteSession, workspace_id: UUID, project_id: UUID
) -> StoredProject | None:
    """A project that a task will refer to: it can't be deleted until the transaction ends."""
    row = await fetch_one(session, f"{_ONE} FOR SHARE", workspace_id, project_id)
    return StoredProject(read_project(row), row["deleted_at"]) if row else None


async def lock_project(
    session: WriteSession, workspace_id: UUID, project_id: UUID
) -> StoredProject | None:
    row = await fetch_one(session, f"{_ONE} FOR UPDATE", workspace_id, project_id)
    return StoredProject(read_project(row), row["deleted_at"]) if row else None


async def list_projects(
    session: ReadSession,
    workspace_id: UUID,
    after: tuple[str, UUID] | None,
    limit: int,
    *,
    archived: bool | None,
    words: Sequence[str] = (),
) -> list[Project]:
    """In their manual order; `archived` None means both, and the name holds each of `words`."""
    position, id_ = after or ("", None)
    rows = await fetch(
        session,
        f"SELECT {PROJECT} FROM projects p WHERE p.workspace_id = $1"
        " AND p.deleted_at IS NULL AND ($3::uuid IS NULL OR (p.position, p.id) > ($2, $3))"
        " AND ($5::boolean IS NULL OR (p.archived_at IS NOT NULL) = $5)"
        " AND lower(p.name) LIKE ALL ($6::text[])"
        " ORDER BY p.position, p.id LIMIT $4",
        workspace_id,
        position,
        id_,
        limit,
        archived,
        [like_part(word.lower()) for word in words],
    )
    return [read_project(row) for row in rows]


async def find_project_by_name(
    session: ReadSession, workspace_id: UUID, name: str
) -> Project | None:
    row = await fetch_one(
        session,
        f"SELECT {PROJECT} FROM projects p WHERE p.workspace_id = $1"
        " AND lower(p.name) = lower($2) AND p.deleted_at IS NULL",
        workspace_id,
        name,
    )
    return read_project(row) if row else None


async def find_names(
    session: ReadSession, workspace_id: UUID, ids: Collection[UUID]
) -> dict[UUID, str]:
    query = select(ProjectRow.id, ProjectRow.name).where(
        ProjectRow.workspace_id == workspace_id, ProjectRow.id.in_(ids)
    )
    return {id_: name for id_, name in await session.execute(query)}  # noqa: C416  # a Row is no plain pair to a type checker


async def list_keys(session: ReadSession, workspace_id: UUID, stem: str) -> set[str]:
    """The keys that begin with a stem and are taken."""
    query = select(ProjectRow.key).where(
        ProjectRow.workspace_id == workspace_id,
        ProjectRow.key.startswith(stem, autoescape=True),
        ProjectRow.deleted_at.is_(None),
    )
    return set(await session.scalars(query))


async def count_projects(session: ReadSession, workspace_id: UUID) -> int:
    query = select(func.count()).where(
        ProjectRow.workspace_id == workspace_id, ProjectRow.deleted_at.is_(None)
    )
    return await session.scalar(query) or 0


async def insert_project(
    session: WriteSession, workspace_id: UUID, actor_id: UUID, project: Project
) -> bool:
    """False when a project of this name, or with this key, is there already."""
    rows = await fetch(
        session,
        "INSERT INTO projects (workspace_id, id, name, key, color, position, created_by,"
        " created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)"
        " ON CONFLICT DO NOTHING RETURNING id",
        workspace_id,
        project.id,
        project.name,
        project.key,
        project.color,
        project.position,
        actor_id,
        project.created_at,
    )
    return bool(rows)


async def update_project(
    session: WriteSession,
    workspace_id: UUID,
    project_id: UUID,
    values: dict[str, Any],
    at: datetime,
) -> bool:
    """Set columns and count the version up; False when the name is taken."""
    try:
        async with session.savepoint():
            await session.change(
                update(ProjectRow)
                .where(ProjectRow.workspace_id == workspace_id, ProjectRow.id == project_id)
                .values(**values, version=ProjectRow.version + 1, updated_at=at)
            )
    except IntegrityError:
        return False
    return True
