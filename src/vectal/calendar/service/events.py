"""Use cases of events: create, read, change, cancel one occurrence, delete, search."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.calendar.contracts import SEARCH, CalendarEvent, EventFields
from vectal.calendar.errors import BadEventError, EventNotFoundError, EventVersionError
from vectal.calendar.fields import encode, fields_of
from vectal.calendar.recurring import beginnings
from vectal.calendar.repository import events
from vectal.calendar.service.rows import event_of, recurrence_of
from vectal.calendar.service.writing import EventWriter
from vectal.calendar.tables import EventRow
from vectal.platform.db import Database, WriteSession
from vectal.platform.db.paging import Slice, decode_place, encode_place
from vectal.platform.ids import new_id

_FOUND: Final = "calendar.search"
_WORD: Final = re.compile(r"[^\W_]+")
_MOST_WORDS: Final = 10


@dataclass(frozen=True, slots=True)
class Events:
    """Each method is one transaction, in the caller's workspace and with the caller's rights."""

    database: Database
    writer: EventWriter

    async def create(
        self, principal: Principal, fields: EventFields, event_id: UUID | None = None
    ) -> CalendarEvent:
        """Raises `BadEventError` and `EventLimitError`."""
        async with self.database.transaction(principal) as session:
            return await self.writer.create(session, principal, fields, event_id or new_id())

    async def get(self, principal: Principal, event_id: UUID) -> CalendarEvent:
        """One's own, or one that its owner shows. Raises `EventNotFoundError`."""
        async with self.database.read(principal) as session:
            row = await events.find(session, principal, event_id)
        if row is None:
            raise EventNotFoundError
        return event_of(row)

    async def update(
        self,
        principal: Principal,
        event_id: UUID,
        fields: EventFields,
        *,
        version: int | None = None,
    ) -> CalendarEvent:
        """Change fields; with `version` only that version, else `EventVersionError`."""
        async with self.database.transaction(principal) as session:
            row = await self._lock(session, principal, event_id, version)
            return await self.writer.change(session, principal, row, fields)

    async def delete(
        self, principal: Principal, event_id: UUID, *, version: int | None = None
    ) -> None:
        async with self.database.transaction(principal) as session:
            row = await self._lock(session, principal, event_id, version)
            await self.writer.remove(session, principal, row)

    async def cancel(
        self, principal: Principal, event_id: UUID, key: datetime, *, version: int | None = None
    ) -> CalendarEvent:
        """Cancel the one occurrence that begins at `key`.

        Raises `BadEventError` where none begins then, also for an event that does not recur.
        """
        async with self.database.transaction(principal) as session:
            row = await self._lock(session, principal, event_id, version)
            moment = key.astimezone(UTC)
            recurrence = recurrence_of(row)
            if moment in recurrence.skips:
                return event_of(row)
            found = beginnings(recurrence, moment, moment.replace(second=1), None, 1)
            if row.rule is None or moment not in found:
                words = "No occurrence begins then."
                raise BadEventError(words, pointer="/occurrence")
            fields = EventFields(skips=[*row.skips, moment])
            return await self.writer.change(session, principal, row, fields)

    async def search(
        self, principal: Principal, words: str, *, cursor: str | None = None, limit: int = 50
    ) -> Slice[CalendarEvent]:
        """Events in which each word begins one, the last changed first."""
        wanted = _WORD.findall(words[:SEARCH].lower())[:_MOST_WORDS]
        if not wanted:
            return Slice((), None)
        before = None if cursor is None else decode_place(_FOUND, cursor)
        query = " & ".join(f"'{word}':*" for word in wanted)
        async with self.database.read(principal) as session:
            rows = await events.search(session, principal, query, before, limit + 1)
        shown = rows[:limit]
        more = len(rows) > limit
        following = encode_place(_FOUND, shown[-1].updated_at, shown[-1].id) if more else None
        return Slice([event_of(row) for row in shown], following)

    async def _lock(
        self, session: WriteSession, principal: Principal, event_id: UUID, version: int | None
    ) -> EventRow:
        row = await self.writer.lock(session, principal, event_id)
        if version is not None and version != row.version:
            current = event_of(row)
            raise EventVersionError(
                {"id": str(row.id), "version": row.version, **encode(fields_of(current))}
            )
        return row
