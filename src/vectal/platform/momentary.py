"""Answers that may be a moment old: bounded in number and age, one look-up at a time for each.

The age counts from the start of the look-up, so that a revocation committed at t is seen by
every process before t + `max_age_s`.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")

_REFRESH_AFTER: Final = 0.7
"""Of its age: who peeks finds it again before it has run out."""
_BUSY: Final = 2
"""An answer that was used so often while it was young is looked up anew unasked..."""
_SPARE: Final = 4
"""... so many times: who comes in bursts finds it as well."""


class _Entry(Generic[V]):
    __slots__ = ("load", "next", "refresh_at", "spare", "task", "until", "uses")

    def __init__(
        self, load: Callable[[], Awaitable[V]], task: asyncio.Task[V], until: float, refresh: float
    ) -> None:
        self.uses = self.spare = 0
        self.load = load
        self.task = task
        self.until = until
        self.refresh_at = refresh
        self.next: _Entry[V] | None = None


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
        self._entries: OrderedDict[K, _Entry[V]] = OrderedDict()
        self.forgotten = 0
        """How often something was to be forgotten: who keeps what he has peeked looks at this."""

    async def get(self, key: K, load: Callable[[], Awaitable[V]]) -> V:
        """The cached answer, or that of `load`, which callers of the same moment share."""
        now = self._monotonic()
        held = self._entries.get(key)
        if (
            held is not None
            and held.until > now
            and held.task.done()
            and not _has_failed(held.task)
        ):
            return held.task.result()
        if held is None or held.until <= now or _has_failed(held.task):
            held = self._look(load, now)
            self._entries[key] = held
            self._entries.move_to_end(key)
            if len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)
        # One caller that goes away must not cancel the look-up of the others.
        return await asyncio.shield(held.task)

    def peek(self, key: K, missing: D) -> V | D:
        """The cached answer; `missing` when it would have to be waited for.

        Soon before it grows too old it is looked up anew, so that who peeks often finds it.
        """
        held = self._entries.get(key)
        now = self._monotonic()
        if held is None or held.until <= now or not held.task.done() or _has_failed(held.task):
            return missing
        held.uses += 1
        if held.uses == _BUSY:
            if not held.spare:
                self._refresh_later(key, held, now)
            held.spare = _SPARE
        if now >= held.refresh_at and held.next is None:
            self._refresh(key, held, now)
        return held.task.result()

    def forget(self, key: K) -> None:
        self.forgotten += 1
        self._entries.pop(key, None)

    def _look(self, load: Callable[[], Awaitable[V]], now: float) -> _Entry[V]:
        task = asyncio.ensure_future(_as_coroutine(load))
        age_s = self._max_age_s
        return _Entry(load, task, now + age_s, now + _REFRESH_AFTER * age_s)

    def _refresh(self, key: K, held: _Entry[V], now: float) -> None:
        coming = held.next = self._look(held.load, now)

        def take(task: asyncio.Task[V]) -> None:
            # What was forgotten or replaced meanwhile stays so; what failed is asked by `get`.
            if not _has_failed(task) and self._entries.get(key) is held:
                self._entries[key] = coming
                if held.spare > 1:
                    coming.spare = held.spare - 1
                    self._refresh_later(key, coming, self._monotonic())

        coming.task.add_done_callback(take)

    def _refresh_later(self, key: K, held: _Entry[V], now: float) -> None:
        def refresh() -> None:
            if self._entries.get(key) is held and held.next is None:
                self._refresh(key, held, self._monotonic())

        asyncio.get_running_loop().call_later(held.refresh_at - now, refresh)


class Recent(Generic[K, V]):
    """What was kept last, by key; of more than `most` the one kept first goes.

    For what is compared with the database before it is used: it has no age.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()

    def find(self, key: K) -> V | None:
        return self._kept.get(key)

    def keep(self, key: K, value: V) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)


async def _as_coroutine(load: Callable[[], Awaitable[V]]) -> V:
    return await load()


def _has_failed(task: asyncio.Task[V]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
