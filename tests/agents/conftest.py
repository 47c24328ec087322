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
    """What another test left open must not be claimed by this one's processes, nor the reverse.

    Tests of other folders leave runs, too; whoever claims one has thoughts of its script taken.
    """
    if "db" not in request.fixturenames:
        yield
        return
    database: Database = request.getfixturevalue("db")
    await _end_all_runs(database)
    yield
    await _end_all_runs(database)


async def _end_all_runs(database: Database) -> None:
    async with database.system("test") as session:
        connection = await session.connection()
        await connection.execute(
            "UPDATE agent_runs SET state = 'cancelled', ended_at = now() WHERE ended_at IS NULL"
        )


@pytest.fixture
def ada() -> Principal:
    return person()
