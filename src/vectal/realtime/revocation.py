"""Open sockets and streams end within a second of their credential's end.

One query each half second asks for all of them at once, so the cost does not grow with the
number of connections of a person, and nothing depends on Redis.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, Generic

from vectal.realtime.ports import RevocationCheck, S

CHECK_EVERY_S: Final = 0.5


class RevocationWatch(Generic[S]):
    def __init__(self, check: RevocationCheck[S], *, every_s: float = CHECK_EVERY_S) -> None:
        self._check = check
        self._every_s = every_s
        self._open: dict[S, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def watching(self, subscriber: S, revoked: asyncio.Event) -> Generator[None]:
        """Set `revoked` once the subscriber's credential no longer counts."""
        self._open[subscriber].add(revoked)
        try:
            yield
        finally:
            flags = self._open[subscriber]
            flags.discard(revoked)
            if not flags:
                del self._open[subscriber]

    async def follow(self) -> None:
        """Until cancelled; raises what the database raises."""
        while True:
            await asyncio.sleep(self._every_s)
            await self.check_now()

    async def check_now(self) -> None:
        if not self._open:
            return
        for subscriber in await self._check(list(self._open)):
            for flag in self._open.get(subscriber, ()):
                flag.set()
