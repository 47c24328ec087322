"""SQL of uploads and their journal."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, tuple_, update

from vectal.files.tables import UploadPartRow, UploadRow
from vectal.platform.db import DataScope, ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Part:
    """`size` bytes from `start` on, stored by the request that had this epoch."""

    start: int
    size: int
    epoch: int


async def add(session: WriteSession, row: UploadRow) -> None:
    session.add(row)
    await session.flush()


async def count_open(session: ReadSession, scope: DataScope) -> int:
    statement = select(func.count()).where(
        UploadRow.workspace_id == scope.workspace_id,
        UploadRow.user_id == scope.user_id,
        UploadRow.state.in_(("open", "finishing")),
    )
    return await session.scalar(statement) or 0


async def find(
    session: ReadSession, scope: DataScope, upload_id: UUID, *, lock: bool = False
) -> UploadRow | None:
    statement = select(UploadRow).where(
        UploadRow.workspace_id == scope.workspace_id,
        UploadRow.user_id == scope.user_id,
        UploadRow.id == upload_id,
    )
    if lock:
        statement = statement.with_for_update()
    # What this transaction read before may have been changed since, by itself or by others.
    return await session.scalar(statement.execution_options(populate_existing=True))


async def list_mine(session: ReadSession, scope: DataScope, limit: int) -> Sequence[UploadRow]:
    """The newest first."""
    return await session.scalars(
        select(UploadRow)
        .where(UploadRow.workspace_id == scope.workspace_id, UploadRow.user_id == scope.user_id)
        .order_by(UploadRow.id.desc())
        .limit(limit)
    )


async def change(session: WriteSession, scope: DataScope, upload_id: UUID, **values: Any) -> None:
    await session.change(_update(scope, upload_id).values(**values))


async def take(
    session: WriteSession, scope: DataScope, upload_id: UUID, state: str, now: datetime
) -> int | None:
    """Become the one who writes; None when the upload is not in a state that allows it."""
    before = ("open",) if state == "open" else ("open", "finishing")
    statement = (
        _update(scope, upload_id)
        .where(UploadRow.state.in_(before))
        .values(epoch=UploadRow.epoch + 1, state=state, touched_at=now)
        .returning(UploadRow.epoch)
    )
    return await session.scalar(statement)


async def advance(
    session: WriteSession,
    scope: DataScope,
    upload_id: UUID,
    parts: Sequence[Part],
    *,
    touched_at: datetime,
    expires_at: datetime,
) -> bool:
    """Journal parts that follow what is there; False when somebody else writes by now."""
    first, size = parts[0], sum(part.size for part in parts)
    moved = await session.change(
        _update(scope, upload_id)
        .where(
            UploadRow.epoch == first.epoch,
            UploadRow.received == first.start,
            UploadRow.state == "open",
        )
        .values(
            received=UploadRow.received + size,
            parts=UploadRow.parts + len(parts),
            touched_at=touched_at,
            expires_at=expires_at,
        )
    )
    if not moved:
        return False
    session.add_all(
        UploadPartRow(
            workspace_id=scope.workspace_id,
            upload_id=upload_id,
            start=part.start,
            size=part.size,
            epoch=part.epoch,
        )
        for part in parts
    )
    await session.flush()
    return True


async def list_parts(session: ReadSession, scope: DataScope, upload_id: UUID) -> list[Part]:
    """In their order."""
    rows = await session.execute(
        select(UploadPartRow.start, UploadPartRow.size, UploadPartRow.epoch)
        .where(
            UploadPartRow.workspace_id == scope.workspace_id,
            UploadPartRow.upload_id == upload_id,
        )
        .order_by(UploadPartRow.start)
    )
    return [Part(*row) for row in rows.all()]


async def remove(session: WriteSession, scope: DataScope, upload_id: UUID) -> None:
    """With its journal."""
    await session.change(
        delete(UploadRow)
        .where(UploadRow.workspace_id == scope.workspace_id, UploadRow.id == upload_id)
        .execution_options(synchronize_session=False)
    )


async def list_expired(
    session: ReadSession, now: datetime, limit: int
) -> list[tuple[UUID, UUID, UUID]]:
    """Workspace, person and id of uploads that have had their time; for the system."""
    statement = (
        select(UploadRow.workspace_id, UploadRow.user_id, UploadRow.id)
        .where(UploadRow.expires_at < now)
        .order_by(UploadRow.expires_at)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in (await session.execute(statement)).all()]


async def list_stalled(
    session: ReadSession, before: datetime, limit: int
) -> list[tuple[UUID, UUID, UUID]]:
    """Uploads that are complete, but that nobody has made a file of; for the system."""
    statement = (
        select(UploadRow.workspace_id, UploadRow.user_id, UploadRow.id)
        .where(_is_complete(), UploadRow.touched_at < before)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in (await session.execute(statement)).all()]


async def list_known(
    session: ReadSession, ids: Collection[tuple[UUID, UUID]]
) -> set[tuple[UUID, UUID]]:
    """Those of these workspaces and ids that have a row; for the system."""
    rows = await session.execute(
        select(UploadRow.workspace_id, UploadRow.id).where(
            tuple_(UploadRow.workspace_id, UploadRow.id).in_(list(ids))
        )
    )
    return {(row[0], row[1]) for row in rows.all()}


def _is_complete() -> ColumnElement[bool]:
    whole = and_(UploadRow.state == "open", UploadRow.received == UploadRow.length)
    return or_(UploadRow.state == "finishing", whole)


def _update(scope: DataScope, upload_id: UUID) -> Any:
    return (
        update(UploadRow)
        .where(
            UploadRow.workspace_id == scope.workspace_id,
            UploadRow.user_id == scope.user_id,
            UploadRow.id == upload_id,
        )
        .execution_options(synchronize_session=False)
    )
