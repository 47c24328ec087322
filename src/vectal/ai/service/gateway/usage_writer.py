"""The usage ledger of outside calls: noted at once, written in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from vectal.ai.proxy.costs import actual_cost
from vectal.ai.proxy.record import CallRecord, Target
from vectal.ai.repository import usage as usage_sql
from vectal.ai.repository.usage import UsageLine
from vectal.ai.service.accounting import Occasion, count_call, usage_values
from vectal.ai.service.calls_under_way import CallsUnderWay, Told, Whose, ignore
from vectal.ai.service.gateway.answered import Answered, usd
from vectal.ai.service.gateway.call import IncomingCall
from vectal.platform.clock import Clock
from vectal.platform.db import Database
from vectal.platform.db.batch_writer import BatchWriter

PAUSE_S: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class OpenCall:
    """A call on its way into the ledger; see `calls_under_way`."""

    book: UsageWriter
    call: IncomingCall
    record: CallRecord
    began: float

    @property
    def progress(self) -> object:
        return self.record.progress

    def lines_so_far(self) -> list[UsageLine]:
        return self.book.lines_so_far(self.call, self.record, self.began)


class UsageWriter:
    """Run `run()` in a task for as long as the process serves.

    `on_written` hears whose lines have just been stored.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._rows = BatchWriter[UsageLine | Answered]("usage", self._write, PAUSE_S)
        self.under_way = CallsUnderWay(database, clock)
        self.on_written: Told = ignore

    def open(self, call: IncomingCall, record: CallRecord) -> OpenCall:
        """A call is about to be sent. `close` it once it is noted, if it comes to that."""
        began = self._clock.monotonic() if record.began is None else record.began
        opened = OpenCall(self, call, record, began)
        if call.keep is None:  # what is kept has a journal of its own
            self.under_way.enter(opened)
        return opened

    def close(self, opened: OpenCall) -> None:
        self.under_way.leave(opened)

    def lines_so_far(self, call: IncomingCall, record: CallRecord, began: float) -> list[UsageLine]:
        """What is to be said of a call, should nothing more be heard of it."""
        at, took_ms = self._clock.now(), round((self._clock.monotonic() - began) * 1_000)
        return [
            self.line(call, told, target, actual_cost(target, told.usage, at))
            for told, target in record.all_so_far(took_ms)
        ]

    def note(self, call: IncomingCall, record: CallRecord, cost: int | None) -> None:
        """Remember a call that was sent; never waits and never fails."""
        target = record.target
        if target is None:
            return
        count_call(record, target.offer.provider.kind)
        keep = call.keep or self._rows.note
        keep(self.line(call, record, target, cost))

    def note_rivals(self, call: IncomingCall, record: CallRecord) -> int:
        """The same of what was sent beside the call or before it, and given up; its tokens."""
        tokens = 0
        for rival in record.rivals:
            if rival.target is not None:
                paid = actual_cost(rival.target, rival.usage, self._clock.now())
                self.note(call, rival, paid)
                tokens += rival.usage.input_tokens + rival.usage.output_tokens
        return tokens

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
        return usage_values(call.principal, occasion, record, target, at, usd(cost))

    def note_answered(self, answered: Answered) -> None:
        """As `note`, for a call that was answered at the first try."""
        self._rows.note(answered)

    async def run(self, stop: asyncio.Event) -> None:
        """Write down what was noted until `stop`, then the rest; and what is under way."""
        await asyncio.gather(self._rows.run(stop), self.under_way.run(stop))
        await self.under_way.close()

    async def flush(self) -> None:
        """Write down all that waits."""
        await self._rows.flush()

    async def _write(self, batch: Sequence[UsageLine | Answered]) -> None:
        told = self.under_way.told_of(map(_key, batch))
        lines = [
            each.encode() if isinstance(each, Answered) else usage_sql.encode(each)
            for each in batch
        ]
        async with self._database.system("usage ledger") as session:
            await self.under_way.settle(session, told)
            await usage_sql.add_encoded(session, lines)
        self.on_written({_whose(each) for each in batch})


def _key(row: UsageLine | Answered) -> tuple[UUID, UUID]:
    if isinstance(row, Answered):
        return row.alike.line["workspace_id"], UUID(row.line_id)
    return row["workspace_id"], row["id"]


def _whose(row: UsageLine | Answered) -> Whose:
    line = row.alike.line if isinstance(row, Answered) else row
    return line["workspace_id"], line["user_id"]
