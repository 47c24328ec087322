"""What a person sees of her notifications, and what she wants by mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, cast
from uuid import UUID

from vectal.agents.service import AgentService
from vectal.notifications.contracts import (
    KINDS,
    MOST_UNREAD,
    Kind,
    MailHealth,
    MailSettings,
    MailState,
    Notification,
)
from vectal.notifications.errors import NotificationNotFoundError
from vectal.notifications.events import NotificationsChanged
from vectal.notifications.repository import inbox, mails
from vectal.notifications.service.composing import title_of
from vectal.platform.db import Database, DataScope
from vectal.platform.db.paging import Slice, decode_place, encode_place

KEEP: Final = timedelta(days=90)
_DEAD_SINCE: Final = timedelta(days=7)
_MOST_DEAD: Final = 100
_PURGED_AT_ONCE: Final = 500
_CURSOR: Final = "notifications"


class Inbox:
    """Notifications belong to one person in one workspace; nobody else reads them."""

    def __init__(self, database: Database, agents: AgentService, sender: str | None) -> None:
        self._database = database
        self._agents = agents
        self._sender = sender

    async def list_notifications(
        self, scope: DataScope, *, unread: bool, limit: int, cursor: str | None = None
    ) -> Slice[Notification]:
        """The newest first."""
        before = None if cursor is None else decode_place(_CURSOR, cursor)
        async with self._database.read(scope) as session:
            found = await inbox.list_newest(
                session, scope, unread=unread, before=before, limit=limit + 1
            )
            shown = found[:limit]
            goals = await self._agents.runs.find_goals(scope, {row.run_id for row, _ in shown})
        items = [
            Notification(
                id=row.id,
                kind=cast("Kind", row.kind),
                run_id=row.run_id,
                title=title_of(goals.get(row.run_id, "")),
                at=row.at,
                read_at=row.read_at,
                settled_at=row.settled_at,
                mail=cast("MailState | None", state),
            )
            for row, state in shown
        ]
        more = len(found) > limit
        return Slice(items, encode_place(_CURSOR, items[-1].at, items[-1].id) if more else None)

    async def count_unread(self, scope: DataScope) -> int:
        """Up to `MOST_UNREAD`."""
        async with self._database.read(scope) as session:
            return await inbox.count_unread(session, scope, MOST_UNREAD)

    async def mark_read(self, scope: DataScope, notification_id: UUID) -> None:
        """Again does nothing. Raises `NotificationNotFoundError`."""
        async with self._database.transaction(scope) as session:
            if await inbox.find(session, scope, notification_id) is None:
                raise NotificationNotFoundError
            if await inbox.mark_read(session, scope, [notification_id]):
                await session.emit(NotificationsChanged(), user_id=scope.user_id)

    async def mark_all_read(self, scope: DataScope) -> None:
        async with self._database.transaction(scope) as session:
            if await inbox.mark_read(session, scope, None):
                await session.emit(NotificationsChanged(), user_id=scope.user_id)

    async def get_mail_settings(self, scope: DataScope) -> MailSettings:
        async with self._database.read(scope) as session:
            unmailed = await inbox.find_unmailed(session, scope)
            dead = await mails.count_since(session, scope, _DEAD_SINCE, _MOST_DEAD, dead=True)
        health = MailHealth(self._sender, dead)
        return MailSettings(health, {kind: kind not in unmailed for kind in KINDS})

    async def set_mail_settings(
        self, scope: DataScope, wanted: Mapping[Kind, bool]
    ) -> MailSettings:
        """What is not named is wanted."""
        unmailed = [kind for kind in KINDS if not wanted.get(kind, True)]
        async with self._database.transaction(scope) as session:
            await inbox.put_unmailed(session, scope, unmailed)
        return await self.get_mail_settings(scope)

    async def purge(self) -> int:
        """Delete what is older than anybody looks back, with its mails and links."""
        async with self._database.system("notifications.purge") as session:
            return await inbox.purge(session, KEEP, _PURGED_AT_ONCE)
