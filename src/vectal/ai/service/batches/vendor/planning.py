"""Which way a batch goes: as jobs to the one vendor that all its lines lead to, or line by line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, cast
from uuid import UUID

from vectal.ai.ports import ProviderKind
from vectal.ai.providers.batches.port import BatchLimits, VendorBatches
from vectal.ai.providers.batches.registry import ENDPOINTS
from vectal.ai.proxy.costs import worst_batch_cost
from vectal.ai.service.batches.journal import Journal, TakenLine
from vectal.ai.service.batches.vendor.book import JobBook
from vectal.ai.service.batches.vendor.calls import LineCalls
from vectal.ai.service.gateway.call import CallRefusedError, Prepared
from vectal.ai.tables_batches import BatchJobRow
from vectal.platform.clock import Clock
from vectal.platform.ids import new_id

_FRAME_BYTES: Final = 200
"""What a line is longer at the vendor than its body: its name, method and url."""


@dataclass(frozen=True, slots=True)
class _Planned:
    number: int
    model: str
    size: int
    worst_units: int | None
    worst_tokens: int


@dataclass(slots=True)
class _Part:
    """Lines of one job."""

    model: str
    lines: list[_Planned] = field(default_factory=list[_Planned])
    size: int = 0


@dataclass(frozen=True, slots=True)
class Planner:
    """Decides for one batch."""

    journal: Journal
    calls: LineCalls
    vendors: dict[ProviderKind, VendorBatches]
    clock: Clock

    async def decide(self, must_stop: Callable[[], bool]) -> bool:
        """Whether a vendor gets the batch; False as well when it `must_stop` before that is clear.

        Lines that are refused stay for the queue, which tells each of them why.
        """
        book, planned = JobBook(self.journal), list[_Planned]()
        provider: tuple[UUID, ProviderKind] | None = None
        after = 0
        while lines := await self.journal.list_waiting(after):
            for line in lines:
                after = line.number
                # A page of them is much to read, and mostly nothing in it waits.
                await asyncio.sleep(0)
                prepared = await self._prepare(line)
                if prepared is None:
                    continue
                at = self._vendor_of(prepared)
                if at is None or (provider is not None and at != provider):
                    await book.decide("queue")
                    return False
                provider = at
                planned.append(self._planned(line, prepared))
            if must_stop():
                return False
        if provider is None:
            await book.decide("queue")
            return False
        parts = split(planned, self.vendors[provider[1]].limits)
        jobs = [self._job(number, provider, part) for number, part in enumerate(parts, 1)]
        await book.decide("vendor", jobs)
        return True

    async def _prepare(self, line: TakenLine) -> Prepared | None:
        try:
            return await self.calls.prepare(line.number, line.body)
        except CallRefusedError:
            return None

    def _vendor_of(self, prepared: Prepared) -> tuple[UUID, ProviderKind] | None:
        provider = prepared.target.offer.provider
        takes = self.calls.endpoint in ENDPOINTS.get(provider.kind, ())
        if prepared.body is None or provider.id is None or provider.batches != "vendor":
            return None
        return (provider.id, provider.kind) if takes else None

    def _planned(self, line: TakenLine, prepared: Prepared) -> _Planned:
        inputs, outputs = prepared.input_tokens, prepared.output_tokens
        at, charges = self.clock.now(), prepared.charges
        cost = worst_batch_cost(prepared.target, inputs, outputs, at, charges)
        size = len(prepared.body or b"") + _FRAME_BYTES
        model = prepared.target.offer.model.name
        return _Planned(line.number, model, size, cost, inputs + outputs)

    def _job(
        self, number: int, provider: tuple[UUID, ProviderKind], part: _Part
    ) -> tuple[BatchJobRow, list[int]]:
        costs = [line.worst_units for line in part.lines]
        known = [cost for cost in costs if cost is not None]
        row = BatchJobRow(
            workspace_id=self.journal.scope.workspace_id,
            batch_id=self.journal.batch_id,
            number=number,
            provider_id=provider[0],
            kind=cast("str", provider[1]),
            model=part.model,
            holder=new_id(),
            state="planned",
            total=len(part.lines),
            worst_units=sum(known) if len(known) == len(costs) else None,
            worst_tokens=sum(line.worst_tokens for line in part.lines),
            cost_units=0,
            tokens=0,
            looks=0,
        )
        return row, [line.number for line in part.lines]


def split(lines: Sequence[_Planned], limits: BatchLimits) -> list[_Part]:
    """Parts that each keep to the vendor's limits, lines in their order.

    Each is for one model: OpenAI takes no others, and the price is one.
    """
    return list(_split(lines, limits))


def _split(lines: Sequence[_Planned], limits: BatchLimits) -> Iterator[_Part]:
    open_: dict[str, _Part] = {}
    for line in lines:
        key = line.model
        part = open_.get(key)
        is_full = part is not None and (
            len(part.lines) >= limits.lines or part.size + line.size > limits.bytes
        )
        if part is None or is_full:
            if part is not None:
                yield part
            part = open_[key] = _Part(line.model)
        part.lines.append(line)
        part.size += line.size
    yield from open_.values()
