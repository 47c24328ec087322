"""A second model is asked when the first is silent for too long; who begins first answers.

Only before the first piece of an answer: after it, nothing is asked anew. Each of the two runs in
a task of its own, since the streams of providers must be closed where they were opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from vectal.ai.proxy.record import CallRecord
from vectal.platform.background import end_tasks

Item = TypeVar("Item")
Pause = Callable[[float], Awaitable[None]]
HEDGED: Final = "hedged"
_AHEAD: Final = 16
"""Pieces that a task may be ahead of whoever reads it."""


@dataclass(frozen=True, slots=True)
class _End:
    """Nothing follows; `error` is how it ended, if not well."""

    error: BaseException | None = None


class Contender(Generic[Item]):
    """One target's call, read by a task: `begun` is set when a piece is there, or the end."""

    def __init__(self, items: AsyncGenerator[Item], record: CallRecord) -> None:
        self._items = items
        self._queue: asyncio.Queue[Item | _End] = asyncio.Queue(_AHEAD)
        self._task: asyncio.Task[None] | None = None
        self.record = record
        self.begun = asyncio.Event()
        self.answers = False
        """It has said something, so that it may win."""

    def start(self) -> None:
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async with aclosing(self._items) as items:
                async for item in items:
                    self.answers = True
                    self.begun.set()
                    await self._queue.put(item)
        except Exception as error:
            # Whoever reads the pieces in another task is told, and raises it there.
            await self._end(_End(error))
            raise
        await self._end(_End())

    async def _end(self, end: _End) -> None:
        self.begun.set()
        await self._queue.put(end)

    async def pieces(self) -> AsyncGenerator[Item]:
        """What came and comes; raises what the call raised."""
        while not isinstance(item := await self._queue.get(), _End):
            yield item
        if item.error is not None:
            raise item.error

    async def stop(self) -> None:
        if self._task is not None:
            await end_tasks([self._task])
            if not self._task.cancelled():
                self._task.exception()  # it was told to whoever read the pieces


async def race(
    first: Contender[Item],
    make_second: Callable[[], Contender[Item] | None],
    after_s: float,
    pause: Pause,
    winner_is: Callable[[Contender[Item]], None],
) -> AsyncGenerator[Item]:
    """The pieces of the one that begins first. Nothing when neither has anything to say.

    `make_second` is called when `after_s` have gone by in silence; None means that it may not be.
    Raises what the winner raises once it has begun.
    """
    second: Contender[Item] | None = None
    try:
        first.start()
        if not await _begins_within(first, after_s, pause):
            second = make_second()
            if second is not None:
                second.start()
        winner = await _find_winner([each for each in (first, second) if each is not None])
        for loser in (first, second):
            if loser is not None and loser is not winner:
                await loser.stop()
        winner_is(winner)
        async with aclosing(winner.pieces()) as pieces:
            async for piece in pieces:
                yield piece
    finally:
        for each in (first, second):
            if each is not None:
                await each.stop()


async def _begins_within(one: Contender[Item], after_s: float, pause: Pause) -> bool:
    async def wait() -> None:
        await pause(after_s)

    tasks = [asyncio.create_task(one.begun.wait()), asyncio.create_task(wait())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end_tasks(tasks)
    return one.begun.is_set()


async def _find_winner(all_: Sequence[Contender[Item]]) -> Contender[Item]:
    """The first to say something; the first of them when none ever does."""
    waiting = {asyncio.create_task(each.begun.wait()): each for each in all_}
    try:
        pending = set(waiting)
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            # By the order of the targets, should both have begun in the same moment.
            for task, each in waiting.items():
                if task in done and each.answers:
                    return each
    finally:
        await end_tasks(waiting)
    return all_[0]


def merge(into: CallRecord, winner: CallRecord | None, all_: Sequence[CallRecord]) -> None:
    """Write what both have met into the record of the call.

    A call that was cut off, in favour of the other or when the client left, or given up, is a rival
    with a line of its own in the ledger; tries that failed by themselves are tries of the call, as
    they are without a hedge.
    """
    cut_off = [each for each in all_ if each.was_cut_off]
    chosen = winner or (cut_off or all_)[0]
    # The winner goes on writing into its own list.
    into.attempts, into.target, into.reason = chosen.attempts, chosen.target, chosen.reason
    into.given_up, into.racing = chosen.given_up, []
    # What was told of it while it was one of two is what becomes the call's own line.
    into.line_id = into.line_id or chosen.line_id
    for each in all_:
        into.rivals += each.rivals
        each.rivals = []
        if each is chosen:
            continue
        if each.was_cut_off or each.given_up is not None:
            each.status = "cancelled" if each.was_cut_off else "failed"
            each.codes.append(HEDGED)
            into.rivals.append(each)
        else:
            into.attempts += each.attempts
    if len(all_) > 1:
        into.codes.append(HEDGED)
