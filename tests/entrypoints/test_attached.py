"""Commands find their servers: the operator's, a running tree's, or their own."""

import os
from pathlib import Path

from pydantic import SecretStr
from tests.fixtures.asking import ask

from vectal.entrypoints.attached import attached
from vectal.platform.config import Settings
from vectal.platform.embedded.folder import DataFolder
from vectal.platform.embedded.leftovers import find_servers_in
from vectal.platform.embedded.running import RunningTree, announce, find_running, withdraw

TREE = RunningTree(os.getpid(), "http://x", "postgresql://app", "postgresql://owner", "redis://r")


def _values(settings: Settings) -> tuple[str | None, ...]:
    urls = (settings.database_url, settings.owner_url, settings.redis_url)
    return tuple(None if url is None else url.get_secret_value() for url in urls)


def _exists(path: Path) -> bool:
    return path.exists()


async def test_what_the_operator_named_is_taken_as_it_is(folder: Path) -> None:
    given = Settings(
        data_dir=folder,
        database_url=SecretStr("postgresql://mine"),
        redis_url=SecretStr("redis://mine"),
    )
    async with attached(given) as found:
        assert found is given
    assert not _exists(folder)


async def test_a_running_tree_is_found(folder: Path) -> None:
    data = DataFolder(folder)
    data.open()
    data.lock()
    announce(folder, TREE)
    async with attached(Settings(data_dir=folder)) as found:
        assert _values(found) == ("postgresql://app", "postgresql://owner", "redis://r")
    mine = Settings(data_dir=folder, redis_url=SecretStr("redis://mine"))
    async with attached(mine) as found:
        assert _values(found) == ("postgresql://app", "postgresql://owner", "redis://mine")
    withdraw(folder)
    data.unlock()


async def test_what_a_killed_tree_left_behind_does_not_count(folder: Path) -> None:
    data = DataFolder(folder)
    data.open()
    data.lock()
    announce(folder, TREE)
    data.unlock()
    assert find_running(folder) is None


async def test_without_a_tree_a_command_brings_its_own_servers(folder: Path) -> None:
    async with attached(Settings(data_dir=folder), redis=False) as found:
        url = found.database_url
        assert url is not None
        version = await ask(url.get_secret_value(), "SELECT count(*) FROM pg_tables")
        assert version[0][0] > 0
        assert found.redis_url is None
    assert find_servers_in(folder / "postgres") == []
    assert find_running(folder) is None
    data = DataFolder(folder)
    data.lock()  # it was given back
    data.unlock()
