"""One scheduler works, the others stand by; each occurrence of a schedule runs once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis
from tests.platform.jobs.conftest import Bench, random_word

from vectal.platform.clock import FixedClock
from vectal.platform.db import Database
from vectal.platform.db.leadership import leadership
from vectal.platform.events.relay import Relay
from vectal.platform.jobs import Schedule, Scheduler, Sweep
from vectal.platform.jobs.dispatcher import Dispatcher

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


async def test_an_occurrence_runs_once_however_many_ask(bench: Bench) -> None:
    clock = FixedClock(MIDNIGHT)
    schedule = Schedule(bench.job.name, timedelta(days=1), timedelta(hours=3))
    dispatchers = [
        Dispatcher(bench.db, bench.queue, bench.redis_url, clock=clock) for _ in range(4)
    ]

    async def ask() -> int:
        return sum(await asyncio.gather(*(d.keep_schedule(schedule) for d in dispatchers)))

    assert await ask() == 0  # the first sight of a schedule runs nothing
    clock.advance(2 * 3600)
    assert await ask() == 0
    clock.advance(3600)
    assert await ask() == 1
    assert await ask() == 0
    clock.advance(5 * 86_400)  # missed ones count as one
    assert await ask() == 1
    assert await bench.states() == {"queued": 2}


@given(
    st.timedeltas(timedelta(seconds=1), timedelta(days=40)),
    st.floats(0, 1, exclude_max=True),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants naive bounds
)
def test_the_latest_occurrence(every: timedelta, share: float, now: datetime) -> None:
    schedule = Schedule("testing.job", every, min(every * share, every - timedelta.resolution))
    latest = schedule.latest(now)
    assert latest <= now < latest + every
    assert schedule.latest(latest) == latest


@pytest.mark.parametrize(
    ("every", "offset"),
    [(timedelta(), timedelta()), (timedelta(hours=1), timedelta(hours=1)),
     (timedelta(hours=1), timedelta(seconds=-1))],
)  # fmt: skip
def test_a_schedule_must_make_sense(every: timedelta, offset: timedelta) -> None:
    with pytest.raises(ValueError, match="schedule repeats"):
        Schedule("testing.job", every, offset)


async def test_one_leads_and_another_follows(db: Database) -> None:
    name, stop = random_word(), asyncio.Event()
    order: list[str] = []
    first_done = asyncio.Event()

    async def lead(who: str, until: asyncio.Event) -> None:
        async with leadership(db, name, stop) as lost:
            assert not lost.is_set()
            order.append(who)
            await until.wait()
            order.append(f"{who} ends")

    first = asyncio.create_task(lead("first", first_done))
    while not order:  # noqa: ASYNC110 - a list sets no event
        await asyncio.sleep(0.01)
    second = asyncio.create_task(lead("second", asyncio.Event()))
    await asyncio.sleep(0.05)
    assert order == ["first"]
    first_done.set()
    await first
    async with asyncio.timeout(30):
        while len(order) < 3:  # noqa: ASYNC110 - a list sets no event
            await asyncio.sleep(0.01)
    assert order == ["first", "first ends", "second"]
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second


async def test_a_leader_that_the_server_dropped_is_told(db: Database) -> None:
    name = random_word()
    async with asyncio.timeout(30):
        with pytest.raises(Exception, match=r"."):
            await _lead_and_be_dropped(db, name)
        async with leadership(db, name, asyncio.Event()) as lost:
            assert not lost.is_set()


async def _lead_and_be_dropped(db: Database, name: str) -> None:
    async with leadership(db, name, asyncio.Event()) as lost:
        async with db.system("test") as session:
            connection = await session.connection()
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                " AND ((classid::bigint << 32) | objid) = hashtextextended($1, 0)",
                f"vectal:{name}",
            )
        await lost.wait()


async def test_who_waits_for_the_lead_can_be_stopped(db: Database) -> None:
    name, stop = random_word(), asyncio.Event()
    async with leadership(db, name, asyncio.Event()):
        waiting = asyncio.create_task(_report(db, name, stop))
        await asyncio.sleep(0.01)
        stop.set()
        async with asyncio.timeout(30):
            assert await waiting


async def _report(db: Database, name: str, stop: asyncio.Event) -> bool:
    async with leadership(db, name, stop) as lost:
        return lost.is_set()


async def test_the_scheduler_does_all_its_work(bench: Bench, redis: Redis) -> None:
    """Jobs are delivered and sweeps run, a failing sweep too, until it is asked to stop."""
    swept: list[str] = []

    async def fail() -> None:
        swept.append("bad")
        raise RuntimeError

    async def succeed() -> None:
        swept.append("good")

    often = timedelta(milliseconds=10)
    scheduler = Scheduler(
        bench.db,
        Relay(bench.db, redis),
        bench.dispatcher,
        sweeps=[Sweep("bad", often, fail), Sweep("good", often, succeed)],
        schedules=[Schedule(bench.job.name, timedelta(seconds=1))],
    )
    bench.start(scheduler.run)
    bench.start(bench.worker().run)
    await bench.enqueue("a")
    await bench.ran.expect(3)  # ours, and two that the schedule asked for
    assert swept[:2] == ["bad", "good"]
    assert swept.count("bad") > 1
    assert {context.key.partition("@")[0] for context, _ in bench.ran.calls} == {
        "a", bench.job.name,
    }  # fmt: skip
