"""The gateways that are compared: how each is started, and why it is left out when it is."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import httpx2

from bench.gateway import machine
from bench.gateway.compiled import CALL, SMALL, Bodies, Target
from bench.gateway.machine import LeftOutError

START_S: Final = 180.0
STOP_S: Final = 30.0
PATIENCE_S: Final = 10.0
"""How long a server may refuse after it has begun to listen."""
POLL_S: Final = 0.01


@dataclass(frozen=True)
class Launch:
    """A command, where it will listen, and the key that it wants."""

    command: tuple[str, ...]
    target: Target
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    beside: int | None = None
    """A process whose family works for the subject: its database, its queue."""


class Subject(Protocol):
    @property
    def name(self) -> str: ...

    def launch(self, folder: Path, upstream_port: int) -> Launch:
        """Write what it needs into `folder`. Raises LeftOutError."""
        ...


@dataclass(frozen=True)
class Serving:
    """A server that answers."""

    target: Target
    pid: int
    started_s: float
    beside: int | None

    def cpu_s(self) -> float:
        return machine.cpu_s(machine.family(self.pid))

    def cpu_beside_s(self) -> float:
        return 0.0 if self.beside is None else machine.cpu_s(machine.family(self.beside))

    def pss_kib(self) -> float:
        return machine.pss_kib(machine.family(self.pid))


@asynccontextmanager
async def serving(launch: Launch, bodies: Bodies, log: Path) -> AsyncGenerator[Serving]:
    """The subject on its core, from its first good answer on."""
    async with httpx2.AsyncClient(trust_env=False, timeout=START_S) as http:
        ask = partial(_ask, http, launch.target, bodies.file(SMALL).read_bytes())
        begin = time.perf_counter()
        with log.open("wb") as said:
            process = await asyncio.create_subprocess_exec(
                *machine.on_server_core(*launch.command),
                env={**os.environ, **launch.environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=said,
                stderr=asyncio.subprocess.STDOUT,
            )
        try:
            await _wait_until_good(process, ask, log)
            started = time.perf_counter() - begin
            yield Serving(launch.target, process.pid, started, launch.beside)
        finally:
            await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _ask(http: httpx2.AsyncClient, target: Target, body: bytes) -> httpx2.Response | None:
    """One call; None when nobody listens."""
    headers = {"content-type": "application/json"}
    if target.key:
        headers["authorization"] = f"Bearer {target.key}"
    try:
        url = f"http://127.0.0.1:{target.port}{CALL}"
        return await http.post(url, content=body, headers=headers)
    except (httpx2.NetworkError, httpx2.RemoteProtocolError, httpx2.TimeoutException):
        return None


async def _wait_until_good(
    process: asyncio.subprocess.Process,
    ask: Callable[[], Awaitable[httpx2.Response | None]],
    log: Path,
) -> None:
    last_at = time.perf_counter() + START_S
    refused: httpx2.Response | None = None
    while time.perf_counter() < last_at:
        if process.returncode is not None:
            raise LeftOutError(f"it ended with {process.returncode}: {_last_words(log)}")
        answer = await ask()
        if answer is not None and answer.is_success:
            return
        if answer is not None and refused is None:
            last_at = min(last_at, time.perf_counter() + PATIENCE_S)
        refused = refused if answer is None else answer
        await asyncio.sleep(POLL_S)
    if refused is None:
        raise LeftOutError(f"it did not begin to listen: {_last_words(log)}")
    raise LeftOutError(f"it answers {refused.status_code}: {refused.text[:300].strip()}")


def _last_words(log: Path) -> str:
    return log.read_text(errors="replace").strip()[-300:]
