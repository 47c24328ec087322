"""Transactions carry their scope, join within it, and leave nothing on the connection."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from vectal.platform.db import Database, ReadSession, Scope
from vectal.platform.ids import new_id
from vectal.platform.web import repository

_WHO = text("SELECT current_user, vectal_workspace_id(), vectal_user_id()")


def _scope() -> Scope:
    return Scope(new_id(), new_id())


async def _who(session: ReadSession) -> tuple[str, UUID | None, UUID | None]:
    row = (await session.execute(_WHO)).one()
    return row[0], row[1], row[2]


async def test_a_transaction_names_its_tenant(db: Database) -> None:
    scope = _scope()
    async with db.transaction(scope) as session:
        assert await _who(session) == ("vectal_app", scope.workspace_id, scope.user_id)


async def test_the_connection_carries_nothing_over(db: Database) -> None:
    for _ in range(5):
        async with db.transaction(_scope()) as session:
            await _who(session)
        async with db.system("test") as session:
            assert await _who(session) == ("vectal_system", None, None)


async def test_a_read_session_cannot_write(db: Database) -> None:
    async with db.read(_scope()) as session:
        with pytest.raises(DBAPIError, match="read-only"):
            await session.execute(text("DELETE FROM idempotency_keys"))


async def test_an_inner_call_of_the_same_scope_joins(db: Database) -> None:
    scope = _scope()
    async with db.transaction(scope) as outer, db.transaction(scope) as inner:
        assert inner is outer


async def test_another_scope_does_not_join(db: Database) -> None:
    async with db.transaction(_scope()) as outer, db.transaction(_scope()) as inner:
        assert inner is not outer


async def test_a_failed_block_rolls_back_and_calls_nothing(db: Database) -> None:
    scope, called = _scope(), list[bool]()

    async def fail() -> None:
        async with db.transaction(scope) as session:
            session.after_commit(lambda: called.append(True))
            assert await repository.claim(session, scope, "k", b"f")
            raise RuntimeError("planned")

    with pytest.raises(RuntimeError, match="planned"):
        await fail()
    async with db.read(scope) as session:
        assert await repository.find(session, scope, "k") is None
    assert called == []


async def test_rows_of_another_tenant_are_invisible_and_unwritable(db: Database) -> None:
    mine, theirs = _scope(), _scope()
    async with db.transaction(mine) as session:
        await repository.claim(session, mine, "k", b"f")
    async with db.read(theirs) as session:
        assert await repository.find(session, mine, "k") is None
    with pytest.raises(DBAPIError, match="row-level security"):
        async with db.transaction(theirs) as session:
            await repository.claim(session, mine, "other", b"f")
