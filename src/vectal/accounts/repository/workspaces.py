"""SQL of workspaces as their members see them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update

from vectal.accounts.contracts import Role, Workspace
from vectal.accounts.tables import MembershipRow, WorkspaceRow
from vectal.platform.db import ReadSession, WriteSession


async def insert_workspace(
    session: WriteSession, workspace_id: UUID, name: str, at: datetime
) -> None:
    session.add(WorkspaceRow(id=workspace_id, name=name, created_at=at))
    await session.flush()


async def list_workspaces(
    session: ReadSession, user_id: UUID, after: UUID | None, limit: int
) -> list[Workspace]:
    statement = (
        select(WorkspaceRow, MembershipRow.role)
        .join(MembershipRow, MembershipRow.workspace_id == WorkspaceRow.id)
        .where(MembershipRow.user_id == user_id)
        .order_by(WorkspaceRow.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(WorkspaceRow.id > after)
    return [
        Workspace(row.id, row.name, Role(role), row.created_at)
        for row, role in await session.execute(statement)
    ]


async def find_workspace(
    session: ReadSession, user_id: UUID, workspace_id: UUID
) -> Workspace | None:
    statement = (
        select(WorkspaceRow, MembershipRow.role)
        .join(MembershipRow, MembershipRow.workspace_id == WorkspaceRow.id)
        .where(MembershipRow.user_id == user_id, WorkspaceRow.id == workspace_id)
    )
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        return None
    row, role = found
    return Workspace(row.id, row.name, Role(role), row.created_at)


async def find_workspace_name(session: ReadSession, workspace_id: UUID) -> str | None:
    return await session.scalar(select(WorkspaceRow.name).where(WorkspaceRow.id == workspace_id))


async def rename_workspace(session: WriteSession, workspace_id: UUID, name: str) -> None:
    await session.change(
        update(WorkspaceRow).where(WorkspaceRow.id == workspace_id).values(name=name)
    )


async def count_workspaces(session: ReadSession, user_id: UUID) -> int:
    statement = (
        select(func.count()).select_from(MembershipRow).where(MembershipRow.user_id == user_id)
    )
    return await session.scalar(statement) or 0


async def lock_workspace(session: WriteSession, workspace_id: UUID) -> None:
    """One change of a workspace's members at a time, or two owners could both step down."""
    await session.execute(
        select(WorkspaceRow.id).where(WorkspaceRow.id == workspace_id).with_for_update()
    )
