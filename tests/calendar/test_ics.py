"""Calendar files: read as what strangers wrote, and written so that they read back the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.calendar.conftest import BERLIN, at

from vectal.calendar.contracts import MAX_ICS_BYTES, MAX_ICS_EVENTS, CalendarEvent, EventFields
from vectal.calendar.errors import BadCalendarError, BadEventError, CalendarTooLargeError
from vectal.calendar.fields import settle, with_changes
from vectal.calendar.ics.reading import ReadEvent, read_calendar
from vectal.calendar.ics.writing import (
    write_event,
    write_head,
    write_tail,
    write_zones,
    zone_needed,
)
from vectal.platform.ids import new_id


def calendar(*events: str) -> bytes:
    """A file of events, each given by its lines."""
    blocks = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{blocks}END:VCALENDAR\r\n".encode()


def read_one(lines: str) -> ReadEvent:
    (event,) = read_calendar(calendar(lines), BERLIN).events
    return event


def test_an_event_is_read_with_what_we_keep_of_it() -> None:
    event = read_one(
        "UID:a@b\r\nSUMMARY:Lunch\\, with Ada\\; and\r\n  Grace\r\nLOCATION:Bonn\r\n"
        "DESCRIPTION:One\\nTwo\r\nDTSTART;TZID=Europe/Berlin:20260715T110000\r\n"
        "DTEND;TZID=Europe/Berlin:20260715T123000\r\nATTENDEE:mailto:x@y.example\r\n"
        "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nDESCRIPTION:Not this\r\nEND:VALARM\r\n"
        "RRULE:FREQ=WEEKLY;COUNT=3\r\nEXDATE;TZID=Europe/Berlin:20260722T110000"
    )
    assert event == ReadEvent(
        "a@b",
        EventFields(
            starts_at=at(15, 9),
            ends_at=at(15, 10, 30),
            timezone="Europe/Berlin",
            title="Lunch, with Ada; and Grace",
            notes="One\nTwo",
            place="Bonn",
            rule="FREQ=WEEKLY;COUNT=3",
            skips=[at(22, 9)],
        ),
    )


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("DTSTART;VALUE=DATE:20260715", {"starts_on": date(2026, 7, 15)}),
        (
            "DTSTART;VALUE=DATE:20260715\r\nDTEND;VALUE=DATE:20260718",
            {"starts_on": date(2026, 7, 15), "ends_on": date(2026, 7, 17)},
        ),
        ("DTSTART:20260715T090000", {"starts_at": at(15, 7), "ends_at": at(15, 7)}),
        (
            "DTSTART;TZID=W. Europe Standard Time:20260715T090000\r\nDURATION:PT90M",
            {"starts_at": at(15, 7), "ends_at": at(15, 8, 30), "timezone": "Europe/Berlin"},
        ),
        ("DTSTART;TZID=Of/Strangers:20260715T090000", {"starts_at": at(15, 7), "timezone": BERLIN}),
        ("DTSTART:20260715T090000Z\r\nDTEND:20260715T080000Z", {"ends_at": at(15, 9)}),
    ],
)
def test_when_it_is(lines: str, expected: dict[str, Any]) -> None:
    fields = cast("dict[str, Any]", read_one(f"UID:1\r\n{lines}").fields)
    assert {name: fields[name] for name in expected} == expected
    assert fields["title"] == "(no title)"


def test_a_zone_of_a_stranger_is_never_looked_at() -> None:
    """Its rules would be expanded by a library, each second of them."""
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19000101T000000\r\n"
        "RRULE:FREQ=SECONDLY\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+1000\r\nEND:STANDARD\r\n"
        "END:VTIMEZONE\r\n"
    )
    content = calendar("UID:1\r\nDTSTART;TZID=Europe/Berlin:20260715T110000")
    read = read_calendar(
        content.replace(b"BEGIN:VEVENT", zone.encode() + b"BEGIN:VEVENT", 1), "UTC"
    )
    assert read.events[0].fields.get("starts_at") == at(15, 9)


@pytest.mark.parametrize(
    "lines",
    [
        "SUMMARY:No UID\r\nDTSTART:20260715T090000Z",
        "UID:1\r\nSUMMARY:No beginning",
        "UID:1\r\nDTSTART:2026",
        "UID:1\r\nDTSTART;VALUE=PERIOD:20260715T090000Z/PT1H",
        "UID:1\r\nDTSTART:20260715T090000Z\r\nDTSTART:20260716T090000Z",
        "UID:1\r\nDTSTART:20260715T090000Z\r\nDURATION:P99999999999999W",
        "UID:1\r\nDTSTART:20260715T090000Z\r\nRRULE:FREQ=NEVER",
        "UID:1\r\nDTSTART:20260715T090000Z\r\nRRULE:FREQ=DAILY\r\nRRULE:FREQ=WEEKLY",
        f"UID:{'x' * 300}\r\nDTSTART:20260715T090000Z",
        f"UID:1\r\nDTSTART:20260715T090000Z\r\nDESCRIPTION:{'x' * 100_001}",
        "UID:1\r\nDTSTART:20260715T090000Z\r\n" + "EXDATE:20260715T090000Z\r\n" * 601 + "STATUS:X",
        "UID:1\r\nDTSTART:00010101T000000\r\nDTEND:99991231T235959",
    ],
)
def test_an_event_that_can_not_be_read_is_counted_and_the_others_are_taken(lines: str) -> None:
    read = read_calendar(calendar(lines, "UID:good\r\nDTSTART:20260715T090000Z"), BERLIN)
    good = [event.uid for event in read.events]
    refused = read.refused
    for event in read.events:
        try:
            settle(with_changes(EventFields(), event.fields), BERLIN)
        except BadEventError:
            good.remove(event.uid)
            refused += 1
    assert (good, refused) == (["good"], 1)


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"<html>", b"BEGIN:VEVENT\r\nEND:VEVENT"]
)
def test_what_is_no_calendar_is_refused(content: bytes) -> None:
    with pytest.raises(BadCalendarError):
        read_calendar(content, BERLIN)


def test_a_calendar_is_bounded() -> None:
    with pytest.raises(CalendarTooLargeError):
        read_calendar(b"x" * (MAX_ICS_BYTES + 1), BERLIN)
    with pytest.raises(CalendarTooLargeError):
        read_calendar(
            calendar(*["UID:1\r\nDTSTART:20260715T090000Z"] * (MAX_ICS_EVENTS + 1)), BERLIN
        )
    with pytest.raises(BadCalendarError):
        read_calendar(b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 1_000, BERLIN)


_LINES = (
    *(b"BEGIN:VCALENDAR", b"END:VCALENDAR", b"BEGIN:VEVENT", b"END:VEVENT", b"BEGIN:VALARM"),
    *(b"UID:1", b"DTSTART:20260715T090000Z", b'DTSTART;TZID="', b"DTSTART;VALUE=DATE:20260230"),
    *(b"RRULE:FREQ=DAILY;UNTIL=0", b"EXDATE:20260715", b" folded", b":", b";", b"\x00"),
    *(b"SUMMARY;X=Y:\\", b"RECURRENCE-ID:20260715T090000Z", b"DURATION:-P1D", b"\xf0\x9f\x8e\x89"),
    *(b"DTEND;TZID=../../x:20260715T090000", b"SUMMARY:\xc3\x28", b"DTSTART:00010101T000000"),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_LINES), max_size=30))
def test_nothing_that_is_sent_brings_it_down(lines: list[bytes]) -> None:
    try:
        read = read_calendar(b"BEGIN:VCALENDAR\r\n" + b"\r\n".join(lines), BERLIN)
    except BadCalendarError:
        return
    for event in read.events:
        try:
            settle(with_changes(EventFields(), event.fields), BERLIN)
        except BadEventError:
            continue


def _event(**fields: Any) -> CalendarEvent:
    event = CalendarEvent(
        id=new_id(),
        owner_id=new_id(),
        title="Board",
        notes="",
        place="",
        visibility="private",
        starts_at=at(15, 9),
        ends_at=at(15, 10),
        starts_on=None,
        ends_on=None,
        timezone=BERLIN,
        rule=None,
        skips=(),
        is_imported=False,
        uid="a@vectal",
        version=3,
        created_at=at(1),
        updated_at=at(2),
    )
    return replace(event, **fields)


def _written(event: CalendarEvent) -> bytes:
    zone = zone_needed(event)
    zones = write_zones([zone] if zone else [])
    return (write_head("Mine") + zones + write_event(event) + write_tail()).encode()


@settings(max_examples=80, deadline=None)
@given(
    title=st.text('aé🎉,;\\:" x', min_size=1, max_size=120).filter(str.strip),
    notes=st.text("aé🎉,;\\\n x", max_size=300),
    days=st.integers(0, 20),
)
def test_what_is_written_reads_back_the_same(title: str, notes: str, days: int) -> None:
    title = " ".join(title.split())
    event = _event(title=title, notes=notes, ends_at=at(15, 9) + timedelta(days=days, hours=1))
    content = _written(event)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    (back,) = read_calendar(content, BERLIN).events
    fields = back.fields
    assert back.uid == "a@vectal"
    assert (fields.get("title"), fields.get("notes")) == (title, notes)
    assert (fields.get("starts_at"), fields.get("ends_at")) == (event.starts_at, event.ends_at)


def test_rules_days_and_what_was_cancelled_read_back_the_same() -> None:
    timed = _event(rule="FREQ=WEEKLY", skips=(at(22, 9),))
    (back,) = read_calendar(_written(timed), "UTC").events
    assert (back.fields.get("rule"), back.fields.get("skips")) == ("FREQ=WEEKLY", [at(22, 9)])
    assert back.fields.get("timezone") == BERLIN
    assert b"BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin" in _written(timed)
    days = _event(
        starts_at=None,
        ends_at=None,
        starts_on=date(2026, 7, 15),
        ends_on=date(2026, 7, 16),
        rule="FREQ=YEARLY",
        skips=(datetime(2027, 7, 15, tzinfo=UTC),),
    )
    (back,) = read_calendar(_written(days), BERLIN).events
    assert (back.fields.get("starts_on"), back.fields.get("ends_on")) == (
        date(2026, 7, 15),
        date(2026, 7, 16),
    )
    assert back.fields.get("skips") == [datetime(2027, 7, 15, tzinfo=UTC)]
