"""Channels that show stored events: `workspace` and `user`.

Live updates come from the tail that every process keeps; missed ones are read from the outbox
under the listener's own row-level security.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic

import msgspec

from vectal.platform.db import DataScope
from vectal.platform.events import NO_WORKSPACE, Cursor, CursorGoneError, EventRecord
from vectal.platform.events import InvalidEventCursorError as BadEventCursor
from vectal.platform.events.feed import EventFeed
from vectal.platform.telemetry import get_logger
from vectal.realtime.contracts import (
    RESYNC,
    Delivery,
    Stream,
    Update,
    user_topic,
    workspace_topic,
)
from vectal.realtime.errors import BadCursorError, UnknownChannelError
from vectal.realtime.hub import Hub
from vectal.realtime.ports import Projection, S

_log = get_logger(__name__)

REPLAY_LIMIT: Final = 1_000
_QUIET_S: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class _Registered:
    project: Projection
    scope: str | None


class EventUpdates:
    """Which stored events are shown, as what, and to holders of which scope."""

    def __init__(self) -> None:
        self._by_type: dict[str, _Registered] = {}

    def register(self, event_type: str, project: Projection, *, scope: str | None) -> None:
        if event_type in self._by_type:
            raise ValueError(f"{event_type} is shown already")
        self._by_type[event_type] = _Registered(project, scope)

    def shows(self, record: EventRecord) -> bool:
        return record.type in self._by_type

    async def update_of(self, record: EventRecord) -> Update | None:
        registered = self._by_type.get(record.type)
        shown = await registered.project(record) if registered else None
        if registered is None or shown is None:
            return None
        event, data = shown
        return Update(str(record.cursor), event, msgspec.json.encode(data), registered.scope)


def topic_of(record: EventRecord) -> str:
    if record.user_id is None:
        return workspace_topic(record.workspace_id)
    return user_topic(record.workspace_id, record.user_id)


class EventChannel(Generic[S]):
    """Streams the topics that `topics` names for a subscriber."""

    def __init__(
        self,
        hub: Hub,
        feed: EventFeed,
        updates: EventUpdates,
        tail: EventTail,
        *,
        topics: Callable[[DataScope], Sequence[str]],
        may_see: Callable[[S, str], bool],
    ) -> None:
        self._hub = hub
        self._feed = feed
        self._updates = updates
        self._tail = tail
        self._topics = topics
        self._may_see = may_see

    async def open(self, subscriber: S, argument: str, after: str | None) -> Stream:
        if argument:
            raise UnknownChannelError
        if after is None:
            start = await self._feed.read_present()
        else:
            try:
                start = Cursor.parse(after)
            except BadEventCursor as error:
                raise BadCursorError from error
        return Stream(str(start), self._deliver(subscriber, start))

    async def _deliver(self, subscriber: S, start: Cursor) -> AsyncGenerator[Delivery, None]:
        here, is_behind = start, True
        with self._hub.listen(self._topics(subscriber)) as mailbox:
            # What is stored after the tail has begun comes live; what is older is caught up with.
            await self._tail.has_begun.wait()
            while True:
                if is_behind:
                    async for delivery, reached in self._catch_up(subscriber, here):
                        here = reached
                        if delivery is not None:
                            yield delivery
                await mailbox.wait(_QUIET_S)
                notices, is_behind = mailbox.take()
                for notice in notices:
                    if (
                        not isinstance(notice, Update)
                        or (cursor := Cursor.parse(notice.id)) <= here
                    ):
                        continue
                    here = cursor
                    if self._is_for(subscriber, notice):
                        yield notice

    async def _catch_up(
        self, subscriber: S, after: Cursor
    ) -> AsyncGenerator[tuple[Delivery | None, Cursor], None]:
        """What was missed since `after`, or a resync when that is too much or too long ago."""
        wanted = frozenset(self._topics(subscriber))
        here, read = after, 0
        while read < REPLAY_LIMIT:
            try:
                replay = await self._feed.replay(subscriber, here)
            except CursorGoneError:
                break
            for record in replay.events:
                if topic_of(record) in wanted:
                    update = await self._updates.update_of(record)
                    if update is not None and self._is_for(subscriber, update):
                        yield update, record.cursor
            here, read = replay.cursor, read + len(replay.events)
            yield None, here
            if replay.complete:
                return
        yield RESYNC, await self._feed.read_present()

    def _is_for(self, subscriber: S, update: Update) -> bool:
        return update.scope is None or self._may_see(subscriber, update.scope)


def workspace_topics(scope: DataScope) -> Sequence[str]:
    return (workspace_topic(scope.workspace_id),)


def user_topics(scope: DataScope) -> Sequence[str]:
    """A person's own: in this workspace, and of the account itself."""
    return (
        user_topic(scope.workspace_id, scope.user_id),
        user_topic(NO_WORKSPACE, scope.user_id),
    )


class EventTail:
    """Follows the log of events and hands each to those who listen in this process."""

    def __init__(self, hub: Hub, feed: EventFeed, updates: EventUpdates) -> None:
        self._hub = hub
        self._feed = feed
        self._updates = updates
        self._cursor: Cursor | None = None
        self.has_begun = asyncio.Event()

    async def follow(self) -> None:
        """Until cancelled; raises what the database raises, and goes on from there next time."""
        self._cursor = self._cursor or await self._feed.read_present()
        self.has_begun.set()
        tail: Any = self._feed.tail(self._cursor)
        try:
            async for batch in tail:
                for record in batch:
                    await self._hand_out(record)
                    self._cursor = record.cursor
        finally:
            await tail.aclose()

    async def _hand_out(self, record: EventRecord) -> None:
        topic = topic_of(record)
        if not (self._updates.shows(record) and self._hub.has_listener(topic)):
            return
        try:
            update = await self._updates.update_of(record)
        except (ValueError, KeyError, TypeError):
            # One event that can't be shown must not stop the others.
            _log.exception("realtime.projection_failed", event_type=record.type)
            return
        if update is not None:
            self._hub.publish(topic, update)
