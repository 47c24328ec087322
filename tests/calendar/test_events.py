"""Events: made, changed, cancelled once, deleted; one's own, or shown to the workspace."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.calendar.conftest import BERLIN, Desk, MakeDesk, at, july

from vectal.calendar.contracts import MAX_RECURRING, EventFields
from vectal.calendar.errors import (
    BadEventError,
    EventLimitError,
    EventNotFoundError,
    EventVersionError,
    NotYourEventError,
)
from vectal.calendar.service import writing
from vectal.platform.ids import new_id


async def told(desk: Desk, event_id: UUID) -> list[tuple[str, UUID | None]]:
    """What the outbox says of an event, and to whom."""
    query = text(
        "SELECT payload->>'kind', user_id FROM outbox WHERE workspace_id = :workspace"
        " AND payload->>'event_id' = :event ORDER BY id"
    )
    asked = {"workspace": desk.me.workspace_id, "event": str(event_id)}
    async with desk.database.system("test") as session:
        return [(kind, user) for kind, user in await session.execute(query, asked)]


async def test_an_event_is_made_read_changed_and_deleted(desk: Desk) -> None:
    made = await desk.add("Board", place="Room 4", notes="Bring\r\nfigures", ends_at=at(15, 11))
    assert (made.starts_at, made.ends_at) == (at(15, 9), at(15, 11))
    assert (made.notes, made.timezone, made.version) == ("Bring\nfigures", BERLIN, 1)
    assert await desk.get(made.id) == made
    changed = await desk.change(made, title="Board  meeting")
    assert (changed.title, changed.version) == ("Board meeting", 2)
    assert (await desk.change(made, title="Board meeting")).version == 2  # nothing differs
    await desk.services.events.delete(desk.me, made.id)
    with pytest.raises(EventNotFoundError):
        await desk.get(made.id)
    me = desk.me.user_id
    assert await told(desk, made.id) == [("created", me), ("updated", me), ("deleted", me)]


async def test_a_beginning_that_moves_takes_the_end_along(desk: Desk) -> None:
    made = await desk.add(ends_at=at(15, 11))
    moved = await desk.change(made, starts_at=at(16, 13))
    assert (moved.starts_at, moved.ends_at) == (at(16, 13), at(16, 15))
    days = await desk.change(made, starts_on=date(2026, 7, 20))
    assert (days.starts_at, days.starts_on, days.ends_on) == (
        None,
        date(2026, 7, 20),
        date(2026, 7, 20),
    )
    longer = await desk.change(made, ends_on=date(2026, 7, 22))
    later = await desk.change(longer, starts_on=date(2026, 8, 1))
    assert (later.starts_on, later.ends_on) == (date(2026, 8, 1), date(2026, 8, 3))


@pytest.mark.parametrize(
    "fields",
    [
        {"title": " \n "},
        {"title": "x" * 501},
        {"ends_at": at(15, 8)},
        {"ends_at": at(15, 9) + timedelta(days=367)},
        {"starts_at": datetime(2026, 7, 15, 9)},  # noqa: DTZ001 - that is what is wrong
        {"starts_at": datetime.max.replace(tzinfo=at(1).tzinfo)},
        {"starts_on": date(2026, 7, 15), "starts_at": at(15, 9)},
        {"starts_on": date(2026, 7, 15), "ends_on": date(2026, 7, 14)},
        {"starts_on": date(1900, 1, 1)},
        {"timezone": "Europe/Nowhere"},
        {"timezone": "../../etc/passwd"},
        {"rule": "FREQ=HOURLY"},
        {"rule": "FREQ=DAILY;BYSECOND=1"},
        {"rule": "FREQ=DAILY", "ends_at": at(15, 9) + timedelta(days=40)},
        {"starts_on": date(2026, 7, 15), "rule": "FREQ=DAILY;BYHOUR=9"},
        {"place": "x" * 501},
        {"notes": "x" * 20_001},
    ],
)
async def test_what_is_no_event_is_refused(desk: Desk, fields: dict[str, Any]) -> None:
    given: dict[str, Any] = {"title": "Board", **fields}
    if "starts_on" not in fields:
        given.setdefault("starts_at", at(15, 9))
    with pytest.raises(BadEventError):
        await desk.services.events.create(desk.me, cast("EventFields", given))
    assert await desk.seen() == []


async def test_a_change_says_which_version_it_has_seen(desk: Desk) -> None:
    made = await desk.add()
    await desk.change(made, title="Other")
    with pytest.raises(EventVersionError) as refused:
        await desk.services.events.update(desk.me, made.id, EventFields(title="Mine"), version=1)
    assert refused.value.extra["current"]["title"] == "Other"
    with pytest.raises(EventVersionError):
        await desk.services.events.delete(desk.me, made.id, version=1)
    await desk.services.events.delete(desk.me, made.id, version=2)


async def test_an_event_is_its_owners_until_she_shows_it(desk: Desk, make_desk: MakeDesk) -> None:
    other = await make_desk(desk)
    stranger = await make_desk()
    made = await desk.add("Dentist")
    assert await other.seen() == []
    with pytest.raises(EventNotFoundError):
        await other.get(made.id)
    with pytest.raises(EventNotFoundError):
        await other.change(made, title="Mine")
    await desk.change(made, visibility="workspace")
    assert await other.seen() == [("Dentist", at(15, 9))]
    for refused in (
        other.change(made, title="Mine"),
        other.services.events.delete(other.me, made.id),
    ):
        with pytest.raises(NotYourEventError):
            await refused
    assert await stranger.seen() == []
    with pytest.raises(EventNotFoundError):
        await stranger.get(made.id)
    await desk.change(made, visibility="private")
    assert await other.seen() == []
    me = desk.me.user_id
    # What it was shown as is told to all, so that others take it off their screens.
    assert await told(desk, made.id) == [("created", me), ("updated", None), ("updated", None)]


async def test_the_database_itself_keeps_others_out(desk: Desk, make_desk: MakeDesk) -> None:
    other = await make_desk(desk)
    private = await desk.add("Dentist")
    shown = await desk.add("Party", visibility="workspace")
    async with other.database.transaction(other.me) as session:
        seen = await session.execute(text("SELECT id FROM calendar_events"))
        assert [row.id for row in seen] == [shown.id]
        for event in (private, shown):
            changed = await session.change(
                text("UPDATE calendar_events SET title = 'x' WHERE id = :id"), {"id": event.id}
            )
            assert changed == 0
        assert await session.change(text("DELETE FROM calendar_events")) == 0


async def test_one_occurrence_is_cancelled(desk: Desk) -> None:
    made = await desk.add(rule="FREQ=WEEKLY;COUNT=3")
    keys = [key for _, key in await desk.seen()]
    assert keys == [at(15, 9), at(22, 9), at(29, 9)]
    await desk.services.events.cancel(desk.me, made.id, keys[1])
    again = await desk.services.events.cancel(desk.me, made.id, keys[1])
    assert (again.skips, again.version) == ((at(22, 9),), 2)
    assert [key for _, key in await desk.seen()] == [keys[0], keys[2]]
    for wrong in (at(23, 9), at(22, 9, 1)):
        with pytest.raises(BadEventError):
            await desk.services.events.cancel(desk.me, made.id, wrong)
    single = await desk.add("Once")
    with pytest.raises(BadEventError):
        await desk.services.events.cancel(desk.me, single.id, at(15, 9))


async def test_events_are_found_by_their_words(desk: Desk, make_desk: MakeDesk) -> None:
    await desk.add("Board meeting", place="Bonn")
    await desk.add("Dentist", notes="Bring the insurance card")
    shown = await desk.add("Boarding games", visibility="workspace")
    other = await make_desk(desk)

    async def found(who: Desk, words: str) -> set[str]:
        page = await who.services.events.search(who.me, words)
        return {each.title for each in page.items}

    assert await found(desk, "boar") == {"Board meeting", "Boarding games"}
    assert await found(desk, "insur CARD") == {"Dentist"}
    assert await found(desk, "'&|!:*") == set()
    assert await found(other, "boar") == {shown.title}
    first = await desk.services.events.search(desk.me, "boar", limit=1)
    second = await desk.services.events.search(desk.me, "boar", limit=1, cursor=first.next_cursor)
    assert first.items[0].id != second.items[0].id
    assert second.next_cursor is None


async def test_there_are_so_many_that_recur(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_RECURRING > 2
    monkeypatch.setattr(writing, "MAX_RECURRING", 2)
    results = await asyncio.gather(
        *(desk.add(f"Event {number}", rule="FREQ=DAILY") for number in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, EventLimitError) for each in results) == 2
    single = await desk.add("Once")
    with pytest.raises(EventLimitError):
        await desk.change(single, rule="FREQ=DAILY")


async def test_the_same_id_makes_one_event(desk: Desk) -> None:
    event_id = new_id()
    fields = EventFields(title="Board", starts_at=at(15, 9))
    made = [await desk.services.events.create(desk.me, fields, event_id) for _ in range(2)]
    assert made[0] == made[1]
    assert len(await desk.seen(july())) == 1
