"""SQL across all people, as the system role: who is due, who listens, which hook was called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select, text, update

from vectal.agents.schedules.tables import FiringRow, ScheduleRow, TriggerRow
from vectal.agents.tables import RunRow
from vectal.platform.db import ReadSession, WriteSession

_PURGE: Final = """
DELETE FROM agent_firings WHERE (workspace_id, id) IN (
    SELECT workspace_id, id FROM agent_firings
    WHERE at < :before AND outcome <> 'waiting' ORDER BY at LIMIT :limit
)
"""


async def claim_due(session: WriteSession, now: datetime) -> ScheduleRow | None:
    """The schedule that is due for the longest, locked; those that others have are left out."""
    statement = (
        select(ScheduleRow)
        .where(ScheduleRow.look_at <= now)
        .order_by(ScheduleRow.look_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return await session.scalar(statement.execution_options(populate_existing=True))


async def list_ready(session: ReadSession, limit: int) -> list[tuple[UUID, UUID]]:
    """Schedules that have an occurrence waiting, and whose last run has ended."""
    has_open_run = exists().where(
        RunRow.workspace_id == FiringRow.workspace_id,
        RunRow.schedule_id == FiringRow.schedule_id,
        RunRow.ended_at.is_(None),
    )
    statement = (
        select(FiringRow.workspace_id, FiringRow.schedule_id)
        .where(FiringRow.outcome == "waiting", ~has_open_run)
        .distinct()
        .limit(limit)
    )
    rows = await session.execute(statement)
    return [(workspace_id, row_id) for workspace_id, row_id in rows if row_id is not None]


async def claim(session: WriteSession, workspace_id: UUID, row_id: UUID) -> ScheduleRow | None:
    """The schedule, locked; None when another process has it."""
    statement = (
        select(ScheduleRow)
        .where(ScheduleRow.workspace_id == workspace_id, ScheduleRow.id == row_id)
        .with_for_update(skip_locked=True)
    )
    return await session.scalar(statement.execution_options(populate_existing=True))


async def postpone(
    session: WriteSession, workspace_id: UUID, row_id: UUID, now: datetime, pause: timedelta
) -> None:
    """Look at it later, since to begin what is due has failed."""
    await session.change(
        update(ScheduleRow)
        .where(
            ScheduleRow.workspace_id == workspace_id,
            ScheduleRow.id == row_id,
            ScheduleRow.look_at <= now,
        )
        .values(look_at=now + pause)
    )


async def find_hook(session: ReadSession, hook_id: UUID) -> TriggerRow | None:
    """Its id is a random one of this installation, so it stands alone."""
    return await session.scalar(select(TriggerRow).where(TriggerRow.id == hook_id).limit(1))


async def list_listening(
    session: ReadSession, workspace_id: UUID, kind: str, *, after: UUID | None, limit: int
) -> Sequence[TriggerRow]:
    """Triggers of a workspace that are on, by id; `after` is the last one seen."""
    statement = (
        select(TriggerRow)
        .where(
            TriggerRow.workspace_id == workspace_id,
            TriggerRow.kind == kind,
            TriggerRow.enabled.is_(True),
        )
        .order_by(TriggerRow.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(TriggerRow.id > after)
    return await session.scalars(statement)


async def is_listening(session: ReadSession, workspace_id: UUID, kind: str) -> bool:
    statement = select(TriggerRow.id).where(
        TriggerRow.workspace_id == workspace_id,
        TriggerRow.kind == kind,
        TriggerRow.enabled.is_(True),
    )
    return await session.scalar(statement.limit(1)) is not None


async def purge(session: WriteSession, before: datetime, limit: int) -> int:
    return await session.change(text(_PURGE), {"before": before, "limit": limit})
