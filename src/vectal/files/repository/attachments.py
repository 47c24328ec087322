"""SQL of what files are attached to."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from vectal.files.contracts import TargetKind
from vectal.files.tables import AttachmentRow
from vectal.platform.db import DataScope, ReadSession, WriteSession


async def put(session: WriteSession, row: AttachmentRow) -> None:
    """One that is there already stays as it is."""
    values = {column.name: getattr(row, column.name) for column in AttachmentRow.__table__.columns}
    await session.execute(insert(AttachmentRow).values(values).on_conflict_do_nothing())


async def remove(
    session: WriteSession, scope: DataScope, file_id: UUID, kind: TargetKind, target_id: UUID
) -> bool:
    return (
        await session.change(
            delete(AttachmentRow)
            .where(
                AttachmentRow.workspace_id == scope.workspace_id,
                AttachmentRow.file_id == file_id,
                AttachmentRow.kind == kind,
                AttachmentRow.target_id == target_id,
            )
            .execution_options(synchronize_session=False)
        )
        == 1
    )


async def remove_target(
    session: WriteSession, scope: DataScope, kind: TargetKind, target_id: UUID
) -> int:
    """Everything that was attached to what is gone, as far as the scope sees it."""
    return await session.change(
        delete(AttachmentRow)
        .where(
            AttachmentRow.workspace_id == scope.workspace_id,
            AttachmentRow.kind == kind,
            AttachmentRow.target_id == target_id,
        )
        .execution_options(synchronize_session=False)
    )


async def list_of_file(
    session: ReadSession, scope: DataScope, file_id: UUID, limit: int
) -> Sequence[AttachmentRow]:
    return await session.scalars(
        select(AttachmentRow)
        .where(AttachmentRow.workspace_id == scope.workspace_id, AttachmentRow.file_id == file_id)
        .order_by(AttachmentRow.created_at, AttachmentRow.target_id)
        .limit(limit)
    )


async def count_of_target(
    session: ReadSession, scope: DataScope, kind: TargetKind, target_id: UUID
) -> int:
    statement = select(func.count()).where(
        AttachmentRow.workspace_id == scope.workspace_id,
        AttachmentRow.kind == kind,
        AttachmentRow.target_id == target_id,
    )
    return await session.scalar(statement) or 0


async def count_of_file(session: ReadSession, scope: DataScope, file_id: UUID) -> int:
    statement = select(func.count()).where(
        AttachmentRow.workspace_id == scope.workspace_id, AttachmentRow.file_id == file_id
    )
    return await session.scalar(statement) or 0
