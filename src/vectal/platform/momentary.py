"""Answers that may be a moment old: bounded in number and age, one look-up at a time for each.

The age counts from the start of the look-up, so that a revocation committed at t is seen by
every process before t + `max_age_s`.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")


class MomentaryCache(Generic[K, V]):
    def __init__(
        self,
        max_age_s: float,
        *,
        max_entries: int = 10_000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_age_s = max_age_s
        self._max_entries = max_entries
        self._monotonic = monotonic
        self._entries: OrderedDict[K, tuple[float, asyncio.Task[V]]] = OrderedDict()

    async def get(self, key: K, load: Callable[[], Awaitable[V]]) -> V:
        """The cached answer, or that of `load`, which callers of the same moment share."""
        now = self._monotonic()
        held = self._entries.get(key)
        if held is not None and held[0] > now and held[1].done() and not _has_failed(held[1]):
            return held[1].result()
        if held is None or held[0] <= now or _has_failed(held[1]):
            task = asyncio.ensure_future(_as_coroutine(load))
            held = (now + self._max_age_s, task)
            self._entries[key] = held
            self._entries.move_to_end(key)
            if len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)
        # One caller that goes away must not cancel the look-up of the others.
        return await asyncio.shield(held[1])

    def peek(self, key: K, missing: D) -> V | D:
        """The cached answer; `missing` when it would have to be waited for."""
        held = self._entries.get(key)
        if held is None or held[0] <= self._monotonic():
            return missing
        task = held[1]
        if not task.done() or task.cancelled() or task.exception() is not None:
            return missing
        return task.result()

    def forget(self, key: K) -> None:
        self._entries.pop(key, None)


async def _as_coroutine(load: Callable[[], Awaitable[V]]) -> V:
    return await load()


def _has_failed(task: asyncio.Task[V]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
