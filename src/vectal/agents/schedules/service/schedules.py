"""Schedules as their owners handle them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from vectal.agents.contracts import RequestKey, Starter
from vectal.agents.schedules.contracts import (
    MAX_STARTERS,
    Firing,
    Schedule,
    ScheduleTerms,
)
from vectal.agents.schedules.errors import (
    BadRuleError,
    ScheduleNotFoundError,
    TooManyStartersError,
)
from vectal.agents.schedules.repository import firings, starters
from vectal.agents.schedules.rule import read_rule
from vectal.agents.schedules.service.making import Maker, check_plan, read_zone, rights_for
from vectal.agents.schedules.service.showing import firing_of, schedule_of, schedule_terms
from vectal.agents.schedules.tables import ScheduleRow
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database, ReadSession, WriteSession
from vectal.platform.db.paging import Slice, decode_id, encode_cursor
from vectal.platform.errors import IdempotencyMismatchError, InvalidInputError
from vectal.platform.ids import new_id
from vectal.platform.recurrence.occurrences import next_after, upcoming, with_end

_CURSOR: Final = "schedules"
_FIRINGS: Final = "schedule_firings"
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)

Change = Callable[[ScheduleTerms], ScheduleTerms]


class Schedules:
    def __init__(self, database: Database, maker: Maker, clock: Clock) -> None:
        self._database = database
        self._maker = maker
        self._clock = clock

    def preview(
        self,
        rrule: str,
        starts_at: datetime,
        timezone: str,
        ends_at: datetime | None,
        limit: int,
    ) -> list[datetime]:
        """The next occurrences of a rule that need not be stored; raises `BadRuleError`."""
        zone = read_zone(timezone)
        rule = with_end(read_rule(rrule, _checked_start(starts_at), zone))
        found = upcoming(rule, zone, self._clock.now(), limit)
        return [each for each in found if ends_at is None or each <= ends_at]

    async def create(
        self, principal: Principal, terms: ScheduleTerms, *, key: RequestKey | None = None
    ) -> Schedule:
        """Raises `BadRuleError`, `TooManyStartersError`, `ForbiddenError`."""
        rights = rights_for(principal, terms.scopes, terms.timezone)
        row = ScheduleRow(
            workspace_id=principal.workspace_id,
            id=new_id(),
            owner_id=principal.user_id,
            off_code=None,
            request_key=key.key if key else None,
            request_digest=key.digest if key else None,
        )
        self._write(row, terms)
        row.rights = rights.as_json()
        async with self._database.transaction(principal) as session:
            await starters.lock_owner(session, principal)
            if key is not None and (known := await self._find_repeated(session, principal, key)):
                return known
            if await starters.count(session, principal, ScheduleRow) >= MAX_STARTERS:
                raise TooManyStartersError(f"At most {MAX_STARTERS} schedules.")
            await self._maker.seal(session, principal, row, terms.name, terms.plan)
            session.add(row)
            await session.flush()
            await session.refresh(row)
            return await self._show(session, principal, row)

    async def get(self, principal: Principal, schedule_id: UUID) -> Schedule:
        """Raises `ScheduleNotFoundError`."""
        async with self._database.read(principal) as session:
            row = await self._find(session, principal, schedule_id)
            return await self._show(session, principal, row)

    async def list_recent(
        self, principal: Principal, *, limit: int, cursor: str | None = None
    ) -> Slice[Schedule]:
        """The newest first."""
        before = None if cursor is None else decode_id(_CURSOR, cursor)
        async with self._database.read(principal) as session:
            rows = await starters.list_recent(
                session, principal, ScheduleRow, before=before, limit=limit + 1
            )
            found = await self._show_all(session, principal, rows[:limit])
        more = len(rows) > limit
        return Slice(found, encode_cursor(_CURSOR, [str(found[-1].id)]) if more else None)

    async def update(self, principal: Principal, schedule_id: UUID, change: Change) -> Schedule:
        """From now on it has the rights that whoever changes it gives it.

        Occurrences that passed while it was off, or under another rule, were not missed.
        """
        async with self._database.transaction(principal) as session:
            row = await self._find(session, principal, schedule_id, lock=True)
            opened = await self._maker.open(session, principal, row)
            had = schedule_terms(row, opened)
            terms = change(had)
            kept = opened.rights if terms.scopes == had.scopes else None
            wanted = None if kept else terms.scopes
            rights = rights_for(principal, wanted, terms.timezone, kept)
            self._write(row, terms)
            row.rights, row.off_code = rights.as_json(), None
            row.updated_at = self._clock.now()
            await self._maker.seal(session, principal, row, terms.name, terms.plan)
            if not terms.enabled:
                await firings.drop_waiting(session, principal, row.id)
            await session.flush()
            return await self._show(session, principal, row)

    async def delete(self, principal: Principal, schedule_id: UUID) -> None:
        """Raises `ScheduleNotFoundError`. Runs that it began stay."""
        async with self._database.transaction(principal) as session:
            if not await starters.remove(session, principal, ScheduleRow, schedule_id):
                raise ScheduleNotFoundError

    async def list_firings(
        self, principal: Principal, schedule_id: UUID, *, limit: int, cursor: str | None = None
    ) -> Slice[Firing]:
        """What its occurrences came to, the newest first."""
        before = None if cursor is None else decode_id(_FIRINGS, cursor)
        async with self._database.read(principal) as session:
            await self._find(session, principal, schedule_id)
            rows = await firings.list_recent(
                session, principal, Starter("schedule", schedule_id), before=before, limit=limit + 1
            )
        found = [firing_of(row) for row in rows[:limit]]
        more = len(rows) > limit
        return Slice(found, encode_cursor(_FIRINGS, [str(found[-1].id)]) if more else None)

    def _write(self, row: ScheduleRow, terms: ScheduleTerms) -> None:
        """Check and take over all but the words; plans the next occurrence."""
        check_plan(terms.plan)
        if terms.missed == "each" and terms.overlap == "skip":
            raise InvalidInputError(
                "Each missed one is begun after the one before, so let them queue.",
                pointer="/overlap",
            )
        zone = read_zone(terms.timezone)
        row.starts_at = _checked_start(terms.starts_at)
        rule = with_end(read_rule(terms.rrule, row.starts_at, zone))
        if terms.ends_at is not None and not _EARLIEST <= terms.ends_at <= _LATEST:
            raise InvalidInputError("That is no year to plan for.", pointer="/ends_at")
        next_at = next_after(rule, zone, self._clock.now()) if terms.enabled else None
        if next_at is not None and terms.ends_at is not None and next_at > terms.ends_at:
            next_at = None
        if terms.enabled and next_at is None:
            raise BadRuleError("This is never due from now on.")
        row.rrule, row.timezone, row.ends_at = terms.rrule, terms.timezone, terms.ends_at
        row.missed, row.overlap, row.enabled = terms.missed, terms.overlap, terms.enabled
        row.next_at = row.look_at = next_at

    async def _find(
        self, session: ReadSession, principal: Principal, schedule_id: UUID, *, lock: bool = False
    ) -> ScheduleRow:
        row = await starters.find(session, principal, ScheduleRow, schedule_id, lock=lock)
        if row is None:
            raise ScheduleNotFoundError
        return row

    async def _find_repeated(
        self, session: WriteSession, principal: Principal, key: RequestKey
    ) -> Schedule | None:
        row = await starters.find_by_request_key(session, principal, ScheduleRow, key.key)
        if row is None:
            return None
        if row.request_digest != key.digest:
            raise IdempotencyMismatchError
        return await self._show(session, principal, row)

    async def _show(self, session: ReadSession, principal: Principal, row: ScheduleRow) -> Schedule:
        return (await self._show_all(session, principal, [row]))[0]

    async def _show_all(
        self, session: ReadSession, principal: Principal, rows: Sequence[ScheduleRow]
    ) -> list[Schedule]:
        last = await firings.find_last(session, principal, ScheduleRow, [row.id for row in rows])
        now = self._clock.now()
        return [
            schedule_of(row, await self._maker.open(session, principal, row), last.get(row.id), now)
            for row in rows
        ]


def _checked_start(starts_at: datetime) -> datetime:
    """A time on the wall to the minute."""
    wall = starts_at.replace(second=0, microsecond=0, tzinfo=None)
    day = timedelta(days=1)
    if not _EARLIEST + day <= wall.replace(tzinfo=UTC) <= _LATEST - day:
        raise InvalidInputError("That is no year to plan for.", pointer="/starts_at")
    return wall
