"""SQL of workflows that runs may call as tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select, text, update

from vectal.agents.tables_workflows import WorkflowToolRow
from vectal.platform.db import DataScope, ReadSession, WriteSession

_LOCK: Final = 0x77_666C_6F77


async def lock_workspace(session: WriteSession, scope: DataScope) -> None:
    """One new tool at a time for each workspace, so that their count is exact."""
    key = (scope.workspace_id.int ^ _LOCK) & 0x7FFF_FFFF_FFFF_FFFF
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


async def list_all(session: ReadSession, scope: DataScope) -> Sequence[WorkflowToolRow]:
    """By name; a workspace has few."""
    return await session.scalars(_own(scope).order_by(WorkflowToolRow.name))


async def find(session: ReadSession, scope: DataScope, tool_id: UUID) -> WorkflowToolRow | None:
    return await session.scalar(_own(scope).where(WorkflowToolRow.id == tool_id))


async def find_by_name(session: ReadSession, scope: DataScope, name: str) -> UUID | None:
    row = await session.scalar(_own(scope).where(WorkflowToolRow.name == name))
    return None if row is None else row.id


async def count(session: ReadSession, scope: DataScope) -> int:
    statement = select(func.count()).where(WorkflowToolRow.workspace_id == scope.workspace_id)
    return await session.scalar(statement) or 0


async def change(
    session: WriteSession, scope: DataScope, tool_id: UUID, values: dict[str, Any]
) -> WorkflowToolRow | None:
    return await session.scalar(
        update(WorkflowToolRow)
        .where(WorkflowToolRow.workspace_id == scope.workspace_id, WorkflowToolRow.id == tool_id)
        .values(**values, updated_at=func.now())
        .returning(WorkflowToolRow)
        .execution_options(populate_existing=True)
    )


async def remove(session: WriteSession, scope: DataScope, tool_id: UUID) -> bool:
    statement = delete(WorkflowToolRow).where(
        WorkflowToolRow.workspace_id == scope.workspace_id, WorkflowToolRow.id == tool_id
    )
    return await session.change(statement) > 0


def _own(scope: DataScope) -> Any:
    return select(WorkflowToolRow).where(WorkflowToolRow.workspace_id == scope.workspace_id)
