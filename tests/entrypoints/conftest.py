"""Trees of processes that no test leaves behind."""

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from tests.fixtures.tree import Tree

from vectal.platform.embedded.account import Credentials


@pytest.fixture
async def start_tree() -> AsyncGenerator[Callable[..., Awaitable[Tree]]]:
    """Start `vectal` commands and kill whatever is left of them at the end of the test."""
    made: list[Tree] = []

    async def start(
        settings: Mapping[str, str],
        command: str = "up",
        python: str = sys.executable,
        credentials: Credentials | None = None,
    ) -> Tree:
        made.append(await Tree.start(settings, command, python, credentials))
        return made[-1]

    yield start
    for tree in made:
        tree.kill()
        await tree.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"
