"""SQL of users and their standing."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from vectal.accounts.contracts import Login, NewPerson, Role, Standing, User
from vectal.accounts.tables import MembershipRow, UserRow
from vectal.platform.db import ReadSession, WriteSession


def _user(row: UserRow) -> User:
    return User(
        id=row.id,
        email=row.email,
        display_name=row.display_name,
        is_admin=row.is_admin,
        timezone=row.timezone,
        locale=row.locale,
        default_workspace_id=row.default_workspace_id,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )


async def insert_user(
    session: WriteSession, user_id: UUID, person: NewPerson, at: datetime
) -> bool:
    """False when the e-mail is taken."""
    statement = (
        insert(UserRow)
        .values(
            id=user_id,
            email=person.email,
            display_name=person.display_name,
            password_hash=person.password_hash,
            is_admin=person.is_admin,
            timezone=person.timezone,
            locale=person.locale,
            created_at=at,
        )
        .on_conflict_do_nothing(index_elements=[UserRow.email])
    )
    return await session.change(statement) == 1


async def find_user(session: ReadSession, user_id: UUID) -> User | None:
    row = await session.scalar(select(UserRow).where(UserRow.id == user_id))
    return None if row is None else _user(row)


async def find_user_by_email(session: ReadSession, email: str) -> User | None:
    row = await session.scalar(select(UserRow).where(UserRow.email == email))
    return None if row is None else _user(row)


async def list_users(session: ReadSession, after: UUID | None, limit: int) -> list[User]:
    statement = select(UserRow).order_by(UserRow.id).limit(limit)
    if after is not None:
        statement = statement.where(UserRow.id > after)
    return [_user(row) for row in await session.scalars(statement)]


async def find_login(
    session: ReadSession, *, email: str | None = None, user_id: UUID | None = None
) -> Login | None:
    """By e-mail or id; only the system role may read a password's hash."""
    statement = select(UserRow, UserRow.password_hash)
    statement = statement.where(
        UserRow.email == email if email is not None else UserRow.id == user_id
    )
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        return None
    row, password_hash = found
    return Login(_user(row), password_hash, row.session_epoch)


async def lock_user(session: WriteSession, user_id: UUID) -> bool:
    """Wait for, then hold, the account's row; as the system role."""
    statement = select(UserRow.id).where(UserRow.id == user_id).with_for_update()
    return await session.scalar(statement) is not None


async def update_user(session: WriteSession, user_id: UUID, changes: Mapping[str, object]) -> bool:
    statement = update(UserRow).where(UserRow.id == user_id).values(dict(changes))
    return await session.change(statement) == 1


async def end_epoch(session: WriteSession, user_id: UUID) -> None:
    """Make every access token given out so far worthless."""
    await session.change(
        update(UserRow).where(UserRow.id == user_id).values(session_epoch=UserRow.session_epoch + 1)
    )


_STAMP: Final = """
SELECT concat_ws('/', u.xmin, (
  SELECT string_agg(concat_ws(':', m.workspace_id, m.xmin), ',' ORDER BY m.workspace_id)
  FROM memberships m WHERE m.user_id = u.id))
FROM users u WHERE u.id = $1
"""


async def find_stamp(session: ReadSession, user_id: UUID) -> str | None:
    """Another one whenever the person's row or one of her memberships was written; None: gone.

    Read it before what it is the stamp of: then that is at least as new.
    """
    connection = await session.connection()
    return cast("str | None", await connection.fetchval(_STAMP, user_id))


async def load_standings(session: ReadSession, user_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """The rights of these people now, in two statements however many they are."""
    roles: dict[UUID, dict[UUID, Role]] = defaultdict(dict)
    members = select(MembershipRow.user_id, MembershipRow.workspace_id, MembershipRow.role)
    for user_id, workspace_id, role in await session.execute(
        members.where(MembershipRow.user_id.in_(user_ids))
    ):
        roles[user_id][workspace_id] = Role(role)
    people = await session.scalars(select(UserRow).where(UserRow.id.in_(user_ids)))
    return {
        row.id: Standing(
            user_id=row.id,
            is_admin=row.is_admin,
            disabled=row.disabled_at is not None,
            session_epoch=row.session_epoch,
            timezone=row.timezone,
            default_workspace_id=row.default_workspace_id,
            roles=dict(roles[row.id]),
        )
        for row in people
    }
