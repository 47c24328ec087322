"""A server that is killed in the middle of an upload: the sender goes on from the last part."""

import asyncio
import hashlib
import os
import socket
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx2
import pytest
from tests.files.conftest import Surroundings
from tests.files.test_rest import BYTES, TUS, announce
from tests.fixtures.accounts import people_of
from tests.fixtures.servers import Servers, clone_database, drop_database
from tests.fixtures.tree import environment

from vectal.accounts.service import AccountService
from vectal.auth.principal import Scope
from vectal.auth.service import AuthService
from vectal.files.limits import PART_BYTES
from vectal.files.service import FileRules, FileServices
from vectal.files.service.sweeping import Audit
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring, load_key_wrapper
from vectal.platform.db import Database
from vectal.platform.rate_limit import RateLimiter
from vectal.platform.storage import open_storage

pytestmark = pytest.mark.timeout(300)
BODY_BYTES = 5 * PART_BYTES + 4_321
START_S = 120.0


@asynccontextmanager
async def serving(
    settings: dict[str, str],
) -> AsyncGenerator[tuple[str, asyncio.subprocess.Process]]:
    """A server of its own process; it is killed at the end, if it was not before."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "vectal.entrypoints.cli", "serve"),
            *("--fd", str(listener.fileno())),
            env=environment(settings),
            pass_fds=[listener.fileno()],
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        async with asyncio.timeout(START_S), httpx2.AsyncClient() as client:
            while True:
                with suppress(httpx2.TransportError):
                    if (await client.get(f"{address}/readyz")).status_code == 200:
                        break
                await asyncio.sleep(0.1)
        yield address, process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _make_key(database: Database, data_dir: Path) -> str:
    accounts = AccountService.build(database)
    wrapper = load_key_wrapper(Settings(data_dir=data_dir))
    auth = await AuthService.open(database, accounts, RateLimiter(None), wrapper)
    async with database.system("tests.set_up") as session:
        await accounts.instance.claim_setup(session)
    person = await people_of(database, accounts, auth)()
    issued = await auth.keys.create(person.principal, "kill", [Scope.FILES_READ, Scope.FILES_WRITE])
    auth.close()
    return issued.text


async def _audit(database: Database, data_dir: Path) -> Audit:
    settings, around = Settings(data_dir=data_dir), Surroundings()
    services = FileServices.build(
        database=database,
        keyring=Keyring(load_key_wrapper(settings)),
        storage=open_storage(settings),
        rules=FileRules(max_bytes=1),
        standing=around,
        targets=around,
    )
    return await services.sweeper.audit()


async def _send_until_killed(
    client: httpx2.AsyncClient, path: str, body: bytes, process: asyncio.subprocess.Process
) -> None:
    """Send half, wait until some of it is stored, and kill the server in the middle."""
    stored = asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        middle = len(body) // 2
        yield body[:middle]
        await stored.wait()
        yield body[middle:]  # to nobody

    async def watch() -> None:
        while True:
            at = int((await client.head(path, headers=TUS)).headers["upload-offset"])
            if at >= PART_BYTES:
                process.kill()
                await process.wait()
                stored.set()
                return
            await asyncio.sleep(0.02)

    headers = {**BYTES, "Upload-Offset": "0", "Content-Length": str(len(body))}
    watching = asyncio.create_task(watch())
    with pytest.raises(httpx2.TransportError):
        await client.patch(path, headers=headers, content=half())
    await watching


async def test_kill_9_in_the_middle_of_an_upload(
    servers: Servers, valkey: str, worker: str, tmp_path: Path
) -> None:
    name = f"test_killed_upload_{worker}"
    urls = await clone_database(servers, name)
    settings = {
        "VECTAL_DATABASE_URL": urls.app_url,
        "VECTAL_REDIS_URL": valkey,
        "VECTAL_DATA_DIR": str(tmp_path),
        "VECTAL_LOG_LEVEL": "error",
    }
    database = Database(urls.app_url, pool_size=2)
    body = os.urandom(BODY_BYTES)
    try:
        headers = {"Authorization": f"Bearer {await _make_key(database, tmp_path)}"}
        async with serving(settings) as (address, process):
            client = httpx2.AsyncClient(base_url=address, headers=headers, timeout=60)
            async with client:
                path = await announce(client, len(body))
                await _send_until_killed(client, path, body, process)
        async with serving(settings) as (address, _):
            client = httpx2.AsyncClient(base_url=address, headers=headers, timeout=60)
            async with client:
                offset = int((await client.head(path, headers=TUS)).headers["upload-offset"])
                assert PART_BYTES <= offset <= len(body) // 2
                assert offset % PART_BYTES == 0
                rest = {**BYTES, "Upload-Offset": str(offset)}
                sent = await client.patch(path, headers=rest, content=body[offset:])
                assert sent.status_code == 204, sent.text
                file_id = sent.headers["vectal-file-id"]
                content = await client.get(f"/api/v1/files/{file_id}/content")
        assert hashlib.sha256(content.content).digest() == hashlib.sha256(body).digest()
        audit = await _audit(database, tmp_path)
        assert (audit.strays, audit.missing, audit.objects) == ((), (), 1)
    finally:
        await database.close()
        await drop_database(servers, name)
