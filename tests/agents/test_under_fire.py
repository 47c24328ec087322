"""The small edition of `make chaos-agents`: real worker processes, killed and frozen."""

import asyncio
from pathlib import Path

import pytest
from tests.chaos.agent_process import Config
from tests.chaos.agents_under_fire import cancel_at_random, folder_for_keys, under_fire
from tests.fixtures.servers import Servers, clone_database, drop_database

RUNS, KILLS, CANCELLED = 20, 2, 20


@pytest.mark.timeout(300)
async def test_killed_workers_lose_and_double_nothing(
    servers: Servers, valkey: str, worker: str, tmp_path: Path
) -> None:
    name = f"agents_fire_{worker}"
    database = await clone_database(servers, name)
    config = Config(
        database.app_url,
        valkey.rpartition("/")[0] + "/12",
        folder_for_keys(tmp_path / "keys"),
        lease_s=10.0,
        freeze=0.02,
    )
    async with under_fire(config, database.superuser_url, workers=2, people=3) as fire:
        await fire.begin(RUNS)
        for _ in range(KILLS):
            await asyncio.sleep(1.0)
            await fire.spawner.kill_one()
        await fire.until_all_end(200)
        await fire.judge()
    await drop_database(servers, name)


@pytest.mark.timeout(300)
async def test_a_cancelled_run_does_nothing_more(
    servers: Servers, valkey: str, worker: str, tmp_path: Path
) -> None:
    name = f"agents_cancel_{worker}"
    database = await clone_database(servers, name)
    config = Config(
        database.app_url,
        valkey.rpartition("/")[0] + "/11",
        folder_for_keys(tmp_path / "keys"),
        pace_s=0.05,
        lease_s=10.0,
        steps=("idempotent",) * 90,
    )
    async with under_fire(config, database.superuser_url, workers=2, people=5) as fire:
        cancelled = await cancel_at_random(fire, CANCELLED)
    assert cancelled.late_effects == 0
    await drop_database(servers, name)
