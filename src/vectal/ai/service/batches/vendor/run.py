"""The jobs of one batch, brought as far as they come now: sent, asked about, read, ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, cast

from vectal.ai.budgets.amounts import Actual
from vectal.ai.ports import ProviderFault, ProviderKind
from vectal.ai.providers.batches.port import NotYetKnownError, VendorBatches
from vectal.ai.service.batches.objects import LineResult, Unanswered
from vectal.ai.service.batches.vendor.book import JobBook
from vectal.ai.service.batches.vendor.calls import LineCalls
from vectal.ai.service.batches.vendor.collecting import Collector
from vectal.ai.service.batches.vendor.provider import JobTarget, find_target
from vectal.ai.service.batches.vendor.submitting import Submitter
from vectal.ai.service.budget_holds import BudgetHolds
from vectal.ai.tables_batches import BatchJobRow, BatchRow
from vectal.platform.clock import Clock
from vectal.platform.telemetry import get_logger

_GROWTH: Final = 1.5
_MOST_LOOKS: Final = 10_000
_DELETED: Final = LineResult(
    code="provider_deleted", message="The provider was deleted while it had the batch."
)

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class VendorPace:
    """How often a vendor is asked, and how long it may say nothing of what it has taken."""

    first_s: float = 5.0
    longest_s: float = 120.0
    settle: timedelta = timedelta(seconds=60)
    """How long a job that was just made may be missing in the vendor's list."""
    patience: timedelta = timedelta(hours=1)
    """Beyond the day of a batch: then what a vendor still owes is given up."""

    def pause_s(self, looks: int) -> float:
        return min(self.first_s * _GROWTH ** min(looks, 30), self.longest_s)


@dataclass(frozen=True, slots=True)
class VendorRun:
    """`stop` asks for the end: no job is begun any more, those that run are cancelled.

    It says what the lines come to that the vendor then leaves unanswered.
    """

    book: JobBook
    calls: LineCalls
    vendors: dict[ProviderKind, VendorBatches]
    holds: BudgetHolds
    clock: Clock
    pace: VendorPace
    row: BatchRow
    stop: Unanswered | None

    async def advance(self) -> float | None:
        """Seconds until a vendor is to be asked again; None when no job is open any more."""
        pauses = [await self._look(job) for job in await self.book.list_open()]
        return min((pause for pause in pauses if pause is not None), default=None)

    async def _look(self, job: BatchJobRow) -> float | None:
        try:
            await self._step(job)
        except NotYetKnownError:
            _log.info("ai.batch_not_found_yet", batch_id=str(job.batch_id))
            if self._is_given_up:
                await self._abandon(job)
        except ProviderFault as fault:
            _log.warning("ai.batch_vendor_failed", batch_id=str(job.batch_id), error=fault.detail)
            if await self.book.is_provider_gone(job.provider_id):
                await self._forgo(job)
            elif self._is_given_up:
                await self._abandon(job)
        job = await self.book.get(job.number)
        if job.state in {"ended", "given_up"}:
            return None
        await self.book.change(job.number, looks=min(job.looks + 1, _MOST_LOOKS))
        return self.pace.first_s if self.stop else self.pace.pause_s(job.looks)

    async def _step(self, job: BatchJobRow) -> None:
        vendor = self.vendors[cast("ProviderKind", job.kind)]
        if job.state == "planned" and self.stop:
            # Nothing has left yet.
            await self._take_back(job)
            return
        at = await find_target(self.calls, job)
        credentials = at.target.credentials
        if job.vendor_id is None:
            submitter = Submitter(
                self.book, self.calls, vendor, self.holds, self.clock, self.pace.settle
            )
            if job.state == "planned":
                await submitter.submit(job, credentials)
            else:
                await submitter.resume(job, credentials, stop=self.stop is not None)
            return
        await self._read(job, at, vendor, job.vendor_id)

    async def _read(
        self, job: BatchJobRow, at: JobTarget, vendor: VendorBatches, vendor_id: str
    ) -> None:
        found = await vendor.get(at.target.credentials, vendor_id)
        if found.state == "running" and self.stop:
            await vendor.cancel(at.target.credentials, vendor_id)
        if found.state in {"running", "ending"}:
            return
        if found.state == "failed":
            _log.warning("ai.batch_failed_there", batch_id=str(job.batch_id), error=found.detail)
            await self._take_back(job)
            return
        collector = Collector(self.book, self.calls, vendor, job, at, self.clock, self.stop)
        await collector.collect(found)
        paid = await self.book.get(job.number)
        cost = None if paid.worst_units is None else paid.cost_units
        await self.holds.settle(job.holder, Actual(cost, paid.tokens, paid.total))
        await self.book.change(job.number, state="ended")

    @property
    def _is_given_up(self) -> bool:
        return self.stop is not None and self.clock.now() > self.row.expires_at + self.pace.patience

    async def _forgo(self, job: BatchJobRow) -> None:
        """The provider was deleted, and its key with it: nobody will ever hear of the job."""
        if job.state == "planned":
            # Nothing has left yet: other providers may have the model.
            await self._take_back(job)
            return
        if self.stop is None:
            await self.book.fail_rest(job.number, _DELETED)
        await self._abandon(job)

    async def _take_back(self, job: BatchJobRow) -> None:
        await self.holds.settle(job.holder, Actual(0, 0, 0))
        await self.book.give_up(job.number)

    async def _abandon(self, job: BatchJobRow) -> None:
        """The vendor says nothing: what it may have done is taken to have cost the worst case."""
        await self.holds.settle(job.holder, None)
        await self.book.change(job.number, state="ended")
