"""SQL of firings: what an occurrence or a delivery has come to, once for each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, update
from sqlalchemy.dialects.postgresql import insert

from vectal.agents.contracts import Starter
from vectal.agents.schedules.repository.starters import StarterT
from vectal.agents.schedules.tables import FiringRow, ScheduleRow
from vectal.agents.tables import RunRow
from vectal.platform.db import DataScope, ReadSession, WriteSession

Shown = Row[FiringRow, str]
"""With the state of the run; None where there is none, whatever its type says."""


async def add(session: WriteSession, scope: DataScope, values: dict[str, Any]) -> bool:
    """False when this occurrence or delivery was seen before."""
    statement = insert(FiringRow).values(
        workspace_id=scope.workspace_id, owner_id=scope.user_id, **values
    )
    return await session.change(statement.on_conflict_do_nothing()) == 1


async def settle(session: WriteSession, scope: DataScope, firing_id: UUID, **values: Any) -> None:
    await session.change(
        update(FiringRow)
        .where(FiringRow.workspace_id == scope.workspace_id, FiringRow.id == firing_id)
        .values(**values)
    )


async def is_known(
    session: ReadSession, scope: DataScope, schedule_id: UUID, occurrence_at: datetime
) -> bool:
    """Whether this occurrence was seen before."""
    statement = select(FiringRow.id).where(
        FiringRow.workspace_id == scope.workspace_id,
        FiringRow.schedule_id == schedule_id,
        FiringRow.occurrence_at == occurrence_at,
    )
    return await session.scalar(statement) is not None


async def has_open_run(session: ReadSession, scope: DataScope, schedule_id: UUID) -> bool:
    statement = select(RunRow.id).where(
        RunRow.workspace_id == scope.workspace_id,
        RunRow.schedule_id == schedule_id,
        RunRow.ended_at.is_(None),
    )
    return await session.scalar(statement.limit(1)) is not None


async def has_begun(session: ReadSession, scope: DataScope, run_id: UUID, starter: Starter) -> bool:
    """Whether the run is one that this trigger has begun."""
    statement = select(RunRow.id).where(
        RunRow.workspace_id == scope.workspace_id,
        RunRow.id == run_id,
        RunRow.trigger_id == starter.id,
    )
    return await session.scalar(statement) is not None


async def list_waiting(
    session: ReadSession, scope: DataScope, schedule_id: UUID, limit: int
) -> list[FiringRow]:
    """The oldest first."""
    statement = (
        select(FiringRow)
        .where(
            FiringRow.workspace_id == scope.workspace_id,
            FiringRow.schedule_id == schedule_id,
            FiringRow.outcome == "waiting",
        )
        .order_by(FiringRow.occurrence_at)
        .limit(limit)
    )
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def drop_waiting(session: WriteSession, scope: DataScope, schedule_id: UUID) -> None:
    """What waits is not to be begun any more."""
    await session.change(
        update(FiringRow)
        .where(
            FiringRow.workspace_id == scope.workspace_id,
            FiringRow.schedule_id == schedule_id,
            FiringRow.outcome == "waiting",
        )
        .values(outcome="overlapped", code="agents.schedule_changed")
    )


async def list_begun_since(
    session: ReadSession, scope: DataScope, trigger_id: UUID, since: datetime, limit: int
) -> list[datetime]:
    """When the trigger has begun runs, the newest first."""
    statement = (
        select(FiringRow.at)
        .where(
            FiringRow.workspace_id == scope.workspace_id,
            FiringRow.trigger_id == trigger_id,
            FiringRow.outcome == "begun",
            FiringRow.at > since,
        )
        .order_by(FiringRow.id.desc())
        .limit(limit)
    )
    return list(await session.scalars(statement))


async def find_delivery(
    session: ReadSession, scope: DataScope, trigger_id: UUID, key: str, delivery: str | None
) -> FiringRow | None:
    """The firing that has this key, or this name of the sender's."""
    is_known = FiringRow.key == key
    if delivery is not None:
        is_known |= FiringRow.delivery == delivery
    statement = select(FiringRow).where(
        FiringRow.workspace_id == scope.workspace_id, FiringRow.trigger_id == trigger_id, is_known
    )
    return await session.scalar(statement.limit(1))


async def list_recent(
    session: ReadSession,
    scope: DataScope,
    starter: Starter,
    *,
    before: UUID | None,
    limit: int,
) -> list[Shown]:
    """The newest first; `before` is the last one seen."""
    column = FiringRow.schedule_id if starter.kind == "schedule" else FiringRow.trigger_id
    statement = (
        _with_state(scope).where(column == starter.id).order_by(FiringRow.id.desc()).limit(limit)
    )
    if before is not None:
        statement = statement.where(FiringRow.id < before)
    return list(await session.execute(statement))


async def find_last(
    session: ReadSession, scope: DataScope, table: type[StarterT], ids: Collection[UUID]
) -> dict[UUID, Shown]:
    """The newest firing of each of these schedules or triggers."""
    column = FiringRow.schedule_id if table is ScheduleRow else FiringRow.trigger_id
    newest = (
        select(FiringRow.id)
        .where(FiringRow.workspace_id == table.workspace_id, column == table.id)
        .order_by(FiringRow.id.desc())
        .limit(1)
        .correlate(table)
        .scalar_subquery()
    )
    wanted = select(newest).where(table.workspace_id == scope.workspace_id, table.id.in_(ids))
    statement = _with_state(scope).where(FiringRow.id.in_(wanted))
    rows = list(await session.execute(statement))
    return {starter_id: row for row in rows if (starter_id := _starter_id(row[0])) is not None}


def _starter_id(row: FiringRow) -> UUID | None:
    return row.schedule_id or row.trigger_id


def _with_state(scope: DataScope) -> Select[FiringRow, str]:
    return (
        select(FiringRow, RunRow.state)
        .outerjoin(
            RunRow,
            (RunRow.workspace_id == FiringRow.workspace_id) & (RunRow.id == FiringRow.run_id),
        )
        .where(FiringRow.workspace_id == scope.workspace_id)
    )
