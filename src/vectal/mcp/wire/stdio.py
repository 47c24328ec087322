"""A server that is a program here: one message a line, over its pipes.

It gets the environment that the operator wrote down and nothing of ours, a folder of its own to
be in, and an end with its session.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from vectal.mcp.contracts import MAX_ANSWER_BYTES
from vectal.mcp.errors import ServerFailedError
from vectal.mcp.wire.http import Patience
from vectal.mcp.wire.messages import Asked, Object, Reply, answer_to, decode, encode
from vectal.platform.background import end_tasks
from vectal.platform.telemetry import get_logger

_log = get_logger(__name__)
_DRAIN_BYTES: Final = 4_096
_LAST_WORDS: Final = 4_096
_MOST_QUESTIONS: Final = 10
_PATIENCE_S: Final = 2.0
"""For a program to end by itself once its input has ended, and then once it was asked to."""


@dataclass(frozen=True, slots=True)
class StdioServer:
    """A program as an operator has named it."""

    name: str
    command: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


class StdioChannel:
    """Implements `Channel`. The program begins with it."""

    def __init__(
        self, process: asyncio.subprocess.Process, name: str, folder: str, patience: Patience
    ) -> None:
        self._process = process
        self._name = name
        self._folder = folder
        self._patience = patience
        self._words: deque[bytes] = deque()
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, server: StdioServer, patience: Patience) -> StdioChannel:
        """Raises `ServerFailedError`."""
        folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="vectal-mcp-")
        try:
            process = await asyncio.create_subprocess_exec(
                server.command,
                *server.arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=_environment(server, folder),
                cwd=folder,
                limit=MAX_ANSWER_BYTES,
                start_new_session=True,
            )
        except OSError as error:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            _log.warning("mcp.program_not_started", server=server.name, error=repr(error))
            raise ServerFailedError("The server's program can't be started.") from error
        return cls(process, server.name, folder, patience)

    def agree_on(self, protocol: str) -> None:
        """Pipes say nothing of it."""

    async def ask(self, message: Object) -> Reply:
        await self.tell(message)
        try:
            async with asyncio.timeout(self._patience.request_s):
                return await self._read(message["id"])
        except TimeoutError as error:
            raise ServerFailedError("The server took too long.") from error

    async def tell(self, message: Object) -> None:
        stream = self._process.stdin
        if stream is None:
            raise ServerFailedError("The server's program takes no input.")
        try:
            async with asyncio.timeout(self._patience.request_s):
                stream.write(encode(message) + b"\n")
                await stream.drain()
        except (ConnectionError, TimeoutError) as error:
            raise self._ended() from error

    async def _read(self, number: int) -> Reply:
        questions = 0
        while True:
            message = decode(await self._line())
            if isinstance(message, Reply) and message.id == number:
                return message
            if isinstance(message, Asked):
                questions += 1
                if questions > _MOST_QUESTIONS:
                    raise ServerFailedError("The server asks without end.")
                await self.tell(answer_to(message))

    async def _line(self) -> bytes:
        stream = self._process.stdout
        if stream is None:
            raise self._ended()
        try:
            line = await stream.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            raise ServerFailedError("The server's answer is too large.") from error
        except asyncio.IncompleteReadError as error:
            raise self._ended() from error
        return line

    def _ended(self) -> ServerFailedError:
        words = b"".join(self._words).decode("utf-8", "replace")
        _log.warning("mcp.program_ended", server=self._name, stderr=words[-_LAST_WORDS:])
        return ServerFailedError("The server's program has ended.")

    async def close(self) -> None:
        """As the protocol wants it: its input ends, then it is asked to, then it is ended."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        emptying = asyncio.create_task(self._empty())
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_S):
                    await self._process.wait()
                    break
            self._signal(number)
        self._signal(signal.SIGKILL)  # also what it has started
        await self._process.wait()
        await end_tasks((self._listening, emptying))
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    async def _empty(self) -> None:
        """Asyncio takes no process for ended while a full pipe waits."""
        stream = self._process.stdout
        while stream is not None and await stream.read(_DRAIN_BYTES):
            pass

    async def _listen(self) -> None:
        """Keep its last words for the log."""
        stream = self._process.stderr
        while stream is not None and (words := await stream.read(_DRAIN_BYTES)):
            self._words.append(words)
            while sum(map(len, self._words)) > _LAST_WORDS:
                self._words.popleft()


def _environment(server: StdioServer, folder: str) -> dict[str, str]:
    """Where programs are and where this one may write; the rest is the operator's to give."""
    own = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
    return {**own, "HOME": folder, "TMPDIR": folder, **server.environment}
