"""Runs that go on while their workers are killed and frozen, and a count of what they did."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import UUID

import msgspec
from sqlalchemy import text
from tests.chaos.agent_process import EFFECTS, Config, keyring_of
from tests.fixtures.agents import (
    Crew,
    effects_of,
    make_crew,
    make_effects_table,
    person,
    stepping,
)
from tests.fixtures.servers import ROOT

from vectal.agents.errors import NotInDoubtError, RunTransitionError
from vectal.auth.principal import Principal
from vectal.platform.background import end_tasks
from vectal.platform.db import Database
from vectal.platform.db.faults import will_pass
from vectal.platform.events import append

FREEZE_LEASES = 1.7
"""How long a frozen process stays so, in leases."""


@dataclass
class Spawner:
    """Starts workers quickly, kills them, and thaws those that are frozen for long enough."""

    process: asyncio.subprocess.Process
    config: Config
    workers: set[int] = field(default_factory=set[int])
    schedulers: set[int] = field(default_factory=set[int])
    kills: int = 0
    freezes: int = 0
    _frozen: dict[int, float] = field(default_factory=dict[int, float])

    @classmethod
    async def start(cls, config: Config) -> Spawner:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos.agent_process"),
            msgspec.json.encode(asdict(config)).decode(),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        spawner = cls(process, config)
        await spawner._line()
        return spawner

    async def _line(self) -> str:
        assert self.process.stdout is not None
        # Forked processes log to the same stream: a line of ours is a number, or the first word.
        while line := (await self.process.stdout.readline()).decode().strip():
            if line == "ready" or line.isdigit():
                return line
        raise AssertionError("the spawner has ended")

    async def spawn(self, role: str) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{role}\n".encode())
        pid = int(await self._line())
        (self.workers if role == "worker" else self.schedulers).add(pid)
        return pid

    async def kill_one(self) -> None:
        """Kill a worker with -9, and start another one."""
        pid = random.choice(sorted(self.workers))  # noqa: S311 - any of them
        os.kill(pid, signal.SIGKILL)
        self.workers.discard(pid)
        self._frozen.pop(pid, None)
        self.kills += 1
        await self.spawn("worker")

    async def keep_thawing(self) -> None:
        while True:
            now = time.monotonic()
            for pid in list(self.workers):
                if not _is_stopped(pid):
                    continue
                if pid not in self._frozen:
                    self._frozen[pid] = now
                    self.freezes += 1
                elif now - self._frozen[pid] > self.config.lease_s * FREEZE_LEASES:
                    del self._frozen[pid]
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(0.05)

    async def end(self) -> None:
        for pid in (*self.workers, *self.schedulers):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.process.wait()


@dataclass
class Fire:
    """Everything that one test needs: people, their runs, and the processes."""

    crew: Crew
    spawner: Spawner
    owners: list[Principal]
    runs: dict[UUID, Principal] = field(default_factory=dict[UUID, Principal])
    settled: int = 0
    began_at: float = field(default_factory=time.monotonic)

    async def begin(self, count: int) -> None:
        for number in range(count):
            owner = self.owners[number % len(self.owners)]
            self.runs[(await self.crew.begin(owner, goal=f"Run {number}")).id] = owner

    async def rows(self, statement: str) -> list[tuple[object, ...]]:
        """As the database's owner would see it; waits for a database that restarts."""
        while True:
            try:
                async with self.crew.database.system("test") as session:
                    return [tuple(row) for row in await session.execute(text(statement))]
            except Exception as error:
                if not will_pass(error) and not isinstance(error, OSError):
                    raise
                await asyncio.sleep(0.1)

    async def states(self) -> Counter[str]:
        found = await self.rows("SELECT state, count(*) FROM agent_runs GROUP BY state")
        return Counter({str(state): int(str(count)) for state, count in found})

    async def keep_settling(self) -> None:
        """A person looks at each call in doubt and says what became of it."""
        while True:
            found = await self.rows("SELECT id FROM agent_runs WHERE state = 'needs_review'")
            for (run_id,) in found:
                await self._settle(UUID(str(run_id)))
            await asyncio.sleep(0.2)

    async def _settle(self, run_id: UUID) -> None:
        owner = self.runs[run_id]
        with suppress(RunTransitionError, NotInDoubtError, OSError):
            entries = await self.crew.journal(owner, run_id)
            begun = [entry for entry in entries if entry.kind == "call_begun"][-1]
            done = await effects_of(self.crew.database, str(begun.data["call_id"]))
            await self.crew.agents.moves.settle(
                owner, run_id, outcome="done" if done else "not_done"
            )
            self.settled += 1

    async def until_all_end(self, patience_s: float) -> None:
        async with asyncio.timeout(patience_s):
            while True:
                states = await self.states()
                if set(states) <= {"succeeded", "failed", "cancelled"}:
                    return
                await asyncio.sleep(0.3)

    async def judge(self) -> list[str]:
        """0 lost, 0 doubled, all ended; returns the figures."""
        took = time.monotonic() - self.began_at
        states = await self.states()
        made = await self.rows(
            "SELECT split_part(call_id, ':', 1) AS run, step, count(*), min(effect)"
            " FROM agent_effects GROUP BY 1, 2"
        )
        doubled = Counter(str(effect) for _, _, count, effect in made if int(str(count)) > 1)
        total = sum(int(str(count)) for _, _, count, _ in made)
        lost = len(self.runs) * EFFECTS - len(made)
        ((attempts, steps, entries),) = await self.rows(
            "SELECT sum(attempt), sum(steps), sum(last_seq) FROM agent_runs"
        )
        gaps = await self.rows(
            "SELECT run.id FROM agent_runs run LEFT JOIN LATERAL (SELECT count(*) AS many,"
            " max(seq) AS last FROM agent_entries WHERE workspace_id = run.workspace_id"
            " AND run_id = run.id) entry ON true"
            " WHERE entry.many <> entry.last OR entry.last <> run.last_seq"
        )
        lines = [
            f"runs {len(self.runs)}, of them ended {dict(states)}",
            f"workers killed {self.spawner.kills}, frozen past their lease {self.spawner.freezes}",
            f"takeovers {int(str(attempts)) - len(self.runs)}, settled by people {self.settled}",
            f"effects {total}: lost {lost}, doubled {doubled.total()} {dict(doubled)}",
            f"steps {steps}, journal entries {entries}, journals with a gap {len(gaps)}",
            f"took {took:.0f} s",
        ]
        told = "; ".join(lines)
        assert states == Counter({"succeeded": len(self.runs)}), told
        assert (lost, doubled.total(), len(gaps)) == (0, 0, 0), told
        return lines


@asynccontextmanager
async def under_fire(
    config: Config, superuser_url: str, *, workers: int, people: int
) -> AsyncGenerator[Fire]:
    await make_effects_table(superuser_url)
    # The test looks with a login that row security does not bind: figures are of all people.
    database = Database(config.url, outbox=append)
    seeing = Database(superuser_url)
    async with seeing.system("test") as session:
        connection = await session.connection()
        await connection.execute("RESET ROLE")
        await connection.execute(
            "CREATE POLICY test ON agent_entries TO vectal_system USING (true)"
        )
        await connection.execute("GRANT SELECT ON agent_entries TO vectal_system")
    await seeing.close()
    crew = make_crew(database, keyring_of(config), stepping([]))
    spawner = await Spawner.start(config)
    await spawner.spawn("scheduler")
    for _ in range(workers):
        await spawner.spawn("worker")
    fire = Fire(crew, spawner, [person() for _ in range(people)])
    beside = [
        asyncio.create_task(spawner.keep_thawing()),
        asyncio.create_task(fire.keep_settling()),
    ]
    try:
        yield fire
    finally:
        await end_tasks(beside)
        await spawner.end()
        await database.close()


def folder_for_keys(path: Path) -> str:
    """Where the master key of one installation lies, for all of its processes."""
    path.mkdir(parents=True, exist_ok=True)
    load = keyring_of(Config("", "", str(path)))
    assert load is not None
    return str(path)


def _is_stopped(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] == "T"


@dataclass
class Cancelled:
    """How long cancelled runs took to end, in seconds, and what they did afterwards."""

    waited: list[float]
    late_effects: int

    @property
    def line(self) -> str:
        ordered = sorted(self.waited)
        half, most = ordered[len(ordered) // 2], ordered[-1]
        return (
            f"cancelled {len(ordered)} at random moments: stopped after {half:.2f} s (median),"
            f" {most:.2f} s (longest), within 2 s {sum(each <= 2 for each in ordered)};"
            f" effects after it {self.late_effects}"
        )


async def cancel_at_random(fire: Fire, count: int) -> Cancelled:
    """Begin runs, four for each person, and cancel each at some moment while it is at work."""
    waited: list[float] = []
    at_once = 4 * len(fire.owners)
    for _ in range(0, count, at_once):
        before = set(fire.runs)
        await fire.begin(min(at_once, count - len(fire.runs)))
        begun = [run_id for run_id in fire.runs if run_id not in before]
        waited += await asyncio.gather(*(_cancel_one(fire, run_id) for run_id in begun))
    ((late,),) = await fire.rows(
        "SELECT count(*) FROM agent_effects effect JOIN agent_runs run"
        " ON run.id::text = split_part(effect.call_id, ':', 1) WHERE effect.at > run.ended_at"
    )
    states = await fire.states()
    assert states == Counter({"cancelled": count}), states
    return Cancelled(waited, int(str(late)))


async def _cancel_one(fire: Fire, run_id: UUID) -> float:
    owner = fire.runs[run_id]
    while (await fire.crew.agents.runs.get(owner, run_id)).spend.steps == 0:  # noqa: ASYNC110 - other processes work
        await asyncio.sleep(0.05)
    await asyncio.sleep(random.uniform(0, 1.5))  # noqa: S311 - a moment
    asked_at = time.monotonic()
    run = await fire.crew.agents.moves.cancel(owner, run_id)
    while run.ended_at is None:
        await asyncio.sleep(0.02)
        run = await fire.crew.agents.runs.get(owner, run_id)
    return time.monotonic() - asked_at
