"""Results of a job: looked at by guardrails, paid, written down, each line once."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from msgspec import Raw

from vectal.ai.contracts import TokenUsage
from vectal.ai.guardrails.guard import Guard
from vectal.ai.ports import ProviderFault
from vectal.ai.providers.batches.port import VendorBatches, VendorJob, VendorResult, Verdict
from vectal.ai.providers.faults import fault_from_response
from vectal.ai.proxy.costs import UNITS_PER_USD, batch_cost
from vectal.ai.proxy.record import Attempt, CallRecord
from vectal.ai.repository.usage import UsageLine
from vectal.ai.service.accounting import Occasion, count_call, usage_values
from vectal.ai.service.batches.journal import PAGE
from vectal.ai.service.batches.objects import LineResult, Unanswered
from vectal.ai.service.batches.sending import in_one_line
from vectal.ai.service.batches.vendor.book import JobBook, SentEnd
from vectal.ai.service.batches.vendor.calls import LineCalls, mark_of, number_in
from vectal.ai.service.batches.vendor.provider import JobTarget
from vectal.ai.service.gateway.call import IncomingCall
from vectal.ai.service.gateway.problems import problem_of_fault, problem_of_inputs
from vectal.ai.service.gateway.vendor_answers import checked_answer
from vectal.ai.tables_batches import BatchJobRow
from vectal.platform.clock import Clock

_OK: Final = 200
_LOST: Final = "The provider ended the batch without a result for this line."
_CANCELLED: Final = "The provider cancelled the batch."


@dataclass(frozen=True, slots=True)
class Collector:
    """Of one job. `stop` is what lines come to that the vendor cancelled because we asked it to."""

    book: JobBook
    calls: LineCalls
    vendor: VendorBatches
    job: BatchJobRow
    at: JobTarget
    clock: Clock
    stop: Unanswered | None

    async def collect(self, ended: VendorJob) -> None:
        """Write down what came of every line. May be done again: what has ended stays."""
        mark = mark_of(self.job.batch_id, self.job.number)
        waiting: dict[int, VendorResult] = {}
        results = self.vendor.results(self.at.target.credentials, ended)
        async with aclosing(results) as all_:
            async for result in all_:
                number = number_in(result.name, mark)
                if number is None:
                    continue
                waiting.setdefault(number, result)
                if len(waiting) == PAGE:
                    await self._write(waiting)
                    waiting.clear()
        await self._write(waiting)
        await self.end_rest(ended.left)

    async def end_rest(self, verdict: Verdict) -> None:
        """End the lines that the vendor tells nothing of."""
        while page := await self.book.list_requests(self.job.number, 0):
            ends = [self._unanswered(number, verdict, _LOST) for number, _ in page]
            await self.book.end_lines(self.job.number, ends)

    async def _write(self, results: dict[int, VendorResult]) -> None:
        requests = await self.book.find_requests(self.job.number, results)
        ends = [await self._end(number, body, results[number]) for number, body in requests.items()]
        if ends:
            await self.book.end_lines(self.job.number, ends)

    async def _end(self, number: int, request: bytes, result: VendorResult) -> SentEnd:
        if result.verdict in {"cancelled", "expired"}:
            return self._unanswered(number, result.verdict, _CANCELLED)
        target, call = self.at.target, self.calls.call(number, request)
        record = CallRecord(target, target.reason, [Attempt(target.offer.key, "answered")])
        record.usage = result.usage or TokenUsage()
        record.status = "ok"
        guard = self.calls.models.guard_for(self.at.reach)
        try:
            checked = await self._checked(call, result, guard)
            told = LineResult(_OK, Raw(in_one_line(checked)), call.request_id)
        except ProviderFault as fault:
            record.status, record.fault = "failed", fault.kind
            told_of = problem_of_inputs if self.calls.is_embedding else problem_of_fault
            problem = told_of(fault)
            body = call.wire.problem(problem, call.request_id)
            told = LineResult(problem.status, Raw(body), call.request_id)
        if guard is not None:
            record.codes += guard.codes
        units = batch_cost(target, record.usage, self.clock.now())
        return SentEnd(
            number,
            "done" if record.status == "ok" else "failed",
            told,
            self._usage(call, record, units),
            units or 0,
            record.usage.input_tokens + record.usage.output_tokens,
        )

    async def _checked(
        self, call: IncomingCall, result: VendorResult, guard: Guard | None
    ) -> bytes:
        """The answer as it may be shown; raises ProviderFault when there is none."""
        target = self.at.target
        if result.verdict == "refused":
            key = target.credentials.key
            raise fault_from_response(result.status, {}, result.body, secret=key)
        if guard is None or self.calls.is_embedding:
            return result.body
        return await checked_answer(call, target, guard, result.body)

    def _unanswered(self, number: int, verdict: Verdict, why: str) -> SentEnd:
        if verdict == "expired":
            return SentEnd(number, "expired")
        if verdict == "cancelled" and self.stop is not None:
            return SentEnd(number, self.stop)
        code = "batch_cancelled" if verdict == "cancelled" else "no_result"
        return SentEnd(number, "failed", LineResult(code=code, message=why))

    def _usage(self, call: IncomingCall, record: CallRecord, units: int | None) -> UsageLine:
        target = self.at.target
        count_call(record, target.offer.provider.kind)
        occasion = Occasion(
            purpose=call.purpose,
            api_key_id=call.principal.api_key_id,
            project_id=call.project_id,
            run_id=call.run_id,
            request_id=call.request_id[:64],
        )
        price = None if units is None else Decimal(units) / UNITS_PER_USD
        return usage_values(call.principal, occasion, record, target, self.clock.now(), price)
