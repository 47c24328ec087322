"""`vectal serve` as a process of its own, over the run's PostgreSQL and Valkey."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
from tests.fixtures.servers import TestDatabase
from tests.fixtures.tree import Tree

from vectal.platform.embedded.ports import find_free_port

MASTER_KEY = "c3RvcnkgdGVzdCBtYXN0ZXIga2V5IG9mIDMyIGJ5dGU="
BOOT_S = 120.0


@asynccontextmanager
async def serve(
    database: TestDatabase, valkey: str, folder: Path, *, pace_ms: int = 2, **settings: str
) -> AsyncGenerator[tuple[str, Tree]]:
    """A server's address and process; it is gone when the block ends."""
    port = find_free_port("127.0.0.1")
    own = {"VECTAL_PORT": str(port), "VECTAL_SIMULATOR_PACE_MS": str(pace_ms)}
    surroundings = settings_of(database, valkey, folder)
    server = await Tree.start({**surroundings, **own, **settings}, command="serve")
    address = f"http://127.0.0.1:{port}"
    try:
        await until_ready(address)
        yield address, server
    finally:
        server.kill()
        await server.wait()


def settings_of(database: TestDatabase, valkey: str, folder: Path) -> dict[str, str]:
    """What every process of one installation is told."""
    return {
        "VECTAL_DATA_DIR": str(folder),
        "VECTAL_DATABASE_URL": database.app_url,
        "VECTAL_DATABASE_OWNER_URL": database.owner_url,
        "VECTAL_REDIS_URL": valkey,
        "VECTAL_MASTER_KEY": MASTER_KEY,
    }


async def until_ready(address: str) -> None:
    async with httpx2.AsyncClient() as http, asyncio.timeout(BOOT_S):
        while True:
            try:
                if (await http.get(f"{address}/readyz")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass  # not there yet, or not there any more
            await asyncio.sleep(0.05)
