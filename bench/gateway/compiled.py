"""The two compiled ends: the upstream that every subject passes requests to, and the load."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import httpx2

from bench.gateway.machine import LeftOutError, NotHereError

HERE: Final = Path(__file__).parent
MODEL: Final = "mock"
CALL: Final = "/v1/chat/completions"
SMALL: Final = 1_000
LARGE: Final = 32_000
"""Bytes of a request."""
PATIENCE_S: Final = 180.0
"""For what the load has to say, beyond the time that it was asked to run."""

Mode = Literal["closed", "open", "burst", "hold"]


@dataclass(frozen=True)
class Target:
    """Where the load goes; of the upstream itself, or of a subject."""

    port: int
    key: str = ""


@dataclass(frozen=True)
class Run:
    """What the load saw. Times are -1 when nothing was answered."""

    requests: int
    errors: int
    seconds: float
    chunks: int
    open: int
    p50_ms: float
    p99_ms: float
    first_p50_ms: float
    first_p99_ms: float
    complaint: str = ""


@dataclass(frozen=True)
class Bodies:
    """Requests in files; what they say is words, as tokenizers expect."""

    folder: Path

    def file(self, size: int, *, stream: bool = False) -> Path:
        path = self.folder / f"{size}{'-stream' if stream else ''}.json"
        if not path.exists():
            path.write_text(_request(size, stream=stream))
        return path


def _request(size: int, *, stream: bool) -> str:
    words = "the engine adds columns of figures and prints what it finds, "
    body: dict[str, Any] = {"model": MODEL, "messages": [], "max_tokens": 256}
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    empty = len(json.dumps({**body, "messages": [{"role": "user", "content": ""}]}))
    text = (words * (1 + size // len(words)))[: size - empty]
    return json.dumps({**body, "messages": [{"role": "user", "content": text}]})


@dataclass(frozen=True)
class Upstream:
    """The running upstream."""

    port: int

    async def plan(self, *, chunks: int, pause_s: float = 0.0) -> None:
        """What the streams that begin from now on are like."""
        query = f"chunks={chunks}&pause_us={round(pause_s * 1e6)}"
        async with httpx2.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"http://127.0.0.1:{self.port}/plan?{query}")
            answer.raise_for_status()


@asynccontextmanager
async def running_upstream(folder: Path) -> AsyncGenerator[Upstream]:
    process = await asyncio.create_subprocess_exec(
        str(await _compile("upstream", folder)), stdout=asyncio.subprocess.PIPE
    )
    try:
        if process.stdout is None:
            raise RuntimeError("the upstream says nothing")
        yield Upstream(int(await process.stdout.readline()))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@dataclass(frozen=True)
class Load:
    program: Path

    @classmethod
    async def build(cls, folder: Path) -> Load:
        return cls(await _compile("load", folder))

    async def run(
        self,
        target: Target,
        body: Path,
        mode: Mode,
        *,
        connections: int,
        seconds: float,
        rate: int = 0,
    ) -> Run:
        async with self._started(target, body, mode, connections, seconds, rate) as process:
            return await _read_run(process, seconds)

    @asynccontextmanager
    async def hold(
        self, target: Target, body: Path, *, connections: int, seconds: float
    ) -> AsyncGenerator[Held]:
        """Within the block the streams are open; `end()` waits for the end of the window."""
        async with self._started(target, body, "hold", connections, seconds, 0) as process:
            yield Held(int((await _read_line(process, 0.0))["open"]), process, seconds)

    @asynccontextmanager
    async def _started(
        self, target: Target, body: Path, mode: Mode, connections: int, seconds: float, rate: int
    ) -> AsyncGenerator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            str(self.program),
            f"port={target.port}",
            f"path={CALL}",
            f"body={body}",
            f"bearer={target.key}",
            f"mode={mode}",
            f"connections={connections}",
            f"seconds={seconds}",
            f"rate={rate}",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


@dataclass(frozen=True)
class Held:
    """Streams that stay open."""

    open: int
    _process: asyncio.subprocess.Process
    _seconds: float

    async def end(self) -> Run:
        return await _read_run(self._process, self._seconds)


async def _read_run(process: asyncio.subprocess.Process, seconds: float) -> Run:
    found = await _read_line(process, seconds)
    said = b"" if process.stderr is None else await process.stderr.read()
    await process.wait()
    return Run(**found, complaint=said.decode(errors="replace").strip())


async def _read_line(process: asyncio.subprocess.Process, seconds: float) -> dict[str, Any]:
    if process.stdout is None:
        raise RuntimeError("the load says nothing")
    try:
        line = await asyncio.wait_for(process.stdout.readline(), seconds + PATIENCE_S)
    except TimeoutError as error:
        raise LeftOutError("its answers took too long") from error
    if not line:
        said = b"" if process.stderr is None else await process.stderr.read()
        raise LeftOutError(f"the load gave up: {said.decode(errors='replace').strip()}")
    return json.loads(line)


async def _compile(name: str, folder: Path) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        raise NotHereError("It compiles its load and its upstream, for which it needs cc.")
    program = folder / name
    process = await asyncio.create_subprocess_exec(
        compiler, "-O2", "-Wall", "-Wextra", "-o", str(program), str(HERE / f"{name}.c")
    )
    if await process.wait() != 0:
        raise NotHereError(f"{name}.c could not be compiled; the lines above say why.")
    return program
