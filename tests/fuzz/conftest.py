"""A server of its own for hostile requests, over a database of its own."""

import asyncio
import socket
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.fixtures.accounts import Person, people_of
from tests.fixtures.servers import Servers, clone_database, drop_database
from tests.fixtures.tree import environment

from vectal.accounts.service import AccountService
from vectal.auth.principal import Scope
from vectal.auth.service import AuthService
from vectal.platform.config import Settings
from vectal.platform.crypto import load_key_wrapper
from vectal.platform.db import Database
from vectal.platform.rate_limit import RateLimiter

START_S = 60.0


@dataclass(frozen=True)
class Target:
    """Where the server listens, a key that opens every door, and what is behind them."""

    url: str
    key: str
    log: Path
    workspace_id: str
    objects: dict[str, str]


@pytest.fixture
async def target(
    servers: Servers, valkey: str, worker: str, tmp_path: Path
) -> AsyncGenerator[Target]:
    name = f"test_fuzz_{worker}"
    urls = await clone_database(servers, name)
    log = tmp_path / "server.log"
    listener = socket.create_server(("127.0.0.1", 0))
    settings = {
        "VECTAL_DATABASE_URL": urls.app_url,
        "VECTAL_REDIS_URL": valkey,
        "VECTAL_DATA_DIR": str(tmp_path / "data"),
        "VECTAL_SIMULATOR_PACE_MS": "0",
        "VECTAL_LOG_LEVEL": "warning",
        "VECTAL_DRAIN_S": "1",
    }
    key, person = await _make_key(urls.app_url, tmp_path / "data")
    with log.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "vectal.entrypoints.cli",
            "serve",
            "--fd",
            str(listener.fileno()),
            env=environment(settings),
            pass_fds=[listener.fileno()],
            stdout=said,
            stderr=said,
        )
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        await _until_ready(address)
        workspace_id = str(person.workspace_id)
        objects = await _furnish(address, key, workspace_id)
        yield Target(address, key, log, workspace_id, objects)
    finally:
        process.terminate()
        await process.wait()
        listener.close()
        await drop_database(servers, name)


async def _make_key(database_url: str, data_dir: Path) -> tuple[str, Person]:
    """A key of someone who may do everything."""
    database = Database(database_url, pool_size=2)
    accounts = AccountService.build(database)
    wrapper = load_key_wrapper(Settings(data_dir=data_dir))
    limiter = RateLimiter(None)
    auth = await AuthService.open(database, accounts, limiter, wrapper)
    async with database.system("tests.set_up") as session:
        await accounts.instance.claim_setup(session)
    person = await people_of(database, accounts, auth)(admin=True)
    issued = await auth.keys.create(person.principal, "fuzz", [Scope.ALL])
    auth.close()
    await database.close()
    return issued.text, person


async def _furnish(address: str, key: str, workspace_id: str) -> dict[str, str]:
    """One thing of each kind, so that requests get past "there is none"."""
    found = {"workspace_id": workspace_id}
    made = {
        "project_id": ("projects", {"name": "Fuzz"}, ["id"]),
        "task_id": ("tasks", {"title": "Fuzz"}, ["id"]),
        "label_id": ("labels", {"name": "fuzz"}, ["id"]),
        "provider_id": ("ai/providers", {"kind": "simulator", "name": "Fuzz"}, ["id"]),
        "conversation_id": ("conversations", {"title": "Fuzz"}, ["id"]),
        "turn_id": ("conversations/{conversation_id}/turns", {"text": "Hello"}, ["turn", "id"]),
        "key_id": ("api-keys", {"name": "fuzz", "scopes": ["tasks:read"]}, ["id"]),
        "api_key_id": ("api-keys", {"name": "ruled", "scopes": ["ai:use"]}, ["id"]),
        "invitation_id": (
            "workspaces/{workspace_id}/invitations",
            {"email": "fuzz@example.com"},
            ["id"],
        ),
        "folder_id": ("folders", {"name": "Fuzz"}, ["id"]),
    }
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(
        base_url=f"{address}/api/v1/", headers=headers, timeout=START_S
    ) as client:
        for name, (path, body, place) in made.items():
            answer = await client.post(path.format(**found), json=body)
            assert answer.status_code == 201, answer.text
            value: Any = answer.json()
            for member in place:
                value = value[member]
            found[name] = value
        file = await client.post("files", params={"name": "fuzz.txt"}, content=b"fuzz")
        found["file_id"] = file.json()["id"]
        said = {"Upload-Length": "9", "Upload-Metadata": "filename ZnV6eg=="}
        upload = await client.post("uploads", headers={"Tus-Resumable": "1.0.0", **said})
        found["upload_id"] = upload.json()["id"]
        found["target_id"], found["kind"] = found["task_id"], "task"
    return found


async def _until_ready(address: str) -> None:
    async with asyncio.timeout(START_S), httpx2.AsyncClient() as client:
        while True:
            try:
                if (await client.get(f"{address}/readyz")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.1)
