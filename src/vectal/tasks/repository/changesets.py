"""SQL of changesets and their items."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from pydantic import JsonValue

from vectal.platform.db import ReadSession, WriteSession
from vectal.tasks.contracts import (
    Changeset,
    ChangesetFilter,
    ChangesetItem,
    ChangesetStatus,
    Conflict,
    ItemKind,
    ItemStatus,
    KeptItem,
    Operation,
)
from vectal.tasks.merging import ItemState
from vectal.tasks.repository.rows import Row, fetch, fetch_one, run

Json = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class StoredItem:
    """An item with what only deciding needs.

    `applied` is what accepting it did: `before` and `after` of the fields it touched, and the
    moments that undoing gives back.
    """

    id: UUID
    position: int
    operation: Operation
    task_id: UUID
    title: str
    before: Json | None
    after: Json | None
    guard: Json | None = None
    status: ItemStatus = "pending"
    conflict: Conflict | None = None
    applied: Json | None = None
    call_id: str | None = None
    edits: tuple[Json, ...] = ()
    """What people made of it, the oldest first: `at`, `before` and `after`."""
    kind: ItemKind = "task"

    @property
    def proposed(self) -> Json | None:
        """What the model wrote, where somebody has edited it."""
        return cast("Json", self.edits[0]["before"]) if self.edits else None

    @property
    def edited_at(self) -> datetime | None:
        return datetime.fromisoformat(str(self.edits[-1]["at"])) if self.edits else None

    @property
    def kept(self) -> KeptItem:
        return KeptItem(
            self.operation, self.task_id, self.title, self.before, self.after, self.applied
        )

    @property
    def state(self) -> ItemState:
        parent = (self.after or {}).get("parent_id")
        return ItemState(
            self.id,
            self.operation,
            self.task_id,
            UUID(parent) if isinstance(parent, str) else None,
            self.status,
            self.applied is not None and self.status != "undone",
        )


@dataclass(frozen=True, slots=True)
class StoredChangeset:
    id: UUID
    title: str
    status: ChangesetStatus
    conversation_id: UUID | None
    turn_id: UUID | None
    run_id: UUID | None
    created_by: UUID
    created_at: datetime
    items: tuple[StoredItem, ...] = field(default=())

    def shown(self) -> Changeset:
        return Changeset(
            self.id,
            self.title,
            self.status,
            self.conversation_id,
            self.turn_id,
            self.run_id,
            self.created_at,
            tuple(
                ChangesetItem(
                    item.id,
                    item.position,
                    item.operation,
                    item.task_id,
                    item.title,
                    item.before,
                    item.after,
                    item.status,
                    item.conflict,
                    item.call_id,
                    item.proposed,
                    item.edited_at,
                    item.state.is_applied,
                    item.kind,
                )
                for item in self.items
            ),
        )


_CHANGESET: Final = (
    "SELECT id, title, status, conversation_id, turn_id, run_id, created_by, created_at"
    " FROM changesets"
)
_ITEMS: Final = (
    'SELECT id, changeset_id, "position", operation, task_id, title, before, after, guard, status,'
    " conflict, applied, call_id, edits, kind FROM changeset_items WHERE workspace_id = $1"
    ' AND changeset_id = ANY($2::uuid[]) ORDER BY changeset_id, "position"'
)


async def find_changeset(
    session: ReadSession, workspace_id: UUID, changeset_id: UUID
) -> StoredChangeset | None:
    query = f"{_CHANGESET} WHERE workspace_id = $1 AND id = $2"
    return await _with_items(
        session, workspace_id, await _one(session, query, workspace_id, changeset_id)
    )


async def lock_changeset(
    session: WriteSession, workspace_id: UUID, changeset_id: UUID
) -> StoredChangeset | None:
    """The changeset, ours to decide on until the transaction ends."""
    query = f"{_CHANGESET} WHERE workspace_id = $1 AND id = $2 FOR UPDATE"
    return await _with_items(
        session, workspace_id, await _one(session, query, workspace_id, changeset_id)
    )


async def lock_turn(session: WriteSession, workspace_id: UUID, turn_id: UUID) -> None:
    """One proposal at a time in a turn: tools are called side by side."""
    await run(
        session,
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
        f"tasks.turn:{workspace_id}:{turn_id}",
    )


async def lock_undecided(
    session: WriteSession, workspace_id: UUID, turn_id: UUID
) -> list[StoredChangeset]:
    """The turn's changesets in which something waits for a decision."""
    rows = await fetch(
        session,
        f"{_CHANGESET} WHERE workspace_id = $1 AND turn_id = $2"
        " AND status IN ('pending', 'partly') ORDER BY id FOR UPDATE",
        workspace_id,
        turn_id,
    )
    return await _all_with_items(session, workspace_id, [_read(row) for row in rows])


async def lock_run(session: WriteSession, workspace_id: UUID, run_id: UUID) -> None:
    """One proposal at a time in a run: a worker that was taken for dead may still be at it."""
    await run(
        session,
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
        f"tasks.run:{workspace_id}:{run_id}",
    )


async def lock_of_run(
    session: WriteSession, workspace_id: UUID, run_id: UUID
) -> StoredChangeset | None:
    """The run's changeset, whatever was decided on it."""
    query = f"{_CHANGESET} WHERE workspace_id = $1 AND run_id = $2 FOR UPDATE"
    return await _with_items(
        session, workspace_id, await _one(session, query, workspace_id, run_id)
    )


async def list_changesets(
    session: ReadSession,
    workspace_id: UUID,
    wanted: ChangesetFilter,
    before: UUID | None,
    limit: int,
) -> list[StoredChangeset]:
    """The newest first."""
    rows = await fetch(
        session,
        f"{_CHANGESET} WHERE workspace_id = $1 AND ($2::uuid IS NULL OR turn_id = $2)"
        " AND ($3::uuid IS NULL OR conversation_id = $3) AND ($4::text IS NULL OR status = $4)"
        " AND ($5::uuid IS NULL OR id < $5) AND ($7::uuid IS NULL OR run_id = $7)"
        " ORDER BY id DESC LIMIT $6",
        workspace_id,
        wanted.turn_id,
        wanted.conversation_id,
        wanted.status,
        before,
        limit,
        wanted.run_id,
    )
    return await _all_with_items(session, workspace_id, [_read(row) for row in rows])


async def insert_changeset(
    session: WriteSession, workspace_id: UUID, changeset: StoredChangeset
) -> None:
    await run(
        session,
        "INSERT INTO changesets (workspace_id, id, created_by, title, status, conversation_id,"
        " turn_id, run_id, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        workspace_id,
        changeset.id,
        changeset.created_by,
        changeset.title,
        changeset.status,
        changeset.conversation_id,
        changeset.turn_id,
        changeset.run_id,
        changeset.created_at,
    )


async def update_changeset(
    session: WriteSession,
    workspace_id: UUID,
    changeset_id: UUID,
    *,
    title: str,
    status: ChangesetStatus,
    at: datetime,
) -> None:
    await run(
        session,
        "UPDATE changesets SET title = $3, status = $4, updated_at = $5"
        " WHERE workspace_id = $1 AND id = $2",
        workspace_id,
        changeset_id,
        title,
        status,
        at,
    )


async def insert_items(
    session: WriteSession,
    workspace_id: UUID,
    changeset: StoredChangeset,
    items: Sequence[StoredItem],
) -> None:
    for place, item in enumerate(items):
        await run(
            session,
            'INSERT INTO changeset_items (workspace_id, id, changeset_id, created_by, "position",'
            " operation, task_id, title, before, after, guard, status, call_id, call_place, kind)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            workspace_id,
            item.id,
            changeset.id,
            changeset.created_by,
            item.position,
            item.operation,
            item.task_id,
            item.title,
            _write(item.before),
            _write(item.after),
            _write(item.guard),
            item.status,
            item.call_id,
            None if item.call_id is None else place,
            item.kind,
        )


async def update_item(session: WriteSession, workspace_id: UUID, item: StoredItem) -> None:
    conflict = item.conflict and {
        "fields": list(item.conflict.fields),
        "current": dict(item.conflict.current),
        "detail": item.conflict.detail,
    }
    await run(
        session,
        "UPDATE changeset_items SET status = $3, conflict = $4, applied = $5, title = $6,"
        " after = $7, edits = $8 WHERE workspace_id = $1 AND id = $2",
        workspace_id,
        item.id,
        item.status,
        _write(conflict),
        _write(item.applied),
        item.title,
        _write(item.after),
        json.dumps(item.edits),
    )


async def _one(session: ReadSession, query: str, *arguments: object) -> StoredChangeset | None:
    row = await fetch_one(session, query, *arguments)
    return _read(row) if row else None


async def _with_items(
    session: ReadSession, workspace_id: UUID, found: StoredChangeset | None
) -> StoredChangeset | None:
    if found is None:
        return None
    return (await _all_with_items(session, workspace_id, [found]))[0]


async def _all_with_items(
    session: ReadSession, workspace_id: UUID, found: Collection[StoredChangeset]
) -> list[StoredChangeset]:
    rows = await fetch(session, _ITEMS, workspace_id, [one.id for one in found])
    items: dict[UUID, list[StoredItem]] = {one.id: [] for one in found}
    for row in rows:
        items[row["changeset_id"]].append(_read_item(row))
    return [
        StoredChangeset(
            one.id,
            one.title,
            one.status,
            one.conversation_id,
            one.turn_id,
            one.run_id,
            one.created_by,
            one.created_at,
            tuple(items[one.id]),
        )
        for one in found
    ]


def _read(row: Row) -> StoredChangeset:
    return StoredChangeset(
        row["id"],
        row["title"],
        row["status"],
        row["conversation_id"],
        row["turn_id"],
        row["run_id"],
        row["created_by"],
        row["created_at"],
    )


def _read_conflict(stored: dict[str, Any] | None) -> Conflict | None:
    if stored is None:
        return None
    return Conflict(tuple(stored["fields"]), stored["current"], stored["detail"])


def _read_item(row: Row) -> StoredItem:
    return StoredItem(
        row["id"],
        row["position"],
        row["operation"],
        row["task_id"],
        row["title"],
        row["before"],
        row["after"],
        row["guard"],
        row["status"],
        _read_conflict(row["conflict"]),
        row["applied"],
        row["call_id"],
        tuple(row["edits"]),
        row["kind"],
    )


def _write(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value)
