"""A job on its way to the vendor: paid for, written down, sent; and found again if need be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from vectal.ai.budgets.amounts import Actual, Worst
from vectal.ai.ports import Credentials, ProviderFault
from vectal.ai.providers.batches.port import (
    NotYetKnownError,
    Sought,
    VendorBatches,
    VendorJob,
    VendorLine,
)
from vectal.ai.proxy.wires.passing import replace_model
from vectal.ai.service.batches.vendor.book import JobBook
from vectal.ai.service.batches.vendor.calls import LineCalls, mark_of
from vectal.ai.service.budget_holds import BudgetHolds
from vectal.ai.tables_batches import BatchJobRow
from vectal.platform.clock import Clock
from vectal.platform.errors import AppError
from vectal.platform.telemetry import get_logger

_NOTHING: Final = Actual(0, 0, 0)
# What these say was decided before a job was made; after any other fault there may be one.
_REFUSALS: Final = frozenset(
    (
        "authentication",
        "permission",
        "quota",
        "model_not_found",
        "invalid_request",
        "context_too_large",
        "address_refused",
    )
)

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Submitter:
    """`settle` is how long a vendor's list may miss a job that was just made."""

    book: JobBook
    calls: LineCalls
    vendor: VendorBatches
    holds: BudgetHolds
    clock: Clock
    settle: timedelta

    async def submit(self, job: BatchJobRow, credentials: Credentials) -> None:
        """Bring a job that is `planned` to the vendor, if a budget bears it."""
        worst = Worst(job.worst_units, job.worst_tokens, job.total)
        subjects = self.calls.call(0, b"").subjects
        try:
            await self.holds.hold(self.book.journal.scope, subjects, worst, job.holder)
        except AppError as error:
            _log.info("ai.batch_not_reserved", batch_id=str(job.batch_id), error=error.detail)
            await self._give_up(job)
            return
        await self._send(job, credentials)

    async def resume(self, job: BatchJobRow, credentials: Credentials, *, stop: bool) -> None:
        """A job was about to be made when its worker vanished: find it, or make it anew.

        With `stop` none is made. Raises ProviderFault and NotYetKnownError.
        """
        since = job.submitted_at or self.clock.now()
        known = await self.book.list_vendor_ids(job.provider_id)
        mark = mark_of(job.batch_id, job.number)
        sought = Sought(mark, since, job.total, frozenset(known))
        found = await self.vendor.find(credentials, sought)
        if found is not None:
            await self._note(job, found)
        elif self.clock.now() < since + self.settle:
            raise NotYetKnownError
        elif stop:
            await self._give_up(job)
        else:
            await self._send(job, credentials)

    async def _send(self, job: BatchJobRow, credentials: Credentials) -> None:
        lines = await self._lines(job)
        # From here on the job may exist, whatever becomes of us.
        await self.book.change(job.number, state="submitting", submitted_at=self.clock.now())
        mark = mark_of(job.batch_id, job.number)
        try:
            made = await self.vendor.submit(credentials, mark, self.calls.endpoint, lines)
        except ProviderFault as fault:
            _log.warning("ai.batch_not_taken", batch_id=str(job.batch_id), error=fault.detail)
            if fault.kind in _REFUSALS:
                # Line by line each gets its own answer, or is told why there is none.
                await self._give_up(job)
                return
            raise
        await self._note(job, made)

    async def _note(self, job: BatchJobRow, made: VendorJob) -> None:
        await self.book.change(job.number, state="running", vendor_id=made.id, looks=0)

    async def _lines(self, job: BatchJobRow) -> list[VendorLine]:
        mark, after = mark_of(job.batch_id, job.number), 0
        lines: list[VendorLine] = []
        while page := await self.book.list_requests(job.number, after):
            for number, body in page:
                after = number
                lines.append(VendorLine(f"{mark}{number}", replace_model(body, job.model)))
        return lines

    async def _give_up(self, job: BatchJobRow) -> None:
        await self.holds.settle(job.holder, _NOTHING)
        await self.book.give_up(job.number)
