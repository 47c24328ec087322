"""Have a locked child extract or draw one document, and believe nothing that it says.

A child costs a start of a few tenths of a second. It serves one document, so that what a
document does to its parser ends with it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from vectal.documents.extraction.contracts import (
    ChildEvent,
    ChildOptions,
    Drawn,
    ExtractionEvent,
    ExtractionLimits,
    ExtractionOptions,
    Failed,
    FailureCode,
    Finished,
    Locked,
    PageMissing,
    Picture,
    PictureOptions,
)
from vectal.documents.extraction.errors import ExtractionError
from vectal.documents.extraction.frames import HEAD, BadFrameError, encode, event_of, length_of
from vectal.documents.extraction.judge import EventJudge, admits_drawn, clean_detail
from vectal.documents.extraction.source import DocumentSource
from vectal.platform.confinement.weight import resident_bytes

SandboxMode: TypeAlias = Literal["full", "reduced"]

# One thread an engine: documents run beside each other, and more threads only fight.
_ENVIRONMENT: Final = {"OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}
_LAST_WORDS: Final = 8_192
"""Bytes of standard error that are kept to tell a lack of memory from other crashes."""
_WATCH_EVERY_S: Final = 0.05
_OUT_OF_MEMORY: Final = (b"memory allocation of", b"bad_alloc", b"MemoryError", b"ut of memory")


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Starts children. `reduced` goes on with the locks that the system has; `full` does not."""

    mode: SandboxMode = "full"
    program: tuple[str, ...] = ("-m", "vectal.documents.extraction.child")
    """What the child's Python runs; tests put a hostile program here."""

    async def extract(
        self, source: DocumentSource, options: ExtractionOptions
    ) -> AsyncGenerator[ExtractionEvent]:
        """Events in order; the last is `Finished`. Closing the generator ends the child.

        Raises `ExtractionError`, and nothing else of the child's making.
        """
        judge = EventJudge(options)
        async with aclosing(self._run(source, options)) as events:
            async for event in events:
                if isinstance(event, Picture | PageMissing) or not judge.admits(event):
                    raise ExtractionError("crashed")
                yield event
                if isinstance(event, Finished):
                    return

    async def draw(self, source: DocumentSource, options: PictureOptions) -> Drawn:
        """One page as a picture. Raises `ExtractionError`, also for what has no pages to draw."""
        async with aclosing(self._run(source, options)) as events:
            is_locked = False
            async for event in events:
                if isinstance(event, Locked) and not is_locked:
                    is_locked = True
                elif isinstance(event, Picture | PageMissing) and admits_drawn(event, options):
                    return event
                else:
                    break
        raise ExtractionError("crashed")

    async def _run(
        self, source: DocumentSource, options: ChildOptions
    ) -> AsyncGenerator[ExtractionEvent | Drawn]:
        if source.size == 0:
            raise ExtractionError("empty")
        if source.size > options.limits.document_bytes:
            raise ExtractionError("too_large")
        child = await _Child.start(self, source, options)
        try:
            async with aclosing(_said(child, options.limits)) as events:
                async for event in events:
                    yield event
        finally:
            await child.end()


async def _said(child: _Child, limits: ExtractionLimits) -> AsyncGenerator[ExtractionEvent | Drawn]:
    """All that comes in time. Raises `ExtractionError` for what does not, or is no event."""
    loop = asyncio.get_running_loop()
    end = loop.time() + limits.deadline_s
    while True:
        until = min(end, loop.time() + limits.idle_s)
        try:
            async with asyncio.timeout_at(until):
                event = await child.receive()
        except TimeoutError:
            raise ExtractionError("timed_out") from None
        except BadFrameError:
            raise ExtractionError("crashed") from None
        if event is None:
            raise ExtractionError(await child.cause_of_death())
        if isinstance(event, Failed):
            raise ExtractionError(event.code, clean_detail(event.detail))
        yield event


class _Child:
    """A started process, and what is read of it."""

    def __init__(self, process: asyncio.subprocess.Process, memory_bytes: int) -> None:
        self._process = process
        self._words: deque[bytes] = deque()
        self._heaviest = 0  # bytes resident, as far as we saw
        self._memory_bytes = memory_bytes
        self._listening = asyncio.create_task(self._listen())
        self._watching = asyncio.create_task(self._watch())

    @classmethod
    async def start(cls, sandbox: Sandbox, source: DocumentSource, options: ChildOptions) -> _Child:
        arguments = (str(source.descriptor), str(os.getpid()))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-I", "-B", "-X", "utf8", *sandbox.program),
            *arguments,
            "demanding" if sandbox.mode == "full" else "content",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_ENVIRONMENT,  # none of ours: it holds secrets
            cwd="/",
            pass_fds=(source.descriptor,),
            start_new_session=True,
        )
        child = cls(process, options.limits.memory_bytes)
        if process.stdin is not None:
            with suppress(ConnectionError):
                process.stdin.write(encode(options)[HEAD.size :])
                await process.stdin.drain()
            process.stdin.close()
        return child

    async def receive(self) -> ChildEvent | None:
        """The next event, or None when there is none to come. Raises `BadFrameError`."""
        stream = self._process.stdout
        if stream is None:
            return None
        try:
            head = await stream.readexactly(HEAD.size)
            return event_of(await stream.readexactly(length_of(head)))
        except asyncio.IncompleteReadError:
            return None

    async def cause_of_death(self) -> FailureCode:
        """Why it ended without a last word."""
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await self._process.wait()
                await asyncio.wait([self._listening], timeout=1)
        words = b"".join(self._words)
        # Some parsers say what they lacked; others just break down when they get no more.
        was_full = self._heaviest * 2 > self._memory_bytes
        if was_full or any(mark in words for mark in _OUT_OF_MEMORY):
            return "out_of_memory"
        if self._process.returncode == -signal.SIGKILL:  # nobody but the system has sent it
            return "out_of_memory"
        return "timed_out" if self._process.returncode == -signal.SIGXCPU else "crashed"

    async def end(self) -> None:
        """Kill whatever is left of its process group, and take its status."""
        self._watching.cancel()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        emptying = asyncio.create_task(self._empty())
        await self._process.wait()
        await asyncio.wait([self._listening, self._watching, emptying], timeout=2)
        self._listening.cancel()
        emptying.cancel()

    async def _empty(self) -> None:
        """Throw away what nobody read: asyncio takes no process for ended while a full pipe waits.

        (https://github.com/python/cpython/issues/119710)
        """
        stream = self._process.stdout
        while stream is not None and await stream.read(65_536):
            pass

    async def _listen(self) -> None:
        stream = self._process.stderr
        while stream is not None and (words := await stream.read(4_096)):
            self._words.append(words)
            while sum(map(len, self._words)) > _LAST_WORDS:
                self._words.popleft()

    async def _watch(self) -> None:
        """End a child that weighs too much in ways that its limits don't count."""
        while self._process.returncode is None:
            resident = resident_bytes(self._process.pid)
            if resident is None:
                return  # it has ended, or this system does not tell
            self._heaviest = max(self._heaviest, resident)
            if resident > self._memory_bytes:
                self._process.kill()
                return
            await asyncio.sleep(_WATCH_EVERY_S)
