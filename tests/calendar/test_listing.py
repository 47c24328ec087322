"""What takes place in a window: in order, page by page, on the clock on the wall."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.calendar.conftest import BERLIN, Desk, MakeDesk, at, july

from vectal.calendar.contracts import Window
from vectal.calendar.errors import BadEventError
from vectal.calendar.recurring import Recurrence, beginnings
from vectal.platform.db.paging import InvalidCursorError, encode_cursor


async def test_single_and_recurring_events_come_in_one_order(desk: Desk) -> None:
    await desk.add("Daily", starts_at=at(13, 9), rule="FREQ=DAILY;COUNT=4")
    await desk.add("Once", starts_at=at(14, 9))
    await desk.add("Later", starts_at=at(14, 12))
    await desk.add("Before", starts_at=at(1, 9), ends_at=at(1, 10))
    seen = await desk.seen(july(13, 16))
    assert sorted(seen[1:3]) == [("Daily", at(14, 9)), ("Once", at(14, 9))]
    assert [seen[0], *seen[3:]] == [
        ("Daily", at(13, 9)),
        ("Later", at(14, 12)),
        ("Daily", at(15, 9)),
    ]


async def test_a_window_holds_what_reaches_into_it(desk: Desk) -> None:
    await desk.add("Trip", starts_at=at(10, 9), ends_at=at(14, 9))
    await desk.add("Night", starts_at=at(1, 20), ends_at=at(2, 6), rule="FREQ=DAILY")
    await desk.add("Point", starts_at=at(13), ends_at=at(13))
    assert await desk.seen(Window(at(13), at(13, 12), BERLIN)) == [
        ("Trip", at(10, 9)),
        ("Night", at(12, 20)),
        ("Point", at(13)),
    ]
    assert ("Trip", at(10, 9)) not in await desk.seen(Window(at(14, 9), at(14, 12), BERLIN))


async def test_a_meeting_stays_at_its_hour_when_clocks_change(desk: Desk) -> None:
    """Berlin leaves summer time on October 25th 2026."""
    await desk.add("Stand-up", starts_at=at(23, 7, month=10), rule="FREQ=DAILY;COUNT=4")
    window = Window(at(20, month=10), at(30, month=10), BERLIN)
    keys = [key for _, key in await desk.seen(window)]
    assert [key.hour for key in keys] == [7, 7, 8, 8]
    assert {key.astimezone(ZoneInfo(BERLIN)).hour for key in keys} == {9}


async def test_whole_days_are_days_of_whoever_looks(desk: Desk) -> None:
    await desk.add("Holiday", starts_on=date(2026, 7, 15), ends_on=date(2026, 7, 16))
    await desk.add("Birthday", starts_on=date(2026, 7, 1), rule="FREQ=MONTHLY")
    tokyo = ZoneInfo("Asia/Tokyo")
    for day, expected in ((14, []), (15, ["Holiday"]), (16, ["Holiday"]), (17, [])):
        begin = datetime(2026, 7, day, tzinfo=tokyo)
        window = Window(begin, begin + timedelta(days=1), "Asia/Tokyo")
        assert [title for title, _ in await desk.seen(window)] == expected
    assert [title for title, _ in await desk.seen(july(1, 2))] == ["Birthday"]


@pytest.mark.parametrize(
    "window",
    [
        Window(at(2), at(1), BERLIN),
        Window(at(1), at(1), BERLIN),
        Window(at(1), at(1) + timedelta(days=401), BERLIN),
        Window(at(1), at(2), "Nowhere/Land"),
        Window(
            datetime.max.replace(tzinfo=UTC) - timedelta(hours=1),
            datetime.max.replace(tzinfo=UTC),
            "Asia/Tokyo",
        ),
    ],
)
async def test_a_window_is_one(desk: Desk, window: Window) -> None:
    with pytest.raises(BadEventError):
        await desk.services.listing.list_occurrences(desk.me, window)


@pytest.mark.parametrize(
    "cursor",
    [
        "bm8",
        encode_cursor("calendar.occurrences", ["x", "y"]),
        encode_cursor("calendar.occurrences", ["2026-07-01T00:00:00", str(july().timezone)]),
        encode_cursor("tasks", ["2026-07-01T00:00:00+00:00", "x"]),
    ],
)
async def test_a_cursor_is_ours(desk: Desk, cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        await desk.services.listing.list_occurrences(desk.me, july(), cursor=cursor)


_SKIPPED = st.sets(st.integers(0, 40), max_size=8)


@given(
    interval=st.integers(1, 4),
    length_h=st.integers(0, 60),
    first=st.integers(0, 40),
    days=st.integers(1, 20),
    skipped=_SKIPPED,
    limit=st.integers(1, 7),
)
@settings(max_examples=60, deadline=None)
def test_pages_of_a_rule_are_what_counting_by_hand_says(
    interval: int, length_h: int, first: int, days: int, skipped: set[int], limit: int
) -> None:
    start, length = at(1, 9), timedelta(hours=length_h)
    every = [start + timedelta(days=number * interval) for number in range(60)]
    skips = frozenset(every[number] for number in skipped)
    what = Recurrence(
        rule=f"FREQ=DAILY;INTERVAL={interval}",
        all_day=False,
        starts_at=start,
        length=length,
        zone=ZoneInfo("UTC"),
        last_at=None,
        skips=skips,
    )
    low = at(1) + timedelta(days=first)
    high = low + timedelta(days=days)
    expected = [
        each
        for each in every
        if each < high and (each + length > low or each >= low) and each not in skips
    ]
    found: list[datetime] = []
    while True:
        after = found[-1] + timedelta(microseconds=1) if found else None
        page = beginnings(what, low, high, after, limit)
        found += page
        if len(page) < limit:
            break
    assert found == expected


async def test_free_time_is_what_events_leave(desk: Desk, make_desk: MakeDesk) -> None:
    other = await make_desk(desk)
    await desk.add("Morning", starts_at=at(15, 7), ends_at=at(15, 8))  # 9 to 10 in Berlin
    await desk.add("Noon", starts_at=at(15, 10, 30), ends_at=at(15, 12))
    await desk.add("Overlaps", starts_at=at(15, 11), ends_at=at(15, 13))
    await desk.add("Holiday", starts_on=date(2026, 7, 15))
    await other.add("Of others", starts_at=at(15, 13), ends_at=at(15, 16), visibility="workspace")

    async def free(minutes: int, **hours: int) -> list[tuple[datetime, datetime]]:
        span = (hours.get("begin", 9), hours.get("end", 18))
        window = Window(at(14, 22), at(16, 22), BERLIN)
        found = await desk.services.listing.find_free_time(
            desk.me, window, timedelta(minutes=minutes), span, 10
        )
        return [(each.starts_at, each.ends_at) for each in found]

    assert await free(60) == [
        (at(15, 8), at(15, 10, 30)),
        (at(15, 13), at(15, 16)),
        (at(16, 7), at(16, 16)),
    ]
    assert await free(170) == [(at(15, 13), at(15, 16)), (at(16, 7), at(16, 16))]
    assert (await free(60, begin=0, end=24))[-1] == (at(15, 22), at(16, 22))
