"""Calendars of others come in once, and feeds are read until they are taken back."""

from __future__ import annotations

import base64

import pytest
from sqlalchemy import text
from tests.calendar.conftest import Desk, MakeDesk, at, july
from tests.calendar.test_ics import calendar

from vectal.calendar.contracts import MAX_FEEDS, Imported
from vectal.calendar.errors import EventLimitError, FeedNotFoundError
from vectal.calendar.service import writing

_WEEKLY = (
    "UID:weekly\r\nSUMMARY:Weekly\r\nDTSTART:20260715T090000Z\r\nDTEND:20260715T100000Z\r\n"
    "RRULE:FREQ=WEEKLY;COUNT=3"
)
_MOVED = "UID:weekly\r\nSUMMARY:Moved\r\nRECURRENCE-ID:20260722T090000Z\r\nDTSTART:20260723T120000Z"
_CANCELLED = (
    "UID:weekly\r\nRECURRENCE-ID:20260729T090000Z\r\nDTSTART:20260729T090000Z\r\nSTATUS:CANCELLED"
)


async def take(desk: Desk, *events: str) -> Imported:
    return await desk.services.importer.take(desk.me, calendar(*events))


async def fed(desk: Desk, token: str) -> str:
    pieces = await desk.services.feeds.open(token)
    return b"".join([piece async for piece in pieces]).decode()


async def test_a_calendar_is_taken_over_once(desk: Desk) -> None:
    assert await take(desk, _MOVED, _WEEKLY, _CANCELLED) == Imported(2, 0, 0, 0, ())
    expected = [("Weekly", at(15, 9)), ("Moved", at(23, 12))]
    assert await desk.seen() == expected
    assert await take(desk, _WEEKLY, _MOVED, _CANCELLED) == Imported(0, 0, 2, 0, ())
    renamed = await take(desk, _WEEKLY.replace("SUMMARY:Weekly", "SUMMARY:Jour fixe"))
    assert renamed == Imported(0, 1, 0, 0, ())
    assert await desk.seen() == [("Jour fixe", at(15, 9)), ("Moved", at(23, 12))]
    page = await desk.services.listing.list_occurrences(desk.me, july())
    assert {each.event.is_imported for each in page.items} == {True}


async def test_what_its_owner_has_cancelled_or_shown_stays_so(desk: Desk) -> None:
    await take(desk, _WEEKLY)
    page = await desk.services.listing.list_occurrences(desk.me, july())
    event = page.items[0].event
    await desk.change(event, visibility="workspace")
    await desk.services.events.cancel(desk.me, event.id, at(22, 9))
    await take(desk, _WEEKLY)
    again = await desk.get(event.id)
    assert (again.visibility, again.skips) == ("workspace", (at(22, 9),))


async def test_calendars_of_two_people_do_not_meet(desk: Desk, make_desk: MakeDesk) -> None:
    other = await make_desk(desk)
    await take(desk, _WEEKLY)
    assert await take(other, _WEEKLY) == Imported(1, 0, 0, 0, ())
    assert len(await desk.seen()) == 3


async def test_a_file_beyond_the_room_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MAX_EVENTS", 1)
    with pytest.raises(EventLimitError):
        await take(desk, _WEEKLY, "UID:2\r\nDTSTART:20260715T090000Z")
    assert await desk.seen() == []


async def test_reasons_are_said_once_each(desk: Desk) -> None:
    bad = "UID:{}\r\nDTSTART:20260715T090000Z\r\nRRULE:FREQ=HOURLY"
    imported = await take(desk, *(bad.format(number) for number in range(5)))
    assert (imported.created, imported.refused, len(imported.problems)) == (0, 5, 1)


async def test_a_feed_is_read_without_a_credential_until_it_is_taken_back(desk: Desk) -> None:
    await desk.add("Board", rule="FREQ=DAILY")
    issued = await desk.services.feeds.create(desk.me, "Phone")
    assert "SUMMARY:Board" in await fed(desk, issued.token)
    (listed,) = await desk.services.feeds.list_feeds(desk.me)
    assert (listed.name, listed.used_at) == ("Phone", desk.clock.now())
    await desk.services.feeds.revoke(desk.me, issued.feed.id)
    with pytest.raises(FeedNotFoundError):
        await fed(desk, issued.token)


async def test_a_feed_shows_its_owners_events_alone(desk: Desk, make_desk: MakeDesk) -> None:
    other = await make_desk(desk)
    await other.add("Of another", visibility="workspace")
    await desk.add("Mine")
    issued = await desk.services.feeds.create(desk.me, "Phone")
    content = await fed(desk, issued.token)
    assert "SUMMARY:Mine" in content
    assert "Of another" not in content
    with pytest.raises(FeedNotFoundError):
        await other.services.feeds.revoke(other.me, issued.feed.id)
    assert await other.services.feeds.list_feeds(other.me) == []


async def test_no_other_token_opens_a_feed(desk: Desk) -> None:
    issued = await desk.services.feeds.create(desk.me, "Phone")
    body = bytearray(base64.urlsafe_b64decode(issued.token + "=" * (-len(issued.token) % 4)))
    for place in (0, 16, 32, 48, len(body) - 1):
        other = bytes([*body[:place], body[place] ^ 1, *body[place + 1 :]])
        with pytest.raises(FeedNotFoundError):
            await fed(desk, base64.urlsafe_b64encode(other).rstrip(b"=").decode())
    for token in ("", "x", "é", issued.token[:-2], issued.token + "AAAA"):
        with pytest.raises(FeedNotFoundError):
            await fed(desk, token)
    async with desk.database.read(desk.me) as session:
        query = text("SELECT secret_sha256 FROM calendar_feeds WHERE id = :id")
        ((kept,),) = (await session.execute(query, {"id": issued.feed.id})).all()
    assert bytes(body[48:]) != kept


async def test_a_feed_ends_with_the_membership(desk: Desk, make_desk: MakeDesk) -> None:
    other = await make_desk(desk)
    issued = await other.services.feeds.create(other.me, "Phone")
    assert "VCALENDAR" in await fed(other, issued.token)
    async with desk.database.system("test") as session:
        await session.change(
            text("DELETE FROM memberships WHERE workspace_id = :workspace AND user_id = :user"),
            {"workspace": other.me.workspace_id, "user": other.me.user_id},
        )
    with pytest.raises(FeedNotFoundError):
        await fed(other, issued.token)


async def test_there_are_so_many_feeds(desk: Desk) -> None:
    for number in range(MAX_FEEDS):
        await desk.services.feeds.create(desk.me, f"Feed {number}")
    with pytest.raises(EventLimitError):
        await desk.services.feeds.create(desk.me, "One more")


async def test_more_than_one_page_is_exported(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from vectal.calendar.service import exchange  # noqa: PLC0415 - its page is made small

    monkeypatch.setattr(exchange, "_PAGE", 2)
    for number in range(5):
        await desk.add(f"Event {number}", rule="FREQ=DAILY" if number % 2 else None)
    pieces = [piece async for piece in desk.services.exporter.write(desk.me, "Mine")]
    content = b"".join(pieces).decode()
    assert content.count("BEGIN:VEVENT") == 5
    assert content.count("BEGIN:VTIMEZONE") == 1
