"""A real `vectal serve` over its own empty installation."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from tests.fixtures.servers import Servers, clone_database, drop_database
from tests.flows.server import serve


@pytest.fixture
async def address(
    servers: Servers, valkey: str, worker: str, tmp_path: Path
) -> AsyncGenerator[str]:
    """Where the server listens; it has no account yet."""
    name = f"flow_{worker}"
    database = await clone_database(servers, name)
    async with serve(database, valkey, tmp_path) as (address, server):
        yield address
        assert await server.end() == 0, server.text
    await drop_database(servers, name)
