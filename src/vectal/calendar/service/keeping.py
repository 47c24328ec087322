"""Changes of events that models propose: how changesets prepare, do and undo them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from pydantic import JsonValue

from vectal.auth.principal import Principal
from vectal.calendar import policy
from vectal.calendar.contracts import FIELDS, EventFields
from vectal.calendar.errors import BadEventError, EventNotFoundError
from vectal.calendar.fields import (
    decode,
    differing,
    encode,
    fields_of,
    settle,
    whole,
    with_changes,
)
from vectal.calendar.repository import events
from vectal.calendar.service.rows import event_of
from vectal.calendar.service.writing import EventWriter
from vectal.calendar.tables import EventRow
from vectal.platform.db import DataScope, ReadSession, WriteSession
from vectal.platform.ids import new_id
from vectal.tasks.contracts import (
    Conflict,
    Decided,
    Foreign,
    ItemKind,
    KeptItem,
    Operation,
    Prepared,
)
from vectal.tasks.errors import NothingToChangeError

Json = Mapping[str, JsonValue]
_GONE: Final = Conflict(("deleted",), {}, "The event is deleted.")


@dataclass(frozen=True, slots=True)
class EventKeeper:
    """Works in the changeset's transaction, with the rights of whoever decides."""

    writer: EventWriter

    @property
    def kind(self) -> ItemKind:
        return "event"

    def can_apply(self, principal: Principal, operation: Operation) -> bool:
        return policy.can_apply(principal, operation)

    async def prepare(
        self,
        session: WriteSession,
        principal: Principal,
        asked: Foreign,
        waiting: Sequence[KeptItem],
    ) -> Prepared:
        """Checked as if it were done now, after what waits in the same changeset.

        Raises what doing it would raise, and `NothingToChangeError`.
        """
        if asked.operation == "create":
            return _created(asked.subject_id or new_id(), decode(asked.fields), principal.timezone)
        if asked.subject_id is None:
            raise EventNotFoundError
        known = await self._foresee(session, principal, asked.subject_id, waiting)
        title = str(known["title"])
        if asked.operation == "delete":
            return Prepared(asked.subject_id, title, known, None)
        before, after = _changed(known, decode(asked.fields), principal.timezone)
        return Prepared(asked.subject_id, title, before, after)

    async def _foresee(
        self,
        session: WriteSession,
        principal: Principal,
        event_id: UUID,
        waiting: Sequence[KeptItem],
    ) -> dict[str, JsonValue]:
        """The event as the items that wait would leave it."""
        known: dict[str, JsonValue] | None = None
        row = await events.find(session, principal, event_id)
        if row is not None:
            row = await self.writer.lock(session, principal, event_id)
            known = _now(row)
        for item in waiting:
            if item.subject_id == event_id:
                is_gone = item.operation == "delete"
                known = None if is_gone else {**(known or {}), **(item.after or {})}
        if known is None:
            raise EventNotFoundError
        return known

    async def edit(
        self,
        session: WriteSession,
        principal: Principal,
        item: KeptItem,
        fields: Json,
    ) -> Prepared:
        """The item with these fields in the place of the proposed ones.

        Raises `BadEventError` for a field that the proposal leaves as it is.
        """
        del session
        for name in fields:
            if name not in FIELDS:
                raise BadEventError(f"An event has no {name}.", pointer=f"/{name}")
        changes = decode(fields)
        if item.operation == "create":
            merged = with_changes(decode(item.after or {}), changes)
            return _created(item.subject_id, merged, principal.timezone)
        before, proposed = dict(item.before or {}), dict(item.after or {})
        for name in fields:
            if name not in proposed:
                words = f"The proposal leaves {name} as it is; change it at the event."
                raise BadEventError(words, pointer=f"/{name}")
        after = encode(with_changes(decode(proposed), changes))
        after = {name: after.get(name) for name in proposed}
        if not differing(before, after):
            raise NothingToChangeError("That is what the event holds already. Reject it instead.")
        return Prepared(item.subject_id, item.title, before, after)

    async def accept(
        self, session: WriteSession, principal: Principal, item: KeptItem, *, force: bool
    ) -> Decided:
        row = await self._find(session, principal, item.subject_id)
        if item.operation == "create":
            if row is not None:
                return Decided(conflict=Conflict((), {}, "The event exists already."))
            fields = decode(item.after or {})
            made = await self.writer.create(session, principal, fields, item.subject_id)
            return Decided({"after": encode(fields_of(made))})
        if row is None:
            # Somebody was faster; of a deletion there is nothing of ours to undo later.
            is_done = item.operation == "delete"
            return Decided({"before": None}) if is_done else Decided(conflict=_GONE)
        now = _now(row)
        if item.operation == "delete":
            moved_on = differing(now, item.before or {})
            if moved_on and not force:
                return Decided(conflict=_conflict(now, moved_on))
            await self.writer.remove(session, principal, row)
            return Decided({"before": now, "version": row.version})
        return await self._merge(session, principal, row, item.before, item.after, force=force)

    async def undo(
        self, session: WriteSession, principal: Principal, item: KeptItem, *, force: bool
    ) -> Decided:
        applied = item.applied or {}
        row = await self._find(session, principal, item.subject_id)
        if item.operation == "delete":
            if row is None and (stored := cast("Json | None", applied.get("before"))) is not None:
                version = int(cast("int", applied.get("version", 1))) + 1
                fields = decode(stored)
                await self.writer.create(
                    session, principal, fields, item.subject_id, version=version
                )
            return Decided({})
        if row is None:
            # What was created is gone as wanted; what is gone has no fields to give back.
            return Decided({}) if item.operation == "create" else Decided(conflict=_GONE)
        if item.operation == "create":
            now = _now(row)
            moved_on = differing(now, cast("Json", applied.get("after") or {}))
            if moved_on and not force:
                return Decided(conflict=_conflict(now, moved_on))
            await self.writer.remove(session, principal, row)
            return Decided({})
        before, after = (cast("Json", applied.get(name) or {}) for name in ("before", "after"))
        return await self._merge(session, principal, row, after, before, force=force)

    async def reveal(
        self, session: ReadSession, scope: DataScope, subject_id: UUID, fields: Json
    ) -> dict[str, JsonValue]:
        """Nothing of events is sealed."""
        del session, scope, subject_id
        return dict(fields)

    async def _merge(
        self,
        session: WriteSession,
        principal: Principal,
        row: EventRow,
        before: Json | None,
        after: Json | None,
        *,
        force: bool,
    ) -> Decided:
        """Bring `after` to an event that held `before`; what people changed since is a conflict.

        All or nothing: when it is and where go together.
        """
        now, old, new = _now(row), dict(before or {}), dict(after or {})
        open_ones = set(differing(now, new))
        moved_on = [name for name in differing(now, old) if name in whole(open_ones)]
        if moved_on and not force:
            return Decided(conflict=_conflict(now, moved_on))
        names = whole(name for name in new)
        await self.writer.change(session, principal, row, decode(new))
        changed = await self.writer.lock(session, principal, row.id)
        held = _now(changed)
        return Decided(
            {
                "before": {name: now[name] for name in names},
                "after": {name: held[name] for name in names},
            }
        )

    async def _find(
        self, session: WriteSession, principal: Principal, event_id: UUID
    ) -> EventRow | None:
        try:
            return await self.writer.lock(session, principal, event_id)
        except EventNotFoundError:
            return None


def _now(row: EventRow) -> dict[str, JsonValue]:
    return encode(fields_of(event_of(row)))


def _created(event_id: UUID, fields: EventFields, timezone: str) -> Prepared:
    made = _whole_event(fields, timezone)
    return Prepared(event_id, str(made["title"]), None, made)


def _changed(
    known: dict[str, JsonValue], changes: EventFields, timezone: str
) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    wanted = _whole_event(with_changes(decode(known), changes), timezone)
    names = whole(differing(known, wanted))
    if not names:
        raise NothingToChangeError("The event is like that already.")
    return {name: known[name] for name in names}, {name: wanted[name] for name in names}


def _whole_event(fields: EventFields, timezone: str) -> dict[str, JsonValue]:
    """All fields as they would be stored; raises `BadEventError`."""
    settled = settle(with_changes(EventFields(), fields), timezone)
    is_days = settled.all_day
    kept: dict[str, Any] = {
        "title": settled.title,
        "notes": settled.notes,
        "place": settled.place,
        "visibility": settled.visibility,
        "starts_at": None if is_days else settled.starts_at,
        "ends_at": None if is_days else settled.ends_at,
        "starts_on": fields.get("starts_on"),
        "ends_on": (fields.get("ends_on") or fields.get("starts_on")) if is_days else None,
        "timezone": settled.timezone,
        "rule": settled.rule,
        "skips": settled.skips,
    }
    return encode(cast("EventFields", kept))


def _conflict(now: Json, names: Sequence[str]) -> Conflict:
    return Conflict(tuple(names), {name: now[name] for name in names})
