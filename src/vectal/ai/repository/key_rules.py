"""SQL of the rules of API keys."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from vectal.ai.tables_key_rules import KeyRulesRow
from vectal.platform.db import DataScope, ReadSession, WriteSession

_STAMP: Final = """
SELECT xmin::text FROM ai_key_rules WHERE workspace_id = $1 AND api_key_id = $2
"""


def _of(scope: DataScope, api_key_id: UUID) -> Select[KeyRulesRow]:
    return select(KeyRulesRow).where(
        KeyRulesRow.workspace_id == scope.workspace_id, KeyRulesRow.api_key_id == api_key_id
    )


async def find_stamp(session: ReadSession, scope: DataScope, api_key_id: UUID) -> str | None:
    """Another one whenever the rules of the key were written; None: it has none."""
    connection = await session.connection()
    found = await connection.fetchval(_STAMP, scope.workspace_id, api_key_id)
    return cast("str | None", found)


async def find_rules(
    session: ReadSession, scope: DataScope, api_key_id: UUID
) -> KeyRulesRow | None:
    """As they are now, also when this transaction has read them before."""
    return await session.scalar(_of(scope, api_key_id).execution_options(populate_existing=True))


async def find_all_rules(
    session: ReadSession, scope: DataScope, key_ids: Collection[UUID]
) -> Sequence[KeyRulesRow]:
    statement = select(KeyRulesRow).where(
        KeyRulesRow.workspace_id == scope.workspace_id, KeyRulesRow.api_key_id.in_(key_ids)
    )
    return await session.scalars(statement)


async def list_rules(
    session: ReadSession, scope: DataScope, after: UUID | None, limit: int
) -> Sequence[KeyRulesRow]:
    """By key, oldest key first."""
    statement = select(KeyRulesRow).where(KeyRulesRow.workspace_id == scope.workspace_id)
    if after is not None:
        statement = statement.where(KeyRulesRow.api_key_id > after)
    return await session.scalars(statement.order_by(KeyRulesRow.api_key_id).limit(limit))


async def put_rules(
    session: WriteSession, scope: DataScope, api_key_id: UUID, values: Mapping[str, Any]
) -> None:
    """Whatever there was before; the next version."""
    statement = insert(KeyRulesRow).values(
        workspace_id=scope.workspace_id, api_key_id=api_key_id, **values
    )
    await session.change(
        statement.on_conflict_do_update(
            index_elements=[KeyRulesRow.workspace_id, KeyRulesRow.api_key_id],
            set_={**values, "version": KeyRulesRow.version + 1, "updated_at": func.now()},
        )
    )


async def add_rules(session: WriteSession, scope: DataScope, api_key_id: UUID) -> None:
    """Rules that allow all, unless there are some."""
    statement = insert(KeyRulesRow).values(workspace_id=scope.workspace_id, api_key_id=api_key_id)
    await session.change(statement.on_conflict_do_nothing())


async def change_rules(
    session: WriteSession,
    scope: DataScope,
    api_key_id: UUID,
    version: int,
    values: Mapping[str, Any],
) -> bool:
    """Apply `values` when the row still has `version`; tells whether it did."""
    statement = (
        update(KeyRulesRow)
        .where(
            KeyRulesRow.workspace_id == scope.workspace_id,
            KeyRulesRow.api_key_id == api_key_id,
            KeyRulesRow.version == version,
        )
        .values(**values, version=KeyRulesRow.version + 1, updated_at=func.now())
        .execution_options(synchronize_session=False)
    )
    return await session.change(statement) == 1


async def delete_rules(session: WriteSession, scope: DataScope, api_key_id: UUID) -> bool:
    statement = delete(KeyRulesRow).where(
        KeyRulesRow.workspace_id == scope.workspace_id, KeyRulesRow.api_key_id == api_key_id
    )
    return await session.change(statement) == 1
