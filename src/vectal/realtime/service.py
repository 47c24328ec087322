"""Realtime for the other modules: register what can be heard, publish, listen, open channels."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Generic, Protocol

from vectal.platform.background import run_together
from vectal.platform.events import Event
from vectal.platform.events.feed import EventFeed
from vectal.platform.telemetry import get_logger
from vectal.realtime import sse
from vectal.realtime.contracts import NUDGE, Notice, Stream
from vectal.realtime.errors import UnknownChannelError
from vectal.realtime.events_channel import (
    EventChannel,
    EventTail,
    EventUpdates,
    user_topics,
    workspace_topics,
)
from vectal.realtime.hub import Hub, Mailbox
from vectal.realtime.pacing import paced
from vectal.realtime.ports import Channel, Projection, RevocationCheck, S
from vectal.realtime.revocation import RevocationWatch

__all__ = ["RealtimeService", "Teller", "paced", "sse"]

_log = get_logger(__name__)

RETRY_S: Final = 0.5
POLL_S: Final = 2.0
POLL_ALONE_S: Final = 0.25
"""While Redis is away nobody tells us, so listeners look by themselves this often."""


class Teller(Protocol):
    """The part of `platform.broadcast.Broadcast` that is used here."""

    on_news: Callable[[str], None]
    on_gap: Callable[[], None]

    @property
    def is_healthy(self) -> bool: ...
    def tell(self, topic: str) -> None: ...
    def follow(self, topic: str) -> None: ...
    def unfollow(self, topic: str) -> None: ...
    async def run(self) -> None: ...


class RealtimeService(Generic[S]):
    """One for each serving process. `may_see` says whether a subscriber holds a scope."""

    def __init__(
        self,
        *,
        feed: EventFeed,
        broadcast: Teller | None,
        may_see: Callable[[S, str], bool],
        find_revoked: RevocationCheck[S],
    ) -> None:
        # Events reach every process by its own tail of the log, everything else is told by the
        # process where it happens; so only the second kind is followed between processes.
        self._hub = Hub()
        self._event_hub = event_hub = Hub()
        self.revocations = RevocationWatch(find_revoked)
        self._is_draining = False
        self._open: set[asyncio.Event] = set()
        self._broadcast = broadcast
        self._updates = EventUpdates()
        self._tail = EventTail(event_hub, feed, self._updates)
        self._channels: dict[str, Channel[S]] = {}
        for name, topics in (("workspace", workspace_topics), ("user", user_topics)):
            self._channels[name] = EventChannel[S](
                event_hub, feed, self._updates, self._tail, topics=topics, may_see=may_see
            )
        if broadcast is not None:
            self._connect(broadcast)

    def register_channel(self, kind: str, channel: Channel[S]) -> None:
        if kind in self._channels:
            raise ValueError(f"channel {kind!r} is registered twice")
        self._channels[kind] = channel

    def register_projection(
        self, event_type: type[Event], project: Projection, *, scope: str | None
    ) -> None:
        """Show events of this type to listeners who hold `scope`."""
        self._updates.register(event_type.type, project, scope=scope)

    @property
    def channels(self) -> Sequence[str]:
        """Every kind of channel that can be heard; the policy matrix walks over them."""
        return tuple(self._channels)

    async def open(self, subscriber: S, channel: str, after: str | None) -> Stream:
        """Raises `AppError` for a channel that does not exist or may not be heard."""
        kind, _, argument = channel.partition(":")
        found = self._channels.get(kind)
        if found is None:
            raise UnknownChannelError
        return await found.open(subscriber, argument, after)

    def publish(self, topic: str, notice: Notice) -> None:
        self._hub.publish(topic, notice)
        if self._broadcast is not None:
            self._broadcast.tell(topic)

    @contextmanager
    def listen(self, topics: Sequence[str]) -> Generator[Mailbox]:
        with self._hub.listen(topics) as mailbox:
            yield mailbox

    @contextmanager
    def until_over(self, subscriber: S, over: asyncio.Event) -> Generator[None]:
        """Set `over` when an open socket or stream of `subscriber` must end.

        That is within a second of the end of its credential, or when the server drains.
        """
        if self._is_draining:
            over.set()
        self._open.add(over)
        try:
            with self.revocations.watching(subscriber, over):
                yield
        finally:
            self._open.discard(over)

    @property
    def is_draining(self) -> bool:
        return self._is_draining

    def drain(self) -> None:
        """End every open socket and stream; their clients resume at another process."""
        self._is_draining = True
        for over in self._open:
            over.set()

    def count_listeners(self) -> int:
        """How many topics somebody in this process listens to."""
        return self._hub.count() + self._event_hub.count()

    @property
    def poll_s(self) -> float:
        is_told = self._broadcast is not None and self._broadcast.is_healthy
        return POLL_S if is_told else POLL_ALONE_S

    async def run(self) -> None:
        """Everything that realtime does in the background, until cancelled."""
        works = [
            self._keep("realtime.tail_failed", self._tail.follow),
            self._keep("realtime.revocations_failed", self.revocations.follow),
        ]
        if self._broadcast is not None:
            works.append(self._keep("realtime.broadcast_failed", self._broadcast.run))
        await run_together(*works)

    async def _keep(self, complaint: str, follow: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """The work goes on when the database comes back, however long that takes."""
        while True:
            try:
                await follow()
            except Exception as error:  # noqa: BLE001 - the process serves on without it
                _log.warning(complaint, error=repr(error))
            await asyncio.sleep(RETRY_S)

    def _connect(self, broadcast: Teller) -> None:
        def hear(topic: str) -> None:
            self._hub.publish(topic, NUDGE)

        self._hub.on_first_listener = broadcast.follow
        self._hub.on_last_listener = broadcast.unfollow
        broadcast.on_news = hear
        broadcast.on_gap = lambda: self._hub.nudge_all(NUDGE)
