"""Runs that are deleted: when they may be, and what goes with them."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from tests.fixtures.agents import Crew, finish, open_crew, saying

from vectal.agents.errors import RunNotFoundError, RunOpenError
from vectal.agents.repository.runs import RunFilter
from vectal.agents.tables import RunRow
from vectal.auth.principal import Principal
from vectal.platform.clock import utc_now
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database

DAY = timedelta(days=1)


@pytest.fixture
async def crew(db: Database, keyring: Keyring) -> AsyncGenerator[Crew]:
    async with open_crew(db, keyring, saying([finish()])) as made:
        yield made


async def _set(crew: Crew, run_id: UUID, **values: object) -> None:
    async with crew.database.system("test") as session:
        await session.change(update(RunRow).where(RunRow.id == run_id).values(**values))


async def _adopt(crew: Crew, child: UUID, parent: UUID) -> None:
    await _set(crew, child, parent_run_id=parent)


async def _ids(crew: Crew, owner: Principal) -> set[UUID]:
    found = await crew.agents.runs.list_recent(owner, RunFilter(), limit=50)
    return {run.id for run in found.items}


async def _entries(crew: Crew, owner: Principal, run_id: UUID) -> int:
    async with crew.database.transaction(owner) as session:
        connection = await session.connection()
        found = await connection.fetch("SELECT 1 FROM agent_entries WHERE run_id = $1", run_id)
    return len(found)


async def test_a_run_goes_with_its_journal_and_what_it_has_begun(
    crew: Crew, ada: Principal
) -> None:
    run = await crew.work(ada, (await crew.begin(ada)).id)
    agent, other = await crew.begin(ada), await crew.begin(ada)
    await _adopt(crew, agent.id, run.id)
    await crew.agents.moves.cancel(ada, agent.id)
    assert await _entries(crew, ada, run.id) > 0
    await crew.agents.forgetter.delete(ada, run.id)
    assert await _ids(crew, ada) == {other.id}
    assert await _entries(crew, ada, run.id) + await _entries(crew, ada, agent.id) == 0
    with pytest.raises(RunNotFoundError):
        await crew.agents.forgetter.delete(ada, run.id)


async def test_what_is_open_stays(crew: Crew, ada: Principal) -> None:
    run = await crew.begin(ada)
    with pytest.raises(RunOpenError):
        await crew.agents.forgetter.delete(ada, run.id)
    await crew.agents.moves.cancel(ada, run.id)
    # One that it has begun has begun another, which is at work still.
    agent, deep = await crew.begin(ada), await crew.begin(ada)
    await _adopt(crew, deep.id, agent.id)
    await crew.agents.moves.cancel(ada, agent.id)
    await _adopt(crew, agent.id, run.id)
    with pytest.raises(RunOpenError):
        await crew.agents.forgetter.delete(ada, run.id)
    with pytest.raises(RunOpenError):
        await crew.agents.forgetter.delete(ada, agent.id)
    await crew.agents.moves.cancel(ada, deep.id)
    await crew.agents.forgetter.delete(ada, run.id)
    assert await _ids(crew, ada) == set()


async def test_what_follows_a_run_stays(crew: Crew, ada: Principal) -> None:
    run, later = await crew.begin(ada), await crew.begin(ada)
    await crew.agents.moves.cancel(ada, run.id)
    await _set(crew, later.id, follows_run_id=run.id)
    await crew.agents.forgetter.delete(ada, run.id)
    assert await _ids(crew, ada) == {later.id}


async def test_runs_go_when_they_have_been_kept_long_enough(crew: Crew, ada: Principal) -> None:
    old, waiting, recent, live, parent, agent = [await crew.begin(ada) for _ in range(6)]
    for run in (old, waiting, recent, parent):
        await crew.agents.moves.cancel(ada, run.id)
    long_ago = utc_now() - 3 * DAY
    await _set(crew, old.id, ended_at=long_ago)
    await _set(crew, parent.id, ended_at=long_ago)
    await _set(crew, waiting.id, ended_at=long_ago, review="waiting")
    await _adopt(crew, agent.id, parent.id)
    assert await crew.agents.forgetter.purge(4 * DAY) == 0
    assert await crew.agents.forgetter.purge(2 * DAY) == 1
    kept = {waiting.id, recent.id, live.id, parent.id, agent.id}
    assert await _ids(crew, ada) == kept
    await crew.agents.moves.cancel(ada, agent.id)
    assert await crew.agents.forgetter.purge(2 * DAY) == 1
    assert await _ids(crew, ada) == {waiting.id, recent.id, live.id}
