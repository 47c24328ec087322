"""A database, scopes of their own and keys that last as long as a test."""

from collections.abc import AsyncGenerator

import pytest
from tests.fixtures.servers import Servers, TestDatabase, clone_database, drop_database

from vectal.platform.crypto import Keyring, LocalKeyWrapper
from vectal.platform.crypto.envelope import new_key
from vectal.platform.db import Database, Scope
from vectal.platform.ids import new_id


@pytest.fixture(scope="session")
async def vault(servers: Servers, worker: str) -> AsyncGenerator[TestDatabase]:
    """A database of its own: rotation and erasure touch every key there is."""
    name = f"vault_{worker}"
    yield await clone_database(servers, name)
    await drop_database(servers, name)


@pytest.fixture
async def db(vault: TestDatabase) -> AsyncGenerator[Database]:
    database = Database(vault.app_url)
    yield database
    async with database.system("test") as session:  # the next test has other master keys
        connection = await session.connection()
        await connection.execute(
            "UPDATE data_keys SET wrapped = NULL, destroyed_at = now() WHERE wrapped IS NOT NULL"
        )
    await database.close()


@pytest.fixture
def scope() -> Scope:
    return Scope(new_id(), new_id())


@pytest.fixture
def wrapper() -> LocalKeyWrapper:
    return LocalKeyWrapper([new_key()])


@pytest.fixture
def keyring(wrapper: LocalKeyWrapper) -> Keyring:
    return Keyring(wrapper)
