"""Start processes that end with their parent, and read what they say."""

import asyncio
import ctypes
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vectal.platform.embedded.account import Account

PR_SET_PDEATHSIG = 1
LONGEST_LINE = 16_384
"""Bytes; a longer line is cut, so that a child cannot fill our memory."""

_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int, death_signal: signal.Signals) -> None:
    """Ask the kernel for a signal when the parent ends, even by kill -9. Linux only."""
    if _LIBC is None:
        return
    _LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != parent:  # it ended before the request stood
        os.kill(os.getpid(), death_signal)


@dataclass(frozen=True)
class Command:
    """What to run, as whom, and where."""

    argv: Sequence[str | Path]
    account: Account
    folder: Path
    env: Mapping[str, str]
    descriptors: Sequence[int] = ()
    """Open files that the process inherits."""


class LineReader:
    """Pass a stream on line by line and remember the last lines for error messages."""

    def __init__(self, on_line: Callable[[str], None], keep: int = 40) -> None:
        self._on_line = on_line
        self.tail: deque[str] = deque(maxlen=keep)

    async def follow(self, stream: asyncio.StreamReader) -> None:
        rest = b""
        while chunk := await stream.read(65_536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._pass_on(line)
            if len(rest) > LONGEST_LINE:
                self._pass_on(rest)
                rest = b""
        if rest:
            self._pass_on(rest)

    def _pass_on(self, raw: bytes) -> None:
        line = raw[:LONGEST_LINE].decode(errors="replace").rstrip()
        self.tail.append(line)
        self._on_line(line)


class _Watched(asyncio.subprocess.SubprocessStreamProtocol):
    """Tells the end of the process itself; a grandchild may hold its pipes open for longer."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=2**16, loop=loop)
        self.ended = asyncio.Event()

    def process_exited(self) -> None:
        super().process_exited()
        self.ended.set()


class Running:
    """A started process: what it says, how it ends."""

    def __init__(
        self, process: asyncio.subprocess.Process, ended: asyncio.Event, lines: LineReader
    ) -> None:
        self._process = process
        self._ended = ended
        self.lines = lines
        self.pid = process.pid
        self._following = (
            asyncio.create_task(lines.follow(process.stdout)) if process.stdout else None
        )

    @property
    def status(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self._process.returncode

    async def wait(self) -> int:
        await self._ended.wait()
        return self._process.returncode or 0

    async def finish_reading(self, patience_s: float = 2.0) -> None:
        """Read what an ended process has said last."""
        if self._following is not None:
            await asyncio.wait([self._following], timeout=patience_s)

    async def stop(
        self, gently: signal.Signals, patience_s: float, harshly: signal.Signals = signal.SIGKILL
    ) -> None:
        """Ask the process to end, insist after a while, and end what it has left behind."""
        if self.status is None:
            self._signal(gently)
            try:
                async with asyncio.timeout(patience_s):
                    await self.wait()
            except TimeoutError:
                if self.status is None:
                    self._signal(harshly)
                await self.wait()
        self.end_group()
        await self.finish_reading()

    def _signal(self, number: signal.Signals) -> None:
        """Not `Process.send_signal`: it reaps an ended child, and its status is lost to asyncio."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def end_group(self) -> None:
        """End the processes that it has started and that outlived it."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


async def spawn(
    command: Command,
    death_signal: signal.Signals,
    on_line: Callable[[str], None] = lambda _: None,
    stdin: str = "",
) -> Running:
    """Start a process in its own session, so that Ctrl+C reaches its supervisor alone."""
    parent = os.getpid()
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.subprocess_exec(
        lambda: _Watched(loop),
        *command.argv,
        stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=command.folder,
        env=dict(command.env),
        start_new_session=True,
        pass_fds=command.descriptors,
        # After the change of user, which would clear the request; it calls nothing but the kernel.
        preexec_fn=None if _LIBC is None else lambda: die_with_parent(parent, death_signal),
        **command.account.credentials,
    )
    process = asyncio.subprocess.Process(transport, protocol, loop)
    running = Running(process, protocol.ended, LineReader(on_line))
    if process.stdin is not None:
        process.stdin.write(stdin.encode())
        process.stdin.close()
    return running


@dataclass(frozen=True)
class Finished:
    """How a short command ended."""

    status: int
    output: str


async def run(command: Command, *, stdin: str = "", timeout_s: float = 120.0) -> Finished:
    """Run a short command to its end and collect the last of what it says."""
    running = await spawn(command, signal.SIGKILL, stdin=stdin)
    try:
        async with asyncio.timeout(timeout_s):
            status = await running.wait()
    finally:
        running.end_group()
    await running.finish_reading()
    return Finished(status, "\n".join(running.lines.tail))
