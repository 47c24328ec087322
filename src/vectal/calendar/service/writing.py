"""Events are made, changed and removed here, within a caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.calendar import policy
from vectal.calendar.contracts import (
    MAX_EVENTS,
    MAX_RECURRING,
    CalendarEvent,
    EventFields,
)
from vectal.calendar.errors import (
    BadEventError,
    EventLimitError,
    EventNotFoundError,
    NotYourEventError,
)
from vectal.calendar.events import CalendarEventChanged, Kind
from vectal.calendar.fields import Settled, fields_of, settle, with_changes
from vectal.calendar.repository import events
from vectal.calendar.service.rows import event_of, uid_of, values_of
from vectal.calendar.tables import EventRow
from vectal.platform.clock import Clock
from vectal.platform.db import WriteSession


@dataclass(frozen=True, slots=True)
class EventWriter:
    clock: Clock

    async def create(
        self,
        session: WriteSession,
        principal: Principal,
        fields: EventFields,
        event_id: UUID,
        *,
        version: int = 1,
    ) -> CalendarEvent:
        """The new event, or the one of this id that is there already.

        Raises `BadEventError` and `EventLimitError`.
        """
        settled = settle(with_changes(EventFields(), fields), principal.timezone)
        await self.check_room(session, principal, 1, int(settled.rule is not None))
        values = {"id": event_id, "uid": uid_of(event_id), "version": version}
        made = await events.add(session, principal, [values | values_of(settled)])
        row = await events.find(session, principal, event_id)
        if row is None:
            raise BadEventError("Another event has this id.", pointer="/id")
        if made:
            await self.tell(session, row, "created")
        return event_of(row)

    async def change(
        self, session: WriteSession, principal: Principal, row: EventRow, fields: EventFields
    ) -> CalendarEvent:
        """Raises `BadEventError` and `EventLimitError`."""
        settled = self.settled(row, fields)
        if values_of(settled) == {name: getattr(row, name) for name in values_of(settled)}:
            return event_of(row)
        if settled.rule is not None and row.rule is None:
            await self.check_room(session, principal, 0, 1)
        was_shared = row.visibility == "workspace"
        values = values_of(settled) | {"updated_at": self.clock.now()}
        await events.change(session, principal, row.id, values)
        changed = await events.find(session, principal, row.id)
        if changed is None:
            raise EventNotFoundError
        await self.tell(session, changed, "updated", was_shared=was_shared)
        return event_of(changed)

    def settled(self, row: EventRow, fields: EventFields) -> Settled:
        """The event as it would be with these fields."""
        return settle(with_changes(fields_of(event_of(row)), fields), row.timezone)

    async def remove(self, session: WriteSession, principal: Principal, row: EventRow) -> None:
        await events.remove(session, principal, row.id)
        await self.tell(session, row, "deleted")

    async def lock(self, session: WriteSession, principal: Principal, event_id: UUID) -> EventRow:
        """One's own event, to change it. Raises `EventNotFoundError` and `NotYourEventError`."""
        row = await events.find(session, principal, event_id, lock=True)
        if row is not None:
            return row
        seen = await events.find(session, principal, event_id)
        if seen is not None and not policy.can_change(principal, seen.owner_id):
            raise NotYourEventError
        raise EventNotFoundError

    async def check_room(
        self, session: WriteSession, principal: Principal, new: int, recurring: int
    ) -> None:
        await events.lock_owner(session, principal)
        every, rules = await events.count(session, principal)
        if every + new > MAX_EVENTS:
            raise EventLimitError(f"A person has at most {MAX_EVENTS} events.")
        if rules + recurring > MAX_RECURRING:
            raise EventLimitError(f"A person has at most {MAX_RECURRING} events that recur.")

    async def tell(
        self, session: WriteSession, row: EventRow, kind: Kind, *, was_shared: bool = False
    ) -> None:
        """What is private is told to its owner alone."""
        is_shared = was_shared or row.visibility == "workspace"
        event = CalendarEventChanged(row.id, row.version, kind)
        await session.emit(event, user_id=None if is_shared else row.owner_id)
