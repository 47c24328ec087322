"""The story of a chat message, over a real server, PostgreSQL and Valkey.

A person adds tasks, asks a model to change them, sees what it proposes while it streams, accepts
the proposal, and takes it back. The model is the Simulator: a provider like any other.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.fixtures.accounts import PASSWORD
from tests.fixtures.servers import Servers, clone_database, drop_database

Json = dict[str, Any]

BOOT_S = 90


@asynccontextmanager
async def _server(own: Mapping[str, str], port: int) -> AsyncGenerator[str]:
    """`vectal serve` as a process of its own; killed with the block."""
    environment = (
        os.environ
        | own
        | {
            "VECTAL_HOST": "127.0.0.1",
            "VECTAL_PORT": str(port),
            "VECTAL_MASTER_KEY": "c3RvcnkgdGVzdCBtYXN0ZXIga2V5IG9mIDMyIGJ5dGU=",
            "VECTAL_SIMULATOR_PACE_MS": "0",
            "VECTAL_LOG_LEVEL": "warning",
        }
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "vectal.entrypoints.cli", "serve", env=environment
    )
    address = f"http://127.0.0.1:{port}"
    try:
        await _wait_ready(address, process)
        yield address
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _wait_ready(address: str, process: asyncio.subprocess.Process) -> None:
    async with httpx2.AsyncClient() as client, asyncio.timeout(BOOT_S):
        while True:
            assert process.returncode is None, "the server ended while starting"
            try:
                if (await client.get(f"{address}/readyz")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.1)


@pytest.fixture
async def client(
    servers: Servers, worker: str, valkey: str, tmp_path: Path, unused_tcp_port: int
) -> AsyncGenerator[httpx2.AsyncClient]:
    # A database of its own: the server's master key opens nothing that other tests have sealed.
    name = f"flow_{worker}"
    database = await clone_database(servers, name)
    environment = {
        "VECTAL_DATA_DIR": str(tmp_path),
        "VECTAL_DATABASE_URL": database.app_url,
        "VECTAL_REDIS_URL": valkey,
    }
    async with (
        _server(environment, unused_tcp_port) as address,
        httpx2.AsyncClient(base_url=f"{address}/api/v1", timeout=60) as http,
    ):
        first = {"email": "ada@example.com", "password": PASSWORD, "display_name": "Ada"}
        assert (await http.post("/setup", json=first)).status_code == 201
        login = {"email": "ada@example.com", "password": PASSWORD}
        auth = await http.post("/auth/login", json=login)
        assert auth.status_code == 200, auth.text
        http.headers["Authorization"] = f"Bearer {auth.json()['access_token']}"
        yield http
    await drop_database(servers, name)


async def _frames(lines: AsyncIterator[str]) -> AsyncGenerator[tuple[int, str, Json]]:
    """Events of an SSE stream: id, name, data."""
    seq, name = 0, ""
    async for line in lines:
        field, _, value = line.partition(": ")
        if field == "id":
            seq = int(value)
        elif field == "event":
            name = value
        elif field == "data":
            yield seq, name, json.loads(value)


async def _say(client: httpx2.AsyncClient, conversation: str, body: Json) -> list[Any]:
    url = f"/conversations/{conversation}/turns"
    headers = {"Accept": "text/event-stream"}
    async with client.stream("POST", url, json=body, headers=headers) as response:
        assert response.status_code in {200, 201}
        return [frame async for frame in _frames(response.aiter_lines())]


@pytest.mark.timeout(240)
async def test_a_chat_message(client: httpx2.AsyncClient) -> None:
    # Ada has a task.
    task = (await client.post("/tasks", json={"title": "Pay rent", "priority": 2})).json()

    # She asks for a change in Act mode.
    conversation = (await client.post("/conversations", json={})).json()["id"]
    body = {"text": "Mark “Pay rent” as done", "mode": "act", "choice": {"auto": True}}
    frames = await _say(client, conversation, body)

    # The answer streams, numbered without a gap, and says who answers and why.
    assert [seq for seq, _, _ in frames] == list(range(1, len(frames) + 1))
    names = [name for _, name, _ in frames]
    assert names[0] == "turn.started"
    assert names[-1] == "turn.ended"
    routed = next(data for _, name, data in frames if name == "turn.routed")
    assert routed["simulated"] is True
    assert routed["reason"]["sentence"]

    # What streamed is what is stored, to the byte.
    ended = frames[-1][2]
    streamed = "".join(data["text"] for _, name, data in frames if name == "turn.text")
    assert ended["turn"]["status"] == "completed"
    assert ended["message"]["text"] == streamed
    stored = (await client.get(f"/conversations/{conversation}/messages")).json()["items"]
    assert stored[-1]["text"] == streamed

    # A client that comes late, or comes back, reads the same from any place.
    late = {"Last-Event-ID": "2", "Accept": "text/event-stream"}
    turn_url = f"/turns/{ended['turn']['id']}/events"
    async with client.stream("GET", turn_url, headers=late) as response:
        resumed = [frame async for frame in _frames(response.aiter_lines())]
    assert resumed == frames[2:]

    # Nothing has changed yet: the change is a proposal.
    returned = [data for _, name, data in frames if name == "turn.tool_returned"]
    changeset = next(data["changeset_id"] for data in returned if data["changeset_id"])
    assert (await client.get(f"/tasks/{task['id']}")).json()["status"] == "todo"

    # Ada accepts it, and the task is done.
    accepted = (await client.post(f"/changesets/{changeset}/accept", json={})).json()
    assert accepted["status"] == "accepted"
    assert (await client.get(f"/tasks/{task['id']}")).json()["status"] == "done"

    # Later she takes it back; the history tells both.
    undone = (await client.post(f"/changesets/{changeset}/undo", json={})).json()
    assert undone["status"] == "undone"
    assert (await client.get(f"/tasks/{task['id']}")).json()["status"] == "todo"
    history = (await client.get(f"/tasks/{task['id']}/history")).json()["items"]
    assert [entry["changeset_id"] for entry in history[:2]] == [changeset, changeset]
