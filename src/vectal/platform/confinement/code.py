"""Run Python code of strangers in a locked child, and believe nothing that it says.

The child has no network, no environment, no descriptor of ours, and no file but code to read and
an empty folder to write into. Kernel limits bound its memory, its time and its files; whoever
started it bounds its output and ends it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

from vectal.platform.background import end_tasks
from vectal.platform.confinement.code_child import LOCKED
from vectal.platform.confinement.contracts import Bounds
from vectal.platform.confinement.weight import resident_bytes

CodeEnd: TypeAlias = Literal[
    "ok", "failed", "timed_out", "out_of_memory", "too_much_output", "too_many_files"
]
_ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}
_WATCH_EVERY_S: Final = 0.05
_BLOCK: Final = 512
_CHUNK: Final = 65_536
_LONGEST_WORD: Final = 500


class NotLockedError(Exception):
    """The kernel can't lock a child in, so nothing is run; the words say what is missing."""


@dataclass(frozen=True, slots=True)
class CodeLimits:
    """How much one piece of code may cost."""

    cpu_s: int = 10
    deadline_s: float = 20.0
    memory_bytes: int = 512 << 20
    kept_bytes: int = 64 << 10
    """Of each stream; what is written beyond is thrown away."""
    output_bytes: int = 4 << 20
    """Of each stream; who writes more is ended."""
    file_bytes: int = 16 << 20
    files: int = 100
    folder_bytes: int = 64 << 20


@dataclass(frozen=True, slots=True)
class CodeResult:
    """What the code wrote, as it wrote it, and how it ended."""

    end: CodeEnd
    stdout: str = field(repr=False)
    stderr: str = field(repr=False)
    is_cut: bool = False


class CodeRunner:
    """Runs pieces of code, `beside` at once; others wait."""

    def __init__(
        self,
        limits: CodeLimits | None = None,
        *,
        beside: int = 2,
        program: tuple[str, ...] = ("-m", "vectal.platform.confinement.code_child"),
    ) -> None:
        self._limits = limits or CodeLimits()
        self._slots = asyncio.Semaphore(beside)
        self._program = program

    async def run(self, source: str) -> CodeResult:
        """Raises `NotLockedError`, and nothing else of the code's making."""
        async with self._slots:
            scratch = await asyncio.to_thread(tempfile.mkdtemp, prefix="vectal-code-")
            try:
                return await _run(source, scratch, self._limits, self._program)
            finally:
                await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)


async def _run(
    source: str, scratch: str, limits: CodeLimits, program: tuple[str, ...]
) -> CodeResult:
    told, tell = os.pipe()
    try:
        process = await _start(tell, scratch, limits, program)
    except BaseException:
        os.close(told)
        raise
    finally:
        os.close(tell)
    child = _Child(process, scratch, limits)
    try:
        await child.feed(source.encode("utf-8", "replace"))
        if (word := await _read_word(told, limits.deadline_s)) != LOCKED:
            raise NotLockedError(word.decode("utf-8", "replace") or "It did not start.")
        return await child.wait()
    finally:
        await child.end()


async def _start(
    tell: int, scratch: str, limits: CodeLimits, program: tuple[str, ...]
) -> asyncio.subprocess.Process:
    bounds = Bounds(limits.memory_bytes, limits.cpu_s, limits.file_bytes)
    numbers = (tell, os.getpid(), bounds.memory_bytes, bounds.cpu_s, bounds.file_bytes)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", "-B", "-X", "utf8", *program),
        *map(str, numbers),
        scratch,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**_ENVIRONMENT, "HOME": scratch, "TMPDIR": scratch},  # none of ours: it holds secrets
        cwd="/",
        pass_fds=(tell,),
        start_new_session=True,
    )


async def _read_word(descriptor: int, seconds: float) -> bytes:
    """What the child says of its locks before it runs anything; closes the descriptor."""
    reader = asyncio.StreamReader()
    pipe = os.fdopen(descriptor, "rb")
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    try:
        async with asyncio.timeout(seconds):
            return (await reader.read(_LONGEST_WORD)).strip()
    except TimeoutError:
        return b""
    finally:
        transport.close()


class _Child:
    def __init__(
        self, process: asyncio.subprocess.Process, scratch: str, limits: CodeLimits
    ) -> None:
        self._process = process
        self._scratch = scratch
        self._limits = limits
        self._why: CodeEnd | None = None
        self._kept = (bytearray(), bytearray())
        self._is_cut = False
        self._tasks = [
            asyncio.create_task(self._read(process.stdout, self._kept[0])),
            asyncio.create_task(self._read(process.stderr, self._kept[1])),
            asyncio.create_task(self._watch()),
        ]

    async def feed(self, source: bytes) -> None:
        if self._process.stdin is not None:
            with suppress(ConnectionError):  # it ended before it read: its status says why
                self._process.stdin.write(source)
                await self._process.stdin.drain()
            self._process.stdin.close()

    async def wait(self) -> CodeResult:
        """Until it has ended by itself or by us."""
        try:
            async with asyncio.timeout(self._limits.deadline_s):
                await asyncio.wait(self._tasks[:2])
                await self._process.wait()
        except TimeoutError:
            self._stop("timed_out")
        await self.end()
        out, err = (bytes(each).decode("utf-8", "replace") for each in self._kept)
        return CodeResult(self._why or self._status(), out, err, self._is_cut)

    def _status(self) -> CodeEnd:
        status = self._process.returncode
        if status == 0:
            return "ok"
        if status == -signal.SIGXCPU:
            return "timed_out"
        # Nobody but the system has sent the other one.
        return "out_of_memory" if status == -signal.SIGKILL else "failed"

    def _stop(self, why: CodeEnd) -> None:
        self._why = self._why or why
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def end(self) -> None:
        """Kill whatever is left of it, read the rest of its pipes, and take its status."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await asyncio.wait(self._tasks, timeout=2)
        await end_tasks(self._tasks)

    async def _read(self, stream: asyncio.StreamReader | None, kept: bytearray) -> None:
        total = 0
        while stream is not None and (chunk := await stream.read(_CHUNK)):
            total += len(chunk)
            room = self._limits.kept_bytes - len(kept)
            kept += chunk[: max(0, room)]
            self._is_cut = self._is_cut or len(chunk) > room
            if total > self._limits.output_bytes:
                self._stop("too_much_output")

    async def _watch(self) -> None:
        """End a child that takes too much in ways that its limits don't count."""
        checks: tuple[tuple[Callable[[], bool], CodeEnd], ...] = (
            (self._is_heavy, "out_of_memory"),
            (self._is_littering, "too_many_files"),
        )
        while self._process.returncode is None:
            for is_over, why in checks:
                if await asyncio.to_thread(is_over):
                    self._stop(why)
                    return
            await asyncio.sleep(_WATCH_EVERY_S)

    def _is_heavy(self) -> bool:
        resident = resident_bytes(self._process.pid)
        return resident is not None and resident > self._limits.memory_bytes

    def _is_littering(self) -> bool:
        """The folder is flat: folders can't be made in it."""
        size = 0
        for count, entry in enumerate(Path(self._scratch).iterdir(), start=1):
            with suppress(FileNotFoundError):  # removed meanwhile
                size += entry.lstat().st_blocks * _BLOCK
            if count > self._limits.files or size > self._limits.folder_bytes:
                return True
        return False
