"""A data folder with a finished cluster, made once and copied for each test that may ruin it."""

import subprocess
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from vectal.platform.embedded.folder import DataFolder
from vectal.platform.embedded.postgres import EmbeddedPostgres


@pytest.fixture(scope="session")
async def finished_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which PostgreSQL has run once and was stopped."""
    data = DataFolder(tmp_path_factory.mktemp("finished") / "data")
    data.open()
    postgres = EmbeddedPostgres(data, fsync=False)
    await postgres.start()
    await postgres.stop()
    return data.path


@pytest.fixture
def data(finished_folder: Path, tmp_path: Path) -> DataFolder:
    """A copy that belongs to the test."""
    copy = tmp_path / "data"
    # By cp, which keeps the owners: for root the cluster belongs to nobody.
    subprocess.run(["/bin/cp", "-a", finished_folder, copy], check=True)  # noqa: S603 - our paths
    return DataFolder(copy)


@pytest.fixture
def empty(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "new" / "data")
    folder.open()
    return folder


@pytest.fixture
async def postgres_on() -> AsyncGenerator[Callable[[DataFolder], EmbeddedPostgres]]:
    """Make servers that are stopped at the end of the test, even when it fails."""
    made: list[EmbeddedPostgres] = []

    def make(data: DataFolder) -> EmbeddedPostgres:
        made.append(EmbeddedPostgres(data))  # as in production: the tests kill it
        return made[-1]

    yield make
    for server in made:
        await server.stop()
