"""The channel `calls`: tells open screens that the usage ledger has new lines.

It says only that there is something to load. Administrators hear of every call of the workspace,
members of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from vectal.ai.policy import can_see_everyones_usage
from vectal.ai.repository import usage as usage_sql
from vectal.ai.service.calls_under_way import Whose
from vectal.auth.errors import ForbiddenError
from vectal.auth.policy import can
from vectal.auth.principal import Principal
from vectal.platform.db import Database
from vectal.realtime.contracts import NUDGE, Delivery, Stream, Update
from vectal.realtime.errors import BadCursorError, UnknownChannelError
from vectal.realtime.ports import Herald, Mail

ACTION: Final = "ai.usage"
EVENT: Final = "ai.calls_changed"
PAUSE_S: Final = 1.0
"""Between two updates of one listener; whatever comes meanwhile is told as one."""
# Nobody tells what a worker's calls cost, nor anything while Redis is away.
_LOOKS: Final = 5


@dataclass(frozen=True, slots=True)
class _Watched:
    """Whose calls: everybody's when `user_id` is None."""

    workspace_id: UUID
    user_id: UUID | None

    @property
    def topic(self) -> str:
        whose = "" if self.user_id is None else f":{self.user_id}"
        return f"calls:{self.workspace_id}{whose}"


class CallsChannel:
    """One for each process. `rest` waits for as many seconds as it is told."""

    def __init__(
        self,
        database: Database,
        herald: Herald,
        *,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._herald = herald
        self._rest = rest

    def tell(self, whose: Iterable[Whose]) -> None:
        """Lines of these people are stored now; never waits and never fails."""
        watched = {
            _Watched(workspace_id, each)
            for workspace_id, user_id in set(whose)
            for each in (None, user_id)
        }
        for each in watched:
            self._herald.publish(each.topic, NUDGE)

    async def open(self, subscriber: Principal, argument: str, after: str | None) -> Stream:
        """Ids are those of calls; `after` is the newest one that the listener knows of."""
        if argument:
            raise UnknownChannelError
        if not can(subscriber, ACTION):
            raise ForbiddenError
        everyone = can_see_everyones_usage(subscriber)
        watched = _Watched(subscriber.workspace_id, None if everyone else subscriber.user_id)
        seen = await self._find_newest(subscriber, watched) if after is None else _parse(after)
        return Stream(_shown(seen), self._deliver(subscriber, watched, seen))

    async def _deliver(
        self, subscriber: Principal, watched: _Watched, seen: UUID | None
    ) -> AsyncGenerator[Delivery, None]:
        is_told = False
        with self._herald.listen([watched.topic]) as mail:
            while True:
                newest = await self._find_newest(subscriber, watched)
                # A line of another process may be stored after a newer one: that is news, too.
                if newest is not None and (is_told or newest != seen):
                    seen = newest
                    yield Update(str(newest), EVENT, msgspec.json.encode({"call_id": newest}))
                    await self._rest(PAUSE_S)
                is_told = await self._hear(mail)

    async def _hear(self, mail: Mail) -> bool:
        is_told = await mail.wait(_LOOKS * self._herald.poll_s)
        mail.take()
        return is_told

    async def _find_newest(self, subscriber: Principal, watched: _Watched) -> UUID | None:
        async with self._database.read(subscriber) as session:
            rows = await usage_sql.list_calls(
                session, subscriber, user_id=watched.user_id, before=None, limit=1
            )
        return next((row.id for row in rows), None)


def _shown(seen: UUID | None) -> str:
    return "" if seen is None else str(seen)


def _parse(after: str) -> UUID | None:
    try:
        return UUID(after) if after else None
    except ValueError as error:
        raise BadCursorError from error
