"""The usage ledger of outside calls: noted at once, written in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from vectal.ai.proxy.costs import UNITS_PER_USD
from vectal.ai.proxy.record import CallRecord
from vectal.ai.repository import usage as usage_sql
from vectal.ai.repository.usage import UsageLine
from vectal.ai.service.accounting import Occasion, Told, count_call, ignore, usage_values
from vectal.ai.service.gateway.call import IncomingCall
from vectal.platform.clock import Clock
from vectal.platform.db import Database
from vectal.platform.db.batch_writer import BatchWriter

PAUSE_S: Final = 0.5


class UsageWriter:
    """Run `run()` in a task for as long as the process serves.

    `on_written` hears whose lines have just been stored.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._rows = BatchWriter[UsageLine]("usage", self._write, PAUSE_S)
        self.on_written: Told = ignore

    def note(self, call: IncomingCall, record: CallRecord, cost: int | None) -> None:
        """Remember a call that was sent; never waits and never fails."""
        target = record.target
        if target is None:
            return
        count_call(record, target.offer.provider.kind)
        occasion = Occasion(
            purpose=call.purpose,
            api_key_id=call.principal.api_key_id,
            project_id=call.project_id,
            run_id=call.run_id,
            request_id=call.request_id[:64],
        )
        price = None if cost is None else Decimal(cost) / UNITS_PER_USD
        at = self._clock.now()
        line = usage_values(call.principal, occasion, record, target, at, price)
        keep = call.keep or self._rows.note
        keep(line)

    async def run(self, stop: asyncio.Event) -> None:
        """Write down what was noted until `stop`, then the rest."""
        await self._rows.run(stop)

    async def flush(self) -> None:
        """Write down all that waits."""
        await self._rows.flush()

    async def _write(self, batch: Sequence[UsageLine]) -> None:
        async with self._database.system("usage ledger") as session:
            await usage_sql.add_lines(session, batch)
        self.on_written((line["workspace_id"], line["user_id"]) for line in batch)
