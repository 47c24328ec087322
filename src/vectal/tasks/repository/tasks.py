"""SQL of single tasks, their families and their labels."""
# ruff: noqa: S608 - statements are put together from constants, values are arguments

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from vectal.platform.db import ReadSession, WriteSession
from vectal.tasks.contracts import Task
from vectal.tasks.repository.rows import (
    TASK,
    WITH_SUBTASKS,
    StoredTask,
    fetch,
    fetch_one,
    read_stored,
    read_task,
    run,
)

_GET: Final = (
    f"SELECT {TASK} FROM tasks t {WITH_SUBTASKS}"
    " WHERE t.workspace_id = $1 AND t.id = ANY($2::uuid[]) ORDER BY t.id"
)
_LOCK: Final = f"{_GET} FOR UPDATE OF t"


@dataclass(frozen=True, slots=True)
class NewTask:
    """A row to insert; labels go separately."""

    id: UUID
    project_id: UUID | None
    parent_id: UUID | None
    title: str
    notes: str
    status: str
    priority: int
    due_on: Any
    due_at: datetime | None
    due_order: datetime
    position: str
    assignee_id: UUID | None
    completed_at: datetime | None


async def find_tasks(
    session: ReadSession, workspace_id: UUID, ids: Collection[UUID]
) -> dict[UUID, Task]:
    """The tasks of these ids that exist and are not deleted."""
    rows = await fetch(session, _GET, workspace_id, list(ids))
    return {row["id"]: read_task(row) for row in rows if row["deleted_at"] is None}


async def lock_tasks(
    session: WriteSession, workspace_id: UUID, ids: Collection[UUID]
) -> dict[UUID, StoredTask]:
    """The tasks of these ids, deleted or not, ours until the transaction ends.

    Rows are locked by rising id, so that two who want the same ones never wait for each other.
    """
    rows = await fetch(session, _LOCK, workspace_id, list(ids))
    return {row["id"]: read_stored(row) for row in rows}


async def insert_task(
    session: WriteSession, workspace_id: UUID, actor_id: UUID, row: NewTask, at: datetime
) -> None:
    await run(
        session,
        "INSERT INTO tasks (workspace_id, id, project_id, parent_id, title, notes, status,"
        " priority, due_on, due_at, due_order, position, assignee_id, created_by, created_at,"
        " updated_at, completed_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16)",
        workspace_id,
        row.id,
        row.project_id,
        row.parent_id,
        row.title,
        row.notes,
        row.status,
        row.priority,
        row.due_on,
        row.due_at,
        row.due_order,
        row.position,
        row.assignee_id,
        actor_id,
        at,
        row.completed_at,
    )


_SETTABLE: Final = frozenset(
    {
        *("title", "notes", "status", "priority", "project_id", "parent_id", "due_on", "due_at"),
        *("due_order", "assignee_id", "completed_at", "position"),
    }
)


async def update_task(
    session: WriteSession,
    workspace_id: UUID,
    task_id: UUID,
    values: dict[str, object],
    at: datetime,
) -> None:
    """Set columns of a locked task and count its version up."""
    unknown = values.keys() - _SETTABLE
    if unknown:
        raise KeyError(unknown)
    names = list(values)
    settings = "".join(f", {name} = ${number}" for number, name in enumerate(names, start=4))
    await run(
        session,
        "UPDATE tasks SET version = version + 1, updated_at = $3"
        f"{settings} WHERE workspace_id = $1 AND id = $2",
        workspace_id,
        task_id,
        at,
        *(values[name] for name in names),
    )


async def share_task(session: WriteSession, workspace_id: UUID, task_id: UUID) -> StoredTask | None:
    """A task that another will refer to: it can't be deleted until the transaction ends."""
    rows = await fetch(session, f"{_GET} FOR SHARE OF t", workspace_id, [task_id])
    return read_stored(rows[0]) if rows else None


async def list_ancestors(session: ReadSession, workspace_id: UUID, task_id: UUID) -> list[UUID]:
    """The task itself, its parent, and so on to the top; bounded, should there be a circle."""
    rows = await fetch(
        session,
        "WITH RECURSIVE line (id, parent_id, depth) AS ("
        " SELECT t.id, t.parent_id, 1 FROM tasks t WHERE t.workspace_id = $1 AND t.id = $2"
        " UNION ALL SELECT t.id, t.parent_id, line.depth + 1 FROM line JOIN tasks t"
        " ON t.workspace_id = $1 AND t.id = line.parent_id WHERE line.depth < 100)"
        " SELECT id FROM line ORDER BY depth",
        workspace_id,
        task_id,
    )
    return [row["id"] for row in rows]


@dataclass(frozen=True, slots=True)
class Descendant:
    id: UUID
    version: int
    depth: int


async def list_descendants(
    session: ReadSession,
    workspace_id: UUID,
    task_ids: Collection[UUID],
    limit: int,
    *,
    deleted_at: datetime | None = None,
) -> list[Descendant]:
    """Everything below the tasks, the nearest first.

    Tasks that are not deleted; with `deleted_at` those that were deleted at that very moment.
    """
    rows = await fetch(
        session,
        "WITH RECURSIVE tree (id, version, depth) AS ("
        " SELECT t.id, t.version, 1 FROM tasks t WHERE t.workspace_id = $1"
        " AND t.parent_id = ANY($2::uuid[]) AND t.deleted_at IS NOT DISTINCT FROM $4"
        " UNION ALL SELECT t.id, t.version, tree.depth + 1 FROM tree JOIN tasks t"
        " ON t.workspace_id = $1 AND t.parent_id = tree.id"
        " AND t.deleted_at IS NOT DISTINCT FROM $4 WHERE tree.depth < 100)"
        " SELECT id, version, depth FROM tree ORDER BY depth, id LIMIT $3",
        workspace_id,
        list(task_ids),
        limit,
        deleted_at,
    )
    return [Descendant(row["id"], row["version"], row["depth"]) for row in rows]


async def count_children(session: ReadSession, workspace_id: UUID, task_id: UUID) -> int:
    row = await fetch_one(
        session,
        "SELECT count(*) AS children FROM tasks"
        " WHERE workspace_id = $1 AND parent_id = $2 AND deleted_at IS NULL",
        workspace_id,
        task_id,
    )
    return int(row["children"]) if row else 0


async def set_deleted(
    session: WriteSession,
    workspace_id: UUID,
    ids: Collection[UUID],
    deleted_at: datetime | None,
    at: datetime,
) -> dict[UUID, int]:
    """Delete or restore; return the new versions."""
    rows = await fetch(
        session,
        "UPDATE tasks SET deleted_at = $3, version = version + 1, updated_at = $4"
        " WHERE workspace_id = $1 AND id = ANY($2::uuid[]) RETURNING id, version",
        workspace_id,
        list(ids),
        deleted_at,
        at,
    )
    return {row["id"]: row["version"] for row in rows}


async def set_project(
    session: WriteSession,
    workspace_id: UUID,
    ids: Collection[UUID],
    project_id: UUID | None,
    at: datetime,
) -> dict[UUID, int]:
    """Move rows to a project; return the new versions."""
    rows = await fetch(
        session,
        "UPDATE tasks SET project_id = $3, version = version + 1, updated_at = $4"
        " WHERE workspace_id = $1 AND id = ANY($2::uuid[]) RETURNING id, version",
        workspace_id,
        list(ids),
        project_id,
        at,
    )
    return {row["id"]: row["version"] for row in rows}


async def list_versions(
    session: ReadSession, workspace_id: UUID, ids: Collection[UUID]
) -> dict[UUID, int]:
    rows = await fetch(
        session,
        "SELECT id, version FROM tasks WHERE workspace_id = $1 AND id = ANY($2::uuid[])",
        workspace_id,
        list(ids),
    )
    return {row["id"]: row["version"] for row in rows}


async def list_project_task_ids(
    session: WriteSession,
    workspace_id: UUID,
    project_id: UUID,
    limit: int,
    *,
    deleted_at: datetime | None = None,
) -> list[UUID]:
    """Ids of a project's tasks, locked; with `deleted_at` those deleted at that moment."""
    rows = await fetch(
        session,
        "SELECT id FROM tasks WHERE workspace_id = $1 AND project_id = $2"
        " AND deleted_at IS NOT DISTINCT FROM $4 ORDER BY id LIMIT $3 FOR UPDATE",
        workspace_id,
        project_id,
        limit,
        deleted_at,
    )
    return [row["id"] for row in rows]


async def add_labels(
    session: WriteSession, workspace_id: UUID, task_id: UUID, label_ids: Sequence[UUID]
) -> None:
    if label_ids:
        await run(
            session,
            "INSERT INTO task_labels (workspace_id, task_id, label_id)"
            " SELECT $1, $2, unnest($3::uuid[]) ON CONFLICT DO NOTHING",
            workspace_id,
            task_id,
            list(label_ids),
        )


async def remove_labels(
    session: WriteSession, workspace_id: UUID, task_id: UUID, label_ids: Sequence[UUID]
) -> None:
    if label_ids:
        await run(
            session,
            "DELETE FROM task_labels"
            " WHERE workspace_id = $1 AND task_id = $2 AND label_id = ANY($3::uuid[])",
            workspace_id,
            task_id,
            list(label_ids),
        )


async def lock_tree(session: WriteSession, workspace_id: UUID) -> None:
    """One move between parents at a time in a workspace: two at once could close a circle."""
    await run(
        session,
        "SELECT pg_advisory_xact_lock(hashtextextended('tasks.tree:' || $1::text, 0))",
        str(workspace_id),
    )
