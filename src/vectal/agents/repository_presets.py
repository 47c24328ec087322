"""SQL of presets of runs. Row-level security shows a person's own and the shared ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text, tuple_, update

from vectal.agents.tables_presets import RunPresetRow
from vectal.platform.db import DataScope, ReadSession, WriteSession


async def lock_owner(session: WriteSession, scope: DataScope) -> None:
    """One new preset of a person at a time: their number is bounded."""
    statement = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
    await session.execute(statement, {"name": f"run_presets:{scope.workspace_id}:{scope.user_id}"})


async def count_own(session: ReadSession, scope: DataScope) -> int:
    statement = select(func.count()).where(
        RunPresetRow.workspace_id == scope.workspace_id, RunPresetRow.owner_id == scope.user_id
    )
    return await session.scalar(statement) or 0


async def find(
    session: ReadSession, scope: DataScope, preset_id: UUID, *, lock: bool = False
) -> RunPresetRow | None:
    statement = select(RunPresetRow).where(
        RunPresetRow.workspace_id == scope.workspace_id, RunPresetRow.id == preset_id
    )
    if lock:
        statement = statement.with_for_update()
    return await session.scalar(statement.execution_options(populate_existing=True))


async def list_newest(
    session: ReadSession, scope: DataScope, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[RunPresetRow]:
    """The newest first; `before` is when the last one seen was made, and its id."""
    order = (RunPresetRow.created_at.desc(), RunPresetRow.id.desc())
    statement = select(RunPresetRow).where(RunPresetRow.workspace_id == scope.workspace_id)
    if before is not None:
        statement = statement.where(tuple_(RunPresetRow.created_at, RunPresetRow.id) < before)
    return list(await session.scalars(statement.order_by(*order).limit(limit)))


async def change(
    session: WriteSession, scope: DataScope, preset_id: UUID, values: dict[str, Any]
) -> None:
    await session.change(
        update(RunPresetRow)
        .where(RunPresetRow.workspace_id == scope.workspace_id, RunPresetRow.id == preset_id)
        .values(**values, version=RunPresetRow.version + 1, updated_at=func.now())
    )


async def remove(session: WriteSession, scope: DataScope, preset_id: UUID) -> None:
    await session.change(
        delete(RunPresetRow).where(
            RunPresetRow.workspace_id == scope.workspace_id, RunPresetRow.id == preset_id
        )
    )
