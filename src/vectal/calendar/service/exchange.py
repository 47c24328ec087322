"""Calendars of others come in, and one's own goes out: as a file, or to those that subscribe."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.calendar.contracts import (
    FEED_NAME,
    MAX_FEEDS,
    CalendarEvent,
    EventFields,
    Feed,
    Imported,
    IssuedFeed,
)
from vectal.calendar.errors import BadEventError, EventLimitError, FeedNotFoundError
from vectal.calendar.events import CalendarImported
from vectal.calendar.fields import Settled, settle, with_changes
from vectal.calendar.ics.reading import ReadCalendar, ReadEvent, read_calendar
from vectal.calendar.ics.writing import (
    write_event,
    write_head,
    write_tail,
    write_zones,
    zone_needed,
)
from vectal.calendar.ports import Standing
from vectal.calendar.repository import events, feeds
from vectal.calendar.service.rows import event_of, values_of
from vectal.calendar.service.writing import EventWriter
from vectal.calendar.tables import EventRow, FeedRow
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, Scope, WriteSession
from vectal.platform.ids import new_id
from vectal.platform.printable import to_one_line

_PAGE: Final = 500
_MOST_PROBLEMS: Final = 10
_SECRET_BYTES: Final = 32
_TOKEN_BYTES: Final = 16 * 3 + _SECRET_BYTES
_NOTED: Final = timedelta(hours=1)
"""How exactly it is kept when a feed was last read."""


@dataclass(frozen=True, slots=True)
class Importer:
    database: Database
    writer: EventWriter

    async def take(self, principal: Principal, content: bytes) -> Imported:
        """Add the events of a calendar file; those that were taken before are brought up to date.

        Raises `BadCalendarError`, `CalendarTooLargeError` and `EventLimitError`.
        """
        # A library reads it, so not where requests are answered; what it reads is bounded.
        read = await asyncio.to_thread(read_calendar, content, principal.timezone)
        settled, refused, problems = _settled(read, principal.timezone)
        async with self.database.transaction(principal) as session:
            return await self._keep(session, principal, settled, refused, problems)

    async def _keep(
        self,
        session: WriteSession,
        principal: Principal,
        settled: dict[str, Settled],
        refused: int,
        problems: Sequence[str],
    ) -> Imported:
        await events.lock_owner(session, principal)
        known = await events.find_by_uid(session, principal, settled)
        new = {uid: each for uid, each in settled.items() if uid not in known}
        rules = sum(each.rule is not None for each in new.values())
        await self.writer.check_room(session, principal, len(new), rules)
        rows = [
            {"id": new_id(), "uid": uid, "is_imported": True, **values_of(each)}
            for uid, each in new.items()
        ]
        for start in range(0, len(rows), _PAGE):
            await events.add(session, principal, rows[start : start + _PAGE])
        updated = 0
        for uid, row in known.items():
            values = _differing(row, settled[uid])
            if values:
                updated += 1
                values |= {"updated_at": self.writer.clock.now()}
                await events.change(session, principal, row.id, values)
        if new or updated:
            told = CalendarImported(principal.user_id, len(new) + updated)
            await session.emit(told, user_id=principal.user_id)
        unchanged = len(known) - updated
        return Imported(len(new), updated, unchanged, refused, tuple(problems)[:_MOST_PROBLEMS])


def _settled(read: ReadCalendar, timezone: str) -> tuple[dict[str, Settled], int, Sequence[str]]:
    """The events as rows by their names. What one occurrence became is an event of its own."""
    problems = dict.fromkeys(read.problems)
    refused = read.refused
    settled: dict[str, Settled] = {}
    for each in sorted(read.events, key=lambda one: one.override_of is not None):
        uid = _uid(each)
        if each.override_of is not None and (master := settled.get(each.uid)) is not None:
            skips = sorted({*master.skips, each.override_of})
            settled[each.uid] = replace(master, skips=skips)
        if each.is_cancelled:
            continue
        try:
            settled[uid] = settle(with_changes(EventFields(), each.fields), timezone)
        except BadEventError as error:
            refused += 1
            problems[error.detail] = None
    return settled, refused, tuple(problems)


def _uid(event: ReadEvent) -> str:
    if event.override_of is None:
        return event.uid
    return f"{event.uid}#{event.override_of:%Y%m%dT%H%M%SZ}"


def _differing(row: EventRow, settled: Settled) -> dict[str, Any]:
    """What the calendar says now; whom an event is shown to stays as its owner has set it."""
    values = values_of(settled)
    values.pop("visibility")
    values["skips"] = sorted({*row.skips, *settled.skips}) if settled.rule else []
    return {name: value for name, value in values.items() if getattr(row, name) != value}


@dataclass(frozen=True, slots=True)
class Exporter:
    database: Database

    async def write(self, scope: DataScope, name: str) -> AsyncIterator[bytes]:
        """All events of the person's own as a calendar file, bit by bit."""
        yield write_head(name).encode()
        told: set[str] = set()
        after: UUID | None = None
        while True:
            async with self.database.read(scope) as session:
                rows = await events.list_own(session, scope, after, _PAGE)
            page = [event_of(row) for row in rows]
            needed = {zone for each in page if (zone := zone_needed(each))} - told
            told |= needed
            yield await asyncio.to_thread(_written, page, needed)
            if len(rows) < _PAGE:
                break
            after = rows[-1].id
        yield write_tail().encode()


def _written(page: Sequence[CalendarEvent], zones: Collection[str]) -> bytes:
    return (write_zones(zones) + "".join(write_event(each) for each in page)).encode()


@dataclass(frozen=True, slots=True)
class Feeds:
    """Addresses that calendar programs subscribe to; each ends when its owner takes it back."""

    database: Database
    exporter: Exporter
    standing: Standing
    clock: Clock

    async def create(self, principal: Principal, name: str) -> IssuedFeed:
        """Raises `BadEventError` for a name that is none, and `EventLimitError`."""
        line = to_one_line(name)
        if not 0 < len(line) <= FEED_NAME:
            words = f"A name takes 1 to {FEED_NAME} characters."
            raise BadEventError(words, pointer="/name")
        secret = secrets.token_bytes(_SECRET_BYTES)
        row = FeedRow(
            workspace_id=principal.workspace_id,
            id=new_id(),
            owner_id=principal.user_id,
            name=line,
            secret_sha256=hashlib.sha256(secret).digest(),
            created_at=self.clock.now(),
        )
        async with self.database.transaction(principal) as session:
            await events.lock_owner(session, principal)
            if await feeds.count(session, principal) >= MAX_FEEDS:
                raise EventLimitError(f"A person has at most {MAX_FEEDS} feeds.")
            session.add(row)
        body = principal.workspace_id.bytes + principal.user_id.bytes + row.id.bytes + secret
        token = base64.urlsafe_b64encode(body).rstrip(b"=").decode()
        return IssuedFeed(_feed(row), token)

    async def list_feeds(self, principal: Principal) -> list[Feed]:
        """All of them, the newest first: there are few."""
        async with self.database.read(principal) as session:
            rows = await feeds.list_newest(session, principal, MAX_FEEDS)
        return [_feed(row) for row in rows]

    async def revoke(self, principal: Principal, feed_id: UUID) -> None:
        async with self.database.transaction(principal) as session:
            if not await feeds.remove(session, principal, feed_id):
                raise FeedNotFoundError

    async def open(self, token: str) -> AsyncIterator[bytes]:
        """The calendar of whoever made the feed; one answer for all that is wrong with a token.

        Raises `FeedNotFoundError`.
        """
        scope, feed_id, digest = _read_token(token)
        async with self.database.read(scope) as session:
            row = await feeds.find(session, scope, feed_id)
        is_right = row is not None and hmac.compare_digest(row.secret_sha256, digest)
        if row is None or not is_right or not await self.standing.is_member(scope):
            raise FeedNotFoundError
        now = self.clock.now()
        if row.used_at is None or now - row.used_at > _NOTED:
            async with self.database.transaction(scope) as session:
                await feeds.mark_used(session, scope, feed_id, now)
        return self.exporter.write(scope, row.name)


def _read_token(token: str) -> tuple[Scope, UUID, bytes]:
    try:
        body = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (ValueError, binascii.Error) as error:
        raise FeedNotFoundError from error
    if len(body) != _TOKEN_BYTES:
        raise FeedNotFoundError
    workspace, user, feed = (UUID(bytes=body[start : start + 16]) for start in (0, 16, 32))
    return Scope(workspace, user), feed, hashlib.sha256(body[48:]).digest()


def _feed(row: FeedRow) -> Feed:
    return Feed(row.id, row.name, row.created_at, row.used_at)
