"""The same runs as executions of a workflow at a real n8n in queue mode, saved node by node.

`make test-n8n` fetches it. One process takes the webhooks, one works; both use our PostgreSQL and
Valkey.
"""

import asyncio
import itertools
import os
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import httpx2
from tests.n8n.n8n_process import HOME, OWNER, PASSWORD, N8nProcess

from bench.agents.processes import cpu_s

RUNS: Final = int(os.environ.get("BENCH_N8N_RUNS", "100"))
_CONCURRENCY: Final = 32
_PATH: Final = "bench"
_END_S: Final = 900.0
_KNOWN_S: Final = 30.0
_NOT_FOUND: Final = 404
_SCOPES: Final = ("workflow:create", "workflow:activate")


def is_there() -> bool:
    return (HOME / "app/node_modules/n8n").is_dir()


async def n8n(superuser_url: str, redis_url: str, folder: Path, steps: int) -> str:
    """What the bench prints."""
    url = superuser_url.rpartition("/")[0] + "/n8n_bench"
    connection = await asyncpg.connect(superuser_url)
    await connection.execute("CREATE DATABASE n8n_bench")
    await connection.close()
    async with _queue_mode(url, redis_url, folder) as (main, worker):
        await _deploy(main.url, steps)
        database = await asyncpg.connect(url)
        try:
            async with httpx2.AsyncClient(timeout=60) as http:
                await _until_it_begins(http, main.url)
                await _until_ended(database, 1)
                started, used = time.monotonic(), _used_s(main, worker)
                await asyncio.gather(*(_begin(http, main.url) for _ in range(RUNS)))
                await _until_ended(database, 1 + RUNS)
                took, used = time.monotonic() - started, _used_s(main, worker) - used
        finally:
            await database.close()
    return (
        f"  n8n, queue mode, 1 worker: {RUNS * steps / took:.0f} steps/s,"
        f" {1000 * used / (RUNS * steps):.1f} ms of its CPU each ({RUNS} runs)"
    )


def _used_s(*processes: N8nProcess) -> float:
    return sum(cpu_s(each.process.pid) for each in processes if each.process is not None)


@asynccontextmanager
async def _queue_mode(
    url: str, redis_url: str, folder: Path
) -> AsyncGenerator[tuple[N8nProcess, N8nProcess]]:
    redis = urlsplit(redis_url)
    queue = {
        "EXECUTIONS_MODE": "queue",
        "QUEUE_BULL_REDIS_HOST": redis.hostname or "",
        "QUEUE_BULL_REDIS_PORT": str(redis.port),
        "QUEUE_BULL_REDIS_PASSWORD": redis.password or "",
        "N8N_SECURE_COOKIE": "false",
    }
    async with AsyncExitStack() as stack:
        made: list[N8nProcess] = []
        for name, arguments in (
            ("main", ("start",)),
            ("worker", ("worker", f"--concurrency={_CONCURRENCY}")),
        ):
            own = folder / f"n8n-{name}"
            own.mkdir()
            process = await N8nProcess.make(url, own, arguments, dict(queue))
            if name == "worker":
                process.more["QUEUE_HEALTH_CHECK_ACTIVE"] = "true"
                process.more["QUEUE_HEALTH_CHECK_PORT"] = str(process.port)
            stack.push_async_callback(process.kill)
            await process.start()
            made.append(process)
        yield made[0], made[1]


async def _deploy(url: str, steps: int) -> None:
    """A webhook and then nodes that set a value, `steps` in all."""
    async with httpx2.AsyncClient(base_url=url, timeout=60) as http:
        login = {"emailOrLdapLoginId": OWNER, "password": PASSWORD}
        (await http.post("/rest/login", json=login)).raise_for_status()
        wanted = {"label": "bench", "scopes": list(_SCOPES), "expiresAt": None}
        key = await http.post("/rest/api-keys", json=wanted)
        key.raise_for_status()
        headers = {"x-n8n-api-key": str(key.json()["data"]["rawApiKey"])}
        made = await http.post("/api/v1/workflows", json=_workflow(steps), headers=headers)
        made.raise_for_status()
        active = f"/api/v1/workflows/{made.json()['id']}/activate"
        (await http.post(active, json={}, headers=headers)).raise_for_status()


def _workflow(steps: int) -> dict[str, Any]:
    names = ["Begin", *(f"Step {number}" for number in range(1, steps))]
    webhook = {"httpMethod": "POST", "path": _PATH, "responseMode": "onReceived", "options": {}}
    value = {"id": "a", "name": "number", "type": "number", "value": 1}
    kept = {"assignments": {"assignments": [value]}, "options": {}}
    nodes = [_node(names[0], "webhook", 2, 0, webhook, webhookId=_PATH)]
    nodes += [_node(name, "set", 3.4, at, kept) for at, name in enumerate(names[1:], 1)]
    ways = {
        name: {"main": [[{"node": after, "type": "main", "index": 0}]]}
        for name, after in itertools.pairwise(names)
    }
    settings = {"saveExecutionProgress": True}
    return {"name": "Bench", "nodes": nodes, "connections": ways, "settings": settings}


def _node(
    name: str, kind: str, version: float, at: int, parameters: dict[str, Any], **more: str
) -> dict[str, Any]:
    return {
        "id": f"node-{at}",
        "name": name,
        "type": f"n8n-nodes-base.{kind}",
        "typeVersion": version,
        "position": [240 * at, 0],
        "parameters": parameters,
        **more,
    }


async def _until_it_begins(http: httpx2.AsyncClient, url: str) -> None:
    """A webhook is known some moments after its workflow is active."""
    async with asyncio.timeout(_KNOWN_S):
        while True:
            answer = await http.post(f"{url}/webhook/{_PATH}", json={})
            if answer.status_code != _NOT_FOUND:
                return
            await asyncio.sleep(0.2)


async def _begin(http: httpx2.AsyncClient, url: str) -> None:
    (await http.post(f"{url}/webhook/{_PATH}", json={})).raise_for_status()


async def _until_ended(database: asyncpg.Connection, count: int) -> None:
    async with asyncio.timeout(_END_S):
        while True:
            rows = await database.fetch("SELECT status, count(*) FROM execution_entity GROUP BY 1")
            counts = {str(row[0]): int(row[1]) for row in rows}
            if counts.get("success", 0) >= count:
                return
            if failed := {k: n for k, n in counts.items() if k in {"error", "crashed"}}:
                raise RuntimeError(f"executions at n8n have failed: {failed}")
            await asyncio.sleep(0.1)
