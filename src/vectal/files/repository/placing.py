"""SQL that keeps two from giving the same name in one folder at the same time."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from vectal.platform.db import DataScope, WriteSession


async def hold_folder(session: WriteSession, scope: DataScope, folder_id: UUID | None) -> None:
    """Wait for others who put something there, until their transactions end."""
    name = f"files:{scope.workspace_id}:{folder_id or scope.workspace_id}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


async def hold_folders(session: WriteSession, scope: DataScope) -> None:
    """Wait for others who move folders of the workspace."""
    name = f"files.folders:{scope.workspace_id}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
