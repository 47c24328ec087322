"""Jobs run once each, whatever is lost on the way."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from tests.fixtures.servers import TestDatabase
from tests.platform.jobs.conftest import QUICK, Bench, random_word

from vectal.platform.db import Scope
from vectal.platform.ids import new_id
from vectal.platform.jobs import (
    Gauges,
    JobContext,
    JobQueue,
    JobRule,
    JobsFullError,
    JobWorker,
    UnknownJobError,
    job,
    repository,
)
from vectal.platform.jobs.delivery import UNAVAILABLE, Sender
from vectal.platform.jobs.dispatcher import Dispatcher
from vectal.platform.telemetry import REGISTRY


async def test_a_job_runs_with_its_ids(bench: Bench) -> None:
    bench.start_all()
    await bench.enqueue("key-1", task_id="t1")
    await bench.ran.expect(1)
    ((context, ids),) = bench.ran.calls
    assert ids == {"task_id": "t1"}
    assert (context.key, context.attempt, context.is_last) == ("key-1", 1, False)
    assert context.workspace_id == bench.scope.workspace_id
    await bench.expect_states(done=1)


async def test_a_rolled_back_change_queues_nothing(bench: Bench) -> None:
    async def fail() -> None:
        async with bench.db.transaction(bench.scope) as session:
            await bench.queue.enqueue(session, bench.job.name)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await bench.states() == {}


async def test_one_key_waits_once(bench: Bench) -> None:
    neighbour = Scope(new_id(), new_id())
    for _ in range(3):
        await bench.enqueue("same")
    await bench.enqueue("same", neighbour)
    await bench.enqueue()
    await bench.enqueue()
    assert await bench.states() == {"queued": 4}
    bench.start_all()
    await bench.expect_states(done=4)
    await bench.enqueue("same")  # the first has ended: there is new work
    await bench.expect_states(done=5)


async def test_many_jobs_run_once_each_on_two_workers(bench: Bench) -> None:
    async with bench.db.transaction(bench.scope) as session:
        for number in range(150):
            await bench.queue.enqueue(session, bench.job.name, number=str(number))
    bench.start_all()
    bench.start(bench.worker().run)
    await bench.expect_states(done=150)
    assert sorted(int(ids["number"]) for _, ids in bench.ran.calls) == list(range(150))


async def test_a_failing_job_is_tried_again_then_given_up(bench: Bench) -> None:
    async def fail(context: JobContext, ids: Mapping[str, str]) -> None:
        del ids
        raise RuntimeError(f"attempt {context.attempt}")

    bench.ran.body = fail
    bench.start_all()
    await bench.enqueue()
    await bench.expect_states(dead=1)
    assert [(context.attempt, context.is_last) for context, _ in bench.ran.calls] == [
        (1, False), (2, False), (3, True),
    ]  # fmt: skip


async def test_a_hanging_job_is_cut_off(bench: Bench) -> None:
    async def hang(context: JobContext, ids: Mapping[str, str]) -> None:
        del context, ids
        await asyncio.Event().wait()

    word = random_word()
    rule = JobRule(queue=word, attempts=1, timeout=timedelta(milliseconds=50))
    queue = JobQueue([job(f"testing.{word}", rule)(hang)])
    bench.job, bench.queue = queue.get(f"testing.{word}"), queue
    bench.start_all()
    await bench.enqueue()
    await bench.expect_states(dead=1)


async def test_a_flush_loses_nothing(bench: Bench, redis: Redis) -> None:
    await bench.enqueue("a")
    await bench.enqueue("b")
    async with Sender(bench.redis_url) as sender:
        assert await bench.dispatcher.step(sender) >= 0
    await redis.flushdb()  # pyright: ignore[reportUnknownMemberType] - untyped kwargs
    bench.start_all()
    await bench.expect_states(done=2)
    assert len(bench.ran.calls) == 2


async def test_a_flush_under_a_running_worker_loses_nothing(bench: Bench, redis: Redis) -> None:
    bench.start_all()
    for number in range(30):
        await bench.enqueue(str(number))
        if number % 10 == 5:
            await redis.flushdb()  # pyright: ignore[reportUnknownMemberType] - untyped kwargs
    await bench.expect_states(done=30)
    # A job whose lease ran out on a slow machine runs once more, and says so in its attempt.
    ran = [(context.key, context.attempt) for context, _ in bench.ran.calls]
    assert len(set(ran)) == len(ran)
    assert {key for key, _ in ran} == {str(number) for number in range(30)}


async def test_without_redis_jobs_wait_in_postgresql(bench: Bench) -> None:
    away = Dispatcher(bench.db, bench.queue, "redis://127.0.0.1:1/0", silence=QUICK)
    await bench.enqueue("a")
    async with Sender("redis://127.0.0.1:1/0") as sender:
        with pytest.raises(UNAVAILABLE):
            await away.step(sender)
    assert await bench.states() == {"queued": 1}
    bench.start_all()
    await bench.expect_states(done=1)


async def test_killed_in_mid_handler_the_job_runs_again(
    bench: Bench, postgres: TestDatabase
) -> None:
    bench.start(bench.dispatcher.run)
    await bench.enqueue("a")
    word = bench.job.rule.queue
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.platform.jobs.victim", postgres.app_url, bench.redis_url, word,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    async with asyncio.timeout(30):
        assert await child.stdout.readline() == b"in the handler\n"
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    assert await bench.states() == {"running": 1}
    bench.start(bench.worker().run)
    async with asyncio.timeout(30):
        while await bench.states() != {"done": 1}:
            await bench.dispatcher.reclaim()  # it takes back those of other tests as well
            await asyncio.sleep(0.05)
    ((context, _),) = bench.ran.calls
    assert context.attempt == 2


async def test_a_worker_that_stops_hands_its_jobs_back(bench: Bench) -> None:
    started = asyncio.Event()

    async def hang(context: JobContext, ids: Mapping[str, str]) -> None:
        del context, ids
        started.set()
        await asyncio.Event().wait()

    bench.ran.body = hang
    bench.start(bench.dispatcher.run)
    stop = asyncio.Event()
    working = asyncio.create_task(bench.worker().run(stop))
    await bench.enqueue()
    async with asyncio.timeout(30):
        await started.wait()
        stop.set()
        await working
    assert await bench.states() == {"queued": 1}
    bench.ran.body = None
    bench.start(bench.worker().run)
    await bench.expect_states(done=1)
    assert [context.attempt for context, _ in bench.ran.calls] == [1, 1]


async def test_whoever_lost_the_lease_changes_nothing(bench: Bench) -> None:
    await bench.enqueue()
    async with bench.db.system("test") as session:
        (due,) = [d for d in await repository.take_due(session, silence=QUICK, limit=1_000)
                  if d.queue == bench.job.rule.queue]  # fmt: skip
    async with bench.db.system("test") as session:
        held = await repository.claim(session, due.job_id, timedelta(seconds=-1))
    assert held is not None
    async with bench.db.system("test") as session:
        taken_over = await repository.claim(session, due.job_id, timedelta(seconds=60))
        assert taken_over is not None
        assert taken_over.epoch == held.epoch + 1
        assert await repository.claim(session, due.job_id, timedelta(seconds=60)) is None
    async with bench.db.system("test") as session:
        assert not await repository.renew(session, held, timedelta(seconds=60))
        assert not await repository.finish(session, held)
        assert not await repository.bury(session, held, "x")
        assert await repository.finish(session, taken_over)


async def test_a_handler_whose_lease_is_taken_is_stopped(bench: Bench) -> None:
    stopped = asyncio.Event()

    async def hang(context: JobContext, ids: Mapping[str, str]) -> None:
        del ids
        try:
            async with bench.db.system("test") as session:
                connection = await session.connection()
                await connection.execute(
                    "UPDATE jobs SET epoch = epoch + 1 WHERE id = $1", context.job_id
                )
            await asyncio.Event().wait()
        finally:
            stopped.set()

    bench.ran.body = hang
    bench.start_all()
    await bench.enqueue()
    async with asyncio.timeout(30):
        await stopped.wait()
    assert await bench.states() == {"running": 1}


async def test_a_workspace_can_not_queue_without_end(bench: Bench) -> None:
    small = JobQueue([bench.job], live_jobs=3)
    for _ in range(3):
        await bench.enqueue()
    async with bench.db.transaction(bench.scope) as session:
        with pytest.raises(JobsFullError):
            await small.enqueue(session, bench.job.name)
    async with bench.db.transaction(Scope(new_id(), new_id())) as session:
        await small.enqueue(session, bench.job.name)


async def test_a_job_of_a_newer_release_is_left_alone(bench: Bench) -> None:
    older = JobQueue([job(f"testing.{random_word()}", bench.job.rule)(bench.ran.handle)])
    worker = JobWorker(bench.db, older, bench.redis_url)
    await bench.enqueue()
    async with bench.db.system("test") as session:
        due = await repository.take_due(session, silence=QUICK, limit=1_000)
    for each in due:
        if each.queue == bench.job.rule.queue:
            await worker.take(each.job_id)
    assert await bench.states() == {"queued": 1}
    assert bench.ran.calls == []


async def test_a_tenant_can_neither_see_nor_end_the_jobs_of_others(bench: Bench) -> None:
    await bench.enqueue()
    stranger = Scope(new_id(), new_id())
    async with bench.db.read(stranger) as session:
        connection = await session.connection()
        assert await connection.fetchval("SELECT count(*) FROM jobs") == 0
    for statement in ("DELETE FROM jobs", "UPDATE jobs SET state = 'done'"):
        with pytest.raises(Exception, match="permission denied"):
            async with bench.db.transaction(bench.scope) as session:
                await (await session.connection()).execute(statement)


async def test_ended_jobs_go_and_gauges_tell_of_the_rest(bench: Bench) -> None:
    await bench.enqueue()
    dispatcher, gauges = bench.dispatcher, Gauges(bench.db)
    labels = {"queue": bench.job.rule.queue, "state": "queued"}
    await gauges.measure_jobs()
    assert REGISTRY.get_sample_value("vectal_jobs_waiting", labels) == 1
    bench.start_all()
    await bench.expect_states(done=1)
    await gauges.measure_jobs()
    assert REGISTRY.get_sample_value("vectal_jobs_waiting", labels) == 0
    await dispatcher.purge()
    assert await bench.states() == {"done": 1}
    async with bench.db.system("test") as session:
        connection = await session.connection()
        await connection.execute(
            "UPDATE jobs SET ended_at = ended_at - interval '2 days' WHERE name = $1",
            bench.job.name,
        )
    assert await dispatcher.purge() >= 1
    assert await bench.states() == {}


@pytest.mark.parametrize("name", ["Mail", "mail", "mail.Send", "mail.send.now", ""])
def test_names_follow_the_rule(name: str) -> None:
    with pytest.raises(ValueError, match="is named"):
        job(name)(_nothing)


def test_an_unknown_name_is_told_at_once() -> None:
    queue = JobQueue([job("testing.one")(_nothing)])
    with pytest.raises(UnknownJobError):
        queue.get("testing.two")
    with pytest.raises(ValueError, match="two jobs"):
        queue.register(job("testing.one")(_nothing))


async def _nothing(context: JobContext, ids: Mapping[str, str]) -> None:
    del context, ids
