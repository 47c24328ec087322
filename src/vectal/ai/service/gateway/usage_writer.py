"""The usage ledger of outside calls: noted at once, written in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from vectal.ai.contracts import TokenUsage
from vectal.ai.proxy.costs import UNITS_PER_USD
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.repository import usage as usage_sql
from vectal.ai.repository.usage import UsageLine
from vectal.ai.service.accounting import Occasion, Told, count_call, ignore, usage_values
from vectal.ai.service.gateway.call import IncomingCall
from vectal.platform.clock import Clock
from vectal.platform.db import Database
from vectal.platform.db.batch_writer import BatchWriter
from vectal.platform.ids import new_id

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
        keep = call.keep or self._rows.note
        keep(self.line(call, record, target, cost))

    def line(
        self, call: IncomingCall, record: CallRecord, target: Target, cost: int | None
    ) -> dict[str, Any]:
        """The line of a call as it is now, by its columns."""
        occasion = Occasion(
            purpose=call.purpose,
            api_key_id=call.principal.api_key_id,
            project_id=call.project_id,
            run_id=call.run_id,
            request_id=call.request_id[:64],
        )
        at = self._clock.now()
        return usage_values(call.principal, occasion, record, target, at, _usd(cost))

    def note_answered(
        self,
        alike: UsageLine,
        at: datetime,
        request_id: str,
        usage: TokenUsage,
        cost: int | None,
        first_ms: int | None,
        took_ms: int,
    ) -> None:
        """As `note`, for a call that was answered at the first try: the line but for these."""
        line = {
            **alike,
            "id": new_id(),
            "request_id": request_id[:64],
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cache_read_tokens": usage.cache_read_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
            "duration_ms": took_ms,
            "first_token_ms": first_ms,
            "cost_usd": _usd(cost),
            "at": at,
        }
        self._rows.note(line)

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


def _usd(cost: int | None) -> Decimal | None:
    return None if cost is None else Decimal(cost) / UNITS_PER_USD
