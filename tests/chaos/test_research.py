"""A research whose workers are killed: another one ends it, and nothing is searched twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.chaos.research_process import Config, House, open_house
from tests.fixtures.accounts import CHEAP, SIGNING_KEY, people_of
from tests.fixtures.processes import ends
from tests.fixtures.servers import ROOT, Servers, TestDatabase, clone_database, drop_database
from tests.research import emulator
from tests.research.emulator import Asked, Found, Reply, Server, serving
from tests.research.lab import FACT, QUESTION, html

from vectal.accounts.service import AccountService
from vectal.auth.passwords import Passwords
from vectal.auth.principal import Principal
from vectal.auth.service import AuthService
from vectal.platform.background import end_tasks
from vectal.platform.jobs.dispatcher import Dispatcher
from vectal.platform.rate_limit import RateLimiter
from vectal.research.contracts import DEPTHS, NewResearch
from vectal.research.repository import researches

pytestmark = pytest.mark.timeout(400)  # a process starts, and two leases run out

LEASE_S = 2.0
PLANNED = ("notice period flat Aldorf", "tenancy law Aldorf", "notice landlord Aldorf")
SLOW = PLANNED[2]
FOLLOWED = "notice period exceptions Aldorf"
EXCEPTION = "In Aldorf the notice period is one month for a furnished flat."


@dataclass
class Web:
    """One engine and one host of pages; a search and a page hang until they are let go."""

    engine: Server = field(init=False)
    host: Server = field(init=False)
    search: asyncio.Event = field(default_factory=asyncio.Event)
    page: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def queries(self) -> Counter[str]:
        return Counter(each.query["q"] for each in self.engine.asked)

    @property
    def pages(self) -> Counter[str]:
        return Counter(each.path for each in self.host.asked)

    def answer(self, asked: Asked) -> Reply:
        reply = emulator.searxng(self._find)(asked)
        is_slow = asked.query["q"] == SLOW and not self.search.is_set()
        return Reply(200, reply.body, reply.headers, self.search) if is_slow else reply

    def show(self, asked: Asked) -> Reply:
        words = EXCEPTION if asked.path == "/exceptions" else f"{FACT} So says {asked.path[1:]}."
        is_slow = asked.path == "/exceptions" and not self.page.is_set()
        body, kind = html("Law", words).encode(), {"content-type": "text/html"}
        return Reply(200, body, kind, self.page if is_slow else None)

    def _find(self, query: str) -> list[Found]:
        names = ["exceptions"] if query == FOLLOWED else [f"law{n}" for n in range(3)]
        at = f"http://127.0.0.1:{self.host.port}"
        return [Found(f"{at}/{name}", f"Aldorf, {name}", "Notice of flats.") for name in names]


@dataclass
class Workers:
    """One worker at a time."""

    process: asyncio.subprocess.Process
    pid: int = 0

    @classmethod
    async def load(cls, config: Config) -> Workers:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos.research_process", config.as_text()),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return cls(process)

    async def start(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"worker\n")
        # Workers log to the same stream: a line of ours is a number.
        while line := (await self.process.stdout.readline()).strip():
            if line.isdigit():
                self.pid = int(line)
                return
        raise AssertionError("the spawner has ended")

    async def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        assert await ends(self.pid)
        self.pid = 0

    async def end(self) -> None:
        if self.pid:
            await self.kill()
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.process.wait()


@pytest.fixture
async def database(servers: Servers, worker: str) -> AsyncGenerator[TestDatabase]:
    name = f"research_{worker}"
    yield await clone_database(servers, name)
    await drop_database(servers, name)


@pytest.fixture
async def web() -> AsyncGenerator[Web]:
    web = Web()
    async with serving(web.answer) as web.engine, serving(web.show) as web.host:
        yield web
        web.search.set()
        web.page.set()


def config_of(database: TestDatabase, valkey: str, folder: Path, web: Web) -> Config:
    gap = {"kind": "unanswered", "what": "Nobody tells of exceptions.", "query": FOLLOWED}
    return Config(
        url=database.app_url,
        redis_url=valkey,
        folder=str(folder),
        search_url=f"searxng+http://127.0.0.1:{web.engine.port}",
        lease_s=LEASE_S,
        plan="\n".join(PLANNED),
        gaps=json.dumps({"missing": [gap]}),
        write=f"{FACT} [1]",
    )


async def test_a_research_outlives_its_workers(
    database: TestDatabase, valkey: str, tmp_path: Path, web: Web
) -> None:
    """The first is killed amid the searches, the second amid the pages of the second round."""
    config = config_of(database, valkey, tmp_path, web)
    async with AsyncExitStack() as stack:
        house = await open_house(stack, config)
        ada = await _person(stack, house, config)
        workers = await Workers.load(config)
        stack.push_async_callback(workers.end)
        delivering = [
            asyncio.create_task(_deliver(house, config)),
            asyncio.create_task(_reclaim(house, config)),
        ]
        stack.push_async_callback(end_tasks, delivering)
        new = NewResearch(QUESTION, "standard", DEPTHS["standard"])
        begun = await house.research.researches.create(ada, new)

        async def has(*keys: str) -> bool:
            return set(keys) <= await _steps(house, ada, begun.id)

        await workers.start()
        await _until(lambda: has("search:0:searxng", "search:1:searxng"))
        await _until(lambda: _is_searched(web, SLOW))
        assert web.queries == Counter(PLANNED)
        await workers.kill()
        web.search.set()

        await workers.start()
        await _until(lambda: has("search:2.0:searxng"))
        await _until(lambda: _is_asked(web, "/exceptions"))
        assert (await house.research.researches.get(ada, begun.id)).spent.rounds == 2
        await workers.kill()
        web.page.set()

        await workers.start()
        await _until(lambda: _is_over(house, ada, begun.id))
        done, report = await house.research.researches.get_report(ada, begun.id)
        times_done = await _times_done(house, begun.id)

    assert done.state == "done", done.detail
    # What was in flight at a kill is asked again, and nothing else.
    assert web.queries == Counter([*PLANNED, SLOW, FOLLOWED])
    assert web.pages == Counter(["/law0", "/law1", "/law2", "/exceptions", "/exceptions"])
    assert done.spent.searches == web.queries.total()
    assert done.spent.pages == web.pages.total()
    assert report.queries == (*PLANNED, FOLLOWED)
    assert {source.url.rpartition("/")[2] for source in report.sources if source.is_read} == {
        "law0", "law1", "law2", "exceptions",
    }  # fmt: skip
    assert times_done == 1


async def _person(stack: AsyncExitStack, house: House, config: Config) -> Principal:
    limiter = RateLimiter(config.redis_url)
    stack.push_async_callback(limiter.close)
    accounts = AccountService.build(house.database)
    auth = AuthService.build(
        house.database, accounts, limiter, [SIGNING_KEY], passwords=Passwords(CHEAP)
    )
    return (await people_of(house.database, accounts, auth)()).principal


async def _deliver(house: House, config: Config) -> None:
    await Dispatcher(house.database, house.jobs, config.redis_url).run(asyncio.Event())


async def _reclaim(house: House, config: Config) -> None:
    """What the scheduler does every few seconds."""
    dispatcher = Dispatcher(house.database, house.jobs, config.redis_url)
    while True:
        await dispatcher.reclaim()
        await asyncio.sleep(0.2)


async def _steps(house: House, ada: Principal, research_id: UUID) -> set[str]:
    async with house.database.read(ada) as session:
        return {key for key, _ in await researches.list_steps(session, ada, research_id)}


async def _is_searched(web: Web, query: str) -> bool:
    return query in web.queries


async def _is_asked(web: Web, path: str) -> bool:
    return path in web.pages


async def _is_over(house: House, ada: Principal, research_id: UUID) -> bool:
    return (await house.research.researches.get(ada, research_id)).ended_at is not None


async def _times_done(house: House, research_id: UUID) -> int:
    """How often screens were told that it is done."""
    query = text(
        "SELECT count(*) FROM outbox WHERE type = 'research.research_changed'"
        " AND payload ->> 'research_id' = :id AND payload ->> 'state' = 'done'"
    )
    async with house.database.system("test") as session:
        told = await session.execute(query.bindparams(id=str(research_id)))
        return int(told.scalar_one())


async def _until(happened: Callable[[], Awaitable[bool]]) -> None:
    # A hint that Redis lost is given again after half a minute.
    async with asyncio.timeout(90):
        while not await happened():  # noqa: ASYNC110 - other processes work
            await asyncio.sleep(0.02)
