"""A real `vectal serve` over its own empty installation."""

import asyncio
from collections.abc import AsyncGenerator

import httpx2
import pytest
from tests.fixtures.servers import Servers, clone_database, drop_database
from tests.fixtures.tree import Tree

from vectal.platform.embedded.ports import find_free_port


@pytest.fixture
async def address(
    servers: Servers, valkey: str, worker: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[str]:
    """Where the server listens; it has no account yet."""
    name = f"flow_{worker}"
    database = await clone_database(servers, name)
    port = find_free_port("127.0.0.1")
    server = await Tree.start(
        {
            "VECTAL_DATA_DIR": str(tmp_path_factory.mktemp("flow")),
            "VECTAL_DATABASE_URL": database.app_url,
            "VECTAL_DATABASE_OWNER_URL": database.owner_url,
            "VECTAL_REDIS_URL": valkey,
            "VECTAL_PORT": str(port),
            "VECTAL_SIMULATOR_PACE_MS": "2",
        },
        command="serve",
    )
    address = f"http://127.0.0.1:{port}"
    try:
        await until_ready(address, server)
        yield address
        assert await server.end() == 0, server.text
    finally:
        server.kill()
        await drop_database(servers, name)


async def until_ready(address: str, server: Tree) -> None:
    async with httpx2.AsyncClient() as http, asyncio.timeout(90):
        while True:
            try:
                if (await http.get(f"{address}/readyz")).status_code == 200:
                    return
            except httpx2.TransportError:
                assert server.pid, server.text
            await asyncio.sleep(0.05)
