"""SQL of memberships."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from vectal.accounts.contracts import Member, Role
from vectal.accounts.tables import MembershipRow, UserRow
from vectal.platform.db import ReadSession, WriteSession


async def insert_member(
    session: WriteSession, workspace_id: UUID, user_id: UUID, role: Role, at: datetime
) -> bool:
    """False when the person is a member already."""
    statement = (
        insert(MembershipRow)
        .values(workspace_id=workspace_id, user_id=user_id, role=role.value, created_at=at)
        .on_conflict_do_nothing()
    )
    return await session.change(statement) == 1


def _member(row: MembershipRow, user: UserRow) -> Member:
    return Member(row.user_id, user.email, user.display_name, Role(row.role), row.created_at)


async def list_members(
    session: ReadSession, workspace_id: UUID, after: UUID | None, limit: int
) -> list[Member]:
    statement = (
        select(MembershipRow, UserRow)
        .join(UserRow, UserRow.id == MembershipRow.user_id)
        .where(MembershipRow.workspace_id == workspace_id)
        .order_by(MembershipRow.user_id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(MembershipRow.user_id > after)
    return [_member(row, user) for row, user in await session.execute(statement)]


async def find_member(session: ReadSession, workspace_id: UUID, user_id: UUID) -> Member | None:
    statement = (
        select(MembershipRow, UserRow)
        .join(UserRow, UserRow.id == MembershipRow.user_id)
        .where(MembershipRow.workspace_id == workspace_id, MembershipRow.user_id == user_id)
        .execution_options(populate_existing=True)
    )
    found = (await session.execute(statement)).one_or_none()
    return None if found is None else _member(*found)


async def find_names(
    session: ReadSession, workspace_id: UUID, user_ids: Collection[UUID]
) -> dict[UUID, str]:
    """Display names of those people who are members."""
    statement = (
        select(MembershipRow.user_id, UserRow.display_name)
        .join(UserRow, UserRow.id == MembershipRow.user_id)
        .where(MembershipRow.workspace_id == workspace_id, MembershipRow.user_id.in_(user_ids))
    )
    return {user_id: name for user_id, name in await session.execute(statement)}  # noqa: C416  # a Row is no plain pair to a type checker


async def count_members(session: ReadSession, workspace_id: UUID, role: Role | None = None) -> int:
    statement = select(func.count()).select_from(MembershipRow)
    statement = statement.where(MembershipRow.workspace_id == workspace_id)
    if role is not None:
        statement = statement.where(MembershipRow.role == role.value)
    return await session.scalar(statement) or 0


async def update_role(session: WriteSession, workspace_id: UUID, user_id: UUID, role: Role) -> None:
    await session.change(
        update(MembershipRow)
        .where(MembershipRow.workspace_id == workspace_id, MembershipRow.user_id == user_id)
        .values(role=role.value)
    )


async def delete_member(session: WriteSession, workspace_id: UUID, user_id: UUID) -> None:
    await session.change(
        delete(MembershipRow).where(
            MembershipRow.workspace_id == workspace_id, MembershipRow.user_id == user_id
        )
    )
