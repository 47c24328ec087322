"""SQL of what people and their runs say about a task."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter

from vectal.platform.db import ReadSession, WriteSession
from vectal.tasks.contracts import CommentKind, Delivery
from vectal.tasks.repository.rows import Row, fetch, fetch_one

_DELIVERY: Final[TypeAdapter[Delivery]] = TypeAdapter(Delivery)
_COLUMNS: Final = (
    "id, task_id, author_id, kind, run_id, call_id, is_open, text, delivery, version, created_at,"
    " edited_at"
)


@dataclass(frozen=True, slots=True)
class StoredComment:
    id: UUID
    task_id: UUID
    author_id: UUID | None
    kind: CommentKind
    text: str
    created_at: datetime
    run_id: UUID | None = None
    call_id: str | None = None
    is_open: bool = False
    delivery: Delivery | None = None
    version: int = 1
    edited_at: datetime | None = None


async def insert_comment(
    session: WriteSession, workspace_id: UUID, new: StoredComment, *, on_deleted: bool = False
) -> bool:
    """Whether it is new, and its task there; with `on_deleted` a task in the bin will do."""
    row = await fetch_one(
        session,
        "INSERT INTO task_comments (workspace_id, id, task_id, author_id, kind, run_id, call_id,"
        " is_open, text, delivery, created_at)"
        " SELECT $1, $2, id, $4, $5, $6, $7, $8, $9, $10::jsonb, $11 FROM tasks"
        " WHERE workspace_id = $1 AND id = $3 AND ($12 OR deleted_at IS NULL) FOR KEY SHARE"
        " ON CONFLICT (workspace_id, run_id, call_id, kind) WHERE call_id IS NOT NULL DO NOTHING"
        " RETURNING id",
        workspace_id,
        new.id,
        new.task_id,
        new.author_id,
        new.kind,
        new.run_id,
        new.call_id,
        new.is_open,
        new.text,
        None if new.delivery is None else json.dumps(asdict(new.delivery)),
        new.created_at,
        on_deleted,
    )
    return row is not None


async def find_comment(
    session: ReadSession,
    workspace_id: UUID,
    task_id: UUID,
    comment_id: UUID,
    *,
    lock: bool = False,
) -> StoredComment | None:
    row = await fetch_one(
        session,
        f"SELECT {_COLUMNS} FROM task_comments"  # noqa: S608 - our own column names
        f" WHERE workspace_id = $1 AND task_id = $2 AND id = $3{' FOR UPDATE' if lock else ''}",
        workspace_id,
        task_id,
        comment_id,
    )
    return None if row is None else _read(row)


async def find_answer(
    session: ReadSession, workspace_id: UUID, run_id: UUID, call_id: str
) -> StoredComment | None:
    row = await fetch_one(
        session,
        f"SELECT {_COLUMNS} FROM task_comments"  # noqa: S608 - our own column names
        " WHERE workspace_id = $1 AND run_id = $2 AND call_id = $3 AND kind = 'answer'",
        workspace_id,
        run_id,
        call_id,
    )
    return None if row is None else _read(row)


async def list_comments(
    session: ReadSession, workspace_id: UUID, task_id: UUID, before: UUID | None, limit: int
) -> Sequence[StoredComment]:
    """The newest first."""
    rows = await fetch(
        session,
        f"SELECT {_COLUMNS} FROM task_comments"  # noqa: S608 - our own column names
        " WHERE workspace_id = $1 AND task_id = $2 AND ($3::uuid IS NULL OR id < $3)"
        " ORDER BY id DESC LIMIT $4",
        workspace_id,
        task_id,
        before,
        limit,
    )
    return [_read(row) for row in rows]


async def update_text(
    session: WriteSession, workspace_id: UUID, comment_id: UUID, text: str, at: datetime
) -> StoredComment | None:
    """For a comment that this transaction has locked."""
    row = await fetch_one(
        session,
        "UPDATE task_comments SET text = $3, edited_at = $4, version = version + 1"  # noqa: S608 - our own column names
        f" WHERE workspace_id = $1 AND id = $2 RETURNING {_COLUMNS}",
        workspace_id,
        comment_id,
        text,
        at,
    )
    return None if row is None else _read(row)


async def delete_comment(session: WriteSession, workspace_id: UUID, comment_id: UUID) -> None:
    await fetch(
        session,
        "DELETE FROM task_comments WHERE workspace_id = $1 AND id = $2",
        workspace_id,
        comment_id,
    )


async def close_questions(
    session: WriteSession, workspace_id: UUID, run_id: UUID
) -> Sequence[tuple[UUID, UUID]]:
    """Questions of the run wait no longer; returns their tasks and ids."""
    rows = await fetch(
        session,
        "UPDATE task_comments SET is_open = false, version = version + 1"
        " WHERE workspace_id = $1 AND run_id = $2 AND is_open RETURNING task_id, id",
        workspace_id,
        run_id,
    )
    return [(row["task_id"], row["id"]) for row in rows]


def _read(row: Row) -> StoredComment:
    delivery: Any = row["delivery"]
    return StoredComment(
        id=row["id"],
        task_id=row["task_id"],
        author_id=row["author_id"],
        kind=row["kind"],
        text=row["text"],
        created_at=row["created_at"],
        run_id=row["run_id"],
        call_id=row["call_id"],
        is_open=row["is_open"],
        delivery=None if delivery is None else _DELIVERY.validate_python(delivery),
        version=row["version"],
        edited_at=row["edited_at"],
    )
