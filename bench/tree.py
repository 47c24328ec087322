"""A `vectal up` of its own: started, timed, weighed and stopped."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

VECTAL: Final = Path(sys.executable).parent / "vectal"
START_S: Final = 180.0
STOP_S: Final = 30.0


@dataclass(frozen=True)
class Tree:
    """A running tree: its first process, its address, its data folder, and how long it took."""

    pid: int
    url: str
    folder: Path
    started_s: float

    def running(self) -> dict[str, str]:
        """Where its PostgreSQL and Valkey listen."""
        return cast("dict[str, str]", json.loads((self.folder / "running.json").read_text()))

    def memory_mb(self) -> dict[str, float]:
        """Memory by program; pages that processes share are counted once over all of them."""
        sums: dict[str, float] = {}
        for pid in (self.pid, *_descendants(self.pid)):
            try:
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                name = Path(f"/proc/{pid}/comm").read_text().strip()
            except OSError:  # it ended while we looked
                continue
            kilobytes = next(
                int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")
            )
            sums[name] = sums.get(name, 0.0) + kilobytes / 1024
        return sums


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return cast("tuple[str, int]", probe.getsockname())[1]


def _descendants(root: int) -> list[int]:
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
            except OSError:  # it ended while we looked
                continue
            # The name in parentheses may hold anything, so count from its end.
            parents[int(folder.name)] = int(stat.rpartition(") ")[2].split()[1])
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


@asynccontextmanager
async def running_tree(folder: Path, more: Mapping[str, str] | None = None) -> AsyncGenerator[Tree]:
    """`vectal up` on a data folder; the Simulator doesn't pause between tokens.

    `more` is environment of its own.
    """
    port = free_port()
    environment = {
        **os.environ,
        "VECTAL_DATA_DIR": str(folder),
        "VECTAL_HOST": "127.0.0.1",
        "VECTAL_PORT": str(port),
        "VECTAL_SIMULATOR_PACE_MS": "0",
        "VECTAL_LOG_LEVEL": "warning",
        **(more or {}),
    }
    begin = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        str(VECTAL),
        "up",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    drain: asyncio.Task[None] | None = None
    try:
        url = f"http://127.0.0.1:{port}"
        await asyncio.wait_for(_wait_for(process, url), START_S)
        started = time.perf_counter() - begin
        drain = asyncio.create_task(_drain(process))
        yield Tree(process.pid, url, folder, started)
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                process.kill()
        if drain is not None:
            await drain


async def _wait_for(process: asyncio.subprocess.Process, words: str) -> None:
    said: list[str] = []
    if process.stdout is None:
        return
    async for line in process.stdout:
        said.append(line.decode(errors="replace"))
        if words in said[-1]:
            return
    message = f"`vectal up` ended before it printed its address:\n{''.join(said[-20:])}"
    raise RuntimeError(message)


async def _drain(process: asyncio.subprocess.Process) -> None:
    if process.stdout is not None:
        async for _line in process.stdout:
            pass
