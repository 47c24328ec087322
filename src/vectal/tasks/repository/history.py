"""SQL of what became of a task."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue

from vectal.platform.db import ReadSession, WriteSession
from vectal.tasks.contracts import Change
from vectal.tasks.repository.rows import fetch, run


@dataclass(frozen=True, slots=True)
class Entry:
    id: UUID
    task_id: UUID
    version: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class StoredEntry:
    entry: Entry
    actor_id: UUID | None
    changeset_id: UUID | None
    at: datetime


async def append(
    session: WriteSession,
    workspace_id: UUID,
    actor_id: UUID,
    changeset_id: UUID | None,
    entries: Sequence[Entry],
    at: datetime,
) -> None:
    await run(
        session,
        "INSERT INTO task_history (workspace_id, actor_id, changeset_id, at,"
        " id, task_id, version, changes) SELECT $1, $2, $3, $4, new.* FROM"
        " unnest($5::uuid[], $6::uuid[], $7::integer[], $8::jsonb[]) AS new",
        workspace_id,
        actor_id,
        changeset_id,
        at,
        [entry.id for entry in entries],
        [entry.task_id for entry in entries],
        [entry.version for entry in entries],
        [_write(entry.changes) for entry in entries],
    )


async def list_entries(
    session: ReadSession, workspace_id: UUID, task_id: UUID, before: UUID | None, limit: int
) -> list[StoredEntry]:
    """The newest first."""
    rows = await fetch(
        session,
        "SELECT id, task_id, version, actor_id, changeset_id, changes, at FROM task_history"
        " WHERE workspace_id = $1 AND task_id = $2 AND ($3::uuid IS NULL OR id < $3)"
        " ORDER BY id DESC LIMIT $4",
        workspace_id,
        task_id,
        before,
        limit,
    )
    return [
        StoredEntry(
            Entry(row["id"], row["task_id"], row["version"], _read(row["changes"])),
            row["actor_id"],
            row["changeset_id"],
            row["at"],
        )
        for row in rows
    ]


def _write(changes: Sequence[Change]) -> str:
    return json.dumps(
        [{"field": one.field, "before": one.before, "after": one.after} for one in changes]
    )


def _read(stored: list[dict[str, JsonValue]]) -> tuple[Change, ...]:
    return tuple(Change(str(one["field"]), one["before"], one["after"]) for one in stored)
