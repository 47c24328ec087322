"""How a task is read: its columns, its labels and its subtask counts in one round trip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from vectal.platform.db import ReadSession
from vectal.tasks.contracts import Label, Project, Subtasks, Task

Row = Mapping[str, Any]

TASK: Final = """t.id, t.title, t.notes, t.status, t.priority, t.project_id, t.parent_id,
    t.due_on, t.due_at, t.position, t.assignee_id, t.created_by, t.created_at, t.updated_at,
    t.completed_at, t.deleted_at, t.version, subtasks.total, subtasks.done,
    (SELECT json_agg(json_build_array(l.id, l.name, l.color) ORDER BY l.name)
        FROM task_labels tl
        JOIN labels l ON l.workspace_id = tl.workspace_id AND l.id = tl.label_id
        WHERE tl.workspace_id = t.workspace_id AND tl.task_id = t.id) AS labels"""
WITH_SUBTASKS: Final = """CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE c.status <> 'cancelled') AS total,
        count(*) FILTER (WHERE c.status = 'done') AS done
    FROM tasks c
    WHERE c.workspace_id = t.workspace_id AND c.parent_id = t.id AND c.deleted_at IS NULL
) subtasks"""


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A task as it is stored, deleted or not."""

    task: Task
    deleted_at: datetime | None


async def fetch(session: ReadSession, query: str, *arguments: object) -> Sequence[Row]:
    """Run a query on the driver. JSON comes decoded, and is given as text."""
    connection: Any = await session.connection()  # asyncpg is untyped
    rows: Sequence[Row] = await connection.fetch(query, *arguments)
    return rows


async def fetch_one(session: ReadSession, query: str, *arguments: object) -> Row | None:
    rows = await fetch(session, query, *arguments)
    return rows[0] if rows else None


async def run(session: ReadSession, query: str, *arguments: object) -> None:
    connection: Any = await session.connection()  # asyncpg is untyped
    await connection.execute(query, *arguments)


def read_task(row: Row) -> Task:
    return Task(
        id=row["id"],
        title=row["title"],
        notes=row["notes"],
        status=row["status"],
        priority=row["priority"],
        project_id=row["project_id"],
        parent_id=row["parent_id"],
        labels=_read_labels(row["labels"]),
        due_on=row["due_on"],
        due_at=row["due_at"],
        position=row["position"],
        assignee_id=row["assignee_id"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        completed_at=row["completed_at"],
        version=row["version"],
        subtasks=Subtasks(row["total"], row["done"]),
    )


def read_stored(row: Row) -> StoredTask:
    return StoredTask(read_task(row), row["deleted_at"])


def _read_labels(aggregated: list[tuple[str, str, str]] | None) -> tuple[Label, ...]:
    return tuple(Label(UUID(id_), name, color) for id_, name, color in aggregated or ())


PROJECT: Final = """p.id, p.name, p.key, p.color, p.position, p.archived_at, p.created_at,
    p.updated_at, p.version"""


def read_project(row: Row) -> Project:
    return Project(
        id=row["id"],
        name=row["name"],
        key=row["key"],
        color=row["color"],
        position=row["position"],
        archived_at=row["archived_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        version=row["version"],
    )


def read_label(row: Row) -> Label:
    return Label(row["id"], row["name"], row["color"])
