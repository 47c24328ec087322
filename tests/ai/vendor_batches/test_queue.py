"""The paced queue, beside the vendors' jobs: a cancel while lines are out."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.ai.vendor_batches.bench import Bench


async def test_after_a_cancel_no_line_begins(bench: Bench) -> None:
    """Lines that are out end with the batch; those that wait never leave."""
    await bench.add("openai", batches="queue")
    bench.emulator.open.clear()
    batch = await bench.start("openai", *(f"text {number}" for number in range(10)))
    runner = replace(bench.runner, concurrency=2)
    running = asyncio.create_task(runner.run(bench.scope, batch.id))
    async with asyncio.timeout(60):
        for _ in range(2):
            await bench.emulator.asking.get()
        service = bench.services.batches.service
        asked = await service.cancel(bench.principal, batch.id, "openai")
        assert asked.status in {"cancelling", "cancelled"}
        assert await running is None
    bench.emulator.open.set()
    batch = await bench.get(batch)
    assert (batch.status, batch.counts.cancelled, batch.output_file_id) == ("cancelled", 10, None)
    assert bench.emulator.asked == 2
    rows = await bench.usage()
    assert [row.status for row in rows] == ["cancelled", "cancelled"]
    assert await bench.runner.run(bench.scope, batch.id) is None
    assert bench.emulator.asked == 2
