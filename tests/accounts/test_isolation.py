"""What the database itself keeps from a request, whatever the code above it does."""

import pytest
from sqlalchemy import func, literal_column, select, text
from sqlalchemy import table as sql_table
from sqlalchemy.exc import DBAPIError
from tests.fixtures.accounts import MakeKey, MakeUser, Person

from vectal.accounts.contracts import Role
from vectal.auth.principal import Principal
from vectal.platform.db import Database


async def _count(db: Database, principal: Principal, table: str, what: str = "*") -> int:
    query = select(func.count(literal_column(what))).select_from(sql_table(table))
    async with db.read(principal) as session:
        return (await session.execute(query)).scalar_one()


async def test_a_request_can_not_read_the_hash_of_a_password(db: Database, person: Person) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        await _count(db, person.principal, "users", "password_hash")


async def test_a_request_can_not_make_an_administrator(db: Database, person: Person) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with db.transaction(person.principal) as session:
            await session.execute(text("UPDATE users SET is_admin = true"))


async def test_strangers_are_invisible_and_colleagues_are_not(
    db: Database, make_user: MakeUser, person: Person
) -> None:
    await make_user()
    await make_user(workspace_id=person.workspace_id, role=Role.VIEWER)
    for table, seen in (("users", 2), ("memberships", 2), ("workspaces", 1), ("sessions", 1)):
        assert await _count(db, person.principal, table) == seen, table


async def test_a_profile_of_another_can_not_be_changed(
    db: Database, make_user: MakeUser, person: Person
) -> None:
    await make_user(workspace_id=person.workspace_id, role=Role.VIEWER)
    async with db.transaction(person.principal) as session:
        changed = await session.change(text("UPDATE users SET display_name = 'x'"))
    assert changed == 1


async def test_keys_are_their_makers_alone(
    db: Database, make_user: MakeUser, make_key: MakeKey, person: Person
) -> None:
    colleague = await make_user(workspace_id=person.workspace_id, role=Role.OWNER)
    await make_key(colleague)
    assert await _count(db, person.principal, "api_keys") == 0
    assert await _count(db, colleague.principal, "api_keys") == 1


async def test_the_house_is_not_the_requests_to_read(db: Database, person: Person) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        await _count(db, person.principal, "instance_settings")


async def test_nobody_writes_herself_into_a_workspace(
    db: Database, make_user: MakeUser, person: Person
) -> None:
    elsewhere = await make_user()
    insert = text(
        "INSERT INTO memberships (workspace_id, user_id, role) VALUES (:there, :me, 'owner')"
    )
    with pytest.raises(DBAPIError, match="permission denied"):
        async with db.transaction(person.principal) as session:
            await session.execute(insert, {"there": elsewhere.workspace_id, "me": person.user.id})
