"""What follows from events and schedules: jobs, and what is swept away when its time is over."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from vectal.ai.service.batches.batch_service import JOB, queue_batch
from vectal.ai.service.batches.runner import BatchRunner
from vectal.ai.service.budget_service import purge_periods
from vectal.ai.service.model_lists import ModelLists
from vectal.auth.service import AuthService
from vectal.chat.events import TurnCompleted
from vectal.chat.leases import Leases
from vectal.chat.service import ChatService
from vectal.platform.db import Database, Scope, WriteSession
from vectal.platform.events import EventRecord
from vectal.platform.events.consumers import Consumer, consumer
from vectal.platform.jobs import Job, JobContext, JobQueue, JobRule, Schedule, Sweep, job
from vectal.platform.web.idempotency import purge_answers

MODELS = JobRule(queue="models", attempts=3, timeout=timedelta(minutes=2))
"""Jobs that ask a model and may wait for it."""
BATCHES = JobRule(queue="batches", attempts=5, timeout=timedelta(minutes=20))
"""A stretch of a batch: two minutes, and what the calls take that are under way by then."""
LISTS = JobRule(queue="models", attempts=1, timeout=timedelta(minutes=3))
"""The next run makes up for one that failed."""


def make_jobs(chat: ChatService, lists: ModelLists) -> JobQueue:
    """Every kind of job of the release."""
    return JobQueue([_title_job(chat), _lists_job(lists)])


def make_schedules() -> Sequence[Schedule]:
    """Every job of the release that the time calls for."""
    # Each provider is asked once a day; a run takes some of those that are due.
    return [
        Schedule("ai.refresh_models", timedelta(hours=1), offset=timedelta(minutes=17)),
        Schedule("files.audit", timedelta(days=1), offset=timedelta(hours=3, minutes=40)),
    ]


def make_consumers(jobs: JobQueue) -> Sequence[Consumer]:
    """Every reaction to events of the release."""
    return [_title_consumer(jobs)]


def make_sweeps(
    database: Database, leases: Leases, auth: AuthService, keep_budgets: timedelta
) -> Sequence[Sweep]:
    """Upkeep of the rooms; events, jobs and the egress ledger have their own."""
    every = timedelta(minutes=5)
    return [
        Sweep("idempotency.purge", every, lambda: purge_answers(database)),
        Sweep("chat.purge_frames", every, leases.purge_frames),
        Sweep("auth.purge_sessions", timedelta(hours=1), auth.sessions.purge),
        Sweep("auth.purge_oauth", timedelta(hours=1), auth.oauth.purge),
        Sweep(
            "ai.purge_budget_periods",
            timedelta(hours=6),
            lambda: purge_periods(database, keep_budgets),
        ),
    ]


def _title_job(chat: ChatService) -> Job:
    @job("chat.title", MODELS)
    async def improve(context: JobContext, ids: Mapping[str, str]) -> None:
        scope = Scope(context.workspace_id, UUID(ids["user_id"]))
        await chat.titling.improve(scope, UUID(ids["conversation_id"]), UUID(ids["turn_id"]))

    return improve


def _lists_job(lists: ModelLists) -> Job:
    @job("ai.refresh_models", LISTS)
    async def refresh(context: JobContext, ids: Mapping[str, str]) -> None:
        del context, ids
        await lists.refresh()

    return refresh


def make_batch_job(runner: BatchRunner, jobs: JobQueue, database: Database) -> Job:
    """Runs a stretch of a batch and queues the next one."""

    @job(JOB, BATCHES)
    async def run(context: JobContext, ids: Mapping[str, str]) -> None:
        del context
        scope, batch_id = Scope(UUID(ids["workspace_id"]), UUID(ids["user_id"])), ids["batch_id"]
        more = await runner.run(scope, UUID(batch_id))
        if more is not None:
            key, pause = f"{batch_id}:{more.epoch}", timedelta(seconds=more.pause_s)
            async with database.transaction(scope) as session:
                await queue_batch(jobs, session, scope, UUID(batch_id), key, pause)

    return run


def make_batch_sweeps(runner: BatchRunner, jobs: JobQueue, database: Database) -> Sequence[Sweep]:
    """Takes up batches whose runner vanished, and deletes files that have had their time."""

    async def take_up() -> None:
        for each in await runner.list_stale():
            scope = Scope(each.workspace_id, each.user_id)
            async with database.transaction(scope) as session:
                # A key of its own: the job of the runner that vanished counts as running until its
                # lease is over, and would keep one of the same key out for as long.
                key = f"{each.batch_id}:taken_up:{each.epoch}"
                await queue_batch(jobs, session, scope, each.batch_id, key)

    return [
        Sweep("ai.batches", timedelta(seconds=5), take_up),
        Sweep("ai.purge_batches", timedelta(minutes=5), runner.purge),
    ]


def _title_consumer(jobs: JobQueue) -> Consumer:
    @consumer("chat.titles", TurnCompleted)
    async def take(session: WriteSession, record: EventRecord) -> None:
        completed = record.read(TurnCompleted)
        if record.user_id is not None:
            # A model is asked, so the work is done after this transaction.
            await jobs.enqueue(
                session,
                "chat.title",
                str(completed.turn_id),
                user_id=record.user_id,
                conversation_id=completed.conversation_id,
                turn_id=completed.turn_id,
            )

    return take
