"""A transaction begins with its scope in one round trip, and on no connection that is gone."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from vectal.platform.db import Database, Scope
from vectal.platform.db import engine as engine_module
from vectal.platform.ids import new_id

_WHO = "SELECT current_user::text, vectal_workspace_id()"
_PID = text("SELECT pg_backend_pid()")


def _scope() -> Scope:
    return Scope(new_id(), new_id())


async def test_it_asks_once_to_begin_and_once_to_end(db: Database) -> None:
    said: list[str] = []

    def note(query: Any) -> None:
        said.append(query.query)

    async with db.read(_scope()) as session:
        connection: Any = await session.connection()
    connection.add_query_logger(note)
    try:
        async with db.read(_scope()) as session:
            await session.execute(_PID)
            assert await session.connection() is connection, "the pool has handed out another"
    finally:
        connection.remove_query_logger(note)
    begun, ended = said  # the driver tells nothing of what it has prepared
    assert begun.startswith("BEGIN;SELECT set_config('role', 'vectal_app', true)")
    assert ended == "COMMIT;"


async def test_the_driver_itself_is_in_the_transaction(db: Database) -> None:
    scope = _scope()
    async with db.transaction(scope) as session:
        driver: Any = await session.connection()
        row = await driver.fetchrow(_WHO)
        assert tuple(row) == ("vectal_app", scope.workspace_id)
        assert driver.is_in_transaction()
    assert not driver.is_in_transaction()


async def test_a_block_that_asks_nothing_leaves_no_scope(db: Database) -> None:
    async with db.transaction(_scope()):
        pass
    async with db.system("test") as session:
        driver: Any = await session.connection()
        assert tuple(await driver.fetchrow(_WHO)) == ("vectal_system", None)


async def test_a_connection_that_was_ended_is_not_handed_out(db: Database) -> None:
    async with db.system("test") as session:
        driver: Any = await session.connection()
        pid = driver.get_server_pid()
    driver.terminate()
    async with db.read(_scope()) as session:
        assert (await session.execute(_PID)).scalar_one() != pid


async def test_a_scope_that_is_refused_leaves_no_transaction_behind(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_: object) -> str:
        return "SELECT set_config('role', 'nobody_of_this_name', true)"

    monkeypatch.setattr(engine_module, "_scope_sql", nobody)
    with pytest.raises(DBAPIError):
        async with db.read(_scope()) as session:
            await session.execute(_PID)
    monkeypatch.undo()
    scope = _scope()
    async with db.read(scope) as session:
        row = (await session.execute(text(_WHO))).one()
    assert tuple(row) == ("vectal_app", scope.workspace_id)


async def test_who_is_cancelled_while_it_begins_leaves_nothing_behind(db: Database) -> None:
    async def read() -> None:
        async with db.read(_scope()) as session:
            await session.execute(text("SELECT pg_sleep(0.01)"))

    for pause_ms in range(20):
        task = asyncio.create_task(read())
        await asyncio.sleep(pause_ms / 2_000)
        task.cancel()
        await asyncio.wait([task])
    async with asyncio.TaskGroup() as group:
        for _ in range(30):
            group.create_task(_check(db))


async def _check(db: Database) -> None:
    scope = _scope()
    async with db.read(scope) as session:
        row = (await session.execute(text(_WHO))).one()
        assert tuple(row) == ("vectal_app", scope.workspace_id)
