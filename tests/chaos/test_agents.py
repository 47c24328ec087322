"""Five hundred runs while their workers are killed and frozen: 0 lost, 0 doubled, all end.

`make chaos-agents` prints the figures. A machine that is busy with other things needs more time
between the kills, or no worker ever gets to work: `CHAOS_STRETCH=3` makes all times three times as
long, `CHAOS_RUNS=100` begins fewer runs.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from tests.chaos.agent_process import Config
from tests.chaos.agents_under_fire import Fire, cancel_at_random, folder_for_keys, under_fire
from tests.chaos.conftest import FIGURES

from vectal.migrations.runner import migrate
from vectal.platform.background import end_tasks
from vectal.platform.embedded.folder import DataFolder
from vectal.platform.embedded.postgres import EmbeddedPostgres
from vectal.platform.embedded.valkey import EmbeddedValkey
from vectal.platform.events import stream

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800)]

STRETCH = float(os.environ.get("CHAOS_STRETCH", "1"))
RUNS = int(os.environ.get("CHAOS_RUNS", "500"))
PEOPLE, WORKERS = 25, 4
KILL_EVERY_S = 2.0 * STRETCH
FREEZE = 0.01
PATIENCE_S = 1500
CANCELLED = int(os.environ.get("CHAOS_CANCELLED", "200"))


@dataclass
class Installation:
    """Servers of its own, since they are restarted."""

    postgres: EmbeddedPostgres
    redis: Redis
    config: Config
    superuser_url: str


@pytest.fixture
async def installation() -> AsyncGenerator[Installation]:
    folder = Path(tempfile.mkdtemp(prefix="vectal-agents-"))
    data = DataFolder(folder / "data")
    data.open()
    data.lock()
    postgres = EmbeddedPostgres(data, connections=200)
    valkey = EmbeddedValkey(data, durable=False)
    try:
        database, served = await asyncio.gather(postgres.start(), valkey.start())
        await migrate(database.owner_url, database.app_url)
        config = Config(database.app_url, served.url, folder_for_keys(folder / "keys"), lease_s=5.0)
        redis = stream.connect(served.url)
        # The tables of the tests lie where the app works.
        own = database.superuser_url.rpartition("/")[0] + "/" + database.app_url.rpartition("/")[2]
        yield Installation(postgres, redis, config, own)
        await redis.aclose()
    finally:
        await asyncio.gather(postgres.stop(), valkey.stop())
        data.unlock()
        shutil.rmtree(folder, ignore_errors=True)


async def _keep_killing(fire: Fire) -> None:
    while True:
        await asyncio.sleep(KILL_EVERY_S)
        await fire.spawner.kill_one()


async def _keep_flushing(installation: Installation) -> None:
    while True:
        await asyncio.sleep(5 * STRETCH)
        try:
            await installation.redis.flushall()  # pyright: ignore[reportUnknownMemberType]  # untyped kwargs
        except RedisError:
            continue


async def _keep_restarting(installation: Installation) -> None:
    while True:
        await asyncio.sleep(20 * STRETCH)
        await installation.postgres.stop()
        await asyncio.shield(asyncio.ensure_future(installation.postgres.start()))


async def test_nothing_is_lost_or_doubled(
    installation: Installation, request: pytest.FixtureRequest
) -> None:
    config = replace(installation.config, freeze=FREEZE)
    async with under_fire(
        config, installation.superuser_url, workers=WORKERS, people=PEOPLE
    ) as fire:
        killing = asyncio.create_task(_keep_killing(fire))
        try:
            await fire.begin(RUNS)
            await fire.until_all_end(PATIENCE_S)
        finally:
            await end_tasks([killing])
        lines = await fire.judge()
    _tell(
        request,
        f"agents: a worker killed every {KILL_EVERY_S:.0f} s, 1 % of the steps frozen",
        lines,
    )


async def test_servers_that_restart_lose_nothing(
    installation: Installation, request: pytest.FixtureRequest
) -> None:
    async with under_fire(
        installation.config, installation.superuser_url, workers=WORKERS, people=PEOPLE
    ) as fire:
        await fire.begin(RUNS)
        beside = [
            asyncio.create_task(_keep_killing(fire)),
            asyncio.create_task(_keep_flushing(installation)),
            asyncio.create_task(_keep_restarting(installation)),
        ]
        try:
            await fire.until_all_end(PATIENCE_S)
        finally:
            # A restart under way has to end, or there is no database to look at.
            await end_tasks(beside)
            await installation.postgres.stop()
            await installation.postgres.start()
        lines = await fire.judge()
    _tell(request, "agents: the same, Valkey flushed and PostgreSQL restarted", lines)


async def test_a_cancelled_run_stops(
    installation: Installation, request: pytest.FixtureRequest
) -> None:
    config = replace(installation.config, steps=("idempotent",) * 90, pace_s=0.05, lease_s=10.0)
    async with under_fire(config, installation.superuser_url, workers=2, people=5) as fire:
        cancelled = await cancel_at_random(fire, CANCELLED)
    _tell(request, "agents: runs cancelled at work", [cancelled.line])
    assert cancelled.late_effects == 0


def _tell(request: pytest.FixtureRequest, title: str, lines: list[str]) -> None:
    told = request.config.stash.setdefault(FIGURES, [])
    told += [title, *(f"  {line}" for line in lines)]
