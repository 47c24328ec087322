"""Planning a batch is work for many lines, beside which others have their turns."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from msgspec import Raw
from tests.ai.vendor_batches.bench import Bench

from vectal.ai.repository import batches as sql
from vectal.ai.service.batches.journal import LEASE, Journal
from vectal.ai.service.batches.objects import MESSAGES, Asked
from vectal.ai.service.batches.reading import MessageRequest
from vectal.ai.service.batches.vendor.calls import LineCalls
from vectal.ai.service.batches.vendor.planning import Planner
from vectal.ai.service.gateway.call import Prepared

LINES: Final = 150
_PATIENCE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Noted(LineCalls):
    """Notes each line that is prepared."""

    events: list[str] = field(default_factory=list[str])

    async def prepare(self, number: int, body: bytes) -> Prepared:
        self.events.append("line")
        return await LineCalls.prepare(self, number, body)


async def test_somebody_else_has_a_turn_after_each_line(bench: Bench) -> None:
    await bench.add("anthropic")
    batch = await bench.start("anthropic", *(f"Line {n}" for n in range(LINES)))
    services = bench.services
    async with services.database.transaction(bench.scope) as session:
        row = await sql.hold(session, bench.scope, batch.id, LEASE)
    assert row is not None
    journal = Journal(services.database, bench.runner.keyring, bench.scope, batch.id, row.epoch)
    calls = Noted(
        services.models,
        services.batches.runner.embeddings,
        bench.principal,
        Asked.by(bench.principal, None, None),
        batch.id,
        MESSAGES,
    )

    async def be_there() -> None:
        while True:
            calls.events.append("other")
            await asyncio.sleep(0)

    there = asyncio.create_task(be_there())
    planner = Planner(journal, calls, bench.runner.vendors, bench.runner.clock)
    assert await planner.decide(lambda: False)
    there.cancel()
    with suppress(asyncio.CancelledError):
        await there
    assert calls.events.count("line") == LINES
    assert ("line", "line") not in pairwise(calls.events)


class Held(list[MessageRequest]):
    """Requests whose reader goes on once the event loop has turned; on the loop, never."""

    def __init__(self, requests: Iterable[MessageRequest]) -> None:
        super().__init__(requests)
        self._loop = asyncio.get_running_loop()
        self.turned: list[bool] = []

    def __iter__(self) -> Iterator[MessageRequest]:
        has_turned = threading.Event()
        self._loop.call_soon_threadsafe(has_turned.set)
        is_beside = threading.current_thread() is not threading.main_thread()
        self.turned.append(is_beside and has_turned.wait(_PATIENCE_S))
        return super().__iter__()


async def test_requests_of_a_batch_are_read_beside_the_others(bench: Bench) -> None:
    params = Raw(b'{"model": "m", "max_tokens": 9, "messages": []}')
    requests = Held(MessageRequest(f"l{n}", params) for n in range(3))
    batch = await bench.services.batches.service.create_messages(bench.principal, requests)
    assert (batch.counts.total, requests.turned) == (3, [True])
