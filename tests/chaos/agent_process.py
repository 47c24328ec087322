"""Processes that work at runs until they are killed. One loads everything and forks the others.

`python -m tests.chaos.agent_process '<json>'` takes a line `worker` or `scheduler` for each
process that it should start, and answers with its process id.
"""

import asyncio
import os
import random
import signal
import sys
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Self

import msgspec
from tests.fixtures.agents import EffectBox, FakeApprover, FakeRights, Names, ScriptedMind, stepping

from vectal.agents.ports import AgentPorts
from vectal.agents.service import AgentRules
from vectal.ai.contracts import Part
from vectal.ai.contracts_runs import ThinkRequest
from vectal.entrypoints import stopping
from vectal.entrypoints.agents import make_sweeps, open_agents, work
from vectal.entrypoints.collecting import settle_heap
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring, load_key_wrapper
from vectal.platform.db import Database
from vectal.platform.events import append, stream
from vectal.platform.events.relay import Relay
from vectal.platform.jobs import JobQueue, JobWorker, Scheduler
from vectal.platform.jobs.dispatcher import Dispatcher

STEPS = ["pure", "idempotent", "queryable", "unsafe", "idempotent", "pure"]
EFFECTS = sum(step != "pure" for step in STEPS)
# Where the outside world would have to be asked whether a frozen call is still on its way, none.
_FREEZING = ("after the thought", "before idempotent", "after queryable", "after unsafe")


@dataclass(frozen=True)
class Config:
    url: str
    redis_url: str
    folder: str
    lease_s: float = 3.0
    pace_s: float = 0.1
    freeze: float = 0.0
    """The part of the steps in which the process is frozen."""
    per_workspace: int = 4
    per_process: int = 12
    crash_limit: int = 100
    """High, since a kill every two seconds hits the same bystander again and again."""
    steps: tuple[str, ...] = tuple(STEPS)

    @classmethod
    def read(cls, text: str) -> Self:
        return msgspec.json.decode(text, type=cls)


def keyring_of(config: Config) -> Keyring:
    return Keyring(load_key_wrapper(Settings(data_dir=Path(config.folder))))


async def _run(config: Config, role: str, stop: asyncio.Event) -> None:
    database = Database(config.url, outbox=append, pool_size=8)
    answer = stepping(config.steps)

    async def say(request: ThinkRequest) -> list[Part]:
        await asyncio.sleep(random.uniform(0.5, 1.5) * config.pace_s)  # noqa: S311 - a pace
        return list(await answer(request))

    async def at(point: str) -> None:
        chance = config.freeze / 2 if point == _FREEZING[0] else config.freeze
        if point in _FREEZING and random.random() < chance:  # noqa: S311 - a misfortune
            os.kill(os.getpid(), signal.SIGSTOP)

    mind, box = ScriptedMind(say, at), EffectBox(database, at)
    ports = AgentPorts(mind, box, FakeApprover(), FakeRights(), Names())
    jobs = JobQueue()
    rules = AgentRules(config.per_workspace, config.per_process, config.lease_s, config.crash_limit)
    agents = open_agents(database, keyring_of(config), jobs, ports, rules)
    if role == "scheduler":
        await Scheduler(
            database,
            Relay(database, stream.connect(config.redis_url)),
            Dispatcher(database, jobs, config.redis_url),
            sweeps=make_sweeps(agents, keep=timedelta()),
        ).run(stop)
        return
    await asyncio.gather(
        JobWorker(database, jobs, config.redis_url, drain_s=1.0).run(stop),
        work(agents, (), stop, 1.0),
    )


def main() -> None:
    config = Config.read(sys.argv[1])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    children: list[int] = []
    settle_heap()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            random.seed()
            stopping.run(partial(_run, config, line.strip()))
            os._exit(0)
        children.append(pid)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
    for pid in children:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    main()
