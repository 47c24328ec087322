"""Fixtures of the tests of runs."""

from collections.abc import AsyncGenerator

import pytest
from tests.fixtures.agents import drop_effects_table, make_effects_table, person
from tests.fixtures.servers import TestDatabase

from vectal.auth.principal import Principal
from vectal.platform.db import Database


@pytest.fixture(scope="module")
async def effects(postgres: TestDatabase) -> AsyncGenerator[None]:
    """The table that tools of the tests leave rows in."""
    await make_effects_table(postgres.superuser_url)
    yield
    await drop_effects_table(postgres.superuser_url)


@pytest.fixture(autouse=True)
async def no_leftovers(request: pytest.FixtureRequest) -> AsyncGenerator[None]:
    """What a test leaves open must not be claimed by the next one's processes."""
    yield
    if "db" not in request.fixturenames:
        return
    database: Database = request.getfixturevalue("db")
    async with database.system("test") as session:
        connection = await session.connection()
        await connection.execute(
            "UPDATE agent_runs SET state = 'cancelled', ended_at = now() WHERE ended_at IS NULL"
        )


@pytest.fixture
def ada() -> Principal:
    return person()
