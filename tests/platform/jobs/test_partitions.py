"""Queues are parted by workspace: who floods one partition leaves the others their places."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from tests.platform.jobs.conftest import PATIENCE_S, Bench

from vectal.platform.db import Scope
from vectal.platform.ids import new_id
from vectal.platform.jobs import JobContext, JobWorker
from vectal.platform.jobs.delivery import partition_of
from vectal.platform.jobs.dispatcher import Dispatcher

PARTS = 4


def _start(bench: Bench) -> None:
    dispatcher = Dispatcher(bench.db, bench.queue, bench.redis_url, partitions=PARTS)
    worker = JobWorker(
        bench.db, bench.queue, bench.redis_url, drain_s=0.1, concurrency=PARTS, partitions=PARTS
    )
    bench.start(dispatcher.run)
    bench.start(worker.run)


def _elsewhere(scope: Scope) -> Scope:
    """A workspace with another partition."""
    own = partition_of(scope.workspace_id, PARTS)
    while partition_of((found := new_id()), PARTS) == own:
        pass
    return replace(scope, workspace_id=found)


async def test_a_flood_holds_up_nobody_elsewhere(bench: Bench) -> None:
    gate, other = asyncio.Event(), _elsewhere(bench.scope)
    working = Counter[str]()

    async def handle(context: JobContext, ids: Mapping[str, str]) -> None:
        del ids
        working[str(context.workspace_id)] += 1
        if context.workspace_id == bench.scope.workspace_id:
            await gate.wait()

    bench.ran.body = handle
    for number in range(8):
        await bench.enqueue(str(number))
    _start(bench)
    await bench.ran.expect(1)
    await bench.enqueue("urgent", other)
    async with asyncio.timeout(PATIENCE_S):
        while not working[str(other.workspace_id)]:
            await bench.ran.expect(len(bench.ran.calls) + 1)
    # One of the four places is the flood's.
    assert working[str(bench.scope.workspace_id)] == 1
    gate.set()
    await bench.expect_states(done=9)


async def test_a_workspace_stays_where_it_is() -> None:
    ids = [new_id() for _ in range(400)]
    places = [partition_of(each, PARTS) for each in ids]
    assert places == [partition_of(each, PARTS) for each in ids]
    assert set(places) == set(range(PARTS))
    assert {partition_of(each, 1) for each in ids} == {0}
