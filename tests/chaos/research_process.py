"""Workers of researches, wired as the real one but for its models. One process forks them.

`python -m tests.chaos.research_process '<json>'` takes a line for each worker that it should start,
and answers with its process id.
"""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Self

import docket
import msgspec
from pydantic import SecretStr
from tests.fixtures.accounts import CHEAP, SIGNING_KEY
from tests.research.lab import Brain

from vectal.accounts.service import AccountService
from vectal.ai.catalog.models_file import load_models_file
from vectal.ai.providers.simulated.adapter import SimulatorAdapter
from vectal.ai.proxy.attempts import ModelProxy
from vectal.ai.service.ai_service import AiService
from vectal.auth.passwords import Passwords
from vectal.auth.service import AuthService
from vectal.entrypoints import stopping
from vectal.entrypoints.collecting import settle_heap
from vectal.entrypoints.research import RUN, open_research
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring, load_key_wrapper
from vectal.platform.db import Database
from vectal.platform.events import append
from vectal.platform.http import EgressGuard, EgressLedger
from vectal.platform.jobs import JobQueue, JobWorker
from vectal.platform.rate_limit import RateLimiter
from vectal.research.service import ResearchServices

LOADED = (docket,)
"""What a worker imports late: once for all, before the forks."""


@dataclass(frozen=True)
class Config:
    url: str
    redis_url: str
    folder: str
    search_url: str
    lease_s: float
    """Shorter than the real one, so that the test need not wait for it."""
    plan: str
    gaps: str
    """What the model says is missing after a round."""
    write: str

    @classmethod
    def read(cls, text: str) -> Self:
        return msgspec.json.decode(text, type=cls)

    def as_text(self) -> str:
        return msgspec.json.encode(self).decode()


@dataclass(frozen=True)
class House:
    """The same for a worker and for the test, which begins researches and reads them."""

    database: Database
    jobs: JobQueue
    research: ResearchServices


async def open_house(stack: AsyncExitStack, config: Config) -> House:
    settings = Settings(
        data_dir=Path(config.folder),
        search_url=SecretStr(config.search_url),
        research_allow=("127.0.0.1",),
    )
    database = Database(config.url, outbox=append, pool_size=8)
    stack.push_async_callback(database.close)
    keyring = Keyring(load_key_wrapper(settings))
    limiter = RateLimiter(config.redis_url)
    stack.push_async_callback(limiter.close)
    auth = AuthService.build(
        database,
        AccountService.build(database),
        limiter,
        [SIGNING_KEY],
        passwords=Passwords(CHEAP),
    )
    brain = Brain(plan=config.plan, gaps=config.gaps, write=config.write)
    proxy = ModelProxy({"simulator": SimulatorAdapter(0.0, brain)})
    ai = AiService(database, keyring, load_models_file(), proxy, EgressGuard())
    stack.push_async_callback(ai.close)
    own = JobQueue()
    research = open_research(
        stack, settings, database, keyring, own, EgressLedger(database), ai, auth
    )
    job = own.get(RUN)
    rule = replace(job.rule, lease=timedelta(seconds=config.lease_s))
    return House(database, JobQueue([replace(job, rule=rule)]), research)


async def _run(config: Config, stop: asyncio.Event) -> None:
    async with AsyncExitStack() as stack:
        house = await open_house(stack, config)
        await JobWorker(house.database, house.jobs, config.redis_url, drain_s=1.0).run(stop)


def main() -> None:
    config = Config.read(sys.argv[1])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    settle_heap()
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            stopping.run(partial(_run, config))
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
