"""A runner that vanishes at any moment of a vendor's job: each line ends once, and is paid once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest
from tests.ai.vendor_batches.bench import Bench
from tests.ai.vendor_batches.emulator import Job, Kind, Point

from vectal.ai.service.batches.vendor.run import VendorPace
from vectal.ai.service.budget_service import BudgetDraft

KINDS = pytest.mark.parametrize("kind", ["openai", "anthropic"])
POINTS: list[Point] = ["upload", "before_create", "after_create", "poll", "results"]


@KINDS
@pytest.mark.parametrize("point", POINTS)
async def test_each_line_ends_once(bench: Bench, kind: Kind, point: Point) -> None:
    if (kind, point) == ("anthropic", "upload"):
        point = "before_create"
    await bench.add(kind)
    texts = [f"text {number}" for number in range(7)]
    batch = await bench.start(kind, *texts)
    bench.emulator.stalls = {point}
    running = asyncio.create_task(_run_for_ever(bench, batch.id))
    reached = await asyncio.wait_for(bench.emulator.stalled.get(), 60)
    running.cancel()
    await asyncio.wait({running})
    assert reached == point
    batch = await bench.run(batch)
    assert (batch.status, batch.counts.completed, batch.counts.failed) == ("completed", 7, 0)
    assert len(await bench.lines(batch.output_file_id)) == 7
    assert len(bench.emulator.jobs) == 1, "no line was sent twice"
    rows = await bench.usage()
    assert len({row.request_id for row in rows}) == len(rows) == 7


async def _run_for_ever(bench: Bench, batch_id: object) -> None:
    while True:
        await bench.runner.run(bench.scope, batch_id)  # pyright: ignore[reportArgumentType]


async def test_jobs_of_others_are_not_taken_for_ours(bench: Bench) -> None:
    await bench.add("anthropic")
    batch = await bench.start("anthropic", "one", "two")
    others = [
        Job(f"msgbatch_other{n}", "anthropic", 4e9, [_line(f"x{n}-1"), _line(f"x{n}-2")])
        for n in range(5)
    ]
    for job in others:
        bench.emulator.jobs[job.id] = job
        bench.emulator.end(job)
    # One of the same size still runs: nobody can tell yet whether it is ours.
    others[0].state = "running"
    bench.emulator.page, bench.emulator.auto = 2, False
    bench.emulator.stalls = {"before_create"}
    running = asyncio.create_task(bench.runner.run(bench.scope, batch.id))
    await asyncio.wait_for(bench.emulator.stalled.get(), 60)
    running.cancel()
    await asyncio.wait({running})
    assert await bench.runner.run(bench.scope, batch.id) is not None
    assert len(bench.emulator.jobs) == len(others), "nothing is made before that is clear"
    bench.emulator.end(others[0])
    bench.emulator.auto = True
    batch = await bench.run(batch)
    assert (batch.status, batch.counts.completed) == ("completed", 2)
    assert len(bench.emulator.jobs) == len(others) + 1


async def test_a_list_may_be_behind(bench: Bench) -> None:
    """A job that was about to be made is not made anew before the vendor's list tells of it."""
    await bench.add("openai")
    batch = await bench.start("openai", "one")
    bench.emulator.stalls = {"before_create"}
    running = asyncio.create_task(bench.runner.run(bench.scope, batch.id))
    await asyncio.wait_for(bench.emulator.stalled.get(), 60)
    running.cancel()
    await asyncio.wait({running})
    patient = replace(bench.runner, pace=VendorPace(first_s=0.0, longest_s=0.0))
    assert await patient.run(bench.scope, batch.id) is not None
    assert bench.emulator.jobs == {}


async def test_the_worst_case_is_held_until_the_end(bench: Bench) -> None:
    await bench.add("openai")
    service = bench.services.ai.budgets
    await service.create(bench.principal, _budget("usd", Decimal(1)))
    await service.create(bench.principal, _budget("tokens", Decimal(100_000)))
    await service.create(bench.principal, _budget("requests", Decimal(10)))
    batch = await bench.start("openai", "one", "two")
    bench.emulator.auto = False
    await bench.runner.run(bench.scope, batch.id)
    held = {each.unit: each for each in await service.list_budgets(bench.principal)}
    assert held["requests"].leased == 2
    assert held["tokens"].leased >= 2 * 50
    [job] = await bench.jobs(batch)
    assert held["usd"].leased == Decimal(job.worst_units or 0) / 10**8 > 0
    bench.emulator.auto = True
    await bench.run(batch)
    done = {each.unit: each for each in await service.list_budgets(bench.principal)}
    assert [done[unit].leased for unit in ("usd", "tokens", "requests")] == [0, 0, 0]
    assert done["usd"].spent == await bench.cost() > 0
    assert (done["tokens"].spent, done["requests"].spent) == (28, 2)


async def test_a_budget_that_is_too_small_holds_the_job_back(bench: Bench) -> None:
    """Line by line as many are sent as fit, and the others are told why not."""
    await bench.add("openai")
    await bench.services.ai.budgets.create(bench.principal, _budget("requests", Decimal(2)))
    batch = await bench.run(await bench.start("openai", "one", "two", "three"))
    assert bench.emulator.jobs == {}
    assert (batch.counts.completed, batch.counts.failed) == (2, 1)
    assert len(await bench.usage()) == 2


def _budget(unit: str, cap: Decimal) -> BudgetDraft:
    return BudgetDraft(unit, "workspace", unit, "month", cap)  # pyright: ignore[reportArgumentType]


def _line(name: str) -> dict[str, object]:
    params = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    return {"custom_id": name, "params": params}
