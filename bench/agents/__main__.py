"""Figures of runs: `python -m bench.agents`. Models and tools answer at once, so that all is ours.

`BENCH_AGENTS=install` puts DBOS into `.venv-bench/dbos` and measures it beside; a path to a python
that has it does, too. n8n is measured where `make test-n8n` has put it.
"""

import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.chaos.agent_process import Config
from tests.chaos.agents_under_fire import Fire, folder_for_keys, under_fire

from bench.agents import n8n_runs
from bench.agents.processes import cpu_s
from vectal.migrations.runner import migrate
from vectal.platform.embedded.folder import DataFolder
from vectal.platform.embedded.postgres import EmbeddedPostgres
from vectal.platform.embedded.valkey import EmbeddedValkey

ROOT = Path(__file__).parents[2]
RUNS, STEPS, PEOPLE = int(os.environ.get("BENCH_AGENTS_RUNS", "300")), 6, 30
STARTS = 40
WORKERS = (1, 2, 4)
_AWAY = "DBOS is not measured"


@dataclass(frozen=True)
class Servers:
    config: Config
    superuser_url: str


@asynccontextmanager
async def servers() -> AsyncGenerator[Servers]:
    folder = Path(tempfile.mkdtemp(prefix="vectal-bench-agents-"))
    data = DataFolder(folder / "data")
    data.open()
    data.lock()
    postgres, valkey = EmbeddedPostgres(data), EmbeddedValkey(data)
    try:
        database, served = await asyncio.gather(postgres.start(), valkey.start())
        await migrate(database.owner_url, database.app_url)
        own = database.superuser_url.rpartition("/")[0] + "/" + database.app_url.rpartition("/")[2]
        config = Config(
            database.app_url,
            served.url,
            folder_for_keys(folder / "keys"),
            lease_s=10.0,
            pace_s=0.0,
            per_workspace=32,
            steps=("pure",) * STEPS,
        )
        yield Servers(config, own)
    finally:
        await asyncio.gather(postgres.stop(), valkey.stop())
        data.unlock()
        shutil.rmtree(folder, ignore_errors=True)


async def throughput(workers: int) -> tuple[float, float]:
    """Steps a second, and milliseconds of the workers' processor time for each.

    Steps are thoughts and calls, each with its intent and its result in the journal.
    """
    async with (
        servers() as here,
        under_fire(here.config, here.superuser_url, workers=0, people=PEOPLE) as fire,
    ):
        await fire.begin(RUNS)
        started = time.monotonic()
        for _ in range(workers):
            await fire.spawner.spawn("worker")
        first = await _wait_for_steps(fire, 1)
        await fire.until_all_end(600)
        took = time.monotonic() - (started if first is None else first)
        ((steps,),) = await fire.rows("SELECT sum(steps) FROM agent_runs")
        count = int(str(steps))
        return count / took, 1000 * sum(map(cpu_s, fire.spawner.workers)) / count


async def _wait_for_steps(fire: Fire, count: int) -> float:
    """When the first worker was at work, so that the start of processes does not count."""
    while True:
        ((steps,),) = await fire.rows("SELECT sum(last_seq) FROM agent_runs WHERE attempt > 0")
        if int(str(steps or 0)) >= count:
            return time.monotonic()
        await asyncio.sleep(0.01)


async def latency() -> list[float]:
    """Milliseconds from the commit that made a run to its first entry by a worker, at rest."""
    async with (
        servers() as here,
        under_fire(replace(here.config, steps=()), here.superuser_url, workers=1, people=1) as fire,
    ):
        await asyncio.sleep(2)
        for _ in range(STARTS):
            await fire.begin(1)
            await asyncio.sleep(0.4)
        await fire.until_all_end(60)
        rows = await fire.rows(
            "SELECT extract(epoch FROM min(entry.at) - run.created_at) * 1000"
            " FROM agent_runs run JOIN agent_entries entry ON entry.run_id = run.id"
            " WHERE entry.kind = 'think_begun' GROUP BY run.id, run.created_at"
        )
        return sorted(float(str(each)) for (each,) in rows)


def find_dbos() -> str | None:
    """A python that has DBOS."""
    wanted = os.environ.get("BENCH_AGENTS", "")
    if wanted != "install":
        return wanted or None
    folder = ROOT / ".venv-bench" / "dbos"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        command = [str(python), "-m", "pip", "install", "-q", "dbos"]
        if subprocess.run(command, check=False).returncode != 0:
            shutil.rmtree(folder)
            return None
    return str(python)


async def dbos(python: str) -> str:
    """The same runs as workflows of as many steps, in one process, on a database of its own."""
    async with servers() as here:
        script = Path(__file__).with_name("dbos_runs.py")
        process = await asyncio.create_subprocess_exec(
            *(python, str(script), here.superuser_url, str(RUNS), str(2 * STEPS + 1)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, wrong = await process.communicate()
        if process.returncode != 0:
            return f"{_AWAY}: it ended with {wrong.decode().strip().splitlines()[-1:]}"
        return said.decode().strip()


async def n8n() -> str:
    if not n8n_runs.is_there():
        return "n8n is not measured: `make test-n8n` fetches it"
    async with servers() as here:
        folder = Path(here.config.folder).parent
        return await n8n_runs.n8n(here.superuser_url, here.config.redis_url, folder, 2 * STEPS + 1)


async def main() -> None:
    cores = os.cpu_count()
    print(f"{RUNS} runs of {2 * STEPS + 1} steps, PostgreSQL on the same {cores} cores")
    for workers in WORKERS:
        rate, cpu_ms = await throughput(workers)
        busy = os.getloadavg()[0]
        print(
            f"  {workers} worker(s): {rate:.0f} steps/s, {cpu_ms:.1f} ms of the workers' CPU each"
        )
        print(f"    (load average {busy:.1f})")
        sys.stdout.flush()
    found = await latency()
    half, most = statistics.median(found), found[int(len(found) * 0.95)]
    print(f"queued to first step: p50 {half:.0f} ms, p95 {most:.0f} ms ({len(found)} runs)")
    python = find_dbos()
    if python is None:
        print(f"{_AWAY}: set BENCH_AGENTS=install, or to a python that has it")
    else:
        print(await dbos(python))
    print(await n8n())


if __name__ == "__main__":
    asyncio.run(main())
