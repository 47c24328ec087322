"""Broadcast: one process tells the others that a topic has news, over Redis pub/sub.

Only the name of the topic travels, so nothing private crosses Redis and a repeated call costs
nothing. A call may be lost: who listens must be able to find the news without it, and looks
more often while `is_healthy` is False.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from vectal.platform.background import run_together
from vectal.platform.ids import new_id
from vectal.platform.telemetry import get_logger

_log = get_logger(__name__)

_PREFIX: Final = "vectal:news:"
# Keeps the connection subscribed when no topic is; nobody publishes to it.
_IDLE: Final = ""
_MAX_PENDING: Final = 10_000
_IDLE_CHECK_S: Final = 5.0
_DEADLINE_S: Final = 3.0
_FAILURES: Final = (RedisError, OSError, TimeoutError)


class Broadcast:
    """Run `run()` in a task for as long as the process lives.

    `on_news` is called with a topic that was told; `on_gap` when calls may have been missed.
    """

    def __init__(self, redis_url: str, *, retry_s: float = 0.5) -> None:
        self._me = new_id().hex.encode()
        self._redis = Redis.from_url(  # pyright: ignore[reportUnknownMemberType]  # untyped kwargs of redis-py
            redis_url,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=_DEADLINE_S,
            socket_connect_timeout=_DEADLINE_S,
            client_name="vectal-broadcast",
        )
        self._retry_s = retry_s
        self._topics: set[str] = set()
        self._changed = asyncio.Event()
        self._pending: dict[str, None] = {}
        self._filled = asyncio.Event()
        self.on_news: Callable[[str], None] = _ignore
        self.on_gap: Callable[[], None] = _ignore_gap
        self.is_healthy = False
        self._has_complained = False
        self._closing: asyncio.Task[None] | None = None

    def tell(self, topic: str) -> None:
        """Tell the other processes, soon; never waits and never fails."""
        if len(self._pending) < _MAX_PENDING:
            self._pending[topic] = None
            self._filled.set()

    def follow(self, topic: str) -> None:
        self._topics.add(topic)
        self._changed.set()

    def unfollow(self, topic: str) -> None:
        self._topics.discard(topic)
        self._changed.set()

    async def run(self) -> None:
        """Listen and tell until cancelled; a Redis that is away is tried again."""
        try:
            await run_together(
                self._keep(self._listen, "broadcast_listening_failed"),
                self._keep(self._speak, "broadcast_telling_failed"),
            )
        finally:
            self.is_healthy = False
            # Shielded: a second cancel must not leave connections half closed.
            self._closing = asyncio.create_task(self._close())
            await asyncio.shield(self._closing)

    async def _close(self) -> None:
        with suppress(*_FAILURES):
            await self._redis.aclose()

    async def _keep(self, work: Callable[[], Any], complaint: str) -> None:
        while True:
            try:
                await work()
            except _FAILURES as error:
                if not self._has_complained:
                    _log.warning(complaint, error=repr(error))
                self._has_complained = True
                self.is_healthy = False
            await asyncio.sleep(self._retry_s)

    async def _listen(self) -> None:
        async with self._redis.pubsub() as pubsub:  # pyright: ignore[reportUnknownMemberType]  # untyped kwargs of redis-py
            followed = {_IDLE}
            await pubsub.subscribe(_PREFIX + _IDLE)
            self.is_healthy = True
            self._has_complained = False
            self.on_gap()
            await run_together(self._hear(pubsub), self._adjust(pubsub, followed))

    async def _hear(self, pubsub: PubSub) -> None:
        while True:
            message = cast(
                "dict[str, Any] | None",
                await pubsub.get_message(timeout=_IDLE_CHECK_S),
            )
            if message is None:
                await pubsub.ping()  # pyright: ignore[reportUnknownMemberType]  # untyped kwargs of redis-py
            elif message["type"] == "subscribe" or (
                message["type"] == "message" and message["data"] != self._me
            ):
                # News may have come before the subscription stood, so it counts as news.
                channel = cast("bytes", message["channel"]).decode()
                self.on_news(channel.removeprefix(_PREFIX))

    async def _adjust(self, pubsub: PubSub, followed: set[str]) -> None:
        """Follow the wanted topics and no others."""
        while True:
            self._changed.clear()
            wanted = self._topics | {_IDLE}
            if added := wanted - followed:
                await pubsub.subscribe(*(_PREFIX + topic for topic in added))
            if dropped := followed - wanted:
                names = [_PREFIX + topic for topic in dropped]
                await pubsub.unsubscribe(*names)  # pyright: ignore[reportUnknownMemberType]  # untyped kwargs of redis-py
            followed = set(wanted)
            await self._changed.wait()

    async def _speak(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            topics, self._pending = list(self._pending), {}
            async with self._redis.pipeline(transaction=False) as pipeline:
                for topic in topics:
                    pipeline.publish(_PREFIX + topic, self._me)  # pyright: ignore[reportUnknownMemberType]  # untyped kwargs of redis-py
                await pipeline.execute()


def _ignore(topic: str) -> None:
    del topic


def _ignore_gap() -> None:
    pass
