"""The worker: claims a delivered job, runs its handler under a lease, writes down how it ended."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from vectal.platform.clock import monotonic
from vectal.platform.db import Database
from vectal.platform.jobs import repository
from vectal.platform.jobs.contracts import Job, JobContext, JobRule
from vectal.platform.jobs.delivery import Receiver
from vectal.platform.jobs.errors import UnknownJobError
from vectal.platform.jobs.queue import JobQueue
from vectal.platform.jobs.repository import Claim
from vectal.platform.resilience import RetryRule, retry, within
from vectal.platform.telemetry import bind_log_context, counter, gauge, get_logger, histogram
from vectal.platform.telemetry.tracing import span

CONCURRENCY: Final = 10
DRAIN_S: Final = 10.0
CLAIMING: Final = RetryRule(attempts=6, first_s=0.5, longest_s=8.0)
"""A hint that is dropped comes again only after half a minute."""

_log = get_logger(__name__)
_finished = counter("jobs_finished_total", "Jobs that were run.", ["queue", "name", "outcome"])
_seconds = histogram("jobs_run_seconds", "Time of handlers.", ["name"])
_running = gauge("jobs_running", "Handlers at work in this process.")


class _LeaseLostError(Exception):
    """Another worker has the job, or its row is gone."""


@dataclass
class JobWorker:
    """Runs jobs of some queues in this process; several processes share them."""

    database: Database
    queue: JobQueue
    redis_url: str
    queues: Collection[str] = ()
    """None named: all."""
    concurrency: int = CONCURRENCY
    drain_s: float = DRAIN_S
    partitions: int = 1
    """Of each queue, as the dispatcher has them."""
    installation: str = ""
    """Others may share the Redis; the dispatcher has the same name."""
    _handlers: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]], init=False)
    _is_over: bool = field(default=False, init=False)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; handlers get `drain_s` to end, then their jobs are handed back."""
        self._is_over = False
        queues = set(self.queues) or self.queue.queues
        receiver = Receiver(
            self.redis_url,
            queues,
            self.take,
            concurrency=self.concurrency,
            partitions=self.partitions,
            installation=self.installation,
        )
        receiving = asyncio.create_task(receiver.run(stop))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({receiving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not receiving.done():
            await asyncio.wait({receiving}, timeout=self.drain_s)
        self._is_over = True
        for handler in self._handlers:
            handler.cancel()
        await receiving

    async def take(self, job_id: UUID) -> None:
        """Run one delivered job, if it is still to be run. Never raises for a failed handler."""
        claim = await retry(
            lambda: self._claim(job_id), rule=CLAIMING, is_retryable=lambda _: not self._is_over
        )
        if claim is None:
            return
        if self._is_over:  # it came so late that nobody would cancel its handler
            async with self.database.system("job end") as session:
                await repository.release(session, claim)
            return
        task = asyncio.create_task(self._hold(claim), name=f"job:{claim.name}")
        self._handlers.add(task)
        try:
            await asyncio.wait({task})
            if not task.cancelled() and (error := task.exception()) is not None:
                # Its end could not be written down: the lease runs out and it is run again.
                _log.error("jobs.end_not_written", job=claim.name, error=repr(error))
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            raise
        finally:
            self._handlers.discard(task)

    async def _claim(self, job_id: UUID) -> Claim | None:
        async with self.database.system("job claim") as session:
            return await repository.claim(session, job_id, self.queue.shortest_lease)

    async def _hold(self, claim: Claim) -> None:
        with bind_log_context(job_id=str(claim.job_id), job=claim.name):
            try:
                job = self.queue.get(claim.name)
            except UnknownJobError:
                await self._leave_to_newer_release(claim)
                return
            await self._run(job, claim)

    async def _run(self, job: Job, claim: Claim) -> None:
        started = monotonic()
        outcome = "failed"
        _running.inc()
        try:
            with span(f"job {job.name}"):
                await self._handle_under_lease(job, claim)
            outcome = "ok"
            async with self.database.system("job end") as session:
                await repository.finish(session, claim)
        except asyncio.CancelledError:
            outcome = "handed back"
            async with self.database.system("job end") as session:
                await repository.release(session, claim)
        except _LeaseLostError:
            outcome = "lost"
            _log.warning("jobs.lease_lost")
        except Exception as error:  # noqa: BLE001 - whatever it is, the job is tried again
            _log.warning("jobs.failed", attempt=claim.attempt, exc_info=error)
            outcome = await self._fail(job, claim, error)
        finally:
            _running.dec()
            _seconds.labels(job.name).observe(monotonic() - started)
            _finished.labels(job.rule.queue, job.name, outcome).inc()

    async def _handle_under_lease(self, job: Job, claim: Claim) -> None:
        """Run the handler while the lease is renewed; the first to end ends the other."""
        keeping = asyncio.create_task(self._keep_lease(job.rule, claim))
        handling = asyncio.create_task(_call(job, claim))
        try:
            await asyncio.wait({keeping, handling}, return_when=asyncio.FIRST_COMPLETED)
            if not handling.done():
                raise _LeaseLostError
            await handling
        finally:
            for task in (keeping, handling):
                task.cancel()
            await asyncio.wait({keeping, handling})

    async def _keep_lease(self, rule: JobRule, claim: Claim) -> None:
        """Return when the lease is lost."""
        lease_s = rule.lease.total_seconds()
        until = monotonic() + lease_s
        if rule.lease == self.queue.shortest_lease:  # what the claim has just taken
            await asyncio.sleep(lease_s / 3)
        while monotonic() < until:
            try:
                async with self.database.system("job lease") as session:
                    if not await repository.renew(session, claim, rule.lease):
                        return
                until = monotonic() + lease_s
            except Exception as error:  # noqa: BLE001 - the lease may outlast a lost connection
                _log.warning("jobs.lease_not_renewed", error=repr(error))
            await asyncio.sleep(lease_s / 3)

    async def _fail(self, job: Job, claim: Claim, error: Exception) -> str:
        """Write down a failure: try again later, or give up."""
        words = repr(error)
        async with self.database.system("job end") as session:
            if claim.attempt >= job.rule.attempts:
                await repository.bury(session, claim, words)
                return "dead"
            pause = job.rule.pause(claim.attempt)
            await repository.postpone(session, claim, words, pause)
            return "failed"

    async def _leave_to_newer_release(self, claim: Claim) -> None:
        """Another release queued it; a worker of that release will know it."""
        _log.warning("jobs.unknown_name")
        async with self.database.system("job end") as session:
            if claim.attempt >= JobRule().attempts:
                await repository.bury(session, claim, "no worker knows this job")
            else:
                pause = JobRule(first_pause=JobRule().lease).pause(claim.attempt)
                await repository.postpone(session, claim, "unknown to this release", pause)


async def _call(job: Job, claim: Claim) -> None:
    context = JobContext(
        job_id=claim.job_id,
        workspace_id=claim.workspace_id,
        name=claim.name,
        key=claim.key,
        attempt=claim.attempt,
        is_last=claim.attempt >= job.rule.attempts,
    )
    async with within(job.rule.timeout.total_seconds()):
        await job.handle(context, claim.ids)
