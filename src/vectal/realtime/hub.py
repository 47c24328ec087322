"""The hub of one process: topics, and bounded mailboxes of those who listen."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager

from vectal.realtime.contracts import Notice

MAILBOX_LIMIT = 256


class Mailbox:
    """What one listener has not read yet.

    It never grows past its limit: when it is full it forgets everything and says so, since
    whatever it held can be read again from the store behind the topic.
    """

    def __init__(self, limit: int = MAILBOX_LIMIT) -> None:
        self._notices: deque[Notice] = deque()
        self._limit = limit
        self._overflowed = False
        self._ready = asyncio.Event()

    def put(self, notice: Notice) -> None:
        if len(self._notices) >= self._limit:
            self._notices.clear()
            self._overflowed = True
        elif not self._overflowed:
            self._notices.append(notice)
        self._ready.set()

    async def wait(self, timeout_s: float) -> bool:
        """Wait for something to take; False when `timeout_s` passed first."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._ready.wait()
        except TimeoutError:
            return False
        return True

    def take(self) -> tuple[list[Notice], bool]:
        """All that is in the box, and whether something was forgotten since the last time."""
        taken, overflowed = list(self._notices), self._overflowed
        self._notices.clear()
        self._overflowed = False
        self._ready.clear()
        return taken, overflowed


class Hub:
    """Hands each notice to every mailbox of its topic."""

    def __init__(self, *, mailbox_limit: int = MAILBOX_LIMIT) -> None:
        self._boxes: dict[str, set[Mailbox]] = {}
        self._limit = mailbox_limit
        self.on_first_listener: Callable[[str], None] | None = None
        self.on_last_listener: Callable[[str], None] | None = None

    @contextmanager
    def listen(self, topics: Iterable[str]) -> Generator[Mailbox]:
        """A mailbox for all of `topics`, for as long as the block runs."""
        mailbox = Mailbox(self._limit)
        wanted = tuple(dict.fromkeys(topics))
        for topic in wanted:
            self._join(topic, mailbox)
        try:
            yield mailbox
        finally:
            for topic in wanted:
                self._leave(topic, mailbox)

    def publish(self, topic: str, notice: Notice) -> int:
        """Put `notice` into the mailboxes of `topic`; returns how many there are."""
        boxes = self._boxes.get(topic, ())
        for mailbox in boxes:
            mailbox.put(notice)
        return len(boxes)

    def nudge_all(self, notice: Notice) -> None:
        """Tell every listener, whatever its topic: something may have been missed."""
        for boxes in self._boxes.values():
            for mailbox in boxes:
                mailbox.put(notice)

    def has_listener(self, topic: str) -> bool:
        return topic in self._boxes

    def count(self) -> int:
        """How many topics somebody listens to."""
        return len(self._boxes)

    def _join(self, topic: str, mailbox: Mailbox) -> None:
        boxes = self._boxes.setdefault(topic, set())
        boxes.add(mailbox)
        if len(boxes) == 1 and self.on_first_listener is not None:
            self.on_first_listener(topic)

    def _leave(self, topic: str, mailbox: Mailbox) -> None:
        boxes = self._boxes[topic]
        boxes.discard(mailbox)
        if not boxes:
            del self._boxes[topic]
            if self.on_last_listener is not None:
                self.on_last_listener(topic)
