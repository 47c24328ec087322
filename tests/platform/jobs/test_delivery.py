"""A hint is heard at once: nothing old keeps it."""

from datetime import timedelta

from sqlalchemy import text
from tests.platform.jobs.conftest import Bench

from vectal.platform.jobs import repository
from vectal.platform.jobs.repository import Due

AT_ONCE = timedelta()


async def _take_due(bench: Bench, limit: int, silence: timedelta = AT_ONCE) -> list[Due]:
    async with bench.db.system("test") as session:
        return list(await repository.take_due(session, silence=silence, limit=limit))


async def test_what_was_never_delivered_goes_first(bench: Bench) -> None:
    """More jobs may wait behind busy workers than are delivered before they are due again."""
    for number in range(3):
        await bench.enqueue(str(number))
    old = {each.job_id for each in await _take_due(bench, 100_000)}  # those of other tests too
    await bench.enqueue("new")
    (first,) = await _take_due(bench, 1)
    assert first.job_id not in old


async def test_those_delivered_before_take_turns(bench: Bench) -> None:
    for number in range(4):
        await bench.enqueue(str(number))
    await _take_due(bench, 100_000)
    async with bench.db.system("test") as session:
        await session.execute(
            text("UPDATE jobs SET dispatched_at = '2000-01-01' WHERE name = :name"),
            {"name": bench.job.name},
        )
    turns = [await _take_due(bench, 1) for _ in range(4)]
    assert len({each.job_id for turn in turns for each in turn}) == 4
