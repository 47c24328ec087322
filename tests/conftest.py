"""Fixtures for all tests: real servers, a fresh database and a Redis index for each worker."""

import compileall
import gc
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pydantic import SecretStr
from tests.fixtures.servers import (
    ROOT,
    Servers,
    TestDatabase,
    begin_run,
    clone_database,
    drop_database,
    end_run,
    share_servers,
)

from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring, LocalKeyWrapper, load_key_wrapper
from vectal.platform.db import Database
from vectal.platform.events import append

# No test judges time: a busy machine must not fail a property.
hypothesis_settings.register_profile(
    "vectal", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("vectal")

pytest_plugins = [
    "tests.fixtures.accounts",
    "tests.fixtures.command_line",
    "tests.fixtures.house",
    "tests.fixtures.object_store",
]


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        begin_run()
        compile_for_children()


def compile_for_children() -> None:
    """What locked children run: they write no bytecode, so each would compile all of it anew."""
    for room in ("documents/extraction", "platform/confinement"):
        compileall.compile_dir(ROOT / "src/vectal" / room, quiet=2)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        end_run()


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the collector need not look at it each time.

    A look at all of it stops a process for as long as some leases in these tests last.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def worker() -> str:
    """`gw0`, `gw1`… below xdist, else `main`."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def servers() -> Servers:
    """PostgreSQL and Valkey of this run; take `postgres` and `valkey` instead where they do."""
    return share_servers()


@pytest.fixture(scope="session")
async def postgres(servers: Servers, worker: str) -> AsyncGenerator[TestDatabase]:
    """The worker's own database, migrated."""
    name = f"test_{worker}"
    yield await clone_database(servers, name)
    await drop_database(servers, name)


@pytest.fixture(scope="session")
def valkey(servers: Servers, worker: str) -> str:
    """URL of this worker's Redis index."""
    index = 0 if worker == "main" else int(worker.removeprefix("gw")) + 1
    return servers.redis_url.removesuffix("/0") + f"/{index}"


@pytest.fixture
def public_path() -> Generator[Path]:
    """A folder that every user of the machine may pass, unlike `tmp_path`."""
    path = Path(tempfile.mkdtemp(prefix="vectal-public-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def settings(
    postgres: TestDatabase, valkey: str, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings of a process that works on this worker's servers."""
    data_dir: Path = tmp_path_factory.mktemp("data")
    return Settings(
        data_dir=data_dir,
        database_url=SecretStr(postgres.app_url),
        database_owner_url=SecretStr(postgres.owner_url),
        redis_url=SecretStr(valkey),
    )


@pytest.fixture(scope="session")
def wrapper(settings: Settings) -> LocalKeyWrapper:
    """The worker's master key: whatever works on its database has this one."""
    return load_key_wrapper(settings)


@pytest.fixture(scope="session")
def keyring(wrapper: LocalKeyWrapper) -> Keyring:
    return Keyring(wrapper)


@pytest.fixture(scope="session")
async def db(settings: Settings) -> AsyncGenerator[Database]:
    """The worker's database, as the app logs in to it."""
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    database = Database(url, pool_size=5, outbox=append)
    yield database
    await database.close()
