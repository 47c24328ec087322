"""How a run reaches a worker: fairly, within bounds, and also when nobody says a word."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence

import pytest
from tests.fixtures.agents import Crew, finish, make_crew, open_crew, person, stepping

from vectal.agents.entries import ThinkBegun, ThinkEnded
from vectal.agents.run import RunState
from vectal.agents.service import AgentRules
from vectal.ai.contracts import Part
from vectal.ai.contracts_runs import ThinkRequest
from vectal.auth.principal import Principal
from vectal.platform.background import end_tasks
from vectal.platform.clock import utc_now
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.jobs import JobWorker
from vectal.platform.jobs.dispatcher import Dispatcher

pytestmark = pytest.mark.usefixtures("effects")


class Gate:
    """A model that answers when the gate is opened."""

    def __init__(self) -> None:
        self.open = asyncio.Event()

    async def __call__(self, request: ThinkRequest) -> Sequence[Part]:
        del request
        await self.open.wait()
        return [finish()]


@pytest.fixture
async def gate(db: Database, keyring: Keyring) -> AsyncGenerator[tuple[Crew, Gate]]:
    gate = Gate()
    async with open_crew(db, keyring, gate, rules=AgentRules(per_workspace=2)) as crew:
        yield crew, gate


async def test_a_workspace_has_so_many_at_work(
    gate: tuple[Crew, Gate], ada: Principal, db: Database, keyring: Keyring
) -> None:
    crew, door = gate
    runs = [await crew.begin(ada, goal=str(n), priority=n) for n in range(5)]
    other = await crew.begin(person())
    await crew.agents.runner.fill()
    # The highest priority first; another workspace has places of its own.
    assert set(crew.agents.runner.active) == {runs[4].id, runs[3].id, other.id}
    async with open_crew(db, keyring, door, rules=AgentRules(per_workspace=2)) as second:
        await second.agents.runner.fill()
        assert not second.agents.runner.active
    door.open.set()
    for run in runs:
        assert (await crew.work(ada, run.id)).state is RunState.SUCCEEDED


async def test_workspaces_take_turns(db: Database, keyring: Keyring) -> None:
    rules = AgentRules(per_workspace=4, per_process=4)
    async with open_crew(db, keyring, Gate(), rules=rules) as crew:
        busy, quiet = person(), person()
        for _ in range(6):
            await crew.begin(busy, priority=9)
        for _ in range(2):
            await crew.begin(quiet)
        await crew.agents.runner.fill()
        active = crew.agents.runner.active.values()
        at_work = Counter(each.lease.scope.workspace_id for each in active)
        assert at_work == {busy.workspace_id: 2, quiet.workspace_id: 2}


async def test_two_processes_never_take_the_same(db: Database, keyring: Keyring) -> None:
    door = Gate()  # None may end before all are counted.
    crews = [make_crew(db, keyring, door) for _ in range(3)]
    owners = [person() for _ in range(4)]
    runs = [(owner, await crews[0].begin(owner)) for owner in owners for _ in range(4)]
    await asyncio.gather(*(crew.agents.runner.fill() for crew in crews))
    taken = [run_id for crew in crews for run_id in crew.agents.runner.active]
    assert len(taken) == len(set(taken)) == 16
    door.open.set()
    for owner, run in runs:
        assert (await crews[0].work(owner, run.id)).state is RunState.SUCCEEDED
        assert (await crews[0].agents.runs.get(owner, run.id)).attempt == 1


async def test_a_run_is_worked_at_by_job_alone(
    db: Database, keyring: Keyring, ada: Principal, valkey: str
) -> None:
    """The whole way: outbox of jobs, Redis, worker; and the next one when a place is free."""
    async with open_crew(db, keyring, stepping(["pure"]), rules=AgentRules(1)) as crew:
        stop = asyncio.Event()
        tasks = [
            asyncio.create_task(Dispatcher(db, crew.jobs, valkey).run(stop)),
            asyncio.create_task(JobWorker(db, crew.jobs, valkey).run(stop)),
            asyncio.create_task(crew.agents.runner.run()),
        ]
        runs = [await crew.begin(ada) for _ in range(3)]
        try:
            async with asyncio.timeout(60):
                for run in runs:
                    await crew.until_ended(ada, run.id)
        finally:
            stop.set()
            await asyncio.wait(tasks[:2])
            await end_tasks(tasks)
        for run in runs:
            assert (await crew.agents.runs.get(ada, run.id)).state is RunState.SUCCEEDED


async def test_a_waiting_run_is_brought_again(
    db: Database, keyring: Keyring, ada: Principal
) -> None:
    async with open_crew(db, keyring, stepping([])) as crew:
        run = await crew.begin(ada)
        await crew.execute("DELETE FROM jobs WHERE name = 'agents.advance'")
        assert not await crew.agents.sweeper.deliver()
        await crew.execute(
            "UPDATE agent_runs SET queued_at = now() - interval '5 s',"
            " not_before = now() - interval '5 s' WHERE id = :id",
            id=run.id,
        )
        assert await crew.agents.sweeper.deliver()
        await crew.execute("DELETE FROM jobs WHERE name = 'agents.advance'")


async def test_a_lease_that_is_kept_up_is_not_taken(
    gate: tuple[Crew, Gate], ada: Principal, db: Database, keyring: Keyring
) -> None:
    crew, door = gate
    run = await crew.begin(ada)
    await crew.agents.runner.fill()
    (running,) = crew.agents.runner.active.values()
    granted_at = running.lease.granted_at
    assert await crew.agents.runner.leases.renew([running.lease]) == {run.id}
    assert running.lease.granted_at > granted_at
    async with open_crew(db, keyring, door) as second:
        await second.agents.runner.fill()
        assert not second.agents.runner.active
    await crew.expire(run.id)
    assert await crew.agents.runner.leases.renew([running.lease]) == set()


async def test_what_one_run_can_not_store_costs_no_other(
    db: Database, keyring: Keyring, ada: Principal
) -> None:
    """They are written in one statement; a cost that no column holds must not stop the rest."""
    async with open_crew(db, keyring, stepping([])) as crew:
        runs = [await crew.begin(ada) for _ in range(3)]
        leases = await crew.agents.runner.leases.claim(3)
        assert {lease.run_id for lease in leases} == {run.id for run in runs}
        bad, *good = leases
        ended = ThinkEnded(
            at=utc_now(), number=1, parts=(), finish_reason="stop", cost_usd="1000000000000"
        )
        begun = ThinkBegun(at=utc_now(), number=1)
        append = crew.agents.journal.append
        found = await asyncio.gather(
            append(bad, [ended], after=2),
            *(append(lease, [begun], after=2) for lease in good),
            return_exceptions=True,
        )
        assert isinstance(found[0], Exception)
        assert found[1:] == [True, True]
        assert not await append(good[0], [begun], after=2)  # it is there already


async def test_a_full_queue_of_jobs_keeps_no_run_from_its_worker(
    db: Database, keyring: Keyring, ada: Principal
) -> None:
    async with open_crew(db, keyring, stepping([]), live_jobs=0) as crew:
        run = await crew.begin(ada)
        assert (await crew.work(ada, run.id)).state is RunState.SUCCEEDED
