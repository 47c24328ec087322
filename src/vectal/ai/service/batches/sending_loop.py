"""Sending the lines of a batch: some at once, at the pace that limits allow."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from vectal.ai.repository.usage import UsageLine
from vectal.ai.service.batches.journal import Journal, TakenLine
from vectal.ai.service.batches.sending import LineSender, Sent
from vectal.platform.clock import monotonic
from vectal.platform.telemetry import counter

MAX_TRIES: Final = 3
_FIRST_PAUSE_S: Final = 2.0
_IDLE_S: Final = 0.5

_sent = counter("ai_batch_lines_total", "Lines of batches that were sent.", ["outcome"])


@dataclass(slots=True)
class SendingLoop:
    """Sends until nothing waits or `stop` is set; cancelled, it leaves lines under way."""

    journal: Journal
    sender: LineSender
    concurrency: int
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    unwritten: dict[int, list[UsageLine]] = field(default_factory=dict[int, list[UsageLine]])
    """What lines that are under way have cost so far, by number."""
    _quiet_until: float = 0.0

    async def run(self) -> bool:
        """Whether lines are still to be sent."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.concurrency):
                    group.create_task(self._work())
        except BaseExceptionGroup as several:
            # One is as good as all of them: they lost the same batch.
            raise several.exceptions[0] from several
        return await self.journal.find_wait() is not None

    def cost_of_unwritten(self) -> Iterable[UsageLine]:
        for rows in self.unwritten.values():
            yield from rows

    async def _work(self) -> None:
        while not self.stop.is_set():
            if (quiet_s := self._quiet_until - monotonic()) > 0:
                await self._pause(quiet_s)
                continue
            line = await self.journal.take()
            if line is not None:
                await self._send(line)
                continue
            wait_s = await self.journal.find_wait()
            if wait_s is None:
                return
            await self._pause(min(wait_s, _IDLE_S) or _IDLE_S / 10)

    async def _send(self, line: TakenLine) -> None:
        usage: list[UsageLine] = []
        self.unwritten[line.number] = usage
        sent = await self.sender.send(line.number, line.body, usage)
        _sent.labels(sent.verdict).inc()
        if sent.verdict == "early":
            # All lines have the same limits: the others would meet them, too.
            self._quiet_until = max(self._quiet_until, monotonic() + sent.wait_s)
            await self.journal.put_back(line.number, sent.wait_s, usage, counts=False)
        elif sent.verdict == "again" and line.attempts < MAX_TRIES:
            pause_s = _FIRST_PAUSE_S * 2 ** (line.attempts - 1)
            await self.journal.put_back(line.number, pause_s, usage, counts=True)
        else:
            await self._end(line, sent)
        del self.unwritten[line.number]

    async def _end(self, line: TakenLine, sent: Sent) -> None:
        state = "done" if sent.verdict == "done" else "failed"
        await self.journal.end(line.number, state, sent.result, sent.usage)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.stop.wait()
        except TimeoutError:
            return
