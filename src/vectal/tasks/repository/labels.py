"""SQL of labels."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from vectal.platform.db import ReadSession, WriteSession
from vectal.tasks.contracts import Label
from vectal.tasks.repository.rows import fetch, read_label
from vectal.tasks.tables import LabelRow

_COLUMNS = (LabelRow.id, LabelRow.name, LabelRow.color)


async def list_labels(
    session: ReadSession, workspace_id: UUID, after: tuple[str, UUID] | None, limit: int
) -> list[tuple[Label, str]]:
    """Labels by name, each with the lower-case name that it was sorted by."""
    key, id_ = after or ("", None)
    rows = await fetch(
        session,
        "SELECT id, name, color, lower(name) AS sort_key FROM labels WHERE workspace_id = $1"
        " AND ($3::uuid IS NULL OR (lower(name), id) > ($2, $3)) ORDER BY lower(name), id LIMIT $4",
        workspace_id,
        key,
        id_,
        limit,
    )
    return [(read_label(row), row["sort_key"]) for row in rows]


async def find_label(session: ReadSession, workspace_id: UUID, label_id: UUID) -> Label | None:
    query = select(*_COLUMNS).where(LabelRow.workspace_id == workspace_id, LabelRow.id == label_id)
    row = (await session.execute(query)).one_or_none()
    return Label(*row) if row else None


async def find_labels_by_name(
    session: ReadSession, workspace_id: UUID, names: Collection[str]
) -> list[Label]:
    """Labels of these names, whatever their case."""
    rows = await fetch(
        session,
        "SELECT id, name, color FROM labels WHERE workspace_id = $1"
        " AND lower(name) IN (SELECT lower(wanted) FROM unnest($2::text[]) AS wanted)",
        workspace_id,
        list(names),
    )
    return [read_label(row) for row in rows]


async def insert_labels(
    session: WriteSession, workspace_id: UUID, labels: Sequence[Label], at: datetime
) -> set[UUID]:
    """Add labels; return the ids of those that were new. A name that exists is left alone."""
    rows = await fetch(
        session,
        "INSERT INTO labels (workspace_id, id, name, color, created_at)"
        " SELECT $1, new.id, new.name, new.color, $5"
        " FROM unnest($2::uuid[], $3::text[], $4::text[]) AS new (id, name, color)"
        " ON CONFLICT DO NOTHING RETURNING id",
        workspace_id,
        [label.id for label in labels],
        [label.name for label in labels],
        [label.color for label in labels],
        at,
    )
    return {row["id"] for row in rows}


async def count_labels(session: ReadSession, workspace_id: UUID) -> int:
    query = select(func.count()).where(LabelRow.workspace_id == workspace_id)
    return await session.scalar(query) or 0


async def update_label(
    session: WriteSession, workspace_id: UUID, label_id: UUID, values: dict[str, str]
) -> bool:
    """False when another label has the name already."""
    try:
        async with session.savepoint():
            await session.change(
                update(LabelRow)
                .where(LabelRow.workspace_id == workspace_id, LabelRow.id == label_id)
                .values(**values)
            )
    except IntegrityError:
        return False
    return True


async def delete_label(session: WriteSession, workspace_id: UUID, label_id: UUID) -> bool:
    statement = delete(LabelRow).where(
        LabelRow.workspace_id == workspace_id, LabelRow.id == label_id
    )
    return await session.change(statement) == 1
