"""A queue of its own for each test, on the worker's PostgreSQL and Valkey."""

import asyncio
import random
import string
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from tests.fixtures.servers import TestDatabase

from vectal.platform.db import Database, Scope
from vectal.platform.events import append, stream
from vectal.platform.ids import new_id
from vectal.platform.jobs import Job, JobContext, JobQueue, JobRule, JobWorker, job
from vectal.platform.jobs.dispatcher import Dispatcher

QUICK = timedelta(milliseconds=300)
PATIENCE_S = 90
"""A disk that everybody writes to may stand still for half a minute."""
Body = Callable[[JobContext, Mapping[str, str]], Awaitable[None]]


@pytest.fixture
async def db(postgres: TestDatabase) -> AsyncGenerator[Database]:
    database = Database(postgres.app_url, outbox=append)
    yield database
    await database.close()


@pytest.fixture
async def redis(valkey: str) -> AsyncGenerator[Redis]:
    client = stream.connect(valkey)
    yield client
    await client.aclose()


@pytest.fixture
def scope() -> Scope:
    return Scope(new_id(), new_id())


@dataclass
class Ran:
    """What the handler of a test was called with."""

    calls: list[tuple[JobContext, dict[str, str]]] = field(
        default_factory=list[tuple[JobContext, dict[str, str]]]
    )
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    body: Body | None = None

    async def handle(self, context: JobContext, ids: Mapping[str, str]) -> None:
        self.calls.append((context, dict(ids)))
        self.changed.set()
        if self.body is not None:
            await self.body(context, ids)

    async def expect(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.calls) < count:
                await self.changed.wait()
                self.changed.clear()


@dataclass
class Bench:
    """A queue with one kind of job, and the processes that serve it."""

    db: Database
    redis_url: str
    scope: Scope
    ran: Ran
    job: Job
    queue: JobQueue
    stack: AsyncExitStack

    @property
    def dispatcher(self) -> Dispatcher:
        return Dispatcher(self.db, self.queue, self.redis_url, silence=QUICK)

    def worker(self) -> JobWorker:
        return JobWorker(self.db, self.queue, self.redis_url, drain_s=0.1)

    def start(self, run: Callable[[asyncio.Event], Awaitable[None]]) -> asyncio.Event:
        """Run something until the test ends or the event is set."""
        stop = asyncio.Event()
        task = asyncio.ensure_future(run(stop))

        async def end() -> None:
            stop.set()
            async with asyncio.timeout(30):
                await task

        self.stack.push_async_callback(end)
        return stop

    def start_all(self) -> None:
        self.start(self.dispatcher.run)
        self.start(self.worker().run)

    async def enqueue(self, key: str = "", scope: Scope | None = None, task_id: str = "") -> None:
        async with self.db.transaction(scope or self.scope) as session:
            await self.queue.enqueue(session, self.job.name, key, task_id=task_id)

    async def states(self) -> dict[str, int]:
        async with self.db.system("test") as session:
            rows = await session.execute(
                text("SELECT state, count(*) FROM jobs WHERE name = :name GROUP BY state"),
                {"name": self.job.name},
            )
            return {state: count for state, count in rows.all()}  # noqa: C416 - rows are no tuples to the checker

    async def expect_states(self, **expected: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while await self.states() != expected:  # noqa: ASYNC110 - rows set no event
                await asyncio.sleep(0.02)


def random_word() -> str:
    return "".join(random.choices(string.ascii_lowercase, k=12))  # noqa: S311 - a name


@pytest.fixture
async def bench(db: Database, valkey: str, scope: Scope) -> AsyncGenerator[Bench]:
    ran, word = Ran(), random_word()
    rule = JobRule(
        queue=word, attempts=3, first_pause=timedelta(milliseconds=10), lease=timedelta(seconds=1)
    )
    made = job(f"testing.{word}", rule)(ran.handle)
    async with AsyncExitStack() as stack:
        yield Bench(db, valkey, scope, ran, made, JobQueue([made]), stack)
