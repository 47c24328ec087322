"""SQL of a workspace's providers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import func, literal, or_, select, update

from vectal.ai.tables import ProviderRow
from vectal.platform.db import DataScope, ReadSession, WriteSession

_STAMP: Final = """
SELECT concat_ws('/',
  (SELECT string_agg(concat_ws(':', id, xmin), ',' ORDER BY id)
   FROM ai_providers WHERE workspace_id = $1),
  (SELECT xmin FROM ai_preferences WHERE workspace_id = $1))
"""


async def find_stamp(session: ReadSession, scope: DataScope) -> str:
    """Another one whenever a provider or the preferences of the workspace were written.

    Read it before what it is the stamp of: then that is at least as new.
    """
    connection = await session.connection()
    return cast("str", await connection.fetchval(_STAMP, scope.workspace_id))


async def list_providers(session: ReadSession, scope: DataScope) -> Sequence[ProviderRow]:
    """All of the workspace, oldest first: there are few, and their order is a ranking."""
    return await session.scalars(
        select(ProviderRow)
        .where(ProviderRow.workspace_id == scope.workspace_id)
        .order_by(ProviderRow.created_at, ProviderRow.id)
    )


@dataclass(frozen=True, slots=True)
class DueProvider:
    workspace_id: UUID
    provider_id: UUID
    created_by: UUID


async def list_due(session: ReadSession, age: timedelta, limit: int) -> Sequence[DueProvider]:
    """Enabled providers of all workspaces that nobody has asked for so long, longest first."""
    statement = (
        select(ProviderRow.workspace_id, ProviderRow.id, ProviderRow.created_by)
        .where(
            ProviderRow.enabled,
            ProviderRow.kind != "simulator",
            or_(ProviderRow.tested_at.is_(None), ProviderRow.tested_at < func.now() - literal(age)),
        )
        .order_by(ProviderRow.tested_at.asc().nulls_first(), ProviderRow.id)
        .limit(limit)
    )
    return [DueProvider(*row) for row in (await session.execute(statement)).all()]


async def find_provider(
    session: ReadSession, scope: DataScope, provider_id: UUID
) -> ProviderRow | None:
    return await session.get(ProviderRow, (scope.workspace_id, provider_id))


async def count_providers(session: ReadSession, scope: DataScope) -> int:
    statement = select(func.count()).where(ProviderRow.workspace_id == scope.workspace_id)
    return await session.scalar(statement) or 0


async def is_name_taken(
    session: ReadSession, scope: DataScope, name: str, *, but: UUID | None = None
) -> bool:
    statement = select(ProviderRow.id).where(
        ProviderRow.workspace_id == scope.workspace_id,
        func.lower(ProviderRow.name) == func.lower(name),
    )
    if but is not None:
        statement = statement.where(ProviderRow.id != but)
    return await session.scalar(statement) is not None


async def add_provider(session: WriteSession, row: ProviderRow) -> None:
    session.add(row)
    await session.flush()


async def change_provider(
    session: WriteSession,
    scope: DataScope,
    provider_id: UUID,
    version: int,
    values: Mapping[str, Any],
) -> bool:
    """Apply `values` when the row still has `version`; tells whether it did."""
    statement = (
        update(ProviderRow)
        .where(
            ProviderRow.workspace_id == scope.workspace_id,
            ProviderRow.id == provider_id,
            ProviderRow.version == version,
        )
        .values(**values, version=ProviderRow.version + 1, updated_at=func.now())
        .execution_options(synchronize_session=False)
    )
    return await session.change(statement) == 1


async def record_test(
    session: WriteSession, scope: DataScope, provider_id: UUID, values: Mapping[str, Any]
) -> None:
    """A test is no edit: it leaves the version alone."""
    await session.change(
        update(ProviderRow)
        .where(ProviderRow.workspace_id == scope.workspace_id, ProviderRow.id == provider_id)
        .values(**values, tested_at=func.now())
        .execution_options(synchronize_session=False)
    )


async def delete_provider(session: WriteSession, row: ProviderRow) -> None:
    await session.delete(row)
    await session.flush()
