"""SQL of a workspace's preferences."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from vectal.ai.tables import PreferencesRow
from vectal.platform.db import DataScope, ReadSession, WriteSession


async def find_preferences(session: ReadSession, scope: DataScope) -> PreferencesRow | None:
    return await session.get(PreferencesRow, scope.workspace_id)


async def lock_preferences(session: WriteSession, scope: DataScope) -> PreferencesRow:
    """As they are now, made if need be; nobody else changes them before the transaction ends."""
    statement = (
        insert(PreferencesRow)
        .values(workspace_id=scope.workspace_id)
        .on_conflict_do_update(
            index_elements=[PreferencesRow.workspace_id],
            set_={"updated_at": PreferencesRow.updated_at},
        )
        .returning(PreferencesRow)
        .execution_options(populate_existing=True)
    )
    (row,) = await session.scalars(statement)
    return row


async def save_preferences(
    session: WriteSession, scope: DataScope, values: Mapping[str, Any]
) -> None:
    """Replace what `values` names; other columns stay, or get their defaults in a new row."""
    statement = insert(PreferencesRow).values(workspace_id=scope.workspace_id, **values)
    await session.change(
        statement.on_conflict_do_update(
            index_elements=[PreferencesRow.workspace_id],
            set_={**values, "updated_at": func.now()},
        )
    )
