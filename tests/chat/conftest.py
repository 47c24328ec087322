"""Fixtures of the chat tests."""

from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import text
from tests.chat.stage import Stage, open_stage, person
from tests.fixtures.servers import TestDatabase

from vectal.auth.principal import Principal
from vectal.platform.crypto import Keyring, LocalKeyWrapper
from vectal.platform.db import Database


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring(LocalKeyWrapper([bytes(range(32))]))


@pytest.fixture
async def stage(postgres: TestDatabase, valkey: str, keyring: Keyring) -> AsyncGenerator[Stage]:
    async with open_stage(postgres, valkey, keyring) as opened:
        yield opened


@pytest.fixture(autouse=True)
async def no_orphans(request: pytest.FixtureRequest) -> AsyncGenerator[None]:
    """What a test leaves unanswered must not be taken over by the next one's processes."""
    yield
    if "postgres" not in request.fixturenames:
        return
    postgres: TestDatabase = request.getfixturevalue("postgres")
    database = Database(postgres.app_url, pool_size=1)
    async with database.system("test") as session:
        await session.execute(text("UPDATE turns SET ended_at = now() WHERE ended_at IS NULL"))
    await database.close()


@pytest.fixture
def ada() -> Principal:
    return person()
