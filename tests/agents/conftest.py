"""Fixtures of the tests of runs."""

from collections.abc import AsyncGenerator

import pytest
from tests.fixtures.accounts import MakeUser
from tests.fixtures.agents import (
    drop_effects_table,
    finish,
    make_effects_table,
    open_crew,
    person,
    saying,
)
from tests.fixtures.office import Office
from tests.fixtures.servers import TestDatabase

from vectal.accounts.service import AccountService
from vectal.auth.principal import Principal
from vectal.entrypoints.handover import HandoverDesk, RunAnswers
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.tasks.service import TaskServices


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
async def office(db: Database, keyring: Keyring, make_user: MakeUser) -> AsyncGenerator[Office]:
    tasks = TaskServices.build(db, AccountService.build(db).members)
    async with open_crew(db, keyring, saying([finish()]), desk=HandoverDesk(tasks)) as crew:
        tasks.comments.answers = RunAnswers(crew.agents)
        yield Office(crew, tasks, (await make_user()).principal)


@pytest.fixture
def ada() -> Principal:
    return person()
