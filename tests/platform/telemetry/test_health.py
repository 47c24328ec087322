"""Ready means: the needed parts answer and no drain has begun."""

import asyncio

import pytest
from tests.fixtures.servers import Servers, TestDatabase, clone_database, drop_database

from vectal.migrations import newest
from vectal.platform.clock import FixedClock, utc_now
from vectal.platform.db import Database
from vectal.platform.db.revision import WrongRevisionError, require_revision
from vectal.platform.telemetry import REGISTRY, health
from vectal.platform.telemetry.health import Health, Part


class Probe:
    def __init__(self) -> None:
        self.asked = 0
        self.failure: Exception | None = None

    async def ask(self) -> None:
        self.asked += 1
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def database() -> Probe:
    return Probe()


@pytest.fixture
def redis() -> Probe:
    return Probe()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(utc_now())


@pytest.fixture
def state(database: Probe, redis: Probe, clock: FixedClock) -> Health:
    parts = [Part("database", database.ask), Part("redis", redis.ask, is_needed=False)]
    return Health(parts, clock)


async def test_all_is_well(state: Health) -> None:
    report = await state.report()
    assert report.as_json() == {
        "ready": True,
        "degraded": False,
        "draining": False,
        "parts": {"database": True, "redis": True},
    }


async def test_without_redis_it_is_ready_but_degraded(state: Health, redis: Probe) -> None:
    redis.failure = ConnectionError("refused at 10.0.0.7:6379")
    report = await state.report()
    assert report.is_ready
    assert report.is_degraded
    assert "10.0.0.7" not in str(report.as_json())
    assert REGISTRY.get_sample_value("vectal_health_probe_up", {"probe": "redis"}) == 0


async def test_without_the_database_it_is_not_ready(state: Health, database: Probe) -> None:
    database.failure = OSError("gone")
    report = await state.report()
    assert not report.is_ready
    assert not report.is_degraded


async def test_a_drain_ends_readiness(state: Health) -> None:
    report = await state.report(is_draining=True)
    assert not report.is_ready
    assert report.parts["database"]


async def test_many_probers_ask_once_a_second(
    state: Health, database: Probe, clock: FixedClock
) -> None:
    await asyncio.gather(*(state.report() for _ in range(50)))
    assert database.asked == 1
    database.failure = OSError("gone")
    assert (await state.report()).is_ready
    clock.advance(1.1)
    assert not (await state.report()).is_ready
    assert database.asked == 2


async def test_a_probe_that_hangs_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PROBE_S", 0.01)

    async def hang() -> None:
        await asyncio.Event().wait()

    assert not (await Health([Part("database", hang)]).report()).is_ready


async def test_a_schema_behind_the_release_is_not_ready(postgres: TestDatabase) -> None:
    database = Database(postgres.app_url)
    await require_revision(database, newest.head())
    await require_revision(database, "0001_platform")  # a newer schema: a rollout goes on
    with pytest.raises(WrongRevisionError):
        await require_revision(database, "9999_future")
    await database.close()


async def test_a_database_without_a_schema_is_not_ready(servers: Servers, worker: str) -> None:
    name = f"empty_{worker}"
    made = await clone_database(servers, name, template="template0")
    database = Database(made.app_url)
    with pytest.raises(Exception, match=r"."):
        await require_revision(database, "0001_platform")
    await database.close()
    await drop_database(servers, name)
